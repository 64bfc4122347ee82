"""Sends what is planned: each step is on disk before and after, so a crash repeats but never loses.

One task per recipient: a mail server that hangs delays no alert. A journal that cannot be written
stops the sending, since a message nobody remembers would be sent twice.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

from agent.incidents.record import Event
from agent.notices.channel import NotDelivered
from agent.notices.model import USUAL, NoticeState, lane
from agent.notices.planner import (
    REMINDED,
    UNCLOSED,
    is_forgotten,
    plan_digest,
    waits_to_be_closed,
)
from agent.notices.sending import attempted, delivered, left_behind, next_for, refused
from agent.notices.wording import digest_body
from inventory.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agent.journal.store import Store
    from agent.notices.channel import Channel
    from agent.notices.model import Notice, NoticeRules, Recipient
    from probes.clock import Clock

_log = logging.getLogger(__name__)
LOOK_EVERY_S = 1.0
REFRESH_EVERY_S = 60.0
_STEP_S = 2.0
_CLOSING_EVERY = 60  # looks
_JUST_ENDED = timedelta(minutes=15)


class Office:
    """Everything that leaves the house. `count(channel, result)` is told of every attempt."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[Recipient, Channel],
        clock: Clock,
        count: Callable[[str, str], None],
        rules: NoticeRules = USUAL,
    ) -> None:
        self._store = store
        self._channels = channels
        self._clock = clock
        self._count = count
        self._rules = rules
        self._unsaved: dict[str, tuple[Notice, ...]] = {}
        self._ahead_s: float | None = None
        self._store_failing = False

    async def run(self) -> None:
        """Send until cancelled."""
        self._begin()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look_after())
            for recipient in self._channels:
                group.create_task(self._serve(recipient))

    async def close(self) -> None:
        """Let go of all connections."""
        for channel in self._channels.values():
            await channel.close()

    async def deliver(self, recipient: Recipient) -> None:
        """Send what is due to one recipient now. Raises StoreError."""
        self._save_what_is_owed()
        now = self._clock.now()
        rows = (
            *self._store.notices.waiting(),
            *self._store.notices.sent_since(now - self._rules.crowd_within),
        )
        for ward in sorted({row.ward for row in rows}):
            of_ward = [row for row in rows if row.ward == ward]
            chosen = next_for(of_ward, recipient, now, self._rules)
            for row in chosen.single:
                current = self._still(row)
                if current is not None:
                    await self._send(current, self._channels[recipient])
            crowd = [row for row in map(self._still, chosen.crowd) if row is not None]
            if len(crowd) > 1:
                self._store.notices.save(plan_digest(crowd, digest_body(crowd), now))

    def remind(self) -> None:
        """Plan reminders of incidents that nobody has taken on. Raises StoreError."""
        people = {(one.channel, one.name) for one in self._channels if one.is_person}
        now = self._clock.now()
        for incident in self._store.incidents(open_only=True):
            rows = self._store.notices.of_subject(incident.uid)
            mine = [row for row in rows if (row.channel, row.recipient) in people]
            if is_forgotten(incident, mine, now, self._rules):
                event = Event(REMINDED, now, ward=incident.ward, key=incident.uid)
                self._store.update_incident(incident, event)

    def remind_to_close(self) -> None:
        """Plan a word about what is over for a day and was not closed. Raises StoreError."""
        now = self._clock.now()
        for incident in self._store.resolved_before(now - self._rules.close_within):
            rows = self._store.notices.of_subject(incident.uid)
            lanes = (lane(rows, incident.uid, one) for one in self._channels)
            if any(waits_to_be_closed(one.rows, one.recipient) for one in lanes):
                event = Event(UNCLOSED, now, ward=incident.ward, key=incident.uid)
                self._store.update_incident(incident, event)

    def follow_clock(self) -> None:
        """Move what is planned along when somebody sets the wall clock. Raises StoreError."""
        ahead_s = self._clock.now().timestamp() - self._clock.monotonic()
        step_s = 0.0 if self._ahead_s is None else ahead_s - self._ahead_s
        if abs(step_s) >= _STEP_S:
            step = timedelta(seconds=step_s)
            waiting = self._store.notices.waiting()
            self._store.notices.save(
                replace(row, made=row.made + step, next_at=row.next_at + step) for row in waiting
            )
            _log.warning("clock stepped seconds=%.1f", step_s)
            said = {"seconds": round(step_s, 1)}
            self._store.record_events([Event("clock.step", self._clock.now(), data=said)])
            self._store.append_audit(
                self._clock.now(), actor="machine", role="agent", source="machine",
                action="clock.step", target="clock", data={"seconds": round(step_s, 1)},
            )  # fmt: skip
        self._ahead_s = ahead_s

    async def refresh(self, recipient: Recipient) -> None:
        """Say again what holds at present, where the other side would forget it."""
        since = self._clock.now() - _JUST_ENDED
        recent = {row.subject for row in self._store.notices.sent_since(since)}
        hurting = {incident.uid for incident in self._store.incidents(open_only=True)}
        rows = [
            row
            for subject in recent | hurting
            for row in self._store.notices.of_subject(subject)
            if (row.channel, row.recipient) == (recipient.channel, recipient.name)
        ]
        try:
            await self._channels[recipient].refresh(rows)
        except NotDelivered as failure:
            self._count(recipient.channel, "refresh_failed")
            _log.warning("notices not refreshed to=%s problem=%s", recipient.channel, failure)

    def _begin(self) -> None:
        """What nobody is there to get any more ends here, so that it blocks nothing for ever."""
        known = {(one.channel, one.name) for one in self._channels}
        lost = [
            replace(row, state=NoticeState.EXPIRED)
            for row in self._store.notices.waiting()
            if (row.channel, row.recipient) not in known
        ]
        if lost:
            self._store.notices.save(lost)
            _log.warning("notices without recipient count=%d", len(lost))

    async def _serve(self, recipient: Recipient) -> None:
        refreshed = self._clock.monotonic() - REFRESH_EVERY_S
        while True:
            try:
                await self.deliver(recipient)
                if self._clock.monotonic() - refreshed >= REFRESH_EVERY_S:
                    refreshed = self._clock.monotonic()
                    await self.refresh(recipient)
            except StoreError as error:
                self._say_once(error)
            else:
                self._store_failing = False
            await self._clock.sleep(LOOK_EVERY_S)

    async def _look_after(self) -> None:
        for turn in count():
            try:
                self.follow_clock()
                self.remind()
                if turn % _CLOSING_EVERY == 0:
                    self.remind_to_close()
            except StoreError as error:
                self._say_once(error)
            await self._clock.sleep(LOOK_EVERY_S)

    def _still(self, row: Notice) -> Notice | None:
        """The row as it is by now; None when it was overtaken while another was being sent."""
        current = self._store.notices.one(row.key)
        return current if current is not None and current.state is row.state else None

    async def _send(self, row: Notice, channel: Channel) -> None:
        now = self._clock.now()
        if now - row.made >= self._rules.expire_after:
            self._settle(replace(row, state=NoticeState.EXPIRED), "expired")
            return
        trying = attempted(row)
        self._store.notices.save((trying,))
        try:
            await channel.send(trying)
        except NotDelivered as failure:
            after = refused(trying, self._clock.now(), self._rules, for_good=failure.for_good)
            _log.warning(
                "notice not delivered key=%s channel=%s tries=%d problem=%s",
                row.key, row.channel, trying.tries, failure,
            )  # fmt: skip
            self._settle(after, str(after.state))
        else:
            self._settle(delivered(trying, self._clock.now()), "sent")

    def _settle(self, after: Notice, result: str) -> None:
        """Write what an attempt came to; when the disk refuses, it is owed, not forgotten."""
        self._count(after.channel, result)
        changed: tuple[Notice, ...] = (after,)
        if after.state is NoticeState.EXPIRED:
            _log.error(
                "notice expired key=%s channel=%s type=%s", after.key, after.channel, after.type
            )
            changed = (after, *left_behind(after, self._related(after)))
        self._unsaved[after.key] = changed
        self._save_what_is_owed()

    def _related(self, row: Notice) -> Sequence[Notice]:
        notices = self._store.notices
        return (*notices.of_subject(row.subject), *notices.carried_by(row.key))

    def _save_what_is_owed(self) -> None:
        for key, rows in tuple(self._unsaved.items()):
            self._store.notices.save(rows)
            del self._unsaved[key]

    def _say_once(self, error: StoreError) -> None:
        if not self._store_failing:
            _log.error("notices wait for the journal problem=%s", error)
        self._store_failing = True
