"""A Proxmox VE host's API as a token that may look sees it: paths and fields of its API viewer.

A token sees the machines that it has rights on. One without any logs in and sees nothing, as a
token with separated privileges does on a real host.
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from drills import estate
from drills.chance import octets
from drills.machine import BLOCK, RELEASE, machine_at, uptime_s
from drills.model import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drills.model import Ask, Machine, Node
    from drills.world import World

ALL, NOTHING = "*", ""
"""The rights of a token: on every machine, on none; else the code of a ward."""

_BASE = "/api2/json"
_JSON = "application/json;charset=UTF-8"
_VERSION, _RELEASE = "8.2.2", "8.2"
_SEEN = {"VM.Audit": 1, "Sys.Audit": 1, "Datastore.Audit": 1}


class _Refused(Exception):
    """The API answers with a status and words of its own."""

    def __init__(self, status: int, phrase: str) -> None:
        super().__init__(status, phrase)
        self.status, self.phrase = status, phrase


def token(world: World, rights: str) -> str:
    """The token with these rights: a ward's code, ALL or NOTHING; the same for a seed."""
    name = {ALL: "hub", NOTHING: "bare"}.get(rights, f"ward-{rights}")
    digits = "".join(octets(8, world.seed, "pve", name, n).hex() for n in range(2))
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return f"look@pve!{name}={'-'.join(parts)}"


def respond(world: World, asker: str, node: Node, request: Ask, t: float) -> Page | None:
    """The host's answer, None for silence: no power, or no way there from the asker."""
    if not world.hears(asker, node.name, t):
        return None
    try:
        path = urlsplit(request.target).path
        if not path.startswith(f"{_BASE}/"):
            return Page(404, "text/plain", b"")
        look = _Look(world, node, t, _rights(world, request), estate.numbers(world))
        if request.method != "GET":
            raise _Refused(403, "Permission check failed")
        query = {name: told[0] for name, told in parse_qs(urlsplit(request.target).query).items()}
        answer = _route(look, path.removeprefix(_BASE), query)
    except _Refused as refused:
        return Page(refused.status, _JSON, b'{"data":null}', phrase=refused.phrase)
    return Page(200, _JSON, json.dumps({"data": answer}).encode())


def _rights(world: World, request: Ask) -> str:
    kind, _, given = request.headers.get("authorization", "").partition("=")
    if kind != "PVEAPIToken":
        raise _Refused(401, "No ticket")
    for rights in (ALL, NOTHING, *world.topology.codes):
        if hmac.compare_digest(given.encode(), token(world, rights).encode()):
            return rights
    raise _Refused(401, "invalid token value!")


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at the host: when, what the token may see, and the machines' numbers."""

    world: World
    host: Node
    t: float
    rights: str
    numbers: Mapping[str, int]

    @property
    def guests(self) -> tuple[Node, ...]:
        """The machines that the token sees."""
        every = estate.guests(self.world)
        return tuple(node for node in every if self.rights in (ALL, node.ward))

    def unix_s(self, t: float) -> float:
        """A time of the world in seconds since 1970, by the host's clock."""
        return self.world.started_at.timestamp() + t

    def number(self, node: Node) -> int:
        """The machine's number."""
        return self.numbers[node.name]

    def guest(self, number: str) -> Node:
        """The machine of that number; refused where the token may not see it."""
        every = {str(self.number(node)): node for node in estate.guests(self.world)}
        node = every.get(number)
        if self.rights != ALL and (node is None or node.ward != self.rights):
            raise _Refused(403, f"Permission check failed (/vms/{number}, VM.Audit)")
        if node is None:
            place = f"nodes/{self.host.name}/qemu-server/{number}.conf"
            raise _Refused(500, f"Configuration file '{place}' does not exist")
        return node

    def is_on(self, node: Node) -> bool:
        """Whether the machine runs."""
        return self.world.powered(node.name, self.t)

    def must_see(self, where: str, right: str) -> None:
        """Refuse a token without any rights."""
        if self.rights == NOTHING:
            raise _Refused(403, f"Permission check failed ({where}, {right})")


