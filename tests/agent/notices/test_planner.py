"""Who is told what, and when: hold, reminders, digests, drills, a clock that is set."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from agent.checks import State
from agent.config import AgentConfig
from agent.flapping import Flap
from agent.incidents.acts import unacknowledge
from agent.incidents.life import acknowledge, open_from, resolve, summarise, update
from agent.journal.database import Opening
from agent.journal.store import Store, open_store
from agent.notices.advice import waits_for
from agent.notices.channels.file import FileChannel
from agent.notices.desk import Desk
from agent.notices.model import Notice, NoticeState, NoticeType, Recipient
from agent.notices.office import Office
from agent.notices.opening import MAILBOX, open_channels
from agent.notices.settings import NotifySettings
from agent.notices.wording import Advice
from inventory.errors import InputError
from inventory.values import Words
from playbooks.escalation import load_escalation
from playbooks.verdict.model import Verdict
from probes.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from agent.incidents.record import Incident

START = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
LINE = Verdict("ward", "metronet", "line", "down", 0.91, "M3", root="gw")
SLOW = Verdict("ward", "metronet", "quality", "degraded", 0.9, "Q3", root="path_ok")
NOC = Recipient("webhook", "noc")
HEADLINE = Words(vi="CHẤT LƯỢNG ĐƯỜNG TRUYỀN KÉM", en="POOR QUALITY OF THE LINE")


class Inbox:
    """A receiver that takes everything."""

    def __init__(self) -> None:
        self.got: list[Notice] = []

    async def send(self, notice: Notice) -> None:
        self.got.append(notice)

    async def refresh(self, rows: Sequence[Notice]) -> None:
        """Nothing is forgotten here."""

    async def close(self) -> None:
        """Nothing is kept open."""


class House:
    """A journal, its office and one recipient, on a clock that the test moves."""

    def __init__(
        self, folder: Path, to: Recipient = NOC, waits: Mapping[str, timedelta] | None = None
    ) -> None:
        self.clock = ManualClock(START)
        opening = Opening("agent-1", "sim", "boot", START, self.clock.monotonic)
        self.store: Store = open_store(folder, opening)
        self.inbox = Inbox()
        advice = Advice(Words(vi="Phường Sài Gòn", en="Phường Sài Gòn"))
        self.store.plan_notices_with(
            Desk((to,), lambda _ward: advice, "sim", waits=lambda _ward: waits or {})
        )
        self.office = Office(self.store, {NOC: self.inbox}, self.clock, lambda _c, _r: None)
        self.office.follow_clock()

    def open(self, verdict: Verdict, uid: str = "uid-1") -> Incident:
        now = self.clock.now()
        return self.store.open_incident(
            *open_from(
                verdict, ward="26740", uid=uid, t_started=now, now=now, headline=HEADLINE
            )
        )  # fmt: skip

    def wait(self, seconds: float) -> None:
        self.clock.move(seconds)
        self.look()

    def look(self) -> None:
        self.office.follow_clock()
        self.office.remind()
        asyncio.run(self.office.deliver(NOC))

    @property
    def heard(self) -> list[NoticeType]:
        return [notice.type for notice in self.inbox.got]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_problem_waits_thirty_seconds_and_a_whole_ward_does_not(house: House) -> None:
    house.open(SLOW)
    house.wait(29)
    assert house.heard == []
    house.open(LINE, "uid-2")
    house.look()
    assert [notice.subject for notice in house.inbox.got] == ["uid-2"]
    house.wait(1)
    assert [notice.subject for notice in house.inbox.got] == ["uid-2", "uid-1"]


def test_what_is_over_before_it_was_told_never_was(house: House) -> None:
    opened = house.open(SLOW)
    house.wait(20)
    house.store.update_incident(*resolve(opened, house.clock.now()))
    house.wait(3600)
    assert house.heard == []
    assert [row.state for row in house.store.notices.all()] == [NoticeState.SUPERSEDED]


def test_an_unsent_problem_is_reworded_and_a_sent_one_amended(house: House) -> None:
    opened = house.open(SLOW)
    house.wait(10)
    worse = update(opened, LINE, house.clock.now(), HEADLINE)
    assert worse is not None
    house.store.update_incident(*worse)
    house.look()
    (problem,) = house.inbox.got
    assert (problem.type, problem.body.labels["priority"]) == (NoticeType.PROBLEM, "s1")
    later = house.open(SLOW, "uid-2")
    house.wait(30)
    step = update(later, LINE, house.clock.now())
    assert step is not None
    house.store.update_incident(*step)
    house.look()
    change = house.inbox.got[-1]
    assert change.type is NoticeType.CHANGE
    assert change.body.labels_before["priority"] == "s3"


def test_a_message_says_ward_sentence_since_and_incident(house: House) -> None:
    opened = house.open(SLOW)
    house.wait(30)
    text = house.inbox.got[0].body.text
    assert text.vi == f"Phường Sài Gòn: {HEADLINE.vi}. Từ 07:20 21/11. Sự cố {opened.id}."
    assert text.en == f"Phường Sài Gòn: {HEADLINE.en}. Since 07:20 21/11. Incident {opened.id}."


def test_after_four_hours_without_anybody_it_is_said_again_until_somebody_takes_it(
    house: House,
) -> None:
    opened = house.open(LINE)
    house.look()
    for _tenth in range(8 * 6 + 1):
        house.wait(600)
    assert house.heard == [NoticeType.PROBLEM, NoticeType.REMINDER, NoticeType.REMINDER]
    at = house.clock.now()
    house.store.update_incident(*acknowledge(opened, now=at, actor="local:cb-01", reason="gọi"))
    house.wait(5 * 3600)
    assert len(house.heard) == 3


def test_what_is_over_for_a_day_and_not_closed_is_said_once(house: House) -> None:
    opened = house.open(LINE)
    house.look()
    house.store.update_incident(*resolve(opened, house.clock.now()))
    for _hour in range(50):
        house.wait(3600)
        house.office.remind_to_close()
    house.look()
    assert house.heard == [NoticeType.PROBLEM, NoticeType.RECOVERY, NoticeType.UNCLOSED]
    assert "chưa đóng" in house.inbox.got[-1].body.text.vi


def test_a_level_above_hears_of_it_only_when_those_below_let_their_time_go_by(
    tmp_path: Path,
) -> None:
    above = Recipient("webhook", "noc", level="L2")
    house = House(tmp_path, above, {"L2": timedelta(minutes=20)})
    taken = house.open(LINE, "uid-1")
    house.open(LINE, "uid-2")
    house.wait(600)
    step = acknowledge(taken, now=house.clock.now(), actor="local:cb-01", reason="gọi")
    house.store.update_incident(*step)
    house.wait(599)
    assert house.heard == []
    house.wait(1)
    assert [one.subject for one in house.inbox.got] == ["uid-2"]
    house.store.update_incident(
        *unacknowledge(step[0], now=house.clock.now(), actor="local:cb-01", reason="hết ca")
    )
    house.wait(1200)
    assert [one.subject for one in house.inbox.got] == ["uid-2", "uid-1"]


def test_the_levels_of_a_ward_wait_for_each_other_in_turn() -> None:
    waits = waits_for(load_escalation(), "26740")
    times = list(waits.values())
    assert times[0] == timedelta(0)
    assert times == sorted(times)
    assert len(waits) >= 3


def test_a_recovery_is_summed_up_once_for_whom_it_reached(house: House) -> None:
    opened = house.open(LINE)
    house.look()
    over, event = resolve(opened, house.clock.now())
    house.store.update_incident(over, event)
    house.wait(1)
    said = Words(vi="14 thiết bị bị ảnh hưởng: 13 đã hoạt động", en="14 devices: 13 are back")
    house.store.update_incident(*summarise(over, said, house.clock.now()))
    house.wait(1)
    assert house.heard == [NoticeType.PROBLEM, NoticeType.RECOVERY, NoticeType.SUMMARY]
    assert said.vi in house.inbox.got[-1].body.text.vi


def test_a_person_gets_six_messages_in_ten_minutes_and_the_rest_as_one(house: House) -> None:
    for number in range(20):
        house.open(LINE, f"uid-{number:02d}")
    for seconds in (1, 1, 1, 296, 300):
        house.wait(seconds)
    assert house.heard == [NoticeType.PROBLEM] * 5 + [NoticeType.DIGEST]
    assert len(house.inbox.got[-1].body.text.vi.splitlines()) == 16
    assert house.store.notices.waiting() == ()


def test_a_flapping_check_is_told_once_and_then_the_state_it_is_left_in(house: House) -> None:
    def flap(what: str, state: State, *, tell: bool) -> None:
        told = Flap(what, state, 9, 35.0, house.clock.now(), None, State.OK, tell)  # type: ignore[arg-type]
        house.store.record_events([told.event("26740", "sw-1", "uplink")])
        house.wait(1)

    flap("flapping", State.CRIT, tell=False)
    flap("settled", State.CRIT, tell=True)
    assert house.heard == [NoticeType.FLAPPING, NoticeType.NOW]


@pytest.mark.parametrize(
    ("waited_s", "after"), [(30, []), (1, [NoticeType.NOW])], ids=["told", "not told yet"]
)
def test_where_an_incident_was_told_it_speaks_for_the_check_that_settled(
    house: House, waited_s: float, after: list[NoticeType]
) -> None:
    def flap(what: str) -> None:
        told = Flap(what, State.CRIT, 9, 35.0, house.clock.now(), None, State.OK, what == "settled")  # type: ignore[arg-type]
        house.store.record_events([told.event("26740", "sw-1", "uplink", "uid-1")])
        house.wait(1)

    flap("flapping")
    house.open(SLOW)
    house.wait(waited_s)
    before = house.heard
    flap("settled")
    assert house.heard == [*before, *after]
    house.wait(60)
    assert house.heard.count(NoticeType.PROBLEM) == 1


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_setting_the_clock_moves_no_deadline_and_is_audited(house: House, step_s: float) -> None:
    house.open(SLOW)
    house.wait(10)
    house.clock.step_wall(step_s)
    house.wait(10)
    assert house.heard == []
    house.wait(10)
    assert house.heard == [NoticeType.PROBLEM]
    (row,) = house.store.audit_rows()
    assert (row.deed.action, row.deed.data) == ("clock.step", f'{{"seconds":{step_s}}}')


# --- settings -------------------------------------------------------------------------------

EVERYTHING = {
    "alertmanager": {"urls": ["http://127.0.0.1:9093"]},
    "webhook": [{"name": "noc", "url": "https://sms.example/x", "secret": "file:hook.key"}],
    "smtp": [
        {"name": "l1", "host": "mail.example", "sender": "a@b.example", "to": ["c@d.example"]}
    ],
    "file": {},
}


def test_nothing_is_told_until_it_is_configured(tmp_path: Path) -> None:
    clock = ManualClock(START)
    assert open_channels(AgentConfig().notify, "live", tmp_path, tmp_path, clock) == {}


def test_a_drill_has_its_mailbox_and_nothing_else(tmp_path: Path) -> None:
    settings = NotifySettings.model_validate(EVERYTHING)  # its secret does not even exist
    opened = open_channels(settings, "drill", tmp_path, tmp_path, ManualClock(START))
    assert [one.channel for one in opened] == [MAILBOX]
    assert all(isinstance(channel, FileChannel) for channel in opened.values())


def test_a_secret_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    settings = NotifySettings.model_validate(EVERYTHING)
    with pytest.raises(InputError) as refused:
        open_channels(settings, "live", tmp_path, tmp_path, ManualClock(START))
    assert refused.value.exit_code == 2
    assert "\n" not in refused.value.text("vi")


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook": [{"name": "noc", "url": "http://sms.example/", "secret": "env:X"}]},
        {"webhook": [{"name": "noc", "url": "https://sms.example/", "secret": "plain text"}]},
        {"smtp": [{"name": "l1", "host": "m", "sender": "no address", "to": ["a@b"]}]},
        {"telegram": {}},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        NotifySettings.model_validate(wrong)


def test_old_messages_of_a_removed_recipient_block_nobody(house: House) -> None:
    house.open(LINE)
    alone = Office(house.store, {}, house.clock, lambda _c, _r: None)
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(alone.run(), 0.05))
    assert [row.state for row in house.store.notices.all()] == [NoticeState.EXPIRED]
    assert timedelta(0) == house.clock.now() - START
