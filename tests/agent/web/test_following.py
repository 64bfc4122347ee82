"""Following a real agent's events over HTTP: as a client, and as the feed of the screens."""

from __future__ import annotations

import asyncio
import queue
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from agent.client import Address, AgentClient, AgentRefused, AgentUnreachable, Missed
from agent.events import MAX_CLIENTS
from agent.web.access import write_local_token
from agent.web.server import WebServer
from agent.wire import Event, Heartbeat
from inventory.errors import WardopsError
from tui.feed import Alive, Feed, Heard, Silent
from tui.times import SystemTimes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

SEQ = 88123  # of the agent's view and bus


@asynccontextmanager
async def serving(agent: Any, state: Path, listen: str = "127.0.0.1:0") -> AsyncIterator[WebServer]:
    """The agent on a port of loopback."""
    server = WebServer(agent.app, listen, None, agent.parts.bus.close)
    write_local_token(state, agent.token)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def client_of(url: str, state: Path) -> AgentClient:
    """A client that may do what the local token allows."""
    return AgentClient(Address(url=url, token_files=(state / "local.token",)))


async def next_of(followed: Iterator[Any]) -> Any:
    """The next thing that is no heartbeat; None at the end."""

    def read() -> Any:
        return next((one for one in followed if not isinstance(one, Heartbeat)), None)

    return await asyncio.to_thread(read)


async def test_a_client_hears_a_heartbeat_and_then_what_happens(agent: Any, tmp_path: Path) -> None:
    async with serving(agent, tmp_path) as server:
        with client_of(server.url, tmp_path) as client:
            following = await asyncio.to_thread(client.events, SEQ)
            followed = iter(following)
            first = await asyncio.to_thread(next, followed)
            assert isinstance(first, Heartbeat)
            agent.parts.bus.publish("state", "verdict", {"state": "down"}, ward="26740")
            event = await next_of(followed)
            assert isinstance(event, Event)
            assert (event.seq, event.key) == (SEQ + 1, "verdict")
            agent.parts.bus.publish("state", "verdict", {}, seq=SEQ + 4)
            assert await next_of(followed) == Missed("gap")
            following.close()
            assert (await next_of(followed)).seq == SEQ + 4, "what had come is still there"
            assert await next_of(followed) is None


async def test_closing_ends_a_client_that_waits(agent: Any, tmp_path: Path) -> None:
    async with serving(agent, tmp_path) as server:
        with client_of(server.url, tmp_path) as client:
            following = await asyncio.to_thread(client.events)
            ended = asyncio.create_task(next_of(iter(following)))
            while not agent.parts.bus.clients:
                await asyncio.to_thread(lambda: None)
            following.close()
            assert await asyncio.wait_for(ended, 10) is None


async def test_who_was_away_too_long_is_told_to_start_anew(agent: Any, tmp_path: Path) -> None:
    async with serving(agent, tmp_path) as server:
        with client_of(server.url, tmp_path) as client:
            following = await asyncio.to_thread(client.events, 4)
            assert await next_of(iter(following)) == Missed("reset")
            following.close()


async def test_an_agent_that_says_nothing_is_unreachable_after_a_while() -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        await reader.read()
        writer.close()
        gone.set()

    gone = asyncio.Event()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    def follow() -> list[Any]:
        with AgentClient(Address(url=f"http://127.0.0.1:{port}")) as client:
            return list(client.events(silent_s=0.2))

    with pytest.raises(AgentUnreachable):
        await asyncio.to_thread(follow)
    await gone.wait()
    server.close()


async def test_who_is_not_let_in_or_finds_no_room_is_told_why(build: Any, tmp_path: Path) -> None:
    agent = build(realm="live")
    async with serving(agent, tmp_path) as server:
        with AgentClient(Address(url=server.url)) as stranger:
            with pytest.raises(AgentRefused) as refused:
                await asyncio.to_thread(stranger.events)
            assert refused.value.code == "role_denied"
        others = [agent.parts.bus.subscribe() for _ in range(MAX_CLIENTS)]
        with client_of(server.url, tmp_path) as client:
            with pytest.raises(AgentRefused) as busy:
                await asyncio.to_thread(client.events)
            assert busy.value.code == "busy"
        assert len(others) == agent.parts.bus.clients


# ---- the feed of the screens ----


