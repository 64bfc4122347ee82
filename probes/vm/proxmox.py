"""Reads a Proxmox VE host or cluster by its API, with a token that may only look.

The token stands in the secret as `user@realm!id=value`; the role PVEAuditor is enough. A token with
separated privileges and none of its own logs in and sees nothing: that is told as `forbidden`,
since an empty list would read as "no machines".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from probes.errors import AuthFailed, Forbidden, NotConfigured, ProbeError, TimedOut
from probes.model import Identity, Probe, Reading, Sample
from probes.transports.device_api import base_of
from probes.transports.json_tree import as_dict, json_of, text_of
from probes.transports.status import check_status
from probes.vm.estate import STORE_FREE, Estate
from probes.vm.proxmox_read import (
    backups_of,
    guests_of,
    hosts_of,
    may_see_guests,
    quorate_of,
    rows_of,
    snapshots_of,
    stores_of,
    swap_of,
    tools_of,
    unsaved_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from probes.model import ProbeContext, Target
    from probes.transports.model import HttpRequest
    from probes.vm.estate import Guest, HostState

_TOKEN = re.compile(r"[^\s!=]+@[^\s!=]+![\w.-]+=[\w-]+")
_API = "/api2/json"
_FOLDERS = {"machine": "qemu", "container": "lxc"}
_ASIDE_S = 2.0  # kept back for whatever is under way when the time is over


async def run(target: Target, context: ProbeContext) -> Reading:
    """Ask for hosts, machines and stores, then for each machine's snapshots, backups and agent.

    Raises AuthFailed for a token that is not known, Forbidden for one that may see nothing,
    NotConfigured without or with a malformed one, and what the client raises. What there was no
    time for stays unknown, and the reading says that it is not complete.
    """
    access = target.https
    if access is None:
        raise NotConfigured
    token = context.secret(access.auth).reveal().strip()
    if not _TOKEN.fullmatch(token):
        raise NotConfigured("token_shape")
    login = (("Authorization", f"PVEAPIToken={token}"),)
    api = _Api(replace(base_of(target, access), headers=login), context)
    release = as_dict(as_dict(await api.get("/version")).get("data"))
    resources = rows_of(await api.get("/cluster/resources"))
    guests = guests_of(resources)
    if not guests and not may_see_guests(await api.get("/access/permissions")):
        raise Forbidden("vm_no_rights")
    further = _Further(api, guests)
    told = await further.told()
    estate = Estate(
        hosts=await further.swapped(hosts_of(resources)),
        guests=told,
        stores=stores_of(resources),
        quorate=quorate_of(rows_of(await api.optional("/cluster/status"))),
    )
    context.note(f"proxmox: {len(estate.hosts)} hosts, {len(guests)} machines")
    return Reading(
        samples=tuple(Sample(STORE_FREE, one.free_ratio, (one.name, one.host or ""))
                      for one in estate.stores),
        identity=Identity("Proxmox", "pve", "hypervisor", version=text_of(release.get("version"))),
        estate=estate,
        complete=not api.is_cut,
        method="https /api2/json",
    )  # fmt: skip


class _Api:
    """One poll's questions; `is_cut` says that there was no time or right for some."""

    def __init__(self, base: HttpRequest, context: ProbeContext) -> None:
        self.is_cut = False
        self._base, self._context = base, context

    async def get(self, path: str) -> Any:
        """The JSON at a path. Raises what its status says, and what the client raises."""
        answer = await self._context.transports.http.send(
            replace(self._base, url=f"{self._base.url}{_API}{path}"),
            deadline=self._context.deadline,
        )
        check_status(answer)
        return json_of(answer.body, answer.content_type)

    async def optional(self, path: str) -> Any:
        """The same where the rest can do without it: None, and the reading is not complete."""
        if not self.has_time:
            self.is_cut = True
            return None
        try:
            return await self.get(path)
        except (AuthFailed, TimedOut):
            raise
        except ProbeError:
            self.is_cut = True
            return None

    async def aside(self, path: str) -> Any:
        """The same where its lack is nothing worth telling: the reading stays complete."""
        was_cut = self.is_cut
        answer = await self.optional(path)
        self.is_cut = was_cut
        return answer

    async def status_of(self, path: str) -> tuple[int, str] | None:
        """Status and words of an answer that may well be an error; None when time is over."""
        if not self.has_time:
            self.is_cut = True
            return None
        answer = await self._context.transports.http.send(
            replace(self._base, url=f"{self._base.url}{_API}{path}"),
            deadline=self._context.deadline,
        )
        return answer.status, f"{answer.phrase} {answer.body[:300].decode('utf-8', 'replace')}"

    @property
    def has_time(self) -> bool:
        """Whether one more question may be begun."""
        return self._context.clock.monotonic() < self._context.deadline - _ASIDE_S


