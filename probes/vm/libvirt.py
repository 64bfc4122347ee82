"""Reads a libvirt host, KVM or another, over a connection that may only look.

libvirt's library is optional (`pip install 'wardops[libvirt]'`). Over SSH it uses the machine's own
ssh: the host's key must be known and the agent's user must have a key there; nothing is typed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from inventory.text import one_line
from probes.errors import Busy, NotConfigured
from probes.model import Identity, Probe, Reading, Sample
from probes.vm.estate import STORE_FREE
from probes.vm.libvirt_read import Look, estate_of, look_of, release_of
from probes.vm.libvirt_session import visit, wait

if TYPE_CHECKING:
    from asyncio import Future

    from probes.model import ProbeContext, Target
    from probes.vm.libvirt_session import Told

# Others would run a command, or turn the check of the host's key or certificate off.
_ALLOWED = frozenset({"socket", "keyfile", "pkipath", "mode"})
# libvirt.org/drivers.html. One that it does not know it looks for at a daemon, and blames that.
_DRIVERS = frozenset(
    (
        *("qemu", "lxc", "xen", "test", "ch", "bhyve", "vbox", "vz", "parallels", "openvz"),
        *("esx", "gsx", "vpx", "vmwareplayer", "vmwarews", "vmwarefusion", "hyperv"),
    )
)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What stays from one look to the next: its counters, and the visit that may not have ended."""

    look: Look | None
    visit: Future[Told]


async def run(target: Target, context: ProbeContext) -> Reading:
    """Ask the host that `target.url` names for its machines and stores.

    Raises NotConfigured for a URI that is none or without the library, Busy while the thread of an
    earlier visit still hangs, TimedOut, and what libvirt's errors stand for. What there was no time
    for stays unknown, and the reading says that it is not complete.
    """
    uri = quiet_uri(target.url or "")
    kept = context.memory.kept
    before = kept.look if isinstance(kept, _Kept) else None
    if isinstance(kept, _Kept) and not kept.visit.done():
        raise Busy("libvirt_hangs")
    answer, over = visit(uri)
    context.memory.kept = _Kept(before, answer)
    told = await wait(answer, over, context.deadline)
    mono = context.clock.monotonic()
    context.memory.kept = _Kept(look_of(told, mono), answer)
    context.note(f"libvirt: {told.driver}, {len(told.machines)} machines")
    return _reading(told, mono, before)


def quiet_uri(uri: str) -> str:
    """The URI, with which ssh never asks a person anything (`no_tty`).

    Raises NotConfigured for one with a password or with options that would run a command or accept
    an unknown host (libvirt.org/uri.html), for a driver that libvirt does not have, and for a file
    of its test driver that is not there.
    """
    try:
        parts = urlsplit(uri)
        options = parse_qsl(parts.query, strict_parsing=bool(parts.query))
        is_known = {key for key, _value in options} <= _ALLOWED and parts.password is None
    except ValueError as error:
        raise NotConfigured("libvirt_uri") from error
    if not parts.scheme or not is_known:
        raise NotConfigured("libvirt_uri")
    driver = parts.scheme.partition("+")[0]
    if driver not in _DRIVERS:
        raise NotConfigured("libvirt_driver", driver=one_line(driver))
    if driver == "test" and parts.path != "/default" and not Path(parts.path).is_file():
        # The library would print its XML parser's words on the screen.
        raise NotConfigured("libvirt_test_file", path=one_line(parts.path))
    if parts.scheme.endswith("+ssh"):
        options.append(("no_tty", "1"))
    return parts._replace(query=urlencode(options, safe="/")).geturl() if options else uri


def _reading(told: Told, mono: float, before: Look | None) -> Reading:
    estate = estate_of(told, mono, before)
    return Reading(
        samples=tuple(
            Sample(STORE_FREE, one.free_ratio, (one.name, one.host or "")) for one in estate.stores
        ),
        identity=Identity(
            "libvirt", told.driver.lower(), "hypervisor", version=release_of(told.release)
        ),
        estate=estate,
        complete=not told.is_cut,
        method="libvirt read-only",
    )


PROBE = Probe(name="libvirt", period_s=120, timeout_s=20, run=run, metrics=(STORE_FREE,))
