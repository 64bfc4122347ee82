"""A journal with notices, a story of incidents that goes on over any death of the program.

A death is an exception that nothing catches, raised by the n-th statement or by a receiver; from
then on no statement reaches the file, so what was not committed is gone, as after kill -9.
"""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from agent.incidents.life import close, open_from, reopen, resolve, update
from agent.incidents.record import Incident, IncidentState
from agent.journal.database import Database, Opening
from agent.journal.store import Store, open_store
from agent.notices.channel import NotDelivered
from agent.notices.desk import Desk
from agent.notices.model import Notice, NoticeState, NoticeType, Recipient
from agent.notices.office import Office
from agent.notices.wording import Advice
from inventory.values import Words
from playbooks.verdict.model import Verdict
from probes.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

START = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
WARDS = ("26740", "26743", "26746")
LINE = Verdict("ward", "metronet", "line", "down", 0.91, "M3", root="gw")
SLOW = Verdict("ward", "metronet", "quality", "degraded", 0.9, "Q3", root="path_ok")
NOC = Recipient("webhook", "noc")
MAIL = Recipient("smtp", "l1")
ALERTS = Recipient("alertmanager", "alertmanager", is_person=False)
EVERYBODY = (NOC, MAIL, ALERTS)


class Killed(BaseException):
    """The program is gone."""


class DyingConnection:
    """A connection whose `left`-th statement from now is never carried out, nor any after it."""

    def __init__(self, connection: Any, left: int) -> None:
        self._connection = connection
        self.left = left

    def execute(self, *statement: Any) -> Any:
        self.left -= 1
        if self.left <= 0:
            raise Killed
        return self._connection.execute(*statement)

    def close(self) -> None:
        self._connection.close()

    @property
    def in_transaction(self) -> bool:
        return False  # a dead program rolls nothing back; the next one finds it undone


@dataclass
class Receiver:
    """Somebody outside, whom no death of the program concerns; says no or dies now and then."""

    chance: Random
    refuses: float = 0.0
    kills: float = 0.0
    got: list[Notice] = field(default_factory=list)

    async def send(self, notice: Notice) -> None:
        if self.chance.random() < self.kills:
            raise Killed
        if self.chance.random() < self.refuses:
            raise NotDelivered("busy")
        self.got.append(notice)
        if self.chance.random() < self.kills:
            raise Killed

    async def refresh(self, rows: Sequence[Notice]) -> None:
        """Nothing is forgotten here."""

    async def close(self) -> None:
        """Nothing is kept open."""


def advise(ward: str) -> Advice:
    return Advice(Words(vi=f"Phường {ward}", en=f"Ward {ward}"))


class Life:
    """One run of the program on a state folder."""

    def __init__(
        self,
        folder: Path,
        clock: ManualClock,
        receivers: dict[Recipient, Receiver],
        dies_after: int | None = None,
    ) -> None:
        opening = Opening("agent-1", "sim", "boot", clock.now(), clock.monotonic)
        self.store: Store = open_store(folder, opening)
        if dies_after is not None:
            database: Database = self.store.database
            database._connection = DyingConnection(database._connection, dies_after)  # type: ignore[assignment]
        self.store.plan_notices_with(Desk(tuple(receivers), advise, "sim"))
        self.office = Office(self.store, dict(receivers), clock, lambda _channel, _result: None)
        self.receivers = receivers
        self.clock = clock

    async def pass_time(self, seconds: float) -> None:
        self.clock.move(seconds)
        self.office.remind()
        for recipient in self.receivers:
            await self.office.deliver(recipient)

    def move_one(self, chance: Random) -> None:
        """One incident moves on, or a new one begins."""
        known = [one for one in self.store.incidents() if one.state is not IncidentState.CLOSED]
        if not known or (len(known) < 6 and chance.random() < 0.4):
            self._open(chance)
            return
        self._move(chance.choice(known), chance)

    def _open(self, chance: Random) -> None:
        now = self.clock.now()
        self.store.open_incident(
            *open_from(
                chance.choice((LINE, SLOW)), ward=chance.choice(WARDS),
                uid=f"uid-{chance.getrandbits(60)}", t_started=now, now=now,
            )
        )  # fmt: skip

    def _move(self, incident: Incident, chance: Random) -> None:
        now = self.clock.now()
        if incident.state is IncidentState.RESOLVED:
            again = chance.random() < 0.5
            step = (
                reopen(incident, LINE, now) if again
                else close(incident, now=now, actor="local:cb-01", cause="line", text="xong")
            )  # fmt: skip
        else:
            worse = update(incident, LINE, now) if chance.random() < 0.3 else None
            step = worse or resolve(incident, now)
        self.store.update_incident(*step)

    def die(self) -> None:
        self.store.database._connection.close()


async def drained(life: Life) -> None:
    """Time goes on until nothing waits any more."""
    for _step in range(2000):
        if not life.store.notices.waiting():
            return
        await life.pass_time(30.0)
    raise AssertionError(life.store.notices.waiting())


