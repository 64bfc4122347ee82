"""Proxmox VE's answers as values. Pure; from its API viewer (pve-docs/api-viewer).

Numbers come as numbers or as text and releases differ in which, so every value is read in any form.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from probes.transports.json_tree import as_dict, number_of, text_of
from probes.vm.estate import Guest, HostState, Power, Store, Tools

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MOST_GUESTS = 2000
_KINDS: dict[str, Literal["machine", "container"]] = {"qemu": "machine", "lxc": "container"}
_POWER: dict[str, Power] = {
    "running": "on", "stopped": "off", "paused": "suspended", "suspended": "suspended",
    "prelaunch": "suspended",
}  # fmt: skip
_NO_AGENT = ("not running", "not responding", "timeout")
_NOT_SET_UP = ("no qemu guest agent", "agent configured")
_ONLINE = {"online": True, "offline": False}


def rows_of(answer: Any) -> tuple[Mapping[str, Any], ...]:
    """The objects of a list answer, `{"data": [...]}`."""
    listed = as_dict(answer).get("data")
    rows = listed if isinstance(listed, list) else []
    return tuple(row for row in rows if isinstance(row, dict))[: 4 * MOST_GUESTS]


def hosts_of(rows: Iterable[Mapping[str, Any]]) -> tuple[HostState, ...]:
    """The hosts among the resources of a cluster, or of the list of nodes."""
    return tuple(
        HostState(
            name=name,
            is_online=_ONLINE.get(text_of(row.get("status")) or ""),
            cpu_ratio=_ratio(row.get("cpu")),
            memory_used_ratio=_share(row.get("mem"), row.get("maxmem")),
            uptime_s=number_of(row.get("uptime")),
            memory_bytes=_whole(row.get("maxmem")),
        )
        for row in rows
        if row.get("type") == "node" and (name := text_of(row.get("node"))) is not None
    )


def swap_of(answer: Any) -> int | None:
    """How much a host has swapped, of its own status; None where it does not say."""
    told = number_of(as_dict(as_dict(as_dict(answer).get("data")).get("swap")).get("used"))
    return int(told) if told is not None and told >= 0 else None


def guests_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Guest, ...]:
    """The machines and containers among the resources; templates are no machines."""
    return tuple(_guests(rows))[:MOST_GUESTS]


def _guests(rows: Iterable[Mapping[str, Any]]) -> Iterator[Guest]:
    for row in rows:
        number = text_of(row.get("vmid"))
        kind = _KINDS.get(text_of(row.get("type")) or "")
        if kind is None or number is None or _is_on(row.get("template")):
            continue
        power = _POWER.get(text_of(row.get("status")) or "")
        is_on = power == "on"
        yield Guest(
            id=number,
            kind=kind,
            name=text_of(row.get("name")),
            host=text_of(row.get("node")),
            power=power,
            cpu_ratio=_ratio(row.get("cpu")) if is_on else None,
            cpu_cores=number_of(row.get("maxcpu")) or None,
            memory_bytes=_whole(row.get("maxmem")),
            memory_used_ratio=_share(row.get("mem"), row.get("maxmem")) if is_on else None,
            disk_bytes=_whole(row.get("maxdisk")),
            uptime_s=number_of(row.get("uptime")) if is_on else None,
        )


def stores_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Store, ...]:
    """The stores among the resources, or of one host's list; those that are off say nothing."""
    found: dict[tuple[str, str | None], Store] = {}
    for row in rows:
        name = text_of(row.get("storage"))
        if name is None or row.get("status") == "unknown" or row.get("active") in (0, "0"):
            continue
        total = number_of(row.get("maxdisk", row.get("total")))
        used = number_of(row.get("disk", row.get("used")))
        if not total or used is None or total <= 0:
            continue
        host = None if _is_on(row.get("shared")) else text_of(row.get("node"))
        store = Store(name, host, int(total), max(0.0, 1 - used / total))
        found.setdefault((name, host), store)
    return tuple(found.values())


def quorate_of(rows: Iterable[Mapping[str, Any]]) -> bool | None:
    """Whether the cluster can decide; None for a host alone."""
    cluster = next((row for row in rows if row.get("type") == "cluster"), None)
    told = None if cluster is None else number_of(cluster.get("quorate"))
    return None if told is None else told > 0


def snapshots_of(answer: Any) -> tuple[int, datetime | None]:
    """How many snapshots there are, and when the oldest was made; `current` is none."""
    made = [row for row in rows_of(answer) if row.get("name") != "current"]
    times = [at for row in made if (at := _at(row.get("snaptime"))) is not None]
    return len(made), min(times, default=None)


def backups_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, datetime]:
    """When the newest backup of each machine began, of a store's content."""
    newest: dict[str, datetime] = {}
    for row in rows:
        number, at = text_of(row.get("vmid")), _at(row.get("ctime"))
        if row.get("content", "backup") == "backup" and number is not None and at is not None:
            newest[number] = max(at, newest.get(number, at))
    return newest


def unsaved_of(answer: Any) -> frozenset[str]:
    """The machines that no backup job covers."""
    return frozenset(
        number for row in rows_of(answer) if (number := text_of(row.get("vmid"))) is not None
    )


def tools_of(status: int, reason: str) -> Tools | None:
    """What an answer to the question for the guest agent's file systems says of that agent.

    Proxmox answers 500 with a sentence where the agent does not answer or is not set up.
    """
    if status == 200:
        return "running"
    told = reason.lower()
    if any(word in told for word in _NOT_SET_UP):
        return "absent"
    return "stopped" if any(word in told for word in _NO_AGENT) else None


def may_see_guests(answer: Any) -> bool:
    """Whether these permissions let an account see machines anywhere."""
    rights = as_dict(as_dict(answer).get("data")).values()
    return any(_is_on(as_dict(one).get("VM.Audit")) for one in rights)


def _ratio(value: Any) -> float | None:
    told = number_of(value)
    return told if told is not None and 0 <= told <= 1.5 else None


def _share(part: Any, whole: Any) -> float | None:
    used, most = number_of(part), number_of(whole)
    return None if used is None or not most or used < 0 else min(1.0, used / most)


def _whole(value: Any) -> int | None:
    told = number_of(value)
    return int(told) if told else None


def _is_on(value: Any) -> bool:
    return value is True or bool(number_of(value))


def _at(value: Any) -> datetime | None:
    told = number_of(value)
    if told is None or not 0 < told < 2**33:
        return None
    return datetime.fromtimestamp(told, UTC)
