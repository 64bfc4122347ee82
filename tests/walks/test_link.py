"""Two agents on one clock, a ward's and the hub's: is it the service, the centre, or the way there.

Each looks at a world of its own, so that a fault can be seen from one of them alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from agent.assembly import Agent
from agent.config import AgentConfig
from agent.exposition.family import TEXT
from agent.link.door import build_link_app
from agent.link.model import BEAT_PATH
from agent.plan import Plan
from agent.web.present import verdict as shown_verdict
from drills import cable, faults
from drills.sim import ward_codes
from drills.topology import RESOLVER, ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.load import load
from probes.clock import ManualClock, run_virtual
from probes.errors import TimedOut
from probes.registry import kinds
from probes.tasks import end
from probes.transports.model import HttpAnswer
from tests.walks.conftest import WELL_EQUIPPED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from inventory.values import Vantage
    from probes.clock import Clock
    from probes.transports.model import HttpClient, HttpRequest

WARD, OTHER = ward_codes(2)
START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
HUB = "https://hub.example:9648"
TOKENS = {WARD: "wop_of-this-ward", OTHER: "wop_of-the-other"}
HEALTHY_AFTER_S = 75
IS_SOAK = os.environ.get("WARDOPS_SOAK") == "1"
TWO = ("tthc", "qlvb")


@dataclass
class Way:
    """A ward's way out: to the hub while `door` is there, else to the world as ever."""

    own: HttpClient
    door: httpx.AsyncClient | None = None
    sent: list[HttpRequest] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    async def get(self, url: str, **asked: Any) -> HttpAnswer:
        return await self.own.get(url, **asked)

    async def send(self, request: HttpRequest, *, deadline: float) -> HttpAnswer:
        if not request.url.startswith(HUB):
            return await self.own.send(request, deadline=deadline)
        self.sent.append(request)
        if self.door is None:
            raise TimedOut
        answer = await self.door.request(
            request.method, request.url, content=request.body, headers=list(request.headers)
        )
        self.statuses.append(answer.status_code)
        return HttpAnswer(answer.status_code, answer.content)


@dataclass
class Ahead:
    """The same time with a wall clock that is set apart."""

    clock: Clock
    by: timedelta

    def now(self) -> datetime:
        return self.clock.now() + self.by

    def monotonic(self) -> float:
        return self.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self.clock.sleep(seconds)


@dataclass
class Pair:
    """The ward's agent and the hub's, each in its own world."""

    clock: ManualClock
    folder: Path
    ward: Agent
    hub: Agent
    worlds: dict[str, World]
    way: Way
    stack: AsyncExitStack

    async def wait(self, seconds: float) -> None:
        await self.clock.sleep(seconds)

    def fault(self, name: str, on: str, *seen_from: str) -> dict[str, str]:
        """Break something in the worlds of both, or of those named."""
        chosen = seen_from or ("ward", "hub")
        return {one: faults.apply(self.worlds[one], name, on, {}) for one in chosen}

    def mend(self, found: dict[str, str]) -> None:
        """Undo it wherever it was."""
        for one, number in found.items():
            faults.clear(self.worlds[one], number)

    def row(self, of: str = "ward") -> tuple[str, str, str]:
        """Row, segment and part that one of the two shows."""
        agent: Agent = getattr(self, of)
        verdict = agent.engine.cases[WARD].verdict
        if verdict is None:
            return "", "", ""
        return verdict.row, verdict.segment, verdict.part

    async def until(self, seconds: float, row: str, *of: str) -> None:
        """Both (or those named) show that row within so many seconds."""
        agents = of or ("ward", "hub")
        for _ in range(int(seconds)):
            if all(self.row(one)[0] == row for one in agents):
                return
            await self.clock.sleep(1)
        raise AssertionError(f"not within {seconds} s: {[self.row(one) for one in agents]}")

    async def rows(self, seconds: float, of: str = "ward") -> set[str]:
        """Every row that is shown in that time."""
        found = set()
        for _ in range(int(seconds)):
            found.add(self.row(of)[0])
            await self.clock.sleep(1)
        return found

    def said(self, of: str, language: str) -> str:
        """The sentences under the verdict that one of them shows."""
        agent: Agent = getattr(self, of)
        view = agent.view()
        ward = view.ward(WARD)
        assert ward is not None
        found = shown_verdict(ward, view)
        return " ".join(getattr(one.text, language) for one in found.evidence)

    async def restart_hub(self) -> None:
        """The hub's agent ends and another one begins on the same state."""
        self.way.door = None
        await self.stack.aclose()
        self.hub, self.way.door = await _hub(self.stack, self.folder, self.worlds["hub"])


def plan(folder: Path, world: World, vantage: Vantage, state: Path, **config: Any) -> Plan:
    write_inventory(world, folder, WELL_EQUIPPED, "ward", b"")
    site = folder / "site.yaml"  # what a ward's agent knows, looked at from where this one stands
    text = site.read_text(encoding="utf-8").replace("vantage: ward", f"vantage: {vantage}")
    site.write_text(text, encoding="utf-8")
    inventory = load(folder, kinds())
    return Plan(inventory, AgentConfig.model_validate(config), state)


