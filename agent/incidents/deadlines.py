"""Which clocks an incident has: rules of law as in force when it was detected, and targets. Pure.

Clocks are fixed when the incident begins: a rule that changes later changes nothing for it. Only
rules of law may be called law; everything else carries its own source as a default.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from agent.duty import ICT
from agent.incidents.record import Deadline
from inventory.language import LANGUAGES, say
from inventory.values import Words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from agent.incidents.law import LawItem, Target
    from agent.incidents.record import Incident

DEFAULT_MARK = "default"
_CARRIERS = frozenset({"carrier", "L3"})


def in_force(items: Iterable[LawItem], at: datetime) -> tuple[LawItem, ...]:
    """The rules that hold at a moment, by the calendar day in Viet Nam."""
    day = at.astimezone(ICT).date()
    return tuple(
        item
        for item in items
        if item.in_force is not None
        and item.in_force <= day
        and (item.ends is None or day < item.ends)
    )


def legal(items: Iterable[LawItem], incident: Incident) -> tuple[Deadline, ...]:
    """The legal clocks of an incident, by the rules in force when it was detected."""
    return tuple(
        Deadline(
            rule=item.id,
            clock=clock.id,
            group="law",
            due=incident.t0_detected + clock.within,
            text=clock.text,
            source=item.named,
            mark=item.mark,
            verified=item.verified,
            duty=item.duty,
            only_serious=clock.when.serious is not None,
        )
        for item in in_force(items, incident.t0_detected)
        if _is_about(item, incident)
        for clock in item.clocks
    )


def acknowledgement(incident: Incident, minutes: int | None, source: Words) -> tuple[Deadline, ...]:
    """The clock for somebody to take the incident on; none when no time was agreed."""
    if minutes is None:
        return ()
    return (
        Deadline(
            rule="escalation",
            clock="ack",
            group="ack",
            due=incident.t0_detected + timedelta(minutes=minutes),
            text=Words(**{one: say("incident.clock.ack", one) for one in LANGUAGES}),
            source=source,
            mark=DEFAULT_MARK,
        ),
    )


def handed_over(
    incident: Incident, to_role: str, at: datetime, targets: Iterable[Target]
) -> tuple[Deadline, ...]:
    """The clocks that begin when an incident goes to the carrier; none for other roles."""
    if not is_carrier(to_role):
        return ()
    running = {one.clock for one in incident.deadlines if one.met is None}
    chosen: dict[str, Target] = {}
    for target in targets:
        if not target.parts or incident.root.part in target.parts:
            chosen.setdefault(target.id, target)
    return tuple(
        Deadline(
            rule="target",
            clock=target.id,
            group=target.group,
            due=at + target.within,
            text=target.text,
            source=target.source,
            mark=DEFAULT_MARK,
        )
        for target in chosen.values()
        if target.id not in running
    )


def runs(deadline: Deadline, incident: Incident) -> bool:
    """Whether a clock still asks for something: not met, and not only for what is serious.

    While nobody has said how serious it is, it counts as serious.
    """
    return deadline.met is None and not (deadline.only_serious and incident.serious == "no")


def is_carrier(role: str) -> bool:
    """Whether a role is the carrier's."""
    return role.partition("@")[0] in _CARRIERS


def overdue(incident: Incident, now: datetime) -> tuple[Deadline, ...]:
    """The clocks that ran out and were not met."""
    return tuple(one for one in incident.deadlines if runs(one, incident) and one.due < now)


def _is_about(item: LawItem, incident: Incident) -> bool:
    about = item.applies
    kind_fits = about.kind is None or about.kind == incident.kind
    data_fits = about.personal_data is None or about.personal_data == incident.personal_data
    return kind_fits and data_fits
