"""The root facts of a world: which kinds there are, of what, and which values they take.

A fact that nobody changed has its default; everything else about the world is derived.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from drills.machine import UNITS
from drills.model import node_of
from inventory.machine import OPEN_PORT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drills.model import Topology, Value

_MAX_DELAY_S = 3600.0
_MAX_CLOCK_OFF_S = 60 * 366 * 86_400.0  # a clock that lost its battery starts in 1970 again
_MAX_DELAY_MS = 60_000.0
_MAX_RUNTIME_S = 7 * 86_400.0
_MAX_LOAD = 100.0
_LEAST_OCTETS, _MOST_OCTETS = 576, 1500
_LAST_VLAN = 4094  # IEEE 802.1Q
_MOST_UPDATES, _MOST_SNAPSHOTS = 500, 32


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of root fact: what it is about, its default, and which values are right."""

    about: Literal["node", "ward", "port", "cable", "disk", "fault"]
    default: Value
    fits: Callable[[Value], bool]


def _is_switch(value: Value) -> bool:
    return isinstance(value, bool)


def _within(low: float, high: float) -> Callable[[Value], bool]:
    def fits(value: Value) -> bool:
        return (
            isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        )

    return fits


def _is_vlan(value: Value) -> bool:
    return type(value) is int and 1 <= value <= _LAST_VLAN


def _is_size(value: Value) -> bool:
    return type(value) is int and _LEAST_OCTETS <= value <= _MOST_OCTETS


def _is_zone(value: Value) -> bool:
    return type(value) is int and -720 <= value <= 840


def _or_none(fits: Callable[[Value], bool]) -> Callable[[Value], bool]:
    return lambda value: value is None or fits(value)


def _is_count(value: Value) -> bool:
    return type(value) is int and 0 <= value <= _MOST_UPDATES


def _is_door(value: Value) -> bool:
    return isinstance(value, str) and bool(not value or re.fullmatch(OPEN_PORT, value))


def _are_times(value: Value) -> bool:
    is_list = isinstance(value, list) and 0 < len(value) <= _MOST_SNAPSHOTS
    return is_list and all(map(_within(-_MAX_CLOCK_OFF_S, _MAX_CLOCK_OFF_S), value))


def _one_of(*words: str) -> Callable[[Value], bool]:
    return lambda value: value in words


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "power": Kind("node", True, _is_switch),  # its own switch; the feed is another matter
        "mains": Kind("ward", True, _is_switch),
        "runtime_s": Kind(  # of a UPS at full charge, when it is not what the template says
            "node", None, lambda value: value is None or _within(0, _MAX_RUNTIME_S)(value)
        ),
        "admin": Kind("port", True, _is_switch),
        "cable": Kind("cable", True, _is_switch),
        "vlan": Kind("port", 1, _is_vlan),  # untagged; both ends of a cable must agree
        "passes": Kind("cable", True, _is_switch),  # False: link at both ends, and nothing comes
        "loss": Kind("cable", 0.0, _within(0, 1)),  # of round trips
        "delay_ms": Kind("cable", 0.0, _within(0, _MAX_DELAY_MS)),  # added to the round trip
        "out_loss": Kind("port", 0.0, _within(0, 1)),  # of packets that leave by it
        "out_delay_ms": Kind("port", 0.0, _within(0, _MAX_DELAY_MS)),  # of what leaves by it
        "out_jitter_ms": Kind("port", 0.0, _within(0, _MAX_DELAY_MS)),  # up to so much more
        "largest": Kind("cable", 1500, _is_size),  # octets of a packet that still passes
        "error_ratio": Kind("port", 0.0, _within(0, 1)),  # of packets that come in: broken
        "line_load": Kind("ward", 0.0, _within(0, _MAX_LOAD)),  # asked of its line, 1 for all of it
        "storm": Kind("node", False, _is_switch),  # a loop: the switch floods all of its ports
        "service": Kind("node", "running", _one_of("running", "degraded", "failing", "stopped")),
        "service_delay_s": Kind("node", 0.0, _within(0, _MAX_DELAY_S)),
        "certificate": Kind("node", "valid", _one_of("valid", "expired")),
        "names": Kind("node", "right", _one_of("right", "wrong", "unknown", "refused", "failing")),
        "time": Kind("node", "right", _one_of("right", "unsynchronised")),
        "time_off_s": Kind("node", 0.0, _within(-_MAX_CLOCK_OFF_S, _MAX_CLOCK_OFF_S)),
        "ping": Kind("node", True, _is_switch),  # whether it answers; traffic passes either way
        "snmp": Kind("node", True, _is_switch),
        "snmp_delay_s": Kind("node", 0.0, _within(0, _MAX_DELAY_S)),
        # Of a port: the speed and duplex that it runs at; "" for all it can do.
        "mode": Kind("port", "", _one_of("", "10half", "10full", "100half", "100full")),
        # Of a video endpoint and its room.
        "mute": Kind("node", "off", _one_of("off", "on", "hardware")),
        "microphone": Kind("node", True, _is_switch),  # plugged in
        "camera": Kind("node", True, _is_switch),
        "display": Kind("node", True, _is_switch),
        "standby": Kind("node", False, _is_switch),
        "account": Kind("node", "right", _one_of("right", "wrong_password")),
        "zone_min": Kind("node", 420, _is_zone),  # minutes east of Greenwich that it is set to
        "call": Kind("node", "none", _one_of("none", "ringing", "connected")),
        "diagnosis": Kind("node", "none", _one_of("none", "warning", "error", "critical")),
        "api": Kind("node", "open", _one_of("open", "login_page", "busy")),
        "firmware": Kind("node", "ce", _one_of("tc", "ce", "roomos")),
        # Of a machine. Shares are 0..1, times are seconds of the world.
        "disk_used": Kind("disk", None, _or_none(_within(0, 1))),
        "busy": Kind("node", None, _or_none(_within(0, 1))),  # each processor at least
        "exposed": Kind("node", "", _is_door),  # a port that it should not listen on
        "unit_failed": Kind("node", "", _one_of("", *(unit.name for unit in UNITS))),
        "updates": Kind("node", 0, _is_count),  # security updates that wait
        "restart_due": Kind("node", False, _is_switch),
        "sudo": Kind("node", True, _is_switch),  # whether the look account may ask sshd's settings
        "sshd": Kind("node", "strict", _one_of("strict", "weak")),
        # What its hypervisor knows of it.
        "guest_agent": Kind("node", "running", _one_of("running", "stopped", "absent")),
        "snapshots": Kind("node", None, _or_none(_are_times)),  # when each was made
        "backups_until": Kind(  # when the nightly backups stopped being kept, unseen
            "node", None, _or_none(_within(-_MAX_CLOCK_OFF_S, _MAX_CLOCK_OFF_S))
        ),
        "fault": Kind("fault", None, lambda value: value is None or isinstance(value, dict)),
    }
)


def exists(topology: Topology, kind: Kind, on: str) -> bool:
    """Whether the world has the thing that a fact of this kind would be about."""
    known: Mapping[str, bool] = {
        "node": on in topology.nodes,
        "ward": on in topology.codes,
        "port": topology.port(on) is not None,
        "cable": on in topology.cables,
        "disk": _has_disk(topology, on),
        "fault": bool(on),
    }
    return known[kind.about]


def _has_disk(topology: Topology, on: str) -> bool:
    node = topology.nodes.get(node_of(on))
    mount = on.partition(":")[2]
    disks = node.machine.disks if node and node.machine else ()
    return any(disk.mount == mount for disk in disks)