async def _hub(
    stack: AsyncExitStack, folder: Path, world: World
) -> tuple[Agent, httpx.AsyncClient]:
    files = folder / "hub"
    link = {"listen": "127.0.0.1:0", "cert": "hub.pem", "key": "hub.key"}
    made = plan(files, world, "hub", folder / "hub-state", link=link)
    lines = [
        f"  - {{id: t-{code}, sha256: {hashlib.sha256(token.encode()).hexdigest()},"
        f" role: link, wards: ['{code}']}}"
        for code, token in TOKENS.items()
        if code in made.inventory.wards
    ]
    text = "\n".join(["schema: wardops/access/1", "tokens:", *lines, ""])
    (files / "access.yaml").write_text(text, encoding="utf-8")
    agent = await stack.enter_async_context(at_work(made, cable.transports(world, "hub"), world))
    assert agent.desk is not None
    door = httpx.ASGITransport(build_link_app(agent.desk), client=("127.0.0.1", 1))
    return agent, await stack.enter_async_context(httpx.AsyncClient(transport=door))


@asynccontextmanager
async def at_work(
    made: Plan, ways: Any, world: World, clock: Clock | None = None
) -> AsyncIterator[Agent]:
    agent = Agent(made, ways, clock or world.clock)
    work = asyncio.create_task(agent.run())
    try:
        yield agent
    finally:
        await end(work)
        ways.snmp.close()
        agent.close()


@pytest.fixture
def tell(tmp_path: Path) -> Callable[..., None]:
    """Runs a story of two agents; `token` is what the ward shows, `ahead` how its clock is off."""

    def run(
        plot: Callable[[Pair], Coroutine[Any, Any, None]],
        *,
        token: str = TOKENS[WARD],
        ahead: timedelta = timedelta(),
    ) -> None:
        clock = ManualClock(START)
        run_virtual(_told(plot, clock, tmp_path, token, ahead), clock)

    return run


async def _told(plot: Any, clock: ManualClock, folder: Path, token: str, ahead: timedelta) -> None:
    # A hub with a second ward only where that one's token is shown: it costs twice the time.
    of_hub = (WARD, OTHER) if token == TOKENS[OTHER] else (WARD,)
    worlds = {
        "ward": World(ward_standard((WARD,)), 1, clock),
        "hub": World(ward_standard(of_hub), 1, clock),
    }
    files = folder / "ward"
    files.mkdir()
    secret = files / "hub.token"
    secret.touch(0o600)
    secret.write_text(token, encoding="ascii")
    called = {"url": HUB, "token": "file:hub.token"}
    made = plan(files, worlds["ward"], "ward", folder / "ward-state", hub=called)
    async with AsyncExitStack() as hub_stack, AsyncExitStack() as ward_stack:
        hub, door = await _hub(hub_stack, folder, worlds["hub"])
        ways = cable.transports(worlds["ward"], f"ward:{WARD}")
        way = Way(ways.http, door)
        ward = await ward_stack.enter_async_context(
            at_work(made, replace(ways, http=way), worlds["ward"], Ahead(clock, ahead))
        )
        await plot(Pair(clock, folder, ward, hub, worlds, way, hub_stack))
        await ward_stack.aclose()


def test_a_service_that_is_down_everywhere_is_blamed_by_both(tell: Callable[..., None]) -> None:
    """Nobody's way is blamed in between, at the beginning and at the end."""

    async def plot(pair: Pair) -> None:
        await pair.wait(HEALTHY_AFTER_S)
        broken = pair.fault("service_stopped", "tthc")
        seen = await pair.rows(100)
        assert seen <= {"N1", "U1", "V0", "V1"}
        assert pair.row() == pair.row("hub") == ("V1", "service", "tthc")
        assert "cũng lỗi từ nơi khác." in pair.said("ward", "vi")
        assert "also fails elsewhere." in pair.said("hub", "en")
        pair.mend(broken)
        assert await pair.rows(100) <= {"V1", "V0", "U1", "N1"}
        assert pair.row()[0] == pair.row("hub")[0] == "N1"

    tell(plot)


def test_a_service_that_fails_from_one_ward_alone_is_that_ward_s_way(
    tell: Callable[..., None],
) -> None:
    async def plot(pair: Pair) -> None:
        await pair.wait(HEALTHY_AFTER_S)
        broken = pair.fault("service_stopped", "tthc", "ward")
        await pair.until(120, "V2")
        assert pair.row() == ("V2", "service", "access")
        assert "vẫn tốt từ nơi khác." in pair.said("ward", "vi")
        assert await pair.rows(70) == {"V2"}
        pair.mend(broken)
        await pair.until(90, "N1")

    tell(plot)