def _route(look: _Look, path: str, query: Mapping[str, str]) -> Any:
    for pattern, answer in _PATHS:
        found = pattern.fullmatch(path)
        if found is None:
            continue
        if found.groupdict().get("node", look.host.name) != look.host.name:
            raise _Refused(500, f"hostname lookup '{found['node']}' failed")
        return answer(look, found, query)
    raise _Refused(501, f"Method 'GET {path}' not implemented")


# ---- the host, its cluster, its stores ----


def _version(_look: _Look, _found: re.Match[str], _query: Mapping[str, str]) -> Any:
    return {"version": _VERSION, "release": _RELEASE, "repoid": "simulated"}


def _permissions(look: _Look, _found: re.Match[str], _query: Mapping[str, str]) -> Any:
    if look.rights == NOTHING:
        return {}
    if look.rights == ALL:
        return {"/": _SEEN}
    machines = {f"/vms/{look.number(node)}": {"VM.Audit": 1} for node in look.guests}
    return {"/nodes": {"Sys.Audit": 1}, "/storage": {"Datastore.Audit": 1}, **machines}


def _cluster(look: _Look, _found: re.Match[str], _query: Mapping[str, str]) -> Any:
    """A host alone has no cluster to be quorate."""
    look.must_see("/", "Sys.Audit")
    name = look.host.name
    return [
        {"type": "node", "id": f"node/{name}", "name": name, "nodeid": 0, "online": 1, "local": 1,
         "ip": look.host.address, "level": ""}
    ]  # fmt: skip


def _resources(look: _Look, _found: re.Match[str], query: Mapping[str, str]) -> Any:
    rows = [_guest_row(look, node) for node in look.guests]
    if look.rights != NOTHING:
        rows += [_host_row(look), *(_store_row(look, one) for one in _stores(look))]
    kind = {"vm": "qemu"}.get(query.get("type", ""), query.get("type"))
    return [row for row in rows if kind in (None, row["type"])]


def _host_row(look: _Look) -> dict[str, Any]:
    running = [machine_at(look.world, one) for one in _running(look)]
    size = look.host.hypervisor
    processors, memory = (size.processors, size.memory_bytes) if size else (1, 1)
    images, busy = _stores(look)[0], sum(sum(one.busy) for one in running)
    return {
        "id": f"node/{look.host.name}", "type": "node", "node": look.host.name, "status": "online",
        "level": "", "maxcpu": processors, "cpu": busy / processors,
        "maxmem": memory, "mem": sum(one.memory_bytes for one in running),
        "maxdisk": images.size_bytes, "disk": images.used_bytes,
        "uptime": int(uptime_s(look.world, look.host, look.t)),
    }  # fmt: skip


def _running(look: _Look) -> list[Node]:
    return [node for node in estate.guests(look.world) if look.is_on(node)]


def _nodes(look: _Look, _found: re.Match[str], _query: Mapping[str, str]) -> Any:
    return [] if look.rights == NOTHING else [_host_row(look)]


def _node_status(look: _Look, _found: re.Match[str], _query: Mapping[str, str]) -> Any:
    look.must_see(f"/nodes/{look.host.name}", "Sys.Audit")
    row, images = _host_row(look), _stores(look)[0]
    load = f"{sum(machine_at(look.world, one).load1 for one in _running(look)):.2f}"
    return {
        "uptime": row["uptime"], "cpu": row["cpu"], "cpuinfo": {"cpus": row["maxcpu"]},
        "memory": {"total": row["maxmem"], "used": row["mem"], "free": row["maxmem"] - row["mem"]},
        "rootfs": {"total": images.size_bytes, "used": images.used_bytes,
                   "avail": images.size_bytes - images.used_bytes},
        "loadavg": [load, load, load],
        "pveversion": f"pve-manager/{_VERSION}/simulated",
    }  # fmt: skip


def _stores(look: _Look) -> tuple[estate.Store, ...]:
    return estate.stores(look.world, look.t)


def _store_row(look: _Look, store: estate.Store) -> dict[str, Any]:
    return {
        "id": f"storage/{look.host.name}/{store.name}", "type": "storage", "storage": store.name,
        "node": look.host.name, "status": "available", "plugintype": store.kind,
        "content": store.content, "shared": int(store.is_shared),
        "maxdisk": store.size_bytes, "disk": store.used_bytes,
    }  # fmt: skip