@dataclass
class _Further:
    """What is asked for each machine by itself."""

    api: _Api
    guests: tuple[Guest, ...]

    async def told(self) -> tuple[Guest, ...]:
        """The machines with their backups, snapshots and guest agents."""
        backups = await self._backups()
        unsaved = await self.api.optional("/cluster/backup-info/not-backed-up")
        lacking = None if unsaved is None else unsaved_of(unsaved)
        found = []
        for guest in self.guests:
            saved = replace(
                guest,
                backed_up_at=backups.get(guest.id),
                is_in_backup=None if lacking is None else guest.id not in lacking,
            )
            found.append(await self._looked_at(saved))
        return tuple(found)

    async def swapped(self, hosts: tuple[HostState, ...]) -> tuple[HostState, ...]:
        """The hosts with what they swapped, which a token without Sys.Audit may not see."""
        return tuple(
            [
                replace(host, swap_used_bytes=swap_of(await self.api.aside(_status_path(host))))
                if host.is_online
                else host
                for host in hosts
            ]
        )

    async def _looked_at(self, guest: Guest) -> Guest:
        place = f"/nodes/{guest.host}/{_FOLDERS[guest.kind]}/{guest.id}"
        listed = await self.api.optional(f"{place}/snapshot")
        if listed is not None:
            count, oldest = snapshots_of(listed)
            guest = replace(guest, snapshots=count, oldest_snapshot_at=oldest)
        if guest.power != "on" or guest.kind != "machine":
            return guest
        asked = await self.api.status_of(f"{place}/agent/get-fsinfo")
        return guest if asked is None else replace(guest, tools=tools_of(*asked))

    async def _backups(self) -> Mapping[str, datetime]:
        """The newest backup of each machine that a store on any of their hosts holds."""
        newest: dict[str, datetime] = {}
        seen: set[tuple[str, str]] = set()
        for host in sorted({guest.host for guest in self.guests if guest.host}):
            for store, is_shared in _backup_stores(
                await self.api.optional(f"/nodes/{host}/storage")
            ):
                key = (store, "" if is_shared else host)
                if key in seen:
                    continue
                seen.add(key)
                path = f"/nodes/{host}/storage/{store}/content?content=backup"
                for number, at in backups_of(rows_of(await self.api.optional(path))).items():
                    newest[number] = max(at, newest.get(number, at))
        return newest


def _status_path(host: HostState) -> str:
    return f"/nodes/{host.name}/status"


def _backup_stores(answer: Any) -> Iterator[tuple[str, bool]]:
    for row in rows_of(answer):
        kinds = (text_of(row.get("content")) or "").split(",")
        name = text_of(row.get("storage"))
        if "backup" in kinds and name and re.fullmatch(r"[\w.-]+", name):
            yield name, row.get("shared") in (1, "1", True)


PROBE = Probe(name="proxmox", period_s=120, timeout_s=20, run=run, metrics=(STORE_FREE,))
