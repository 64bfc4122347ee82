"""What one round of measuring saw of a ward, as facts of a run and as the verdict on them. Pure.

For a run without an agent: nothing is known but this round, so nothing is remembered and rows of
the verdict that need more do not match.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inventory.model import Role
from playbooks.certificate_facts import certificate_facts
from playbooks.conditions import RunFact
from playbooks.known import MEASURED
from playbooks.machine_facts import (
    SOURCES,
    MachineSight,
    guest_of,
    hypervisors_in,
    machine_facts,
    machines_in,
)
from playbooks.pins import Pins
from playbooks.room_facts import room_values
from playbooks.share_facts import PROBE as SHARES
from playbooks.share_facts import share_facts
from playbooks.silence import SAYS_NOTHING
from playbooks.verdict.facts import NOT_APPLICABLE, UNKNOWN, Fact, Facts, Truth
from playbooks.verdict.model import Sentence
from playbooks.verdict.render import both, prose
from playbooks.verdict.rootcause import judge
from playbooks.verdict.sentence import fact_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from inventory.model import Device, Unit, Ward
    from inventory.values import Vantage
    from playbooks.conditions import Value
    from probes.model import Interface, Observation, UpsStatus

# The far end is there below half of the echoes lost, a device up to a fifth.
FAR_END_LOSS = 50.0
DEVICE_LOSS = 20.0
# When a UPS counts as low.
UPS_LOW_RUNTIME_S = 600.0
UPS_LOW_CHARGE = 0.30
_AWAY = ("dc", "cloud")
TLS_CHECKS = ("http", "tls", "sip-options")  # what sees a service's certificate
_ABSENT = RunFact(reason="not_applicable")
_NOTHING_CHOSEN = Pins()


@dataclass(frozen=True, slots=True)
class Round:
    """One round of measuring: what came in, by target and probe; `at` is when it ended.

    `pins` name the machine and the service that the run is about, once they are chosen.
    """

    ward: Ward
    unit: Unit
    vantage: Vantage
    at: datetime
    seen: Mapping[tuple[str, str], Observation] = field(default_factory=dict)
    host_link: bool | None = None
    pins: Pins = _NOTHING_CHOSEN

    def of(self, target: str | None, probe: str) -> Observation | None:
        """What that probe brought from that target, if it was asked."""
        return self.seen.get((target, probe)) if target else None

    def all_of(self, target: str) -> tuple[Observation, ...]:
        """Everything that came from that target."""
        return tuple(one for (name, _probe), one in self.seen.items() if name == target)

    def told_room(self, target: str) -> Observation | None:
        """What told the state of a meeting room, whichever probe its endpoint is asked by."""
        of_it = (one for (name, _probe), one in sorted(self.seen.items()) if name == target)
        return next((one for one in of_it if one.reading.vc is not None), None)


def far_end(ward: Ward, vantage: Vantage) -> str | None:
    """What stands for the line: the centre gateway, from the hub the ward's own nearest device."""
    if vantage == "ward":
        return "gateway" if ward.path else None
    nearest = ward.ce or ward.core
    return nearest.name if nearest else None


def of_role(ward: Ward, role: Role) -> str | None:
    """The first device of that role; a UPS is known by its kind as well."""
    named = role.value
    found = (d for d in ward.devices if d.role is role or named in d.kind.split("-"))
    return next((device.name for device in found), None)