def _storage(look: _Look, _found: re.Match[str], _query: Mapping[str, str]) -> Any:
    if look.rights == NOTHING:
        return []
    return [
        {"storage": one.name, "type": one.kind, "content": one.content, "active": 1, "enabled": 1,
         "shared": int(one.is_shared), "total": one.size_bytes, "used": one.used_bytes,
         "avail": one.size_bytes - one.used_bytes, "used_fraction": one.used_bytes / one.size_bytes}
        for one in _stores(look)
    ]  # fmt: skip


# ---- machines ----


def _guest_row(look: _Look, node: Node) -> dict[str, Any]:
    number = look.number(node)
    return {"id": f"qemu/{number}", "type": "qemu", "node": look.host.name,
            **_state(look, node)}  # fmt: skip


def _state(look: _Look, node: Node) -> dict[str, Any]:
    machine, is_on = machine_at(look.world, node), look.is_on(node)
    counted = look.world.counters(f"{node.name}:{node.ports[0].name}", look.t)
    return {
        "vmid": look.number(node), "name": node.name, "template": 0,
        "status": "running" if is_on else "stopped",
        "maxcpu": len(machine.busy), "cpu": _busy(machine) if is_on else 0,
        "maxmem": machine.memory_bytes, "mem": machine.used_bytes if is_on else 0,
        "maxdisk": estate.disk_bytes(look.world, node), "disk": 0,
        "uptime": int(uptime_s(look.world, node, look.t)) if is_on else 0,
        "netin": counted.in_octets if is_on else 0, "netout": counted.out_octets if is_on else 0,
    }  # fmt: skip


def _busy(machine: Machine) -> float:
    return sum(machine.busy) / len(machine.busy)


def _machines(look: _Look, _found: re.Match[str], _query: Mapping[str, str]) -> Any:
    return [_state(look, node) for node in look.guests]


def _containers(_look: _Look, _found: re.Match[str], _query: Mapping[str, str]) -> Any:
    return []


def _current(look: _Look, found: re.Match[str], _query: Mapping[str, str]) -> Any:
    node = look.guest(found["vmid"])
    state = _state(look, node)
    has_agent = look.world.fact("guest_agent", node.name) != "absent"
    return {**state, "cpus": state["maxcpu"], "qmpstatus": state["status"],
            "ha": {"managed": 0}, "agent": int(has_agent)}  # fmt: skip


def _snapshots(look: _Look, found: re.Match[str], _query: Mapping[str, str]) -> Any:
    node = look.guest(found["vmid"])
    rows: list[dict[str, Any]] = []
    for count, at in enumerate(estate.snapshots(look.world, node, look.t), start=1):
        row = {"name": f"snapshot-{count}", "description": "", "vmstate": 0,
               "snaptime": int(look.unix_s(at))}  # fmt: skip
        rows.append({**row, **({"parent": rows[-1]["name"]} if rows else {})})
    current = {"name": "current", "description": "You are here!", "running": int(look.is_on(node))}
    return [*rows, {**current, **({"parent": rows[-1]["name"]} if rows else {})}]


def _agent(look: _Look, found: re.Match[str], _query: Mapping[str, str]) -> Any:
    node = look.guest(found["vmid"])
    agent = look.world.fact("guest_agent", node.name)
    if agent == "absent":
        raise _Refused(500, "No QEMU guest agent configured")
    if not look.is_on(node):
        raise _Refused(500, f"VM {look.number(node)} is not running")
    if agent == "stopped":
        raise _Refused(500, "QEMU guest agent is not running")
    if found["what"] == "get-osinfo":
        told = {"id": RELEASE["ID"], "pretty-name": RELEASE["PRETTY_NAME"].strip('"'),
                "version-id": RELEASE["VERSION_ID"].strip('"')}  # fmt: skip
        return {"result": told}
    disks = machine_at(look.world, node).disks
    return {
        "result": [
            {"mountpoint": one.mount, "name": one.device.rpartition("/")[2], "type": "ext4",
             "total-bytes": one.size_bytes, "used-bytes": one.used_bytes}
            for one in disks
        ]
    }  # fmt: skip


