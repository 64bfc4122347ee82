"""What a transition makes of the notices about it: new rows, and rows that change. Pure.

Called inside the transaction that writes the transition, so that neither is ever without the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from agent.groups.incidents import JOINED, LEFT, WIDENED
from agent.notices.model import (
    Notice,
    NoticeRules,
    NoticeState,
    NoticeType,
    Recipient,
    lane,
    notice_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from agent.incidents.record import Event, Incident
    from agent.notices.model import Body, Lane

SUMMARY = "incident.summary"
REMINDED, UNCLOSED = "incident.reminded", "incident.unclosed"
TAKEN_ON, LET_GO = "incident.acked", "incident.unacked"
_Plan: TypeAlias = "Callable[[Turn, Wording, Lane, NoticeRules], Iterable[Notice]]"


@dataclass(frozen=True, slots=True)
class Turn:
    """One transition of an incident: before (None when it opened), after, and its journal line.

    `transition` is the line's number, `rows` all notices about the incident so far, `waits` how
    long a level of the escalation waits for those below it.
    """

    before: Incident | None
    after: Incident
    event: Event
    transition: int
    rows: Sequence[Notice]
    waits: Mapping[str, timedelta] = field(default_factory=dict)

    def wait(self, recipient: Recipient) -> timedelta:
        """How long a recipient waits for others to take the incident on."""
        return self.waits.get(recipient.level, timedelta(0))


@dataclass(frozen=True, slots=True)
class Wording:
    """The bodies that a turn may need; made by the caller, who knows names and numbers."""

    problem: Body
    change: Body
    recovery: Body
    reminder: Body
    unclosed: Body
    summary: Body | None


def plan_incident(
    turn: Turn, words: Wording, recipients: Iterable[Recipient], rules: NoticeRules
) -> tuple[Notice, ...]:
    """The rows to write with a transition of an incident, old ones in their new form."""
    return tuple(
        row
        for recipient in recipients
        for row in _plan_lane(
            turn, words, lane(turn.rows, turn.after.uid, recipient), rules
        )
    )  # fmt: skip


def _plan_lane(turn: Turn, words: Wording, mine: Lane, rules: NoticeRules) -> Iterable[Notice]:
    hurt, hurts = turn.before is not None and turn.before.is_open, turn.after.is_open
    if turn.event.kind in _BY_EVENT:
        return _BY_EVENT[turn.event.kind](turn, words, mine, rules)
    if hurts and not hurt and turn.after.group is not None:
        return [_superseded(row) for row in mine.planned if row.type is NoticeType.RECOVERY]
    if hurts and not hurt:
        return _begin(turn, words, mine, rules)
    if hurt and not hurts:
        return _end(turn, words, mine)
    if turn.event.kind == SUMMARY:
        return _sum_up(turn, words, mine)
    if turn.event.kind == REMINDED:
        return _remind(turn, words, mine)
    if hurts:
        return _better_known(turn, words, mine, rules)
    return ()


def _begin(turn: Turn, words: Wording, mine: Lane, rules: NoticeRules) -> Iterable[Notice]:
    """A problem, held for a while; one whose recovery has not left yet simply goes on."""
    unsent_end = [row for row in mine.planned if row.type is NoticeType.RECOVERY]
    if unsent_end:
        return [_superseded(row) for row in unsent_end]
    due = _due(turn, mine.recipient, rules)
    return [_new(turn, mine.recipient, NoticeType.PROBLEM, words.problem, due)]


def _taken_on(turn: Turn, _words: Wording, mine: Lane, _rules: NoticeRules) -> Iterable[Notice]:
    """Somebody has it: the levels above need not hear of it."""
    if not turn.wait(mine.recipient):
        return ()
    return [_superseded(row) for row in mine.planned if row.type is NoticeType.PROBLEM]


def _let_go(turn: Turn, words: Wording, mine: Lane, rules: NoticeRules) -> Iterable[Notice]:
    """Nobody has it after all: who was spared it is told in turn, unless a group speaks for it."""
    return () if turn.after.group is not None else _leave(turn, words, mine, rules)


def _unclosed(turn: Turn, words: Wording, mine: Lane, _rules: NoticeRules) -> Iterable[Notice]:
    """Over for a day, and nobody has closed it: for people who were told that it is over."""
    if not waits_to_be_closed(mine.rows, mine.recipient):
        return ()
    return [_new(turn, mine.recipient, NoticeType.UNCLOSED, words.unclosed, turn.event.at)]


def _join(_turn: Turn, _words: Wording, mine: Lane, _rules: NoticeRules) -> Iterable[Notice]:
    """A group incident speaks for it: what has not left is dropped, what has left stays."""
    return [_superseded(row) for row in mine.planned if row.type is NoticeType.PROBLEM]


def _leave(turn: Turn, words: Wording, mine: Lane, rules: NoticeRules) -> Iterable[Notice]:
    """The group is over, this is not: from now on it speaks for itself."""
    waits = any(row.type is NoticeType.PROBLEM for row in mine.planned)
    if mine.problem is not None or waits:
        return ()
    due = _due(turn, mine.recipient, rules)
    return [_new(turn, mine.recipient, NoticeType.PROBLEM, words.problem, due)]


def _widen(_turn: Turn, words: Wording, mine: Lane, _rules: NoticeRules) -> Iterable[Notice]:
    """More wards fell: an unsent problem says so; one that has left stays as it is."""
    unsent = (row for row in mine.planned if row.type is NoticeType.PROBLEM)
    return [replace(row, body=words.problem) for row in unsent]


_BY_EVENT: Mapping[str, _Plan] = MappingProxyType(
    {
        JOINED: _join,
        LEFT: _leave,
        WIDENED: _widen,
        UNCLOSED: _unclosed,
        TAKEN_ON: _taken_on,
        LET_GO: _let_go,
    }
)


def _end(turn: Turn, words: Wording, mine: Lane) -> Iterable[Notice]:
    """A recovery for whoever was told; for the others the whole matter never was."""
    gone = [_superseded(row) for row in mine.planned]
    told, said = mine.problem, mine.said
    if told is None or said is None:
        return gone
    body = words.recovery.model_copy(update={"labels": said.labels})
    row = _new(turn, mine.recipient, NoticeType.RECOVERY, body, turn.event.at)
    return [*gone, replace(row, problem=told.key)]


def _better_known(turn: Turn, words: Wording, mine: Lane, rules: NoticeRules) -> Iterable[Notice]:
    """Worse, or on another side: an unsent problem is reworded, a sent one amended."""
    if turn.before is None or not _is_news(turn.before, turn.after):
        return ()
    unsent = [row for row in mine.planned if row.type is NoticeType.PROBLEM]
    if unsent:
        due = _due(turn, mine.recipient, rules)
        return [replace(row, body=words.problem, next_at=min(row.next_at, due)) for row in unsent]
    if mine.said is None:
        return ()
    body = words.change.model_copy(update={"labels_before": mine.said.labels})
    return [_new(turn, mine.recipient, NoticeType.CHANGE, body, turn.event.at)]


def _sum_up(turn: Turn, words: Wording, mine: Lane) -> Iterable[Notice]:
    """The summary after a recovery, for people who got that recovery."""
    ended = [row for row in mine.rows if row.type is NoticeType.RECOVERY and _stands(row)]
    if words.summary is None or not ended or not mine.recipient.is_person:
        return ()
    row = _new(turn, mine.recipient, NoticeType.SUMMARY, words.summary, turn.event.at)
    return [replace(row, problem=ended[-1].problem)]


def _remind(turn: Turn, words: Wording, mine: Lane) -> Iterable[Notice]:
    if not mine.recipient.is_person or mine.problem is None or any(r.is_waiting for r in mine.rows):
        return ()
    return [_new(turn, mine.recipient, NoticeType.REMINDER, words.reminder, turn.event.at)]


def waits_to_be_closed(rows: Sequence[Notice], recipient: Recipient) -> bool:
    """Whether a person was told that an incident is over, and not yet that it is to be closed."""
    known = {row.type for row in rows}
    ended = any(row.type is NoticeType.RECOVERY and row.is_told for row in rows)
    return recipient.is_person and ended and NoticeType.UNCLOSED not in known


def is_forgotten(
    incident: Incident, rows: Sequence[Notice], at: datetime, rules: NoticeRules
) -> bool:
    """Whether an incident hurts, nobody has taken it on, and the last word is four hours old."""
    if not incident.is_open or incident.t_acked is not None:
        return False
    said = [row for row in rows if row.sent is not None and row.type is not NoticeType.RECOVERY]
    waiting = any(row.is_waiting for row in rows)
    return bool(said) and not waiting and all(at - row.made >= rules.remind_after for row in said)


def plan_flapping(
    subject: str, ward: str, transition: int, at: datetime, body: Body, *, begins: bool,
    rows: Sequence[Notice], recipients: Iterable[Recipient], incident: str | None = None,
) -> tuple[Notice, ...]:  # fmt: skip
    """The row of a check that begins to flap, or of the state in which it was left.

    The second only for whoever was told of the first; a first that has not left is superseded. It
    is not said either to whom the problem of the `incident` (uid) on this check was told: that
    speaks of it, and its recovery will.
    """
    planned: list[Notice] = []
    for recipient in recipients:
        mine = lane(rows, subject, recipient)
        kind = NoticeType.FLAPPING if begins else NoticeType.NOW
        row = _row(subject, ward, transition, recipient, kind, body, at, at)
        if begins:
            planned.append(row)
            continue
        planned += [_superseded(one) for one in mine.planned]
        told = [r for r in mine.rows if r.type is NoticeType.FLAPPING and r.is_told]
        speaks = incident is not None and lane(rows, incident, recipient).problem is not None
        if told and not speaks:
            planned.append(replace(row, problem=told[-1].key))
    return tuple(planned)


def plan_digest(held: Sequence[Notice], body: Body, at: datetime) -> tuple[Notice, ...]:
    """One row in place of several to one recipient about one ward, and those it carries."""
    first, last = held[0], max(held, key=lambda row: row.transition)
    recipient = Recipient(first.channel, first.recipient)
    subject = f"ward:{first.ward}"
    digest = _row(subject, first.ward, last.transition, recipient, NoticeType.DIGEST, body, at, at)
    carried = (replace(row, state=NoticeState.SUPERSEDED, digest=digest.key) for row in held)
    return (digest, *carried)


def _is_news(before: Incident, after: Incident) -> bool:
    worse = after.severity < before.severity  # S1 sorts before S4
    return worse or after.root.segment != before.root.segment


def _due(turn: Turn, recipient: Recipient, rules: NoticeRules) -> datetime:
    """When a problem may leave: after the hold, at once when the whole ward is cut.

    A lost line waits until it can be known whether others were lost with it.
    """
    at, after = turn.event.at, turn.after
    gathers = after.root.whole_way or after.is_common
    hold = timedelta(0) if after.severity == "S1" else rules.hold
    return at + max(hold, rules.gather if gathers else timedelta(0), turn.wait(recipient))


def _new(
    turn: Turn, recipient: Recipient, kind: NoticeType, body: Body, next_at: datetime
) -> Notice:
    uid, ward = turn.after.uid, turn.after.ward
    return _row(uid, ward, turn.transition, recipient, kind, body, turn.event.at, next_at)


def _row(
    subject: str, ward: str, transition: int, recipient: Recipient, kind: NoticeType, body: Body,
    made: datetime, next_at: datetime,
) -> Notice:  # fmt: skip
    return Notice(
        key=notice_key(subject, transition, recipient), subject=subject, ward=ward,
        transition=transition, channel=recipient.channel, recipient=recipient.name, type=kind,
        state=NoticeState.PLANNED, made=made, next_at=next_at, body=body,
    )  # fmt: skip


def _superseded(row: Notice) -> Notice:
    return replace(row, state=NoticeState.SUPERSEDED)


def _stands(row: Notice) -> bool:
    return row.state is not NoticeState.SUPERSEDED or row.digest is not None