def run_facts(seen: Round) -> dict[str, RunFact]:
    """Every fact of `playbooks.known.MEASURED`; what was not measured is unknown."""
    ward = seen.ward
    core = ward.core.name if ward.core else None
    ce = ward.ce.name if ward.ce else None
    values: Mapping[str, Mapping[str, RunFact]] = {
        "nic": {"carrier": _own_link(seen)},
        "sw": {"reachable": _reachable(seen, core)},
        "uplink": _uplink(seen),
        "cpe": {"reachable": _reachable(seen, ce), "loss_pct": _loss(seen, ce)},
        "pe": {"reachable": _reachable(seen, "pe"), "loss_pct": _loss(seen, "pe")},
        "dc": _far_end(seen),
        "ups": _ups(seen),
        "app": {"ok": _services(seen)},
        "vc": _room(seen),
        "vm": machine_facts(_machines(seen), seen.pins.machine, seen.at),
        "share": share_facts(ward, [o for (_, probe), o in seen.seen.items() if probe == SHARES]),
        "cert": certificate_facts(ward, _checked(seen), seen.pins.service, seen.at),
        "verdict": _verdict(seen),
    }
    return {
        f"{group}.{name}": values.get(group, {}).get(name, RunFact(reason="not_measured"))
        for group, fields in MEASURED.items()
        for name in fields
    }


def ward_facts(ward: Ward, unit: Unit) -> dict[str, RunFact]:
    """What the inventory says of the ward: the facts `ward.*` that a run starts with."""
    link = ward.primary_link
    known = {
        "code": unit.code,
        "name": unit.name,
        "kind": unit.kind,
        "circuit_id": link.circuit if link else None,
        "carrier": link.carrier if link else None,
        "uplink_if": link.near_port if link else None,
        "uplink_media": None,
        "switch": ward.core.name if ward.core else None,
        "ce": ward.ce.name if ward.ce else None,
        "vc": of_role(ward, Role.VC),
    }
    return {f"ward.{name}": RunFact(value, source="inventory") for name, value in known.items()}


def verdict_facts(seen: Round) -> Facts:
    """The same round as the facts that the verdict rests on."""
    ward, facts = seen.ward, {}
    core = ward.core.name if ward.core else None
    gw = _truth(_far_end(seen)["reachable"])
    facts = {
        "maint": NOT_APPLICABLE,
        "host_batt": NOT_APPLICABLE,
        "mtu": NOT_APPLICABLE,
        "dns": NOT_APPLICABLE,
        "lan_ok": NOT_APPLICABLE,
        "hub_ok": NOT_APPLICABLE if seen.vantage == "ward" else UNKNOWN,
        "host_link": _truth(_own_link(seen)),
        "gw": gw,
        "sw": _truth(_reachable(seen, core), d=core),
        "ce": _terminal_device(seen, gw),
        "pe": _truth(_reachable(seen, "pe")),
        **_uplink_facts(seen),
        **_ups_facts(seen),
    }
    services = {s.id: _service(seen, s.id, measured=gw.truth is Truth.TRUE) for s in ward.services}
    return Facts(named=facts, services=services)


def _truth(fact: RunFact, **values: object) -> Fact:
    """A fact of the run as one of the verdict."""
    if fact is _ABSENT:
        return NOT_APPLICABLE
    if not isinstance(fact.value, bool):
        return UNKNOWN
    truth = Truth.TRUE if fact.value else Truth.FALSE
    return Fact(truth, fact.source, {n: v for n, v in values.items() if v is not None}, fact.at)


def _fact(seen: Observation | None, value: Value | None) -> RunFact:
    if seen is None:
        return RunFact(reason="not_measured")
    reason = "" if value is not None else str(seen.reason)
    return RunFact(value, reason, seen.probe, seen.started)


def _own_link(seen: Round) -> RunFact:
    if seen.vantage == "hub":
        return _ABSENT
    reason = "" if seen.host_link is not None else "not_measured"
    return RunFact(seen.host_link, reason, "host", seen.at)


def _loss(seen: Round, target: str | None) -> RunFact:
    """Lost echoes in percent; a burst that nobody answered lost all."""
    if target is None or (target == "pe" and not (seen.ward.path and seen.ward.path.pe)):
        return _ABSENT
    echoes = seen.of(target, "icmp")
    if echoes is None:
        return RunFact(reason="not_measured")
    stats = echoes.reading.echo
    if stats is not None and stats.sent:
        return _fact(echoes, round(100 * stats.lost / stats.sent, 1))
    return _fact(echoes, None if echoes.reason in SAYS_NOTHING else 100.0)