def check_everything(store: Store, receivers: dict[Recipient, Receiver]) -> None:
    """What must hold at every recipient once nothing waits any more."""
    assert store.verify_audit() is None
    incidents = store.incidents()
    opened = [line.event.key or "" for line in store.events(limit=100_000)
              if line.event.kind == "incident.opened"]  # fmt: skip
    assert sorted(opened) == sorted(one.uid for one in incidents)
    assert len({one.id for one in incidents}) == len(incidents)
    rows = {row.key: row for row in store.notices.all()}
    transitions = [(r.subject, r.transition, r.channel, r.recipient) for r in rows.values()]
    assert len(set(transitions)) == len(rows)
    for recipient, receiver in receivers.items():
        _check_one(recipient, receiver, rows, {one.uid: one for one in incidents})


def _check_one(
    recipient: Recipient,
    receiver: Receiver,
    rows: dict[str, Notice],
    incidents: dict[str, Incident],
) -> None:
    first_seen = list(dict.fromkeys(notice.key for notice in receiver.got))
    for notice in receiver.got:
        assert replace(
            notice, state=NoticeState.SENT, tries=0, sent=None, next_at=START
        ) == replace(rows[notice.key], state=NoticeState.SENT, tries=0, sent=None, next_at=START)
    carried = defaultdict(list)
    for row in rows.values():
        if row.digest is not None:
            carried[row.digest].append(row)
    heard: dict[str, list[Notice]] = defaultdict(list)
    for key in first_seen:
        row = rows[key]
        inside = sorted(carried[key], key=lambda one: one.transition)
        for one in inside if row.type is NoticeType.DIGEST else [row]:
            heard[one.subject].append(one)
    for subject, told in heard.items():
        assert _ends_hurting(told) == incidents[subject].is_open  # every alert has its recovery
    for uid, incident in incidents.items():
        assert not incident.is_open or heard[uid], (recipient, uid)  # no incident is lost


def _ends_hurting(told: list[Notice]) -> bool:
    hurts = False
    for one in told:
        # Every recovery has its alert, and nothing but an alert comes out of the blue.
        assert hurts != (one.type is NoticeType.PROBLEM), told
        hurts = one.type is not NoticeType.RECOVERY
    return hurts


async def live(folder: Path, seed: int, transitions: int, deaths: int) -> dict[Recipient, Receiver]:
    """A story of so many transitions with so many deaths at random points; ends drained."""
    chance = Random(seed)  # noqa: S311 - the story is the seed's
    clock = ManualClock(START)
    receivers = {
        one: Receiver(Random(chance.getrandbits(30)), refuses=0.1, kills=0.002)  # noqa: S311
        for one in EVERYBODY
    }
    done = 0
    left = deaths
    while done < transitions or left:
        dies_after = chance.randint(3, 900) if left else None
        life = Life(folder, clock, receivers, dies_after)
        try:
            while done < transitions or left:
                life.move_one(chance)
                done += 1
                await life.pass_time(chance.choice((1.0, 5.0, 40.0, 700.0)))
            life.die()
        except Killed:
            left = max(0, left - 1)
            life.die()
    for receiver in receivers.values():
        receiver.kills = receiver.refuses = 0.0
    last = Life(folder, clock, receivers)
    await drained(last)
    check_everything(last.store, receivers)
    last.store.close()
    return receivers


def run(folder: Path, seed: int, transitions: int, deaths: int) -> dict[Recipient, Receiver]:
    return asyncio.run(live(folder, seed, transitions, deaths))


WHOLE = bool(os.environ.get("WARDOPS_SOAK"))
STORIES, TRANSITIONS, DEATHS = (20, 300, 10) if WHOLE else (4, 60, 5)


@pytest.mark.timeout(1200 if WHOLE else 60)
@pytest.mark.parametrize("seed", range(STORIES))
def test_dying_anywhere_loses_no_incident_and_no_key_and_answers_every_alert(
    tmp_path: Path, seed: int
) -> None:
    """200 [20] deaths in all: every statement of the journal and every sending may be the last."""
    receivers = run(tmp_path, seed, TRANSITIONS, DEATHS)
    got = [notice for receiver in receivers.values() for notice in receiver.got]
    kinds = {notice.type for notice in got}
    assert {NoticeType.PROBLEM, NoticeType.RECOVERY} <= kinds
    assert len({notice.key for notice in got}) > TRANSITIONS / 4


def test_a_restart_during_an_open_incident_sends_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        clock = ManualClock(START)
        receivers = {
            one: Receiver(Random(1))  # noqa: S311 - never asked
            for one in EVERYBODY
        }
        first = Life(tmp_path, clock, receivers)
        at = clock.now()
        first.store.open_incident(*open_from(LINE, ward="26740", uid="uid-1", t_started=at, now=at))
        await first.pass_time(60.0)
        assert [len(one.got) for one in receivers.values()] == [1, 1, 1]
        first.die()
        for pause_s in (3.0, 90.0):
            again = Life(tmp_path, clock, receivers)
            for _second in range(10):
                await again.pass_time(pause_s)
            again.die()
        assert [len(one.got) for one in receivers.values()] == [1, 1, 1]

    asyncio.run(story())
