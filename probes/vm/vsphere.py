"""Reads a vCenter or an ESXi host by its web services, with an account that may only look.

pyVmomi is optional (`pip install 'wardops[vsphere]'`). The role Read-only, given at the top with
its propagation, is enough. An account that logs in and sees nothing is told as `forbidden`, since
an empty list would read as "no machines".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from probes.errors import AuthFailed, Forbidden, NotConfigured
from probes.model import Identity, Probe, Reading, Sample
from probes.transports.device_api import base_of
from probes.transports.login import login_of
from probes.vm.estate import STORE_FREE
from probes.vm.vsphere_read import estate_of, is_withheld
from probes.vm.vsphere_session import VsphereSession, open_session
from probes.vm.vsphere_soap import SessionOver

if TYPE_CHECKING:
    from inventory.credentials import Secret
    from probes.model import ProbeContext, Target
    from probes.vm.vsphere_session import Sizes, Told

RESTS_S = 900.0  # a few wrong passwords in a row lock an account, on some for a quarter of an hour


@dataclass(slots=True)
class _Kept:
    """What stays from poll to poll: sizes of disks, and a password that was refused."""

    sizes: Sizes = field(default_factory=dict)
    refused: Secret | None = None
    rests_until: float = -math.inf  # the clock's monotonic seconds


async def run(target: Target, context: ProbeContext) -> Reading:
    """Ask for machines, hosts and stores over the kept session; a session that ended is renewed.

    Raises AuthFailed, also without asking while a refused password rests, Forbidden for an account
    that may see nothing, NotConfigured without library or account, and what the client raises. What
    there was no time for stays unknown, and the reading says that it is not complete.
    """
    access = target.https
    if access is None:
        raise NotConfigured
    base = base_of(target, access)
    login = login_of(context.secret(access.auth))
    ways = context.transports
    key = ("vsphere", base.url, login[0])
    kept = context.memory.kept if isinstance(context.memory.kept, _Kept) else _Kept()
    context.memory.kept = kept
    _check_rest(kept, login[1], context)

    async def session() -> VsphereSession:
        try:
            return await ways.sessions.one(
                key, lambda: open_session(ways.http, base, login, context.deadline)
            )
        except AuthFailed:
            kept.refused, kept.rests_until = login[1], context.clock.monotonic() + RESTS_S
            raise

    async with ways.turns.one(target.host, access.port):
        opened = await session()
        if opened.password.reveal() != login[1].reveal():
            await ways.sessions.end(key)
            opened = await session()
        try:
            told = await opened.look(context.deadline, kept.sizes)
        except SessionOver:
            context.note("vsphere: the session has ended, logging in again")
            await ways.sessions.end(key)
            opened = await session()
            told = await opened.look(context.deadline, kept.sizes)
    context.note(f"vsphere: {len(told.rows)} objects")
    return _reading(told, opened.content.about)


def _check_rest(kept: _Kept, password: Secret, context: ProbeContext) -> None:
    """Raise AuthFailed for a password that was refused lately; another one is tried at once."""
    left_s = kept.rests_until - context.clock.monotonic()
    if kept.refused is not None and kept.refused.reveal() == password.reveal() and left_s > 0:
        raise AuthFailed("vsphere_rests", minutes=math.ceil(left_s / 60))


def _reading(told: Told, about: Any) -> Reading:
    estate = estate_of(told.rows, told.disks)
    if not estate.hosts and not estate.guests:
        raise Forbidden("vsphere_no_rights")
    return Reading(
        samples=tuple(
            Sample(STORE_FREE, one.free_ratio, (one.name, one.host or "")) for one in estate.stores
        ),
        identity=Identity("VMware", _system(about), "hypervisor", version=about.version),
        estate=estate,
        complete=not told.is_cut,
        withheld="withheld" if is_withheld(told.rows) else "",
        method="https /sdk",
    )


def _system(about: Any) -> str:
    """What answers: `vcenter` for many hosts, `esxi` for one alone (AboutInfo.apiType)."""
    return "vcenter" if about.apiType == "VirtualCenter" else "esxi"


PROBE = Probe(name="vsphere", period_s=120, timeout_s=30, run=run, metrics=(STORE_FREE,))
