"""A Poly session is logged out in every path: the simulated endpoint counts what stays open."""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import pytest

from drills.faces.poly import Desk, Dialect, Room, Stream, answer
from drills.model import Ask, Page
from inventory.access import HttpsAccess
from inventory.credentials import Secret
from probes.clock import ManualClock, run_virtual
from probes.errors import ProtocolBroken, TimedOut
from probes.model import Memory, Reason, Target
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeTcp
from probes.transports.model import HttpAnswer, HttpRequest, Transports
from probes.vc.poly import PROBE, RESTS_S, SESSIONS_LEFT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probes.model import Observation

PASSWORD = "canary-password"
POLLS = 1000 if os.environ.get("WARDOPS_SOAK") else 150  # of each dialect
CALL = Room(call="CONNECTED", streams=(Stream("RX", "VIDEO"), Stream("TX", "AUDIO")))
TARGET = Target(
    ward="26740",
    name="vc-a",
    kind="poly_group",
    role="vc",
    host="192.0.2.30",
    https=HttpsAccess(auth="env:VC"),
)

Fault = Literal[
    "", "hang", "cut", "cut_after", "body_hangs", "late", "garbage", "401", "403", "500"
]


@dataclass
class Line:
    """An HttpClient to one simulated endpoint, that goes wrong as it is told for each request."""

    dialect: Dialect = "group"
    desk: Desk = field(default_factory=lambda: Desk(PASSWORD))
    room: Room = CALL
    fault: Callable[[HttpRequest], Fault] = lambda _request: ""
    most_open: int = 0
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str, *, deadline: float, **_more: Any) -> HttpAnswer:
        """A plain GET: this API is never asked so."""
        raise AssertionError(url, deadline)

    async def send(self, request: HttpRequest, *, deadline: float) -> HttpAnswer:
        """Ask the endpoint, 50 ms away."""
        try:
            async with asyncio.timeout_at(deadline):
                return await self._send(request, self.fault(request))
        except TimeoutError as error:
            raise TimedOut from error

    async def _send(self, request: HttpRequest, fault: Fault) -> HttpAnswer:
        self.asked.append(f"{request.method} {urlsplit(request.url).path}")
        await _pass(0.025)
        if fault == "hang":
            await asyncio.Event().wait()
        if fault == "cut":
            raise ProtocolBroken("reset")
        page = self._page(request, fault)
        self.most_open = max(self.most_open, len(self.desk.open))
        await _pass(0.3 if fault == "late" else 0.025)
        if fault == "cut_after":
            raise ProtocolBroken("reset")
        headers = tuple((name.lower(), value) for name, value in page.headers)
        if request.heard is not None:
            request.heard(headers)
        if fault == "body_hangs":
            await asyncio.Event().wait()
        body = page.body[: len(page.body) // 2] if fault == "garbage" else page.body
        return HttpAnswer(page.status, body, page.content_type, headers=headers)

    def _page(self, request: HttpRequest, fault: Fault) -> Page:
        if fault in {"401", "403", "500"}:
            return Page(int(fault), "text/plain", b"")
        headers = {name.lower(): value for name, value in request.headers}
        ask = Ask(request.method, urlsplit(request.url).path, headers, request.body)
        return answer(self.dialect, self.desk, self.room, ask)


async def _pass(seconds: float) -> None:
    """Let virtual time pass."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.Event().wait()


@dataclass
class Story:
    """One endpoint asked again and again on a clock of its own."""

    line: Line = field(default_factory=Line)
    clock: ManualClock = field(default_factory=ManualClock)
    memory: Memory = field(default_factory=Memory)
    password: str = PASSWORD

    def __post_init__(self) -> None:
        nothing: Any = None
        tcp = FakeTcp({(TARGET.host, 443): 0.001})
        self.transports = Transports(snmp=nothing, http=self.line, echo=FakeEcho({}), tcp=tcp)

    async def poll(self, within_s: float = 15.0) -> Observation:
        """One poll."""
        deadline = self.clock.monotonic() + within_s
        secret = Secret(f"wardops:{self.password}")
        return await observe(
            TARGET, PROBE, self.transports, self.clock, deadline, lambda _ref: secret,
            memory=self.memory,
        )  # fmt: skip

    def run(self, story: Any) -> Any:
        """Run to the end in virtual time."""
        return run_virtual(story, self.clock)

    @property
    def left(self) -> float:
        """Sessions that the probe has given up."""
        return float(getattr(self.memory.kept, "left_open", 0))


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_good_poll_logs_in_reads_and_logs_out(story: Story) -> None:
    seen = story.run(story.poll())
    assert seen.reason is Reason.OK
    assert story.line.asked[0] == "POST /rest/session"
    assert story.line.asked[-1] == "POST /rest/session"
    assert (story.line.desk.opened, len(story.line.desk.open)) == (1, 0)
    assert {s.metric for s in seen.reading.samples} >= {SESSIONS_LEFT}


@pytest.mark.parametrize("fault", ["hang", "cut", "cut_after", "body_hangs", "garbage", "500"])
@pytest.mark.parametrize("path", ["/rest/system", "/rest/conferences", "/rest/audio/muted"])
def test_a_read_that_goes_wrong_ends_in_a_log_out(story: Story, fault: Fault, path: str) -> None:
    story.line.fault = lambda request: fault if request.url.endswith(path) else ""
    seen = story.run(story.poll())
    assert seen.reason is not Reason.OK
    assert seen.reason is not Reason.BUG
    assert (story.line.desk.opened, len(story.line.desk.open), story.left) == (1, 0, 0)
    assert seen.took_s <= 15


def test_a_log_in_whose_answer_hangs_after_its_headers_is_closed(story: Story) -> None:
    story.line.fault = lambda request: "body_hangs" if request.heard else ""
    seen = story.run(story.poll())
    assert seen.reason is Reason.TIMEOUT
    assert (story.line.desk.opened, len(story.line.desk.open), story.left) == (1, 0, 0)


def test_a_log_in_whose_answer_is_lost_is_counted_as_left_open(story: Story) -> None:
    story.line.fault = lambda request: "cut_after" if request.heard else ""
    lost = story.run(story.poll())
    assert (len(story.line.desk.open), story.left) == (1, 1)
    assert [(s.metric, s.value) for s in lost.reading.samples] == [(SESSIONS_LEFT, 1)]
    story.line.fault = lambda _request: ""
    seen = story.run(story.poll())
    told = {s.metric: s.value for s in seen.reading.samples}
    assert told[SESSIONS_LEFT] == 1


@pytest.mark.parametrize("fault", ["500", "cut"])
def test_a_log_out_that_fails_once_is_tried_again(story: Story, fault: Fault) -> None:
    faults: Iterator[Fault] = iter([fault])
    story.line.fault = lambda request: next(faults, "") if b"Logout" in request.body else ""
    story.run(story.poll())
    assert (len(story.line.desk.open), story.left) == (0, 0)


def test_a_log_out_that_hangs_is_given_up_within_its_second_and_counted(story: Story) -> None:
    story.line.fault = lambda request: "hang" if b"Logout" in request.body else ""
    seen = story.run(story.poll())
    assert (len(story.line.desk.open), story.left) == (1, 1)
    assert seen.took_s < 2.5


@pytest.mark.parametrize("after_s", [0.01, 0.03, 0.06, 0.2, 0.35])
@pytest.mark.parametrize("again_s", [None, 0.01, 0.06])
def test_a_killed_poll_still_logs_out(after_s: float, again_s: float | None) -> None:
    story = Story()

    async def killed() -> None:
        task = asyncio.create_task(story.poll())
        await _pass(after_s)
        task.cancel()
        if again_s is not None:
            await _pass(again_s)
            task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    began = story.clock.monotonic()
    story.run(killed())
    assert (len(story.line.desk.open), story.left) == (0, 0)
    assert story.clock.monotonic() - began < after_s + 1.5


def test_two_who_ask_at_once_have_one_session_after_the_other(story: Story) -> None:
    async def both() -> None:
        seen = await asyncio.gather(story.poll(), story.poll())
        assert [one.reason for one in seen] == [Reason.OK] * 2

    story.run(both())
    assert (story.line.desk.opened, story.line.most_open) == (2, 1)


def test_after_two_failures_in_a_row_it_rests_for_a_quarter_of_an_hour(story: Story) -> None:
    story.line.fault = lambda request: "500" if request.method == "GET" else ""

    async def failing() -> None:
        for _ in range(2):
            assert (await story.poll()).reason is not Reason.OK
        asked = len(story.line.asked)
        resting = await story.poll()
        assert (resting.reason, resting.detail) == (Reason.BUSY, "vc_rests")
        assert resting.detail_values["minutes"] == RESTS_S / 60
        assert len(story.line.asked) == asked
        await _pass(RESTS_S)
        story.line.fault = lambda _request: ""
        assert (await story.poll()).reason is Reason.OK

    story.run(failing())


def test_wrong_credentials_rest_as_such_and_one_good_poll_forgives_a_failure(story: Story) -> None:
    async def asked() -> None:
        story.password = "wrong"
        assert (await story.poll()).reason is Reason.AUTH
        story.password = PASSWORD
        assert (await story.poll()).reason is Reason.OK
        story.password = "wrong"
        seen = [await story.poll() for _ in range(3)]
        assert [one.reason for one in seen] == [Reason.AUTH] * 3
        assert seen[-1].detail == "vc_rests"

    story.run(asked())
    assert (story.line.desk.refused, len(story.line.desk.open)) == (3, 0)


def test_an_endpoint_that_is_off_is_asked_again_at_every_turn(story: Story) -> None:
    nothing: Any = None
    story.transports = Transports(snmp=nothing, http=story.line, echo=FakeEcho({}), tcp=FakeTcp({}))

    async def asked() -> list[str]:
        return [(await story.poll()).detail for _ in range(4)]

    assert "vc_rests" not in story.run(asked())
    assert story.line.asked == []


def test_an_endpoint_without_a_free_session_is_busy(story: Story) -> None:
    story.line.desk.open |= {f"SIM-other-{n}" for n in range(story.line.desk.most)}
    seen = story.run(story.poll())
    assert (seen.reason, seen.detail, story.left) == (Reason.BUSY, "vc_sessions", 0)


# What a log-in or log-out survives: the answer, or the device, says whether it counted.
_READS: tuple[Fault, ...] = (
    "", "", "", "hang", "cut", "cut_after", "body_hangs", "late", "garbage", "401", "403", "500",
)  # fmt: skip
_LOG_INS: tuple[Fault, ...] = ("", "", "", "", "body_hangs", "late", "hang", "cut", "401", "500")
_LOG_OUTS: tuple[Fault, ...] = ("", "", "", "late", "cut", "500", "cut_after")


class Trouble:
    """Seeded faults: a third of the reads, some log-ins, and one log-out in a row."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - the same faults at every run
        self.spared = True

    def __call__(self, request: HttpRequest) -> Fault:
        if request.method == "GET":
            return self.chance.choice(_READS) if self.chance.random() < 0.3 else ""
        if request.heard is not None:
            return self.chance.choice(_LOG_INS)
        self.spared = not self.spared
        return "" if self.spared else self.chance.choice(_LOG_OUTS)


@pytest.mark.parametrize("dialect", ["group", "videoos"])
def test_no_session_is_open_after_polls_with_faults_and_kills(dialect: Dialect) -> None:
    trouble = Trouble(seed=20261122)
    story = Story(Line(dialect, Desk(PASSWORD, most=1), CALL, trouble))
    reasons: dict[str, int] = {}

    async def one() -> str:
        task = asyncio.create_task(story.poll())
        if trouble.chance.random() < 0.3:
            await asyncio.wait([task], timeout=trouble.chance.uniform(0, 3))
            task.cancel()
            if trouble.chance.random() < 0.3:
                await asyncio.wait([task], timeout=trouble.chance.uniform(0, 0.5))
                task.cancel()
        await asyncio.wait([task])
        return "killed" if task.cancelled() else str(task.result().reason)

    async def all_of_them() -> None:
        for _ in range(POLLS):
            reason = await one()
            reasons[reason] = reasons.get(reason, 0) + 1
            assert not story.line.desk.open, (reasons, story.line.asked[-12:])
            await _pass(RESTS_S + 1)

    story.run(all_of_them())
    assert len(story.line.desk.open) == 0
    assert story.line.most_open == 1
    assert "bug" not in reasons
    assert sum(reasons.values()) == POLLS
    assert len(reasons) >= 4, reasons
