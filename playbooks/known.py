"""The facts that a playbook may name: groups that an `auto` step measures, and their fields.

A fact is named `group.field`. Facts of `ward` and `run` are always there; `answer.<step>` is what a
person answered.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FieldType: TypeAlias = Literal["bool", "number", "text", "words", "time"]

MEASURED: Mapping[str, Mapping[str, FieldType]] = MappingProxyType(
    {
        "nic": {"carrier": "bool"},
        "sw": {"reachable": "bool"},
        "uplink": {"port": "text", "admin": "text", "oper": "text"},
        "cpe": {"reachable": "bool", "loss_pct": "number"},
        "pe": {"reachable": "bool", "loss_pct": "number"},
        "dc": {"reachable": "bool", "loss_pct": "number"},
        "dns": {"ok": "bool"},
        "ups": {"on_battery": "bool", "low": "bool", "minutes": "number"},
        "app": {"ok": "bool"},
        "vc": {
            "reachable": "bool",
            "registered": "bool",
            "mic_muted": "bool",
            "peripherals_ok": "bool",
            "camera": "bool",
            "microphone": "bool",
            "display": "bool",
            "standby": "bool",
            "in_call": "bool",
            "clock_ok": "bool",
        },
        "mtg": {"minutes_to_start": "number", "join": "text"},
        "hint": {"power": "bool", "login_burst": "bool", "loop": "bool"},
        "vm": {
            "name": "text",
            "silent": "number",
            "reachable": "bool",
            "line_ok": "bool",
            "answers": "bool",
            "host_key_ok": "bool",
            "power": "text",
            "disk_used_pct": "number",
            "disk_mount": "text",
            "disk_free_gb": "number",
            "inodes_used_pct": "number",
            "full_in_days": "number",
            "full_mount": "text",
            "memory_used_pct": "number",
            "cpu_pct": "number",
            "failed_units": "number",
            "snapshots": "number",
            "snapshot_days": "number",
            "backup_hours": "number",
            "restore_days": "number",
            "store_free_pct": "number",
            "ports_beyond": "number",
            "ports": "text",
        },
        "share": {"device": "text", "open": "number", "names": "text"},
        "cert": {
            "service": "text",
            "name": "words",
            "host": "text",
            "days_left": "number",
            "host_ok": "bool",
            "trusted": "bool",
        },
        "verdict": {
            "segment": "text",
            "part": "text",
            "state": "text",
            "row": "text",
            "confidence": "number",
            "sentence": "words",
            "missing": "words",
        },
    }
)
"""Groups by name: `{field: type}`. `uplink.admin` and `.oper` are `up` or `down`.

`mtg` is the ward's next booked meeting; `mtg.join` is `dial_in` or `dial_out`, by who calls.

`hint` is what devices said by themselves within the last half hour: a UPS on battery, many failed
logins, a loop. Without an agent that listens it is unknown.

`vm` is one machine of the ward (`name`), the one that the run was begun for, else the one in most
trouble; `silent` counts those of all that are silent while the way to them stands (`line_ok`).
`answers` says whether it tells of itself, `host_key_ok` whether its SSH host key is the pinned one,
`power` is `on`, `off` or `suspended` by its hypervisor. Disk and inodes are of its fullest file
system; `full_in_days` says when the one that fills soonest (`full_mount`) will be full, which only
an agent with some days of history foretells. `ports` lists some of what it listens on beyond its
allow-list, absent while there is nothing. `backup_hours` and `restore_days` are ages of the last
backup and the last restore test.

`share` is the device that lets strangers into most shares: how many are `open` without an account,
`names` lists some of them, absent while there is none.

`cert` is the certificate of one service (`service` is its id), likewise: `days_left` below zero is
expired, `host_ok` false when it is made out to another name, `trusted` false when nobody vouches
for it.
"""

ALWAYS: Mapping[str, Mapping[str, FieldType]] = MappingProxyType(
    {
        "ward": {
            "code": "text",
            "name": "text",
            "kind": "text",
            "circuit_id": "text",
            "carrier": "text",
            "uplink_if": "text",
            "uplink_media": "text",
            "switch": "text",
            "ce": "text",
            "vc": "text",
        },
        "run": {
            "id": "text",
            "started": "time",
            "since": "time",
            "incident": "text",
            "device": "text",
        },
    }
)
"""Facts that the start of a run sets once.

`run.device` is the machine or service that the run was begun for, if one was named.
"""


def field_type(fact: str, steps: Iterable[str] = ()) -> FieldType | None:
    """The type of a fact, None when there is no such fact.

    `steps` are ids whose answers are facts, `answer.<step>`.
    """
    group, _, field = fact.partition(".")
    if group == "answer":
        return "text" if field in set(steps) else None
    return {**MEASURED, **ALWAYS}.get(group, {}).get(field)


def names_of(groups: Iterable[str]) -> tuple[str, ...]:
    """All facts of these groups, in order."""
    return tuple(f"{group}.{field}" for group in groups for field in MEASURED[group])


def groups_of(facts: Iterable[str]) -> tuple[str, ...]:
    """The measured groups that these facts belong to, each once, in order."""
    groups = dict.fromkeys(fact.partition(".")[0] for fact in facts)
    return tuple(group for group in groups if group in MEASURED)
