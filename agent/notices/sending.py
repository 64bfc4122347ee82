"""What to send next, and what an attempt makes of a row. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agent.notices.model import Notice, NoticeState, NoticeType, lane

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from agent.notices.model import NoticeRules, Recipient


@dataclass(frozen=True, slots=True)
class Next:
    """What one recipient gets now: rows to send one by one, and rows for one digest."""

    single: tuple[Notice, ...] = ()
    crowd: tuple[Notice, ...] = ()


def next_for(
    rows: Sequence[Notice], recipient: Recipient, at: datetime, rules: NoticeRules
) -> Next:
    """What is due for a recipient about one ward, in order.

    `rows` are that ward's waiting rows and those sent within the crowd's time. A person gets at
    most `rules.crowd` messages within it; what would be more comes as one digest, or waits.
    """
    me = (recipient.channel, recipient.name)
    mine = [row for row in rows if (row.channel, row.recipient) == me]
    due = sorted(
        (row for row in mine if row.is_waiting and row.next_at <= at), key=lambda r: r.transition
    )
    ready = tuple(row for row in due if not _is_blocked(row, mine, recipient))
    room = rules.crowd - sum(1 for row in mine if _is_recent(row, at, rules))
    if not recipient.is_person or len(due) <= room:
        return Next(ready)
    if room <= 0:
        return Next()
    # What was begun keeps its key, and a digest stays one; only single messages that nobody has
    # tried to send yet may go into a digest.
    begun = tuple(
        row for row in ready
        if row.state is not NoticeState.PLANNED or row.type is NoticeType.DIGEST
    )  # fmt: skip
    if begun:
        return Next(begun[:room])
    single, rest = due[: room - 1], due[room - 1 :]
    outside = [row for row in mine if row not in rest]
    crowd = tuple(row for row in rest if not _is_blocked(row, outside, recipient))
    if len(crowd) < 2:
        return Next(ready[:room])
    return Next(tuple(row for row in single if row in ready), crowd)


def attempted(row: Notice) -> Notice:
    """The row as it is written before the attempt."""
    return replace(row, state=NoticeState.SENDING, tries=row.tries + 1)


def delivered(row: Notice, at: datetime) -> Notice:
    """The row once the other side has taken it."""
    return replace(row, state=NoticeState.SENT, sent=at)


def refused(row: Notice, at: datetime, rules: NoticeRules, *, for_good: bool = False) -> Notice:
    """The row after an attempt that failed; expired when it is too old or can never succeed."""
    if for_good or at - row.made >= rules.expire_after:
        return replace(row, state=NoticeState.EXPIRED)
    return replace(row, state=NoticeState.FAILED, next_at=at + pause_after(row.tries, rules))


def pause_after(tries: int, rules: NoticeRules) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, up to a limit."""
    doublings = min(max(tries, 1) - 1, 20)
    pause: timedelta = rules.first_pause * (1 << doublings)
    return min(pause, rules.longest_pause)


def left_behind(expired: Notice, rows: Sequence[Notice]) -> tuple[Notice, ...]:
    """What goes with a row that will never be delivered.

    Answers to a problem that nobody got are superseded; what a lost digest carried is lost too.
    """
    gone = [
        replace(row, state=NoticeState.SUPERSEDED)
        for row in rows
        if row.is_waiting and row.problem == expired.key
    ]
    lost = [
        replace(row, state=NoticeState.EXPIRED, digest=None)
        for row in rows
        if expired.type is NoticeType.DIGEST and row.digest == expired.key
    ]
    return (*gone, *lost)


def _is_blocked(row: Notice, rows: Sequence[Notice], recipient: Recipient) -> bool:
    """What comes before it about the same thing, or in a digest that may hold such, goes first."""
    behind_digest = any(
        one.type is NoticeType.DIGEST and one.is_waiting and one.transition < row.transition
        for one in rows
    )
    return behind_digest or lane(rows, row.subject, recipient).waits_for(row)


def _is_recent(row: Notice, at: datetime, rules: NoticeRules) -> bool:
    return row.sent is not None and at - row.sent < rules.crowd_within
