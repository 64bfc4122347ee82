"""What the agent has measured of a ward, as the facts that playbooks name. Pure.

A group whose probe did not answer since it was asked is unknown, whatever was known before: a run
decides on what it measured.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.checks import State, state_of
from agent.runs.machines import certificate_probes, kept_facts, machine_probes, share_probes
from agent.verdict.echoes import ECHOES
from agent.verdict.facts import facts_of
from inventory.meetings import room_of
from inventory.model import Role
from playbooks.conditions import RunFact
from playbooks.known import MEASURED
from playbooks.pins import Pins
from playbooks.room_facts import room_values
from playbooks.verdict.facts import Truth
from playbooks.verdict.model import Sentence
from playbooks.verdict.render import both, prose
from playbooks.verdict.sentence import fact_name
from probes.registry import endpoint_probe

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from agent.watching import WardWatch
    from playbooks.conditions import Value
    from playbooks.verdict.facts import Fact, Facts
    from playbooks.verdict.model import Verdict
    from probes.model import Observation, Probe
    from probes.vm.trend import Trends

NOT_APPLICABLE, NOT_MEASURED = "not_applicable", "not_measured"
_PORTS, _UPS, _ECHO = "snmp-interfaces", "snmp-ups", "icmp"
_NONE = Pins()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run of one probe on one target that a group of facts needs."""

    target: str
    probe: str


@dataclass(frozen=True, slots=True)
class Belief:
    """What the agent concludes of a ward: the verdict that people see, and the unit's kind.

    `findings` are what its devices' messages come to, by whether they were seen of late; what no
    receiver listens for is absent. `trends` are what the history of its machines says, by name.
    """

    verdict: Verdict | None
    kind: str
    findings: Mapping[str, bool] = field(default_factory=dict)
    trends: Mapping[str, Trends] = field(default_factory=dict)


def wanted(watch: WardWatch, groups: Collection[str], pins: Pins = _NONE) -> tuple[Wanted, ...]:
    """The probes to ask for these groups, each once; some may not be planned for their target."""
    found = [one for group in groups for one in _wanted_for(watch, group)]
    if "vm" in groups:
        found += [*_wanted_for(watch, "dc"), *(Wanted(*one) for one in machine_probes(watch, pins))]
    if "share" in groups:
        found += [Wanted(*one) for one in share_probes(watch)]
    if "cert" in groups:
        found += [Wanted(*one) for one in certificate_probes(watch)]
    return tuple(dict.fromkeys(found))


def run_facts(
    watch: WardWatch,
    belief: Belief,
    silent: Collection[Wanted],
    at: datetime,
    mono: float,
    pins: Pins = _NONE,
) -> dict[str, RunFact]:
    """Every fact of `playbooks.known.MEASURED` at this moment.

    `silent` are the runs that were asked for and have not come back: their groups are unknown. Of
    machines and certificates many are asked at once: what one of them has not said is unknown.
    """
    facts = facts_of(watch.sight(at, mono))
    values = {
        "nic": {"carrier": _truth(facts.fact("host_link"))},
        "sw": {"reachable": _truth(facts.fact("sw"))},
        "uplink": _uplink(watch, facts),
        "cpe": {
            "reachable": _answers(watch, _ce(watch), at, mono),
            **_loss(watch, _ce(watch), mono),
        },
        "pe": {"reachable": _truth(facts.fact("pe")), **_loss(watch, "pe", mono)},
        "dc": {"reachable": _truth(facts.fact("gw")), **_loss(watch, _far_end(watch), mono)},
        "dns": {"ok": _truth(facts.fact("dns"))},
        "ups": _ups(facts),
        "app": {"ok": _services(facts)},
        "vc": _room(watch, mono),
        "mtg": _meeting(watch, at),
        "hint": {"power": _truth(facts.fact("power_hint")), **_findings(belief)},
        "verdict": _verdict(belief, at),
        **kept_facts(
            watch, pins, _truth(facts.fact("gw")), belief.trends, at, mono,
            lambda one: Wanted(one.target.name, one.probe) in silent,
        ),
    }  # fmt: skip
    for group in MEASURED:
        if set(_wanted_for(watch, group)) & set(silent):
            values[group] = dict.fromkeys(MEASURED[group], RunFact(reason="no_answer"))
    return {
        f"{group}.{name}": values[group].get(name, RunFact(reason=NOT_MEASURED))
        for group, names in MEASURED.items()
        for name in names
    }