def _reachable(seen: Round, target: str | None) -> RunFact:
    """Whether it answers: by echo, or else by anything that was asked of it."""
    loss = _loss(seen, target)
    if loss is _ABSENT:
        return _ABSENT
    answers = [one for (name, _), one in seen.seen.items() if name == target and one.ok]
    if isinstance(loss.value, int | float) and not isinstance(loss.value, bool):
        is_there = loss.value <= DEVICE_LOSS or any(one.probe != "icmp" for one in answers)
        return RunFact(is_there, source=loss.source, at=loss.at)
    return _fact(answers[0], value=True) if answers else loss


def _far_end(seen: Round) -> dict[str, RunFact]:
    loss = _loss(seen, far_end(seen.ward, seen.vantage))
    if isinstance(loss.value, int | float):
        return {
            "reachable": RunFact(loss.value < FAR_END_LOSS, source=loss.source, at=loss.at),
            "loss_pct": loss,
        }
    return {"reachable": loss, "loss_pct": loss}


def _port(seen: Round) -> tuple[Observation | None, Interface | None]:
    link, core = seen.ward.primary_link, seen.ward.core
    table = seen.of(core.name, "snmp-interfaces") if core else None
    name = link.near_port if link else None
    ports = table.reading.interfaces if table else None
    return table, next((p for p in ports or () if name and name in (p.name, p.descr)), None)


def _uplink(seen: Round) -> dict[str, RunFact]:
    link = seen.ward.primary_link
    if link is None or link.near_port is None or seen.ward.core is None:
        return dict.fromkeys(MEASURED["uplink"], _ABSENT)
    table, port = _port(seen)
    named = RunFact(link.near_port, source="inventory", at=seen.at)

    def status(said: str | None) -> RunFact:
        value = None if said in (None, "unknown") else ("up" if said == "up" else "down")
        return _fact(table, value)

    return {
        "port": named,
        "admin": status(port.admin if port else None),
        "oper": status(port.oper if port else None),
    }


def _uplink_facts(seen: Round) -> dict[str, Fact]:
    found = _uplink(seen)

    def as_fact(fact: RunFact) -> Fact:
        if fact is _ABSENT or not seen.ward.core or seen.ward.core.snmp is None:
            return NOT_APPLICABLE
        value = None if fact.value is None else fact.value == "up"
        return _truth(RunFact(value, fact.reason, fact.source, fact.at), p=found["port"].value)

    absent = {"up_err": NOT_APPLICABLE, "up_full": NOT_APPLICABLE}
    return {"up_admin": as_fact(found["admin"]), "up_oper": as_fact(found["oper"]), **absent}


def _terminal_device(seen: Round, gw: Fact) -> Fact:
    """The CE answers, or forwards; one that is declared silent proves nothing by its silence."""
    ce = seen.ward.ce
    if ce is None:
        return NOT_APPLICABLE
    found = _truth(_reachable(seen, ce.name))
    if found.truth is not Truth.TRUE and gw.truth is Truth.TRUE:
        return Fact(Truth.TRUE, "forwards", at=gw.at)
    return NOT_APPLICABLE if ce.ping is False else found


def _ups(seen: Round) -> dict[str, RunFact]:
    name = of_role(seen.ward, Role.UPS)
    if name is None:
        return dict.fromkeys(MEASURED["ups"], _ABSENT)
    asked = seen.of(name, "snmp-ups")
    status = asked.reading.ups if asked else None
    if asked is None or status is None:
        return dict.fromkeys(MEASURED["ups"], _fact(asked, None))
    minutes = round(status.runtime_s / 60) if status.runtime_s is not None else None
    return {
        "on_battery": _fact(asked, status.on_battery),
        "low": _fact(asked, _is_low(status)),
        "minutes": _fact(asked, minutes),
    }


def _is_low(status: UpsStatus) -> bool | None:
    if status.on_battery is None:
        return None
    runtime, charge = status.runtime_s, status.charge_ratio
    short = runtime is not None and runtime < UPS_LOW_RUNTIME_S
    return status.on_battery and (short or (charge is not None and charge < UPS_LOW_CHARGE))


