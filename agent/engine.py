"""The one writer: takes observations in, judges wards, moves incidents, tells everybody.

Observations arrive one at a time on the event loop. A journal that cannot be written never stops
anything: it is counted, said once, and tried again at the next judgement.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from agent.board import subject
from agent.checks import Ring, State
from agent.chronicle import Chronicle
from agent.data_quality import checked
from agent.facts import facts_of
from agent.following import Following, Moment
from agent.hints.lore import Lore
from agent.hints.model import HintKind
from agent.hints.polls import HintedPolls
from agent.ids import fresh_uid
from agent.incident_rules import IncidentRules
from agent.incidents import event_of
from agent.journal import Journal
from agent.neighbourhood import Neighbourhood, joined
from agent.port_shelf import from_records, to_records
from agent.reach import NO_ANSWER, answered
from agent.reserve import Reserve
from agent.verdict.settle import Settled, settle
from agent.view import ProbeRuns
from playbooks.verdict.rootcause import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from agent.board import Subject
    from agent.config import AgentConfig
    from agent.events import EventBus
    from agent.exposition.block import Renderer
    from agent.exposition.writer import Exposition
    from agent.hints.model import Hint
    from agent.incidents import Event, Incident
    from agent.intake import Intake
    from agent.pace import Slowed
    from agent.schedule import Schedule
    from agent.selfmetrics import SelfMetrics
    from agent.store import Store
    from agent.taken import Step, Taken
    from agent.watching import WardWatch
    from inventory.model import Unit
    from playbooks.verdict.facts import Facts
    from playbooks.verdict.model import Verdict
    from probes.clock import Clock
    from probes.model import Identity, Observation, Reason

_log = logging.getLogger(__name__)

# A ward costs about a millisecond to judge; 168 of them every second would cost a fifth of a core.
WARDS_A_TURN = 20
LONGEST_ROUND = 5

_NEVER_FED = Ring()

# What proves presence quickest, in order; a slow table walk is the last resort.
_QUICK_PROOFS = ("watch", "icmp", "http", "tcp", "node-exporter", "cisco-ce", "snmp-interfaces")


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where the engine's knowledge goes: journal, live events, exposition, its own counters."""

    store: Store
    bus: EventBus
    exposition: Exposition
    renderer: Renderer
    metrics: SelfMetrics


@dataclass(slots=True)
class WardCase:
    """One ward under judgement: what is known of it, what is believed, and its incidents."""

    watch: WardWatch
    unit: Unit
    settled: Settled = field(default_factory=Settled)
    judged: tuple[Facts, Verdict] | None = None
    since: datetime | None = None
    incidents: dict[str, Incident] = field(default_factory=dict)
    beside: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """The verdict that people see, with the independent faults of devices beside it."""
        shown = self.settled.shown
        if shown is None or not self.beside:
            return shown
        return replace(shown, also=(*shown.also, *self.beside))