def _wanted_for(watch: WardWatch, group: str) -> Iterator[Wanted]:
    core = watch.ward.core.name if watch.ward.core else None
    one: Mapping[str, tuple[str | None, str]] = {
        "uplink": (core, _PORTS),
        "cpe": (_ce(watch), _ECHO),
        "pe": ("pe", _ECHO),
        "dc": (_far_end(watch), _ECHO),
        "ups": (_ups_name(watch), _UPS),
    }
    if group == "sw" and core:
        yield from (Wanted(core, probe) for probe in (_ECHO, _PORTS))
    elif group == "app":
        for service in watch.ward.services:
            yield from (Wanted(service.id, probe) for probe in ("http", "tcp"))
    elif group == "vc":
        found = _room_probe(watch)
        if found is not None and not found.apart_s:  # else what it last said has to do
            yield Wanted(_endpoint(watch) or "", found.name)
    elif group in one:
        name, probe = one[group]
        if name:
            yield Wanted(name, probe)


def _ce(watch: WardWatch) -> str | None:
    return watch.ward.ce.name if watch.ward.ce else None


def _far_end(watch: WardWatch) -> str | None:
    """Ward: the centre gateway. Hub: the ward's own end, which stands for the line as well."""
    if watch.vantage == "ward":
        return "gateway" if "gateway" in watch.targets else None
    nearest = watch.ward.ce or watch.ward.core
    return nearest.name if nearest else None


def _endpoint(watch: WardWatch) -> str | None:
    return next((d.name for d in watch.ward.devices if d.role is Role.VC), None)


def _ups_name(watch: WardWatch) -> str | None:
    return next((d.name for d in watch.ward.devices if d.role is Role.UPS or "ups" in d.kind), None)


def _truth(fact: Fact) -> RunFact:
    """A fact of the verdict as one of a run: yes, no, or unknown with why."""
    return _valued(fact, {Truth.TRUE: True, Truth.FALSE: False}.get(fact.truth))


def _valued(fact: Fact, value: Value | None) -> RunFact:
    if value is None:
        reason = NOT_APPLICABLE if fact.truth is Truth.NA else NOT_MEASURED
        return RunFact(reason=reason, source=fact.source, at=fact.at)
    return RunFact(value, source=fact.source, at=fact.at)


def _answers(watch: WardWatch, name: str | None, at: datetime, mono: float) -> RunFact:
    """Whether a target itself answers: what forwards in silence does not."""
    if name is None or name not in watch.targets:
        return RunFact(reason=NOT_APPLICABLE)
    seen = watch.seen(name, at, mono)
    value = {Truth.TRUE: True, Truth.FALSE: False}.get(seen.answers)
    last = seen.last
    source, when = (last.probe, last.started) if last else ("", None)
    return RunFact(value, "" if value is not None else NOT_MEASURED, source, when)


def _loss(watch: WardWatch, name: str | None, mono: float) -> dict[str, RunFact]:
    """Lost echoes of the newest burst, percent; a burst without any answer lost all of them."""
    seen = _newest(watch, name, (_ECHO,), mono)
    if seen is None:
        return {"loss_pct": RunFact(reason=NOT_MEASURED)}
    echo = seen.reading.echo
    if echo is not None and echo.sent:
        lost: float | None = round(100 * echo.lost / echo.sent, 1)
    else:
        lost = 100.0 if state_of(seen.reason) is State.CRIT and ECHOES.get(seen.probe) else None
    reason = "" if lost is not None else str(seen.reason)
    return {"loss_pct": RunFact(lost, reason, seen.probe, seen.started)}


def _newest(
    watch: WardWatch, name: str | None, probes: Iterable[str], mono: float
) -> Observation | None:
    """The newest run of these probes that is not older than its time to live, good or not."""
    if name is None or name not in watch.targets:
        return None
    found = [
        one
        for one in watch.observations(name)
        if one.probe in probes and mono - one.mono <= one.ttl_s
    ]
    return max(found, key=lambda one: one.mono, default=None)


