"""What the engine believes, as the frozen picture that scrapes, the API and state.json read."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from agent.board import subject
from agent.checks import State
from agent.data_quality import Quality, quality_of, uniqueness
from agent.verdict.hold import not_measured
from agent.verdict.reach import answered
from agent.verdict.topology import RESOLVER
from agent.view import AgentView, DeviceView, IncidentCounts, WardView
from agent.ward_checks import REACHABLE
from playbooks.verdict.facts import Truth

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from agent.board import Subject
    from agent.checks import CheckState
    from agent.engine import Engine
    from agent.incidents.record import Incident
    from agent.verdict.sight import Seen
    from agent.view import DeviceState, NotReady
    from agent.ward_case import WardCase
    from agent.watching import WardWatch
    from inventory.values import Realm, Vantage
    from playbooks.verdict.facts import Facts

RECENT = 20  # incidents beyond the open ones that the first screen shows


def picture(
    engine: Engine,
    *,
    now: datetime,
    mono: float,
    realm: Realm,
    vantage: Vantage,
    not_ready: tuple[NotReady, ...],
    version: str,
) -> AgentView:
    """Everything at this moment; cheap enough to be made for every request."""
    return AgentView(
        mono=mono,
        now=now,
        realm=realm,
        vantage=vantage,
        wards=tuple(_ward(engine, case, now, mono) for case in engine.cases.values()),
        seq=engine.outlets.bus.seq,
        not_ready=not_ready,
        version=version,
        common=_newest_first(engine.commons.incidents.values(), closed=0),
    )


def _ward(engine: Engine, case: WardCase, now: datetime, mono: float) -> WardView:
    watch = case.watch
    states = {name: c for (name, check), c in watch.checks.items() if check == REACHABLE}
    facts = case.judged[0] if case.judged is not None else None
    dark = not_measured(watch.holds, states, watch.topology) | _waiting(facts)
    views = [_device(engine, case, name, dark, now, mono) for name in watch.targets]
    return WardView(
        ward=watch.ward,
        unit=case.unit,
        verdict=case.verdict,
        since=case.since,
        devices=tuple(v for v in views if v.target.role != "service"),
        services=tuple(v for v in views if v.target.role == "service"),
        incidents=_newest_first(case.incidents.values(), closed=RECENT),
        counts=_counts(case.incidents.values()),
        facts=facts,
        quality=_quality(case, views, mono),
    )


def _waiting(facts: Facts | None) -> frozenset[str]:
    """The ward's own resolver while the line is lost: it waits for what lies beyond."""
    is_lost = facts is not None and facts.truth("gw") is Truth.FALSE
    return frozenset({RESOLVER} if is_lost else ())


_NOT_EXPECTED = frozenset({"unreachable", "maintenance", "off_duty"})


def _quality(case: WardCase, views: list[DeviceView], mono: float) -> Quality:
    """How good the ward's measurements are; what is behind a break or at rest is not expected."""
    watch, ages = case.watch, list[tuple[float, float]]()
    for view in views:
        if view.state in _NOT_EXPECTED:
            continue
        ages += [
            (mono - (_last_good(watch, subject(view.target), one.probe) or -math.inf), one.ttl_s)
            for one in view.observations
        ] or [(math.inf, 0.0)]
    serials = [view.identity.serial or "" for view in views if view.identity is not None]
    total = watch.ledger.total(mono)
    return quality_of(total, ages, uniqueness(watch.ward, serials))


def _newest_first(known: Iterable[Incident], *, closed: int) -> tuple[Incident, ...]:
    """Those that are not closed, and so many of the closed ones after them."""
    incidents = sorted(known, key=lambda i: i.t0_detected, reverse=True)
    alive = [i for i in incidents if i.t_closed is None]
    over = [i for i in incidents if i.t_closed is not None]
    return tuple(alive + over[:closed])


def _counts(incidents: Iterable[Incident]) -> IncidentCounts:
    opened: Counter[tuple[str, str, str]] = Counter()
    durations: defaultdict[str, list[float]] = defaultdict(list)
    for incident in incidents:
        opened[incident.kind, incident.root.segment, incident.severity] += 1
        if incident.t_resolved is not None:
            length = incident.t_resolved - incident.t_started
            durations[incident.root.segment].append(length.total_seconds())
    return IncidentCounts(opened, {segment: tuple(all_) for segment, all_ in durations.items()})


def _device(
    engine: Engine,
    case: WardCase,
    name: str,
    dark: frozenset[str],
    now: datetime,
    mono: float,
) -> DeviceView:
    watch = case.watch
    seen = watch.seen(name, now, mono)
    check = watch.checks.get((name, REACHABLE))
    observations = tuple(sorted(watch.observations(name), key=lambda o: o.probe))
    key = subject(seen.target)
    good = [at for o in observations if (at := _last_good(watch, key, o.probe)) is not None]
    state = device_state(seen, check, is_dark=name in dark)
    state = "maintenance" if watch.maintained.has(name) else state
    return DeviceView(
        target=seen.target,
        state=state,
        state_type="hard" if check is not None and check.hard else "soft",
        since=seen.since,
        data_age_s=mono - max(good) if good else math.inf,
        attempt=check.attempt if check else 0,
        parents=watch.topology.ancestors(name),
        held_by=watch.holds.by(name),
        on_duty=seen.on_duty,
        reachable={"ok": True, "down": False, "soft_down": False, "unreachable": False}.get(state),
        observations=observations,
        identity=engine.identities.get(key),
        probes={o.probe: engine.runs(key, o.probe) for o in observations},
        restarts=engine.chronicle.restarts(key),
        renumberings=engine.chronicle.renumberings(key),
        port_ids=engine.chronicle.port_ids(key),
        flows=engine.chronicle.flows(key),
        slowed=engine.asking.slowed(*key),
        is_ipv6_broken=engine.is_ipv6_broken(watch.ward.ward, name),
    )


def _last_good(watch: WardWatch, key: Subject, probe: str) -> float | None:
    found = watch.board.last_good(key, probe)
    return found.mono if found else None


def device_state(seen: Seen, check: CheckState | None, *, is_dark: bool) -> DeviceState:
    """The one word for a device: what is behind a break is unreachable, what is old is stale."""
    if check is None or seen.last is None:
        return "unknown" if seen.on_duty else "off_duty"
    if is_dark:
        return "unreachable"
    if not seen.on_duty and not (seen.fresh and check.state is State.OK):
        return "off_duty"
    if not seen.fresh:
        return "stale" if answered(seen.last) else "unknown"
    if check.state is State.UNKNOWN:
        return "unknown"
    if check.ring.flapping:
        return "flapping"
    if check.state is State.OK:
        return "ok"
    return "down" if check.hard else "soft_down"
