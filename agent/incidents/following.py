"""Every incident of a ward follows what is believed of it: the verdict's, and single devices'.

Called after each judgement. What it decides comes from pure functions; it only knows whom to ask
and where the outcome goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from agent.ids import fresh_uid
from agent.incidents.device_faults import device_named, faults_of, is_explained
from agent.incidents.life import hold_children, summarise, take_over
from agent.incidents.record import IncidentState, changed
from agent.incidents.recovery import recovery_of, sentence
from agent.incidents.rules import RootCheck, advance, concerned
from agent.incidents.severity import severity_of
from agent.ward_checks import REACHABLE
from inventory.values import Words
from playbooks.verdict.render import headline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from agent.incidents.device_faults import DeviceFault
    from agent.incidents.record import Event, Incident, Severity
    from agent.incidents.rules import Decision, IncidentRules
    from agent.ward_case import WardCase
    from inventory.model import Device, Unit
    from playbooks.verdict.model import Verdict


class Keeper(Protocol):
    """Where incidents go; a journal that cannot be written is the keeper's business."""

    def open(self, case: WardCase, incident: Incident, event: Event) -> None:
        """Give a new incident its number and keep it."""

    def keep(self, case: WardCase, incident: Incident, event: Event) -> None:
        """Keep what became of an incident."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One judgement of one ward: the shown verdict and when."""

    case: WardCase
    verdict: Verdict
    at: datetime
    mono: float