class Engine:
    """Everything the agent believes; see the module's first line."""

    def __init__(
        self,
        cases: Mapping[str, WardCase],
        outlets: Outlets,
        schedule: Schedule,
        clock: Clock,
        config: AgentConfig,
        intake: Intake | None = None,
    ) -> None:
        self.cases = cases
        self.intake = intake
        self.outlets = outlets
        self.config = config
        self.identities: dict[Subject, Identity] = {}
        wards = {code: case.watch.ward for code, case in cases.items()}
        known = {code: case.unit for code, case in cases.items()}
        sees_many = len(cases) > 1 and all(c.watch.vantage == "hub" for c in cases.values())
        self.neighbourhood = Neighbourhood(wards, known) if sees_many else None
        self.journal = Journal(clock, outlets.metrics, Reserve(outlets.store.path.parent))
        self._schedule = schedule
        self._clock = clock
        rules = IncidentRules(config.incident.stable_s, config.incident.reopen_s)
        self._following = Following(_Kept(self, self._write), rules, self._wards_without)
        self.chronicle = Chronicle(lambda: fresh_uid(clock.now()))
        self._hinted = HintedPolls()
        self._lore = Lore()
        self._runs: dict[tuple[Subject, str], Counter[Reason]] = defaultdict(Counter)
        self._last_ok: dict[tuple[Subject, str], datetime] = {}
        self._saved: dict[tuple[str, str, str], Ring] = {}

    def restore(self) -> None:
        """Take over what the journal knows of incidents; states are measured anew.

        Raises StoreError when the journal cannot be read.
        """
        for incident in self.outlets.store.incidents():
            case = self.cases.get(incident.ward)
            if case is not None:
                case.incidents[incident.uid] = incident
        self.chronicle.restore(from_records(self.outlets.store.kept("port")))
        known = self.outlets.store.check_states(self._clock.now(), self._clock.monotonic())
        self._saved = {key: state.ring for key, state in known.items()}
        for ward, case in self.cases.items():
            case.watch.remember({key[1:]: one for key, one in known.items() if key[0] == ward})

    def save_rings(self) -> None:
        """Write the checks whose memory of changes moved since it was written last.

        A change of state is written at once; this keeps what a good result after good results
        moves, so that a restart goes on with the flapping value as it was.
        """
        moved = {
            (case.watch.ward.ward, *key): state
            for case in self.cases.values()
            for key, state in case.watch.checks.items()
            if self._saved.get((case.watch.ward.ward, *key), _NEVER_FED) != state.ring
        }
        if moved:
            self._write(lambda: self.outlets.store.save_check_states(moved))
            if not self.journal.failing:
                self._saved |= {key: state.ring for key, state in moved.items()}

    def take(self, seen: Observation) -> None:
        """Take one observation in and follow all of its consequences."""
        case = self.cases[seen.target.ward]
        at = self._clock.now()
        seen, received, valid = checked(seen)
        case.watch.tally(seen, received, valid, at)
        self._count(seen)
        self._export(seen)
        self._chronicle_of(seen, at)
        taken = case.watch.take(seen, at)
        for step in taken.steps:
            self._record(case, step)
        self._follow(case, seen, taken)
        self.outlets.bus.publish(
            "obs",
            f"devices/{seen.target.name}",
            {"probe": seen.probe, "reason": seen.reason, "took_s": round(seen.took_s, 4)},
            ward=seen.target.ward,
        )
        if taken.is_news or case.verdict is None:
            self.judge_ward(case, at)

    def take_hint(self, hint: Hint) -> None:
        """Take in what a device said by itself: a line and the right poll, never a state."""
        case = self.cases.get(hint.ward)
        if case is None or hint.device not in case.watch.targets:
            return
        if hint.kind in (HintKind.COLD_START, HintKind.WARM_START):
            self.chronicle.take_start_trap((hint.ward, hint.device), hint.mono)
        for name, probe, when in self._hinted.ask(hint, case.watch.take_hint(hint)):
            self._hasten(hint.ward, name, probe, when)
        for event in self._lore.lines(hint, self._clock.now()):
            self._journal(event)
        said = {"hint": {"kind": hint.kind.value, "channel": hint.channel}}
        self.outlets.bus.publish("obs", f"devices/{hint.device}", said, ward=hint.ward)

    def take_host(self, link: bool | None) -> None:
        """Take in whether the agent's own interface has link."""
        at, mono = self._clock.now(), self._clock.monotonic()
        for case in self.cases.values():
            step = case.watch.take_host(link, at, mono)
            if step is not None and step.transition is not None:
                self._record(case, step)
                self.judge_ward(case, at)

    def judge_share(self, turn: int) -> None:
        """Judge some wards again: time alone makes values stale and incidents resolved.

        Called every second with a growing `turn`. A few wards are judged every time, many in up
        to five turns; what is news is judged at once anyway.
        """
        self.journal.retry()
        turns = min(LONGEST_ROUND, 1 + len(self.cases) // WARDS_A_TURN)
        at = self._clock.now()
        for place, case in enumerate(self.cases.values()):
            if place % turns == turn % turns:
                self.judge_ward(case, at)

    def judge_ward(self, case: WardCase, at: datetime) -> None:
        """Facts, verdict, incidents of one ward at this moment."""
        mono = self._clock.monotonic()
        watch = case.watch
        facts = facts_of(watch.sight(at, mono))
        if self.neighbourhood is not None:
            facts = self.neighbourhood.take(watch.ward.ward, facts, at, mono)
        verdict = self._judged(case, facts)
        before = case.settled.shown
        settle_s = self.config.timing.settle_s
        case.settled = settle(case.settled, verdict, mono, settle_s=settle_s)
        shown = case.settled.shown
        if shown is None:
            return
        if before is None or _place(before) != _place(shown):
            case.since = at
            self._announce(case, shown)
        case.beside = self._following.follow(Moment(case, shown, at, mono))
        self._join_group(case, at)

    def _join_group(self, case: WardCase, at: datetime) -> None:
        """The incident of a lost line becomes a child of the group incident that explains it."""
        hit = self.neighbourhood.hits.of(case.watch.ward.ward) if self.neighbourhood else None
        if hit is None:
            return
        for incident in tuple(case.incidents.values()):
            step = joined(incident, hit.id, at) if incident.root.whole_way else None
            if step is not None:
                self._write(partial(self.save, case, *step))

    def _judged(self, case: WardCase, facts: Facts) -> Verdict:
        """The verdict on these facts; most looks find what the last one found."""
        if case.judged is None or case.judged[0] != facts:
            case.judged = (facts, judge(facts, case.watch.vantage))
        return case.judged[1]

    def save(self, case: WardCase, incident: Incident, event: Event) -> None:
        """Write what became of an incident and tell everybody. Raises StoreError."""
        self.outlets.store.update_incident(incident, event)
        self._keep(case, incident, event)

    def runs(self, key: Subject, probe: str) -> ProbeRuns:
        """How the runs of one probe on one target went."""
        return ProbeRuns(self._last_ok.get((key, probe)), dict(self._runs[key, probe]))

    def ask_now(self, ward: str, name: str) -> int:
        """Have every probe of a target run at once; returns how many there are."""
        jobs = [job for job in self._schedule.jobs if job.key[:2] == (ward, name)]
        for job in jobs:
            self._schedule.hasten(*job.key, self._clock.monotonic())
        return len(jobs)

    def slowed(self, ward: str, name: str) -> tuple[Slowed, ...]:
        """Which probes of a target are asked less often because they take so long."""
        return self._schedule.slowed(ward, name)

    def note(self, event: Event) -> None:
        """Write one line that moves nothing here: a window opened, the clock was set."""
        self._journal(event)

    def ask_probe(self, ward: str, name: str, probe: str, mono: float) -> bool:
        """Have one probe of a target run at this moment; False when it is not planned."""
        if not any(job.key == (ward, name, probe) for job in self._schedule.jobs):
            return False
        self._schedule.hasten(ward, name, probe, mono)
        return True

    def _count(self, seen: Observation) -> None:
        key = (subject(seen.target), seen.probe)
        self._runs[key][seen.reason] += 1
        if seen.ok:
            self._last_ok[key] = self._clock.now()
        if seen.reading.identity is not None:
            self.identities[key[0]] = seen.reading.identity

    def _chronicle_of(self, seen: Observation, at: datetime) -> None:
        """Restarts and port identities go to the journal, ports also to their own table."""
        told = self.chronicle.take(seen, at)
        for event in told.events:
            self._journal(event)
        if told.ports is not None:
            records = to_records(subject(seen.target), told.ports, at)
            self._write(lambda: self.outlets.store.keep("port", records))

    def _export(self, seen: Observation) -> None:
        if not answered(seen):
            return
        target = seen.target
        block = self.outlets.renderer.render_block(
            target.ward, target.name, seen.probe, seen.reading.samples, seen.mono, seen.ttl_s
        )
        self.outlets.exposition.put(block)

    def _record(self, case: WardCase, step: Step) -> None:
        """A change of a check goes to the journal; what went hard or came back, to everybody."""
        name, check = step.key
        ward = case.watch.ward.ward
        if step.flap is not None:
            self._journal(step.flap.event(ward, name, check))
        transition = step.transition
        if transition is None:
            return
        self.journal.write_in_order(
            lambda: self.outlets.store.record_transition(
                (ward, name, check), step.state, transition
            )
        )
        patch = {"check": check, "state": step.state.state, "hard": step.state.hard}
        self.outlets.bus.publish("state", f"devices/{name}", patch, ward=ward)

    def _follow(self, case: WardCase, seen: Observation, taken: Taken) -> None:
        """Ask again what is in doubt, the parents of what fell silent, the children of a return."""
        mono = self._clock.monotonic()
        target = seen.target
        if taken.retry_in_s is not None:
            self._schedule.retry(target.ward, target.name, seen.probe, mono + taken.retry_in_s)
        if taken.presence is State.OK:
            self._schedule.reached(target.ward, target.name, mono)
        elif taken.presence is State.CRIT and seen.reason in NO_ANSWER:
            self._schedule.missed(target.ward, target.name, mono)
        if taken.ask_burst:
            self._hasten(target.ward, target.name, "icmp", mono)
            self._ask_uplink(case, mono)
        for step in taken.steps:
            if step.transition is not None and step.transition.change == "soft_bad":
                self._ask_witnesses(case, step.key[0], mono)
        for name in taken.orders.ask_now:
            self._hasten_proof(target.ward, name, mono)
        for name, when in taken.orders.recheck:
            self._hasten_proof(target.ward, name, when)

    def _ask_witnesses(self, case: WardCase, name: str, mono: float) -> None:
        """At the first loss of the far end or the switch: ask what tells who is to blame."""
        witnesses = case.watch.witnesses(name)
        for witness in witnesses:
            self._hasten_proof(case.watch.ward.ward, witness, mono)
        if witnesses:
            self._ask_uplink(case, mono)

    def _ask_uplink(self, case: WardCase, mono: float) -> None:
        core = case.watch.ward.core
        if core is not None:
            self._hasten(case.watch.ward.ward, core.name, "snmp-interfaces", mono)

    def _hasten_proof(self, ward: str, name: str, when: float) -> None:
        planned = {job.probe.name for job in self._schedule.jobs if job.key[:2] == (ward, name)}
        quick = [probe for probe in _QUICK_PROOFS if probe in planned][:2] or sorted(planned)[:1]
        for probe in quick:
            self._hasten(ward, name, probe, when)

    def _hasten(self, ward: str, name: str, probe: str, when: float) -> None:
        self._schedule.hasten(ward, name, probe, when)

    def _announce(self, case: WardCase, verdict: Verdict) -> None:
        patch = {
            "segment": verdict.segment,
            "part": verdict.part,
            "state": verdict.state,
            "row": verdict.row,
            "confidence": round(verdict.confidence, 2),
        }
        self.outlets.bus.publish("state", "verdict", patch, ward=case.watch.ward.ward)
        _log.info(
            "verdict ward=%s state=%s segment=%s part=%s row=%s",
            case.watch.ward.ward, verdict.state, verdict.segment, verdict.part or "-", verdict.row,
        )  # fmt: skip

    def _wards_without(self, fact: str) -> int:
        """The wards in which what this fact is about is down."""
        shown = [case.settled.shown for case in self.cases.values()]
        return sum(1 for one in shown if one and one.state == "down" and one.root == fact)

    def open(self, case: WardCase, incident: Incident, event: Event) -> Incident:
        """Give a new incident number and clocks, write it, tell everybody, put its evidence aside.

        Raises StoreError.
        """
        intake, store = self.intake, self.outlets.store
        dressed = intake.dressed(incident, case.watch.ward) if intake else incident
        numbered = store.open_incident(dressed, event)
        self._keep(case, numbered, event)
        shown = case.settled.shown
        if intake is None or shown is None:
            return numbered
        mono = self._clock.monotonic()
        proven = intake.frozen(numbered, case.watch, shown, event.at, mono, store)
        if proven.evidence:
            pieces = {one.name: one.sha256 for one in proven.evidence}
            said = event_of("incident.evidence", proven, event.at, pieces=pieces)
            self.save(case, proven, said)
        return proven

    def _keep(self, case: WardCase, incident: Incident, event: Event) -> None:
        case.incidents[incident.uid] = incident
        _log.info("%s id=%s ward=%s", event.kind, incident.id, incident.ward)
        patch = {"id": incident.id, "what": event.kind, "state": incident.state}
        self.outlets.bus.publish("incident", f"incidents/{incident.id}", patch, ward=incident.ward)

    def _journal(self, event: Event) -> None:
        self.journal.write_in_order(lambda: self.outlets.store.record_events([event]))

    def _write(self, write: Callable[[], object]) -> None:
        """Now or not at all: what is not written is judged, and so said, again."""
        self.journal.write(write)


class _Kept:
    """What the ward's incidents came to, kept by the engine; a failing journal stops nothing."""

    def __init__(self, engine: Engine, write: Callable[[Callable[[], object]], None]) -> None:
        self._engine = engine
        self._write = write

    def open(self, case: WardCase, incident: Incident, event: Event) -> None:
        """Give a new incident its number and keep it."""
        self._write(lambda: self._engine.open(case, incident, event))

    def keep(self, case: WardCase, incident: Incident, event: Event) -> None:
        """Keep what became of an incident."""
        self._write(lambda: self._engine.save(case, incident, event))


def _place(verdict: Verdict) -> tuple[str, str, str]:
    return (verdict.segment, verdict.part, verdict.state)
