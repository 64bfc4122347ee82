"""What the machine does about incidents: open, follow, resolve, re-open. It never closes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from agent.incidents.life import open_from, reopen, resolve, root_of, update
from agent.incidents.record import IncidentState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from agent.incidents.record import Event, Incident, Severity, Step
    from inventory.values import Words
    from playbooks.verdict.model import Verdict

_BAD_STATES = frozenset({"down", "degraded"})


@dataclass(frozen=True, slots=True)
class IncidentRules:
    """Seconds of good results until resolved, and within which a returning cause re-opens.

    A cause that returns later, but within `follows_within_s`, is a new incident that names the one
    before. A single device is doubted for `device_hold_s` after it went HARD, since what it hangs
    on may fall next; `takeover_s` is how much older than its ancestor's fault a symptom may be;
    `summary_s` after a cause has ended it is said what came back.
    """

    stable_s: float = 120.0
    reopen_within_s: float = 600.0
    follows_within_s: float = 86_400.0
    device_hold_s: float = 30.0
    takeover_s: float = 90.0
    summary_s: float = 90.0


@dataclass(frozen=True, slots=True)
class RootCheck:
    """How the check stands that the root fact rests on.

    `hard` when it is bad beyond doubt, `bad_since` its first bad result, `ok_for_s` for how many
    seconds it has been good (None while it is not).
    """

    hard: bool
    bad_since: datetime | None = None
    ok_for_s: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What the machine does now; `incident` and `event` are set unless `what` is nothing."""

    what: Literal["nothing", "open", "update", "resolve", "reopen"] = "nothing"
    incident: Incident | None = None
    event: Event | None = None


NOTHING = Decision()


def same_cause(incident: Incident, verdict: Verdict) -> bool:
    """Whether the verdict speaks of this incident's fault, perhaps known better by now."""
    if verdict.state not in _BAD_STATES:
        return False
    root = root_of(verdict)
    return root.fact == incident.root.fact or (root.whole_way and incident.root.whole_way)


def concerned(
    incidents: Iterable[Incident], verdict: Verdict, now: datetime, rules: IncidentRules
) -> Incident | None:
    """The ward's incident that the verdict speaks of: one still open, else one ended lately."""
    mine = [incident for incident in incidents if same_cause(incident, verdict)]
    still_open = [incident for incident in mine if incident.is_open]
    recent = [one for one in mine if _ended_within(one, now, rules.follows_within_s)]
    ended = sorted(recent, key=lambda incident: incident.t_resolved or now, reverse=True)
    return next(iter([*still_open, *ended]), None)


def advance(
    current: Incident | None,
    verdict: Verdict,
    root: RootCheck,
    *,
    ward: str,
    now: datetime,
    new_uid: Callable[[], str],
    rules: IncidentRules | None = None,
    headline: Words | None = None,
    severity: Severity | None = None,
) -> Decision:
    """What the machine does about one incident (or the lack of one) under a settled verdict.

    `root` is the check behind `current`'s root while it is open, else behind the verdict's. An
    incident opens only when the verdict is bad and its root HARD; it resolves when the verdict no
    longer speaks of it and its root was good for `stable_s`; it is closed by a person alone.
    """
    rules = rules or IncidentRules()
    bad = verdict.state in _BAD_STATES and verdict.root != ""
    if current is not None and current.is_open:
        if bad and same_cause(current, verdict):
            better = update(current, verdict, now, headline, severity)
            return _decided("update", better) if better is not None else NOTHING
        stable = root.ok_for_s is not None and root.ok_for_s >= rules.stable_s
        stable = stable and current.is_the_machines
        return _decided("resolve", resolve(current, now)) if stable else NOTHING
    if not (bad and root.hard):
        return NOTHING
    if current is None or not same_cause(current, verdict):
        return _open(verdict, root, ward, now, new_uid, headline, severity, None)
    if current.state is IncidentState.RESOLVED and _ended_within(
        current, now, rules.reopen_within_s
    ):
        return _decided("reopen", reopen(current, verdict, now, severity))
    return _open(verdict, root, ward, now, new_uid, headline, severity, current.id)


def _open(
    verdict: Verdict,
    root: RootCheck,
    ward: str,
    now: datetime,
    new_uid: Callable[[], str],
    headline: Words | None,
    severity: Severity | None,
    follows: str | None,
) -> Decision:
    opened = open_from(
        verdict, ward=ward, uid=new_uid(), t_started=root.bad_since or now, now=now,
        severity=severity, headline=headline, follows=follows,
    )  # fmt: skip
    return _decided("open", opened)


def _decided(what: Literal["open", "update", "resolve", "reopen"], step: Step) -> Decision:
    return Decision(what, *step)


def _ended_within(incident: Incident, now: datetime, within_s: float) -> bool:
    if incident.t_resolved is None:
        return False
    return now - incident.t_resolved <= timedelta(seconds=within_s)
