"""The one writer: takes observations in, judges wards, moves incidents, tells everybody.

Observations arrive one at a time on the event loop. A journal that cannot be written never stops
anything: it is counted, said once, and tried again at the next judgement.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.asking import Asking
from agent.board import subject
from agent.cabling import Cabling
from agent.checks import Ring
from agent.chronicle import Chronicle
from agent.data_quality import checked, without_series
from agent.dual_stack import DualStack
from agent.groups.following import Commons, GroupFollowing
from agent.groups.neighbourhood import Neighbourhood
from agent.hints.lore import Lore
from agent.hints.model import HintKind
from agent.hints.polls import HintedPolls
from agent.ids import fresh_uid
from agent.incidents.book import IncidentBook, WillingKeeper
from agent.incidents.following import Following, Moment
from agent.journal.port_shelf import from_records, to_records
from agent.journal.reserve import Reserve
from agent.journal.writer import Journal
from agent.verdict.facts import facts_of
from agent.verdict.reach import answered
from agent.verdict.settle import settle
from agent.view import ProbeRuns
from agent.vlan_changes import VlanChanges
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
    from agent.incidents.intake import Intake
    from agent.incidents.record import Event
    from agent.journal.store import Store
    from agent.schedule import Schedule
    from agent.selfmetrics import SelfMetrics
    from agent.taken import Step
    from agent.ward_case import WardCase
    from playbooks.verdict.facts import Facts
    from playbooks.verdict.model import Verdict
    from probes.clock import Clock
    from probes.model import Identity, Observation, Reason

_log = logging.getLogger(__name__)

# A ward costs about a millisecond to judge; 168 of them every second would cost a fifth of a core.
WARDS_A_TURN = 20
LONGEST_ROUND = 5
# Only a value that gets old without a new one can move a quiet ward, and that is no matter of
# seconds: what is news is judged when it comes.
QUIET_ROUNDS = 3

_NEVER_FED = Ring()


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where the engine's knowledge goes: journal, live events, exposition, its own counters."""

    store: Store
    bus: EventBus
    exposition: Exposition
    renderer: Renderer
    metrics: SelfMetrics


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
        self.asking = Asking(schedule, clock)
        self._clock = clock
        self.book = IncidentBook(outlets.store, outlets.bus, self.journal, clock, intake)
        self._keeper = WillingKeeper(self.book, self.journal)
        rules = config.incident.rules()
        self._following = Following(self._keeper, rules, self._wards_without)
        self.commons = Commons()
        self._groups = (
            GroupFollowing(
                self.commons, self.neighbourhood, self._keeper, cases,
                lambda: fresh_uid(clock.now()),
            )
            if self.neighbourhood is not None
            else None
        )  # fmt: skip
        self.chronicle = Chronicle(lambda: fresh_uid(clock.now()))
        self._cabling = {
            code: Cabling(case.watch.ward, case.watch.topology) for code, case in cases.items()
        }
        self._dual_stack = {code: DualStack(case.watch.ward) for code, case in cases.items()}
        self._vlans = VlanChanges()
        self._hinted = HintedPolls()
        self._lore = Lore()
        self._runs: dict[tuple[Subject, str], Counter[Reason]] = defaultdict(Counter)
        self._last_ok: dict[tuple[Subject, str], datetime] = {}
        self._saved: dict[tuple[str, str, str], Ring] = {}

    def restore(self) -> None:
        """Take over what the journal knows of incidents; states are measured anew.

        Raises StoreError when the journal cannot be read.
        """
        known_before = self.outlets.store.incidents()
        if self.neighbourhood is not None:
            common = [one for one in known_before if one.is_common]
            names = (one.group for one in known_before if one.group)
            self.neighbourhood.remember([*names, *(one.id for one in common)])
            self.neighbourhood.go_on(common)
        for incident in known_before:
            case = self.cases.get(incident.ward)
            home = self.commons if incident.is_common else case
            if home is not None:
                home.incidents[incident.uid] = incident
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
        seen = without_series(seen)
        taken = case.watch.take(seen, at)
        for step in taken.steps:
            self._record(case, step)
        self.asking.follow(case, seen, taken)
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
            self.asking.one(hint.ward, name, probe, when)
        for event in self._lore.lines(hint, self._clock.now()):
            self._journal(event)
        said = {"hint": {"kind": hint.kind.value, "channel": hint.channel}}
        self.outlets.bus.publish("obs", f"devices/{hint.device}", said, ward=hint.ward)

    def is_ipv6_broken(self, ward: str, name: str) -> bool:
        """Whether that is the IPv6 side of a service of a ward, and fails there alone."""
        return self._dual_stack[ward].is_broken(name)

    def findings(self, ward: str, mono: float) -> dict[str, bool]:
        """What messages of a ward's devices came to within half an hour, as far as any is heard."""
        hears = self.config.hints
        by_log = bool(hears.syslog or hears.syslog_tcp)
        heard = {"login_burst": by_log, "loop_hint": by_log or bool(hears.traps)}
        found = {name for _device, name in self._lore.present(ward, mono)}
        return {name: name in found for name, is_heard in heard.items() if is_heard}

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
        to five turns, the quiet ones of many in three times as many; what is news is judged at
        once anyway.
        """
        self.journal.retry()
        turns = min(LONGEST_ROUND, 1 + len(self.cases) // WARDS_A_TURN)
        quiet_turns = turns * QUIET_ROUNDS if turns == LONGEST_ROUND else turns
        at = self._clock.now()
        for place, case in enumerate(self.cases.values()):
            every = quiet_turns if case.is_quiet else turns
            if place % every == turn % every:
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
        case.settled = settle(
            case.settled, verdict, mono,
            settle_s=self.config.timing.settle_s, is_proven=watch.is_line_proven_down,
        )  # fmt: skip
        shown = case.settled.shown
        if shown is None:
            return
        if before is None or _place(before) != _place(shown):
            case.since = at
            self._announce(case, shown)
        case.beside = self._following.follow(Moment(case, shown, at, mono))
        if self._groups is not None:
            self._groups.follow(at)
            self._groups.join(watch.ward.ward, at)

    def _judged(self, case: WardCase, facts: Facts) -> Verdict:
        """The verdict on these facts; most looks find what the last one found."""
        if case.judged is None or case.judged[0] != facts:
            case.judged = (facts, judge(facts, case.watch.vantage))
        return case.judged[1]

    def runs(self, key: Subject, probe: str) -> ProbeRuns:
        """How the runs of one probe on one target went."""
        return ProbeRuns(self._last_ok.get((key, probe)), dict(self._runs[key, probe]))

    def note(self, event: Event) -> None:
        """Write one line that moves nothing here: a window opened, the clock was set."""
        self._journal(event)

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
        ward = seen.target.ward
        findings = (*self._cabling[ward].take(seen, at), *self._dual_stack[ward].take(seen, at))
        for event in (*told.events, *findings, *self._vlans.take(seen, at)):
            self._journal(event)
        if told.ports is not None:
            records = to_records(subject(seen.target), told.ports, at)
            self._write(lambda: self.outlets.store.keep("port", records))

    def _export(self, seen: Observation) -> None:
        if not answered(seen) and not seen.reading.samples:
            return
        target = seen.target
        block = self.outlets.renderer.render_block(
            target.ward, target.name, seen.probe, seen.reading.samples, seen.mono, seen.ttl_s
        )
        whole = self.outlets.renderer.with_distributions(block, seen.reading.distributions)
        self.outlets.exposition.put(whole)

    def _record(self, case: WardCase, step: Step) -> None:
        """A change of a check goes to the journal; what went hard or came back, to everybody."""
        name, check = step.key
        ward = case.watch.ward.ward
        if step.flap is not None:
            self._journal(step.flap.event(ward, name, check, case.incident_on(step.key)))
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

    def _journal(self, event: Event) -> None:
        self.journal.write_in_order(lambda: self.outlets.store.record_events([event]))

    def _write(self, write: Callable[[], object]) -> None:
        """Now or not at all: what is not written is judged, and so said, again."""
        self.journal.write(write)


def _place(verdict: Verdict) -> tuple[str, str, str]:
    return (verdict.segment, verdict.part, verdict.state)