def test_two_services_that_are_down_for_both_are_the_centre_s_fault(
    tell: Callable[..., None],
) -> None:
    async def plot(pair: Pair) -> None:
        await pair.wait(HEALTHY_AFTER_S)
        for one in TWO:
            pair.fault("service_failing", one)
        await pair.until(180, "D2")
        assert pair.row() == pair.row("hub") == ("D2", "dc", "shared")

    tell(plot)


def test_a_dead_resolver_of_the_city_is_the_centre_s_fault(tell: Callable[..., None]) -> None:
    async def plot(pair: Pair) -> None:
        await pair.wait(HEALTHY_AFTER_S)
        pair.fault("dns_wrong", RESOLVER)
        await pair.until(240, "D1")
        assert pair.row() == pair.row("hub") == ("D1", "dc", "shared")
        assert "cũng lỗi từ nơi khác." in pair.said("ward", "vi")

    tell(plot)


def test_a_cut_link_leaves_what_is_seen_from_here(tell: Callable[..., None]) -> None:
    """Two minutes after it was measured the other's word is unknown; the return brings it back."""

    async def plot(pair: Pair) -> None:
        await pair.wait(HEALTHY_AFTER_S)
        assert "wardops_agent_link_up 1.0" in self_metrics(pair.ward)
        pair.fault("service_stopped", "tthc")
        await pair.until(150, "V1")
        door, pair.way.door = pair.way.door, None
        called = len(pair.way.sent)
        await pair.until(125 + 15, "V0")
        assert pair.row("ward")[1:] == ("unknown", "here_only")
        assert "chưa biết nơi khác." in pair.said("ward", "vi")
        assert "wardops_agent_link_up 0.0" in self_metrics(pair.ward)
        assert len(pair.way.sent) - called <= 20  # 1, 2, 4, 8, then every 15 s
        assert pair.ward.view().troubles == ()
        pair.way.door = door
        await pair.until(60, "V1")

    tell(plot)


def test_a_failure_during_a_cut_is_known_from_here_alone(tell: Callable[..., None]) -> None:
    """That the service was well elsewhere before it failed here says nothing."""

    async def plot(pair: Pair) -> None:
        await pair.wait(HEALTHY_AFTER_S)
        pair.way.door = None
        pair.fault("service_stopped", "tthc")
        assert await pair.rows(100) <= {"N1", "U1", "V0"}
        assert pair.row()[0] == "V0"

    tell(plot)


def test_a_restarted_hub_is_linked_again_by_itself(tell: Callable[..., None]) -> None:
    async def plot(pair: Pair) -> None:
        await pair.wait(HEALTHY_AFTER_S)
        pair.fault("service_stopped", "tthc")
        await pair.until(150, "V1")
        await pair.restart_hub()
        await pair.until(120, "V1")
        assert pair.ward.link is not None
        assert pair.ward.link.standing.state == "linked"

    tell(plot)


@pytest.mark.parametrize("hours", [1, -1] if IS_SOAK else [1])
def test_the_clocks_may_differ_by_an_hour(tell: Callable[..., None], hours: int) -> None:
    async def plot(pair: Pair) -> None:
        await pair.wait(HEALTHY_AFTER_S)
        pair.fault("service_stopped", "tthc")
        await pair.until(150, "V1")
        assert pair.hub.desk is not None
        assert pair.hub.desk.wards[WARD].clock_offset_s == pytest.approx(3600 * hours, abs=1)

    tell(plot, ahead=timedelta(hours=hours))


@pytest.mark.parametrize(
    ("token", "code", "status"),
    [("wop_nobody", "link_token", 401), (TOKENS[OTHER], "link_ward", 403)][: 1 + IS_SOAK],
)
def test_a_wrong_token_is_one_reason_and_no_storm(
    tell: Callable[..., None], token: str, code: str, status: int
) -> None:
    async def plot(pair: Pair) -> None:
        await pair.wait(120)
        (trouble,) = pair.ward.view().troubles
        assert trouble.code == code
        assert set(pair.way.statuses) == {status}
        assert len(pair.way.sent) <= 20
        assert pair.hub.desk is not None
        assert pair.hub.desk.wards == {}
        cases = (*pair.hub.engine.cases.values(), *pair.ward.engine.cases.values())
        assert all(case.watch.elsewhere.services == {} for case in cases)

    tell(plot, token=token)


def test_a_beat_that_was_told_before_is_refused(tell: Callable[..., None]) -> None:
    """Also after the hub has forgotten it: then it names a life of the hub that is over."""

    async def plot(pair: Pair) -> None:
        await pair.wait(HEALTHY_AFTER_S)
        old = pair.way.sent[-1]
        assert pair.way.door is not None

        async def again() -> httpx.Response:
            assert pair.way.door is not None
            return await pair.way.door.post(
                f"{HUB}{BEAT_PATH}", content=old.body, headers=list(old.headers)
            )

        answer = await again()
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert {(await again()).status_code for _ in range(8)} == {409, 429}  # and no storm
        await pair.restart_hub()
        assert (await again()).json()["is_taken"] is False

    tell(plot)


def self_metrics(agent: Agent) -> str:
    return agent.metrics.render(TEXT).decode()
