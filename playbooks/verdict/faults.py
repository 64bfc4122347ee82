"""Faults that stand beside the winning row: what is broken as well and does not lie behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from playbooks.verdict.conditions import Condition, Outcome, outcome, parse
from playbooks.verdict.facts import Facts, Truth

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playbooks.verdict.reading import Reading
    from playbooks.verdict.rows import Row


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault by itself: where (`segment/part`), the group a row may explain it with, and when.

    The first condition names the broken object.
    """

    place: str
    group: str
    when: tuple[Condition, ...]


FAULTS: Final = (
    Fault("power/ups", "power", parse("ups_batt")),
    Fault("switch/management", "switch", parse("not sw, sw_traffic")),
    Fault("switch/uplink_shut", "switch", parse("not up_admin, sw, gw")),
    Fault("switch/uplink_errors", "switch", parse("up_err")),
    Fault("lan/devices", "lan", parse("not lan_ok, sw")),
    Fault("metronet/backup", "metronet", parse("not up_oper, up_admin, gw")),
    Fault("metronet/backup", "metronet", parse("backup")),
    Fault("metronet/mtu", "metronet", parse("not mtu, gw")),
    Fault("metronet/congestion", "metronet", parse("not path_ok, gw, up_full")),
    Fault("metronet/quality", "metronet", parse("not path_ok, gw, unless up_full, unless up_err")),
    Fault("lan/dns", "lan", parse("not dns, gw, dns_city")),
    Fault("service/access", "service", parse("not dns, gw, dns_hub, unless dns_city")),
    Fault("unknown/here_only", "service", parse("not dns, gw, no dns_hub, unless dns_city")),
)

_SERVICE_PLACES: Final = {
    Truth.FALSE: ("service/{id}", "dc"),
    Truth.TRUE: ("service/access", "service"),
    Truth.UNKNOWN: ("unknown/here_only", "service"),
    Truth.NA: ("unknown/here_only", "service"),
}


def beside(
    row: Row, place: str, used: tuple[str, ...], facts: Facts, view: Mapping[str, Reading]
) -> tuple[str, ...]:
    """Places of the faults that the winning row does not explain, nearest first.

    `place` is the row's own `segment/part`; `used` are the facts that it rests on, so that the
    object it blames is not listed a second time.
    """
    found = [
        where
        for where, group, name in (*_named(view), *_services(facts, view), *_rooms(facts, view))
        if group not in row.explains and where != place and name not in used
    ]
    return tuple(dict.fromkeys(found))


def room_part(facts: Facts, name: str) -> str:
    """Which part of the meeting equipment `vc[…]` says is broken: `endpoint` when it says none."""
    part = facts.fact(name).values.get("part")
    return part if part in ("registration", "peripheral", "far_end") else "endpoint"


def _named(view: Mapping[str, Reading]) -> Iterator[tuple[str, str, str]]:
    for fault in FAULTS:
        if all(outcome(condition, view) is Outcome.MET for condition in fault.when):
            yield fault.place, fault.group, fault.when[0].names[0]


def _services(facts: Facts, view: Mapping[str, Reading]) -> Iterator[tuple[str, str, str]]:
    if view["gw"].truth is not Truth.TRUE:
        return
    for key, fact in facts.services.items():
        if fact.truth is Truth.FALSE:
            place, group = _SERVICE_PLACES[facts.truth(f"svc_hub[{key}]")]
            yield place.replace("{id}", key), group, f"svc[{key}]"


def _rooms(facts: Facts, view: Mapping[str, Reading]) -> Iterator[tuple[str, str, str]]:
    if view["gw"].truth is not Truth.TRUE or view["path_ok"].truth is Truth.FALSE:
        return
    for key, fact in facts.rooms.items():
        if fact.truth is Truth.FALSE:
            yield f"meeting/{room_part(facts, f'vc[{key}]')}", "meeting", f"vc[{key}]"
