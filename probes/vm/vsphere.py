"""Reads a vCenter or an ESXi host by its web services, with an account that may only look.

pyVmomi is optional (`pip install 'wardops[vsphere]'`). The role Read-only, given at the top with
its propagation, is enough. An account that logs in and sees nothing is told as `forbidden`, since
an empty list would read as "no machines".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probes.errors import Forbidden, NotConfigured
from probes.model import Identity, Probe, Reading, Sample
from probes.transports.device_api import base_of
from probes.transports.login import login_of
from probes.vm.estate import STORE_FREE
from probes.vm.vsphere_read import estate_of, is_withheld
from probes.vm.vsphere_session import VsphereSession, open_session
from probes.vm.vsphere_soap import SessionOver

if TYPE_CHECKING:
    from probes.model import ProbeContext, Target
    from probes.vm.vsphere_session import Sizes, Told


async def run(target: Target, context: ProbeContext) -> Reading:
    """Ask for machines, hosts and stores over the kept session; a session that ended is renewed.

    Raises AuthFailed, Forbidden for an account that may see nothing, NotConfigured without library
    or account, and what the client raises. What there was no time for stays unknown, and the
    reading says that it is not complete.
    """
    access = target.https
    if access is None:
        raise NotConfigured
    base = base_of(target, access)
    login = login_of(context.secret(access.auth))
    ways = context.transports
    key = ("vsphere", base.url, login[0])
    sizes: Sizes = context.memory.kept if isinstance(context.memory.kept, dict) else {}
    context.memory.kept = sizes

    async def session() -> VsphereSession:
        return await ways.sessions.one(
            key, lambda: open_session(ways.http, base, login, context.deadline)
        )

    async with ways.turns.one(target.host, access.port):
        opened = await session()
        if opened.password.reveal() != login[1].reveal():
            await ways.sessions.end(key)
            opened = await session()
        try:
            told = await opened.look(context.deadline, sizes)
        except SessionOver:
            context.note("vsphere: the session has ended, logging in again")
            await ways.sessions.end(key)
            opened = await session()
            told = await opened.look(context.deadline, sizes)
    context.note(f"vsphere: {len(told.rows)} objects")
    return _reading(told, opened.content.about)


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
        withheld=is_withheld(told.rows),
        method="https /sdk",
    )


def _system(about: Any) -> str:
    """What answers: `vcenter` for many hosts, `esxi` for one alone (AboutInfo.apiType)."""
    return "vcenter" if about.apiType == "VirtualCenter" else "esxi"


PROBE = Probe(name="vsphere", period_s=120, timeout_s=30, run=run, metrics=(STORE_FREE,))