def _ups_facts(seen: Round) -> dict[str, Fact]:
    found = _ups(seen)
    memory = dict.fromkeys(("power_hint", "ups_low_before", "ups_ok_before"), NOT_APPLICABLE)
    return {
        "ups_batt": _truth(found["on_battery"], n=found["minutes"].value),
        "ups_low": _truth(found["low"], n=found["minutes"].value),
        **memory,
    }


def _service(seen: Round, name: str, *, measured: bool) -> Fact:
    """One service; behind a line that is down nothing was measured of it."""
    service = next(one for one in seen.ward.services if one.id == name)
    shown = {"s": {"vi": service.name.vi, "en": service.name.en}}
    found = next((o for (target, _), o in seen.seen.items() if target == name), None)
    if not measured or found is None or found.reason in SAYS_NOTHING:
        return Fact(Truth.UNKNOWN, values=shown)
    truth = Truth.TRUE if found.ok else Truth.FALSE
    return Fact(truth, found.probe, {**shown, "reason": "" if found.ok else str(found.reason)},
                found.started)  # fmt: skip


def _services(seen: Round) -> RunFact:
    """Yes when every service answers, no when one does not, unknown else."""
    if not seen.ward.services:
        return _ABSENT
    gw = _far_end(seen)["reachable"].value is True
    truths = {_service(seen, one.id, measured=gw).truth for one in seen.ward.services}
    if Truth.FALSE in truths:
        return RunFact(value=False, source="http", at=seen.at)
    if truths == {Truth.TRUE}:
        return RunFact(value=True, source="http", at=seen.at)
    return RunFact(reason="not_measured")


def _room(seen: Round) -> dict[str, RunFact]:
    name = of_role(seen.ward, Role.VC)
    if name is None:
        return dict.fromkeys(MEASURED["vc"], _ABSENT)
    asked = seen.told_room(name)
    status = asked.reading.vc if asked else None
    if status is None:
        return {"reachable": _reachable(seen, name)}
    return {fact: _fact(asked, value) for fact, value in room_values(status).items()}


def _machines(seen: Round) -> list[MachineSight]:
    told = [one for host in hypervisors_in(seen.ward) for one in seen.all_of(host.name)]
    found = []
    for device in machines_in(seen.ward):
        guest, hypervisor = guest_of(device.name, told)
        own = tuple(one for one in seen.all_of(device.name) if one.probe in SOURCES)
        way = line_to(device, seen.vantage, _far_end(seen)["reachable"])
        reachable = _reachable(seen, device.name)
        found.append(MachineSight(device, reachable, way, own, guest, hypervisor))
    return found


def line_to(device: Device, vantage: Vantage, far_end: RunFact) -> RunFact:
    """Whether the way to a machine stands, when it leads over the ward's line; else absent."""
    is_far = device.site == "dc" or bool(device.machine and device.machine.hosting in _AWAY)
    return far_end if is_far == (vantage == "ward") else _ABSENT


def _checked(seen: Round) -> dict[str, Observation]:
    """The newest answer of each service that says anything of a certificate."""
    newest = sorted(seen.seen.items(), key=lambda item: item[1].mono)
    return {name: one for (name, _probe), one in newest if one.probe in TLS_CHECKS}


def _verdict(seen: Round) -> dict[str, RunFact]:
    found = judge(verdict_facts(seen), seen.vantage)
    kind = seen.unit.kind
    values: dict[str, Value | None] = {
        "segment": found.segment,
        "part": found.part or None,
        "state": found.state,
        "row": found.row,
        "confidence": round(found.confidence, 2),
        "sentence": prose(found.headline, kind) if found.headline else None,
        "missing": _named(found.missing, kind),
    }
    return {name: RunFact(value, source="verdict", at=seen.at) for name, value in values.items()}


def _named(names: Iterable[str], kind: str) -> dict[str, str] | None:
    words = tuple(fact_name(name) for name in names)
    return both(Sentence("missing", {"facts": words}), kind) if words else None