class Told:
    """A feed in its thread, and what it tells."""

    def __init__(self, find: Callable[[], AgentClient], ward: str | None = None) -> None:
        self.news: queue.Queue[Any] = queue.Queue()
        self.feed = Feed(find, self.news.put, SystemTimes(), ward)
        self.thread = threading.Thread(target=self.feed.run)
        self.thread.start()

    async def until(self, kind: type) -> Any:
        """The next news of that kind."""
        while not isinstance(found := await asyncio.to_thread(self.news.get, timeout=20), kind):
            pass
        return found

    async def end(self) -> None:
        """Stop, and see that it stops."""
        self.feed.stop()
        await asyncio.to_thread(self.thread.join, 10)
        assert not self.thread.is_alive()


@asynccontextmanager
async def told(find: Callable[[], AgentClient], ward: str | None = None) -> AsyncIterator[Told]:
    """A feed that is stopped in the end."""
    feed = Told(find, ward)
    try:
        yield feed
    finally:
        await feed.end()


async def test_news_bring_a_new_snapshot_and_a_heartbeat_brings_none(
    agent: Any, tmp_path: Path
) -> None:
    async with (
        serving(agent, tmp_path) as server,
        told(lambda: client_of(server.url, tmp_path)) as screen,
    ):
        first = await screen.until(Heard)
        assert first.snapshot.seq == SEQ
        beats = [await screen.until(Alive), await screen.until(Alive)]
        assert beats[1].at > beats[0].at
        assert screen.news.empty(), "two seconds without news, and nothing was fetched"
        agent.parts.bus.publish("incident", "incidents/SC-1", {"state": "open"}, ward="26740")
        heard = await screen.until(Heard)
        assert heard.at - first.at >= 0.5


async def test_a_storm_of_news_brings_few_snapshots(agent: Any, tmp_path: Path) -> None:
    async with (
        serving(agent, tmp_path) as server,
        told(lambda: client_of(server.url, tmp_path)) as screen,
    ):
        first = await screen.until(Heard)
        await screen.until(Alive)
        for _ in range(300):
            agent.parts.bus.publish("state", "devices/sw-26740-01", {"state": "ok"}, ward="26740")
        second = await screen.until(Heard)
        third = await screen.until(Alive)
        assert second.at - first.at >= 0.5
        assert third.at > second.at, "all three hundred are in that one snapshot"
        assert screen.feed.missed == {}


async def test_what_is_lost_is_counted_and_looked_up(agent: Any, tmp_path: Path) -> None:
    async with (
        serving(agent, tmp_path) as server,
        told(lambda: client_of(server.url, tmp_path)) as screen,
    ):
        await screen.until(Heard)
        await screen.until(Alive)
        agent.parts.bus.publish("obs", "devices/sw-26740-01", {}, seq=SEQ + 7)
        await screen.until(Heard)
        assert screen.feed.missed == {"gap": 1}


async def test_an_agent_that_ends_is_told_at_once_and_found_again(
    build: Any, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    listen = f"127.0.0.1:{free_port()}"
    async with told(lambda: client_of(f"http://{listen}", tmp_path)) as screen:
        async with serving(build(), tmp_path, listen):
            while isinstance(await asyncio.to_thread(screen.news.get, timeout=20), Silent):
                pass
            await screen.until(Alive)
        silent = await screen.until(Silent)
        assert isinstance(silent.failure, WardopsError)
        assert silent.retry_at - SystemTimes().monotonic() <= 1
        async with serving(build(), tmp_path, listen):
            await screen.until(Heard)
            await screen.until(Alive)


async def test_without_room_for_one_more_the_feed_looks_again_and_again(
    agent: Any, tmp_path: Path
) -> None:
    others = [agent.parts.bus.subscribe() for _ in range(MAX_CLIENTS)]
    async with (
        serving(agent, tmp_path) as server,
        told(lambda: client_of(server.url, tmp_path)) as screen,
    ):
        await screen.until(Heard)
        await screen.until(Heard)
        others[0].leave()
        await screen.until(Alive)


async def test_of_many_wards_only_the_one_that_is_shown_is_followed(
    build: Any, tmp_path: Path
) -> None:
    agent = build(codes=("26740", "25747"))
    async with (
        serving(agent, tmp_path) as server,
        told(lambda: client_of(server.url, tmp_path), "25747") as screen,
    ):
        await screen.until(Heard)
        await screen.until(Alive)
        agent.parts.bus.publish("state", "verdict", {}, ward="26740")
        await screen.until(Alive)
        assert screen.news.empty()
        agent.parts.bus.publish("state", "verdict", {}, ward="25747")
        await screen.until(Heard)
        assert screen.feed.missed == {}
