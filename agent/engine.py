"""The one writer: takes observations in, judges wards, moves incidents, tells everybody.

Observations arrive one at a time on the event loop. A journal that cannot be written never stops
anything: it is counted, said once, and tried again at the next judgement.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.board import subject
from agent.facts import facts_of
from agent.ids import fresh_uid
from agent.incident_rules import IncidentRules, RootCheck, advance, concerned
from agent.incidents import hold_children
from agent.rates import PortRates
from agent.reach import answered
from agent.verdict.settle import Settled, settle
from agent.view import ProbeRuns
from inventory.errors import StoreError
from inventory.model import Words
from playbooks.verdict.render import headline
from playbooks.verdict.rootcause import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from agent.board import Subject
    from agent.config import AgentConfig
    from agent.events import EventBus
    from agent.exposition.block import Renderer
    from agent.exposition.writer import Exposition
    from agent.incident_rules import Decision
    from agent.incidents import Event, Incident
    from agent.schedule import Schedule
    from agent.selfmetrics import SelfMetrics
    from agent.store import Store
    from agent.watching import Step, Taken, WardWatch
    from inventory.model import Unit
    from playbooks.verdict.model import Verdict
    from probes.clock import Clock
    from probes.model import Identity, Observation, Reason

_log = logging.getLogger(__name__)

# A ward costs about a millisecond to judge; 168 of them every second would cost a fifth of a core.
WARDS_A_TURN = 20
LONGEST_ROUND = 5

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
    since: datetime | None = None
    incidents: dict[str, Incident] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict | None:
        """The verdict that people see."""
        return self.settled.shown


class Engine:
    """Everything the agent believes; see the module's first line."""

    def __init__(
        self,
        cases: Mapping[str, WardCase],
        outlets: Outlets,
        schedule: Schedule,
        clock: Clock,
        config: AgentConfig,
    ) -> None:
        self.cases = cases
        self.outlets = outlets
        self.config = config
        self.identities: dict[Subject, Identity] = {}
        self.rates = PortRates()
        self.journal_failing = False
        self._schedule = schedule
        self._clock = clock
        self._rules = IncidentRules(config.incident.stable_s, config.incident.reopen_s)
        self._runs: dict[tuple[Subject, str], Counter[Reason]] = defaultdict(Counter)
        self._last_ok: dict[tuple[Subject, str], datetime] = {}

    def restore(self) -> None:
        """Take over what the journal knows of incidents; states are measured anew.

        Raises StoreError when the journal cannot be read.
        """
        for incident in self.outlets.store.incidents():
            case = self.cases.get(incident.ward)
            if case is not None:
                case.incidents[incident.uid] = incident

    def take(self, seen: Observation) -> None:
        """Take one observation in and follow all of its consequences."""
        case = self.cases[seen.target.ward]
        at = self._clock.now()
        self._count(seen)
        self._export(seen)
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
        turns = min(LONGEST_ROUND, 1 + len(self.cases) // WARDS_A_TURN)
        at = self._clock.now()
        for place, case in enumerate(self.cases.values()):
            if place % turns == turn % turns:
                self.judge_ward(case, at)

    def judge_ward(self, case: WardCase, at: datetime) -> None:
        """Facts, verdict, incidents of one ward at this moment."""
        mono = self._clock.monotonic()
        watch = case.watch
        verdict = judge(facts_of(watch.sight(at, mono)), watch.vantage)
        before = case.settled.shown
        settle_s = self.config.timing.settle_s
        case.settled = settle(case.settled, verdict, mono, settle_s=settle_s)
        shown = case.settled.shown
        if shown is None:
            return
        if before is None or _place(before) != _place(shown):
            case.since = at
            self._announce(case, shown)
        self._move_incidents(case, shown, at, mono)

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
        self.rates.take(seen)

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
        transition = step.transition
        if transition is None:
            return
        name, check = step.key
        ward = case.watch.ward.ward
        self._write(
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
            self._hasten(target.ward, target.name, seen.probe, mono + taken.retry_in_s)
        if taken.ask_burst:
            self._hasten(target.ward, target.name, "icmp", mono)
            self._ask_uplink(case, mono)
        for name in taken.orders.ask_now:
            self._hasten_proof(target.ward, name, mono)
        for name, when in taken.orders.recheck:
            self._hasten_proof(target.ward, name, when)

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

    def _move_incidents(self, case: WardCase, verdict: Verdict, at: datetime, mono: float) -> None:
        known = tuple(case.incidents.values())
        current = concerned(known, verdict, at, self._rules)
        for incident in known:
            if incident.is_open and incident is not current:
                root = self._root(case, incident.root.fact, mono)
                self._carry_out(case, self._advance(case, incident, verdict, root, at))
        root = self._root(case, verdict.root, mono)
        self._carry_out(case, self._advance(case, current, verdict, root, at))
        self._list_held(case, verdict, at)

    def _advance(
        self,
        case: WardCase,
        incident: Incident | None,
        verdict: Verdict,
        root: RootCheck,
        at: datetime,
    ) -> Decision:
        return advance(
            incident,
            verdict,
            root,
            ward=case.watch.ward.ward,
            now=at,
            new_uid=lambda: fresh_uid(at),
            rules=self._rules,
            headline=headline_words(verdict, case.unit),
        )

    def _root(self, case: WardCase, fact: str, mono: float) -> RootCheck:
        check = case.watch.root_check(fact) if fact else None
        if check is None:
            return RootCheck(hard=False)
        return RootCheck(check.is_hard_bad, check.bad_since, check.ok_for_s(mono))

    def _carry_out(self, case: WardCase, decision: Decision) -> None:
        incident, event = decision.incident, decision.event
        if incident is None or event is None:
            return
        if decision.what == "open":
            self._write(lambda: self._open(case, incident, event))
        else:
            self._write(lambda: self.save(case, incident, event))

    def _open(self, case: WardCase, incident: Incident, event: Event) -> None:
        numbered = self.outlets.store.open_incident(incident, event)
        self._keep(case, numbered, event)

    def _keep(self, case: WardCase, incident: Incident, event: Event) -> None:
        case.incidents[incident.uid] = incident
        _log.info("%s id=%s ward=%s", event.kind, incident.id, incident.ward)
        patch = {"id": incident.id, "what": event.kind, "state": incident.state}
        self.outlets.bus.publish("incident", f"incidents/{incident.id}", patch, ward=incident.ward)

    def _list_held(self, case: WardCase, verdict: Verdict, at: datetime) -> None:
        """The incident of the shown verdict lists what is not measured because of it."""
        current = concerned(case.incidents.values(), verdict, at, self._rules)
        if current is None or not current.is_open:
            return
        holders = {name: held.by for name, held in case.watch.holds.held.items()}
        after, event = hold_children(current, holders, at)
        if event is not None:
            self._write(lambda: self.save(case, after, event))

    def _write(self, write: Callable[[], None]) -> None:
        """A journal that fails costs a line in the log once, not a poll."""
        try:
            write()
        except StoreError as error:
            if not self.journal_failing:
                _log.error("journal lost problem=%s", error)
            self.journal_failing = True
            self.outlets.metrics.journal_write_errors.inc()
        else:
            if self.journal_failing:
                _log.info("journal back")
            self.journal_failing = False


def headline_words(verdict: Verdict, unit: Unit) -> Words:
    """The verdict's headline in both languages, for one unit."""
    return Words(
        vi=headline(verdict, "vi", unit.kind),
        en=headline(verdict, "en", unit.kind),
    )


def _place(verdict: Verdict) -> tuple[str, str, str]:
    return (verdict.segment, verdict.part, verdict.state)