def _findings(belief: Belief) -> dict[str, RunFact]:
    names = {"login_burst": "login_burst", "loop_hint": "loop"}
    return {
        own: RunFact(belief.findings[name], source="hints")
        for name, own in names.items()
        if name in belief.findings
    }


def _uplink(watch: WardWatch, facts: Facts) -> dict[str, RunFact]:
    link = watch.ward.primary_link
    port = link.near_port if link else None

    def status(name: str) -> RunFact:
        fact = facts.fact(name)
        return _valued(fact, {Truth.TRUE: "up", Truth.FALSE: "down"}.get(fact.truth))

    named = RunFact(port, source="inventory") if port else RunFact(reason=NOT_APPLICABLE)
    return {"port": named, "admin": status("up_admin"), "oper": status("up_oper")}


def _ups(facts: Facts) -> dict[str, RunFact]:
    battery = facts.fact("ups_batt")
    minutes = battery.values.get("n")
    return {
        "on_battery": _truth(battery),
        "low": _truth(facts.fact("ups_low")),
        "minutes": _valued(battery, minutes if isinstance(minutes, int | float) else None),
    }


def _services(facts: Facts) -> RunFact:
    """Yes when every service answers, no when one does not, unknown else."""
    found = list(facts.services.values())
    truths = {fact.truth for fact in found}
    newest = max((fact.at for fact in found if fact.at), default=None)
    source = next((fact.source for fact in found if fact.source), "")
    if not found:
        return RunFact(reason=NOT_APPLICABLE)
    if Truth.FALSE in truths:
        return RunFact(False, source=source, at=newest)
    if truths == {Truth.TRUE}:
        return RunFact(True, source=source, at=newest)
    return RunFact(reason=NOT_MEASURED, source=source, at=newest)


def _room_probe(watch: WardWatch) -> Probe | None:
    target = watch.targets.get(_endpoint(watch) or "")
    return endpoint_probe(target) if target is not None else None


def _room(watch: WardWatch, mono: float) -> dict[str, RunFact]:
    name = _endpoint(watch)
    if name is None:
        return dict.fromkeys(MEASURED["vc"], RunFact(reason=NOT_APPLICABLE))
    probe = _room_probe(watch)
    seen = _newest(watch, name, (probe.name,), mono) if probe else None
    if seen is None:
        return {}
    status = seen.reading.vc
    if status is None:
        gone = False if state_of(seen.reason) is State.CRIT else None
        return {"reachable": RunFact(gone, str(seen.reason), seen.probe, seen.started)}
    return {
        name: RunFact(value, "" if value is not None else NOT_MEASURED, seen.probe, seen.started)
        for name, value in room_values(status).items()
    }


def _meeting(watch: WardWatch, at: datetime) -> dict[str, RunFact]:
    """The meeting of the ward that runs or comes next; none is booked: not applicable."""
    rooms = dict.fromkeys(room_of(one) for one in watch.ward.devices if one.role is Role.VC)
    booked = [one for room in rooms if (one := watch.rooms.next_meeting(room, at)) is not None]
    if not booked:
        return dict.fromkeys(MEASURED["mtg"], RunFact(reason=NOT_APPLICABLE))
    first = min(booked, key=lambda one: one.start)
    minutes = round((first.start - at).total_seconds() / 60)
    return {
        "minutes_to_start": RunFact(minutes, source="calendar", at=at),
        "join": RunFact(first.join, "" if first.join else NOT_MEASURED, "calendar", at),
    }


def _verdict(belief: Belief, at: datetime) -> dict[str, RunFact]:
    found = belief.verdict
    if found is None:
        return {}
    said = {"segment": found.segment, "part": found.part, "state": found.state, "row": found.row}
    values: dict[str, Value | None] = {name: value or None for name, value in said.items()}
    values["confidence"] = round(found.confidence, 2)
    values["sentence"] = prose(found.headline, belief.kind) if found.headline else None
    values["missing"] = _missing(found, belief.kind)
    return {
        name: RunFact(value, "" if value is not None else NOT_MEASURED, "verdict", at)
        for name, value in values.items()
    }


def _missing(found: Verdict, kind: str) -> dict[str, str] | None:
    if not found.missing:
        return None
    names = tuple(fact_name(name) for name in found.missing)
    return both(Sentence("missing", {"facts": names}), kind)