# ---- backups ----


def _content(look: _Look, found: re.Match[str], query: Mapping[str, str]) -> Any:
    store = next((one for one in _stores(look) if one.name == found["store"]), None)
    if store is None:
        raise _Refused(500, f"storage '{found['store']}' does not exist")
    look.must_see(f"/storage/{store.name}", "Datastore.Audit")
    if query.get("content", store.content) != store.content:
        return []
    if store.content == "images":
        return [
            {"volid": f"{store.name}:{look.number(node)}/vm-{look.number(node)}-disk-{n}.qcow2",
             "content": "images", "format": "qcow2", "vmid": look.number(node),
             "size": disk.size_bytes // BLOCK * BLOCK}
            for node in look.guests
            for n, disk in enumerate(machine_at(look.world, node).disks)
        ]  # fmt: skip
    return [
        _backup(look, store.name, node, at)
        for node in look.guests
        for at in estate.backups(look.world, node, look.t)
    ]


def _backup(look: _Look, store: str, node: Node, at: float) -> dict[str, Any]:
    number, unix_s = look.number(node), int(look.unix_s(at))
    stamp = datetime.fromtimestamp(unix_s, UTC).strftime("%Y_%m_%d-%H_%M_%S")
    return {
        "volid": f"{store}:backup/vzdump-qemu-{number}-{stamp}.vma.zst",
        "content": "backup", "subtype": "qemu", "format": "vma.zst", "vmid": number,
        "ctime": unix_s, "size": estate.backup_bytes(look.world, node), "notes": node.name,
    }  # fmt: skip


def _unsaved(look: _Look, _found: re.Match[str], _query: Mapping[str, str]) -> Any:
    """The nightly job covers every machine, whether anything comes of it or not."""
    look.must_see("/", "Sys.Audit")
    return []


def _tasks(look: _Look, _found: re.Match[str], query: Mapping[str, str]) -> Any:
    """The nightly jobs: each says OK, which is all that a job knows."""
    look.must_see(f"/nodes/{look.host.name}", "Sys.Audit")
    if query.get("typefilter", "vzdump") != "vzdump":
        return []
    name, rows = look.host.name, []
    for at in estate.nights(look.world, look.t, 14):
        begun = int(look.unix_s(at))
        rows.append(
            {"upid": f"UPID:{name}:00001000:00001000:{begun:08X}:vzdump::root@pam:",
             "node": name, "type": "vzdump", "id": "", "user": "root@pam", "status": "OK",
             "starttime": begun, "endtime": begun + int(estate.BACKUP_TOOK_S)}
        )  # fmt: skip
    return rows


_NODE = r"/nodes/(?P<node>[\w.-]+)"
_GUEST = rf"{_NODE}/qemu/(?P<vmid>\d+)"
_PATHS: tuple[
    tuple[re.Pattern[str], Callable[[_Look, re.Match[str], Mapping[str, str]], Any]], ...
] = (
    (re.compile("/version"), _version),
    (re.compile("/access/permissions"), _permissions),
    (re.compile("/cluster/status"), _cluster),
    (re.compile("/cluster/resources"), _resources),
    (re.compile("/cluster/backup-info/not-backed-up"), _unsaved),
    (re.compile("/nodes"), _nodes),
    (re.compile(f"{_NODE}/status"), _node_status),
    (re.compile(f"{_NODE}/storage"), _storage),
    (re.compile(rf"{_NODE}/storage/(?P<store>[\w.-]+)/content"), _content),
    (re.compile(f"{_NODE}/tasks"), _tasks),
    (re.compile(f"{_NODE}/qemu"), _machines),
    (re.compile(f"{_NODE}/lxc"), _containers),
    (re.compile(f"{_GUEST}/status/current"), _current),
    (re.compile(f"{_GUEST}/snapshot"), _snapshots),
    (re.compile(f"{_GUEST}/agent/(?P<what>get-fsinfo|get-osinfo)"), _agent),
)