class Following:
    """Moves a ward's incidents; the only one that opens, resolves and re-opens them."""

    def __init__(
        self,
        keeper: Keeper,
        rules: IncidentRules,
        wards_without: Callable[[str], int],
    ) -> None:
        """`wards_without` counts the wards whose verdict has this fact at its root."""
        self._keeper = keeper
        self._rules = rules
        self._wards_without = wards_without

    def follow(self, now: Moment) -> tuple[str, ...]:
        """Move every incident of the ward; returns the independent faults as `device/<name>`."""
        faults = faults_of(now.case.watch, now.verdict, now.at, now.mono)
        self._follow_verdict(now)
        self._follow_devices(now, faults)
        self._take_over(now)
        self._list_held(now)
        self._sum_up(now)
        return tuple(f"device/{fault.name}" for fault in faults)

    def _follow_verdict(self, now: Moment) -> None:
        known = tuple(now.case.incidents.values())
        current = concerned(known, now.verdict, now.at, self._rules)
        severity = self._severity(now)
        for incident in known:
            if incident.is_open and incident is not current:
                root = self._root(now, incident.root.fact)
                self._carry_out(now, self._advance(now, incident, now.verdict, root, severity))
        root = self._root(now, now.verdict.root)
        self._carry_out(now, self._advance(now, current, now.verdict, root, severity))

    def _follow_devices(self, now: Moment, faults: tuple[DeviceFault, ...]) -> None:
        """A device's incident opens once it was HARD for a while, and follows its own check."""
        for fault in faults:
            known = now.case.incidents.values()
            current = concerned(known, fault.verdict, now.at, self._rules)
            is_open = current is not None and current.is_open
            if not is_open and fault.hard_for_s < self._rules.device_hold_s:
                continue
            root = self._root(now, fault.verdict.root)
            decision = self._advance(now, current, fault.verdict, root, fault.severity)
            if decision.what == "open" and decision.incident is not None:
                since = now.at - timedelta(seconds=fault.hard_for_s)
                opened = changed(decision.incident, t0_detected=since)
                self._carry_out(now, decision, opened)
            else:
                self._carry_out(now, decision)

    def _take_over(self, now: Moment) -> None:
        """Young incidents of devices that another cause explains turn out to be its symptoms."""
        for incident in tuple(now.case.incidents.values()):
            device = device_named(now.case.watch, incident.root.fact)
            if not incident.is_open or device is None:
                continue
            cause = self._cause_of(now, incident, device)
            if cause is None:
                continue
            age_s = (cause.t_started - incident.t0_detected).total_seconds()
            if age_s <= self._rules.takeover_s:
                self._keeper.keep(now.case, *take_over(incident, cause, now.at))

    def _cause_of(self, now: Moment, incident: Incident, device: Device) -> Incident | None:
        """The other open incident that explains why this device is silent, if there is one."""
        if incident.root.fact == now.verdict.root:
            return None
        others = [one for one in now.case.incidents.values() if one is not incident]
        holder = now.case.watch.holds.by(device.name)
        for one in others:
            above = device_named(now.case.watch, one.root.fact)
            if one.is_open and above is not None and above.name == holder:
                return one
        if not is_explained(now.case.watch, device, now.verdict, now.at, now.mono):
            return None
        cause = concerned(others, now.verdict, now.at, self._rules)
        return cause if cause is not None and cause.is_open else None

    def _list_held(self, now: Moment) -> None:
        """Each open incident lists what is not measured because of it."""
        holders = {name: held.by for name, held in now.case.watch.holds.held.items()}
        current = concerned(now.case.incidents.values(), now.verdict, now.at, self._rules)
        for incident in tuple(now.case.incidents.values()):
            device = device_named(now.case.watch, incident.root.fact)
            if not incident.is_open or (device is None and incident is not current):
                continue
            mine = _held_by(now, holders, device.name if device else None)
            after, event = hold_children(incident, mine, now.at)
            if event is not None:
                self._keeper.keep(now.case, after, event)

    def _sum_up(self, now: Moment) -> None:
        """Say once, a while after a cause has ended, what came back and what did not."""
        for incident in tuple(now.case.incidents.values()):
            closed = incident.state is IncidentState.CLOSED
            # Whoever is told of the summary was told of the recovery before.
            if incident.is_open or closed or not incident.held or incident.symptom_of:
                continue
            root = self._root(now, incident.root.fact)
            if incident.summary is not None or (root.ok_for_s or 0.0) < self._rules.summary_s:
                continue
            self._say_summary(now, incident, root.ok_for_s or 0.0)

    def _say_summary(self, now: Moment, incident: Incident, ok_for_s: float) -> None:
        watch = now.case.watch
        states = {name: one for (name, check), one in watch.checks.items() if check == REACHABLE}
        found = recovery_of(incident, states, now.mono - ok_for_s)
        services = [service.id for service in watch.ward.services]
        said = sentence(incident, found, now.at - timedelta(seconds=ok_for_s), services)
        counts = {
            "affected": found.affected,
            "working": len(found.working),
            "down": list(found.down),
            "unmeasured": list(found.unmeasured),
        }
        self._keeper.keep(now.case, *summarise(incident, said, now.at, **counts))

    def _severity(self, now: Moment) -> Severity:
        is_service = now.verdict.segment == "service"
        rooms = now.case.watch.rooms.in_meeting(now.at, now.mono)
        is_rooms_own = now.verdict.segment == "meeting"
        return severity_of(
            now.verdict,
            in_meeting=now.verdict.root in {f"vc[{room}]" for room in rooms}
            if is_rooms_own
            else bool(rooms),
            wards_without_service=self._wards_without(now.verdict.root) if is_service else 1,
        )

    def _root(self, now: Moment, fact: str) -> RootCheck:
        check = now.case.watch.root_check(fact) if fact else None
        if check is None:
            return RootCheck(hard=False)
        return RootCheck(check.is_hard_bad, check.bad_since, check.ok_for_s(now.mono))

    def _advance(
        self,
        now: Moment,
        incident: Incident | None,
        verdict: Verdict,
        root: RootCheck,
        severity: Severity,
    ) -> Decision:
        return advance(
            incident,
            verdict,
            root,
            ward=now.case.watch.ward.ward,
            now=now.at,
            new_uid=lambda: fresh_uid(now.at),
            rules=self._rules,
            headline=headline_words(verdict, now.case.unit),
            severity=severity,
        )

    def _carry_out(self, now: Moment, decision: Decision, to: Incident | None = None) -> None:
        incident, event = to or decision.incident, decision.event
        if incident is None or event is None:
            return
        if decision.what == "open":
            self._keeper.open(now.case, incident, event)
        else:
            self._keeper.keep(now.case, incident, event)


def headline_words(verdict: Verdict, unit: Unit) -> Words:
    """The verdict's headline in both languages, for one unit."""
    return Words(
        vi=headline(verdict, "vi", unit.kind),
        en=headline(verdict, "en", unit.kind),
    )


def _held_by(now: Moment, holders: Mapping[str, str], device: str | None) -> dict[str, str]:
    """The held ones of a device's incident; for the verdict's incident those of all the others."""
    if device is not None:
        return {name: by for name, by in holders.items() if by == device}
    own = {
        found.name
        for incident in now.case.incidents.values()
        if incident.is_open and (found := device_named(now.case.watch, incident.root.fact))
    }
    return {name: by for name, by in holders.items() if by not in own}
