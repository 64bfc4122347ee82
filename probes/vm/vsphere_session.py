"""One session with a vSphere service, kept from poll to poll: its log-in, its view, its log-out.

A service bears few sessions and writes each log-in into its events, so one is kept. What may have
been opened without our hearing of it the service ends by itself after half an hour.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from probes.errors import Forbidden, ProbeError, ProtocolBroken
from probes.vm.vsphere_read import (
    ASKED,
    CHANGED,
    DEVICES,
    MACHINE,
    Row,
    disk_bytes,
    machines_of,
    row_of,
)
from probes.vm.vsphere_soap import SessionOver, Soap, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inventory.credentials import Secret
    from probes.transports.model import HttpClient, HttpRequest

MOST_OBJECTS = 10_000
_PAGE = 200  # objects in one answer
_ASIDE_S = 2.0  # kept back for whatever is under way when the time is over
_LEAVING_S = 1.0


# Each machine's disks as they were at a version of its configuration: what is plugged in takes ten
# times as long to read as all the rest, and seldom changes.
Sizes: TypeAlias = dict[str, tuple[str, int | None]]


@dataclass(frozen=True, slots=True)
class Told:
    """All that one poll heard. `disks` are octets by machine, `is_cut`: no time for all."""

    rows: tuple[Row, ...]
    disks: Mapping[str, int | None]
    is_cut: bool


@dataclass(slots=True)
class VsphereSession:
    """A session: who logged in, the service's words about itself, and the view of everything."""

    soap: Soap
    user: str
    password: Secret = field(repr=False)
    content: Any
    view: Any

    async def look(self, until: float, sizes: Sizes) -> Told:
        """Everything that the account may see, until shortly before `until` (loop time).

        `sizes` are those of earlier polls, and are brought up to date.

        Raises SessionOver when the service has ended the session, and what a call raises.
        """
        self.soap.until = until
        rows, is_cut = await self._all(self._whole_view())
        found = machines_of(rows)
        stale = {one.id: str(at) for one in found if (at := one.told.get(CHANGED))}
        for gone in sizes.keys() - {one.id for one in found}:
            del sizes[gone]
        for kept, (at, _size) in sizes.items():
            if stale.get(kept) == at:
                del stale[kept]
        is_whole = await self._learn_sizes(stale, sizes)
        disks = {one: size for one, (_at, size) in sizes.items()}
        return Told(tuple(rows), disks, is_cut or not is_whole)

    async def leave(self) -> None:
        """Log out within a second."""
        await _log_out(self.soap, self.content)

    def _whole_view(self) -> Any:
        words_ = self.soap.words
        ask = words_.collector
        walk = ask.TraversalSpec(type=words_.vim.view.ContainerView, path="view", skip=False)
        return ask.FilterSpec(
            propSet=[
                ask.PropertySpec(type=getattr(words_.vim, kind), pathSet=list(paths))
                for kind, paths in ASKED.items()
            ],
            objectSet=[ask.ObjectSpec(obj=self.view, skip=True, selectSet=[walk])],
        )

    def _plugged_into(self, machines: Sequence[str]) -> Any:
        words_ = self.soap.words
        ask = words_.collector
        return ask.FilterSpec(
            propSet=[ask.PropertySpec(type=words_.vim.VirtualMachine, pathSet=[DEVICES])],
            objectSet=[ask.ObjectSpec(obj=words_.vim.VirtualMachine(one)) for one in machines],
            reportMissingObjectsInResults=True,  # one that was deleted meanwhile fails no other
        )

    async def _learn_sizes(self, versions: Mapping[str, str], sizes: Sizes) -> bool:
        """Read what is plugged into machines that are new or changed; whether all could be."""
        names = list(versions)
        for start in range(0, len(names), _PAGE):
            if not self._has_time:
                return False
            rows, is_cut = await self._all(self._plugged_into(names[start : start + _PAGE]))
            for one in rows:
                if one.kind == MACHINE and one.id in versions:
                    size = disk_bytes(one.told.get(DEVICES) or ())
                    sizes[one.id] = (versions[one.id], size)
            if is_cut:
                return False
        return True

    async def _all(self, wanted: Any) -> tuple[list[Row], bool]:
        """The objects of all pages, and whether there was no time or room for some."""
        collector = self.content.propertyCollector
        options = self.soap.words.collector.RetrieveOptions(maxObjects=_PAGE)
        page = await collector.RetrievePropertiesEx([wanted], options)
        rows: list[Row] = []
        while page is not None:
            rows += map(row_of, page.objects)
            if not page.token:
                break
            if not self._has_time or len(rows) >= MOST_OBJECTS:
                await collector.CancelRetrievePropertiesEx(page.token)
                return rows, True
            page = await collector.ContinueRetrievePropertiesEx(page.token)
        return rows, False

    @property
    def _has_time(self) -> bool:
        return asyncio.get_running_loop().time() < self.soap.until - _ASIDE_S


async def open_session(
    http: HttpClient, base: HttpRequest, login: tuple[str, Secret], until: float
) -> VsphereSession:
    """Log in and make a view of all machines, hosts and stores.

    Raises NotConfigured without the library, AuthFailed, Forbidden for an account that may not look
    at anything, ProtocolBroken for what is no vSphere, and what the client raises.
    """
    soap = Soap(words(), http, base, until)
    user, password = login
    content = None
    try:
        content = await (await soap.service()).RetrieveContent()
        await content.sessionManager.Login(user, password.reveal(), None)
        kinds = [getattr(soap.words.vim, kind) for kind in ASKED]
        view = await content.viewManager.CreateContainerView(content.rootFolder, kinds, True)
    except BaseException as error:
        if content is not None and soap.cookie:
            await _log_out(soap, content)
        if isinstance(error, SessionOver):  # logged in, and yet not: nothing that a new try mends
            raise Forbidden("vsphere_no_rights") from error
        raise
    if view is None:
        raise ProtocolBroken("not_vsphere")
    return VsphereSession(soap, user, password, content, view)


async def _log_out(soap: Soap, content: Any) -> None:
    """Log out within a second; a session that is over already, or cannot be reached, is let be."""
    soap.until = asyncio.get_running_loop().time() + _LEAVING_S
    try:
        await content.sessionManager.Logout()
    except ProbeError:
        return
