"""Probe "shares": which shares of a file server are open to people without an account.

Only where the inventory says so, once a day. Nothing is opened, mounted or guessed: a server that
refuses is a good answer, one that is silent leaves the count unknown.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from probes.errors import NotConfigured, ProbeError, ProtocolBroken, Refused, TimedOut
from probes.model import Probe, Reading
from probes.services.parts import streams_of
from probes.shares.model import SHARES_OPEN, not_allowed, samples_of
from probes.shares.nfs import NfsServer, open_exports
from probes.shares.smb import SmbServer, open_shares
from probes.transports.os_errors import as_probe_error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from inventory.access import SharesAccess
    from probes.model import ProbeContext, Target
    from probes.shares.model import OpenShare

_SILENCE = "shares_silent"
_OF_TIME = 0.9  # so that the one which is asked last still tells by itself that it was silent


async def run(target: Target, context: ProbeContext) -> Reading:
    """Ask by what the inventory names: SMB, NFS, or both, each with its share of the time.

    What one of them cannot tell, the other does not hide: the first failure is raised, with the
    counts that hold all the same. Raises NotConfigured, Unsupported in a world without sockets, and
    what the two raise.
    """
    access = target.shares
    if access is None:
        raise NotConfigured
    asked = dict(_asked(target.host, access, context))
    each_s = _OF_TIME * (context.deadline - context.clock.monotonic()) / len(asked)
    found: list[OpenShare] = []
    failures: dict[str, ProbeError] = {}
    for name, asking in asked.items():
        try:
            found += await _within(asking, each_s, name.upper())
        except ProbeError as error:
            failures[name] = error
    beyond = not_allowed(found, access.allow)
    tells_writing = "smb" in asked and "smb" not in failures
    samples = tuple(samples_of(beyond, is_whole=not failures, tells_writing=tells_writing))
    failed = next(iter(failures.values()), None)
    if failed is not None:
        raise failed.with_samples(samples)
    context.note(f"{len(found)} open shares, {len(found) - len(beyond)} of them allowed")
    return Reading(samples=samples, shares=beyond, method=" ".join(asked))


def _asked(
    host: str, access: SharesAccess, context: ProbeContext
) -> Iterator[tuple[str, Callable[[], Awaitable[tuple[OpenShare, ...]]]]]:
    wire = streams_of(context)
    if access.smb:
        smb = SmbServer(host, access.smb_port, wire, context.clock.now)
        yield "smb", partial(open_shares, smb)
    if access.nfs:
        nfs = NfsServer(host, access.portmapper_port, access.nfs_port, wire)
        yield "nfs", partial(open_exports, nfs)


async def _within(
    asking: Callable[[], Awaitable[tuple[OpenShare, ...]]], seconds: float, name: str
) -> tuple[OpenShare, ...]:
    """What is open; a closed port is a file service that is not there."""
    try:
        async with asyncio.timeout(seconds):
            return await asking()
    except TimeoutError as error:
        raise TimedOut(_SILENCE) from error
    except EOFError as error:
        raise ProtocolBroken("shares_closed", protocol=name) from error
    except OSError as error:
        leaf = as_probe_error(error)
        if isinstance(leaf, Refused):
            return ()
        raise leaf from error


PROBE = Probe(
    name="shares",
    period_s=86_400,
    timeout_s=60,
    run=run,
    silence=_SILENCE,
    metrics=(SHARES_OPEN,),
    is_proof=False,
)
