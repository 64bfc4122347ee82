"""A notice: one message about one transition to one recipient on one channel. Pure values.

planned -> sending -> sent
   |          |-> failed -> sending ... -> expired
   |-> superseded (its condition ended before the first attempt, or a digest carries it)

A row found in `sending` after a crash is sent again with the same key.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from inventory.values import Frozen, Words

if TYPE_CHECKING:
    from collections.abc import Sequence


class NoticeState(StrEnum):
    """Where a notice stands on its way."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class NoticeType(StrEnum):
    """What a notice says. `now` tells the state a check is left in when it stops flapping."""

    PROBLEM = "problem"
    CHANGE = "change"
    REMINDER = "reminder"
    UNCLOSED = "unclosed"
    RECOVERY = "recovery"
    SUMMARY = "summary"
    FLAPPING = "flapping"
    NOW = "now"
    DIGEST = "digest"


WAITING = frozenset({NoticeState.PLANNED, NoticeState.SENDING, NoticeState.FAILED})


class Body(Frozen):
    """What a message is made of, fixed when it was planned, so that one key never says two things.

    `text` is the message in both languages; `start` the first bad result, `end` the recovery. The
    rest names the incident for machines: `labels` are the same from its problem to its recovery,
    `labels_before` those that a change ends.
    """

    text: Words
    title: Words
    start: datetime
    incident: str = ""
    end: datetime | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    labels_before: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """One row. `transition` is the journal line that caused it, `next_at` when to try (again).

    `subject` is an incident's uid, `check:<ward>/<device>/<check>` or, for a digest,
    `ward:<code>`. `digest` is the key of the digest that carries it, `problem` the key of the
    problem that a recovery answers.
    """

    key: str
    subject: str
    ward: str
    transition: int
    channel: str
    recipient: str
    type: NoticeType
    state: NoticeState
    made: datetime
    next_at: datetime
    body: Body
    tries: int = 0
    sent: datetime | None = None
    digest: str | None = None
    problem: str | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether something is still to be done about it."""
        return self.state in WAITING

    @property
    def is_told(self) -> bool:
        """Whether its recipient has it, or may have it, or gets it in a digest."""
        if self.state is NoticeState.SUPERSEDED:
            return self.digest is not None
        return self.state in (NoticeState.SENDING, NoticeState.SENT, NoticeState.FAILED)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody on a channel. `is_person`: gets reminders, and digests instead of a flood.

    Systems of alerts keep their own rhythm and grouping. One with a `level` of the escalation is
    told once the levels below have had their time to take an incident on.
    """

    channel: str
    name: str
    is_person: bool = True
    level: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """Times and numbers of the notices; the defaults are the ones that are documented.

    `gather`: who sees many wards waits so long before it calls about a lost line, since what took
    that line may take others with it, and then they are one message.
    """

    hold: timedelta = timedelta(seconds=30)
    gather: timedelta = timedelta(0)
    remind_after: timedelta = timedelta(hours=4)
    close_within: timedelta = timedelta(hours=24)
    first_pause: timedelta = timedelta(seconds=5)
    longest_pause: timedelta = timedelta(minutes=10)
    expire_after: timedelta = timedelta(hours=24)
    crowd: int = 6
    crowd_within: timedelta = timedelta(minutes=10)


USUAL = NoticeRules()


@dataclass(frozen=True, slots=True)
class Lane:
    """All notices about one subject to one recipient, in the order of their transitions."""

    recipient: Recipient
    rows: tuple[Notice, ...] = field(default=())

    @property
    def problem(self) -> Notice | None:
        """The problem that its recipient was told of and that no recovery has answered."""
        answered = {row.problem for row in self.rows if _answers(row)}
        told = [
            row for row in self.rows
            if row.type is NoticeType.PROBLEM and row.is_told and row.key not in answered
        ]  # fmt: skip
        return told[-1] if told else None

    @property
    def said(self) -> Body | None:
        """What its recipient believes at present: the newest that was told since the problem."""
        began = self.problem
        if began is None:
            return None
        told = [
            row.body for row in self.rows
            if row.type in (NoticeType.PROBLEM, NoticeType.CHANGE)
            and row.is_told and row.transition >= began.transition
        ]  # fmt: skip
        return told[-1]

    @property
    def planned(self) -> tuple[Notice, ...]:
        """What nobody has tried to send yet."""
        return tuple(row for row in self.rows if row.state is NoticeState.PLANNED)

    def waits_for(self, row: Notice) -> bool:
        """Whether something earlier of this lane must go out before `row`."""
        return any(one.is_waiting and one.transition < row.transition for one in self.rows)


def lane(rows: Sequence[Notice], subject: str, recipient: Recipient) -> Lane:
    """The lane of a subject and a recipient among some rows."""
    mine = (
        row for row in rows
        if (row.subject, row.channel, row.recipient) == (subject, recipient.channel, recipient.name)
    )  # fmt: skip
    return Lane(recipient, tuple(sorted(mine, key=lambda row: row.transition)))


def notice_key(subject: str, transition: int, recipient: Recipient) -> str:
    """32 hex digits that say which message this is, whoever sends it, however often."""
    text = f"{subject}|{transition}|{recipient.channel}|{recipient.name}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _answers(row: Notice) -> bool:
    lost = row.state is NoticeState.SUPERSEDED and row.digest is None
    return row.type is NoticeType.RECOVERY and not lost
