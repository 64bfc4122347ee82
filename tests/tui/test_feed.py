"""The feed over real HTTP: it tells what it hears, and asks again when nobody answers."""

from __future__ import annotations

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from agent.client import Address, AgentClient, find_agent
from inventory.errors import WardopsError
from tui.feed import Answered, Feed, Heard, Silent
from tui.times import SystemTimes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from agent.wire import Snapshot

META = {
    "version": "1", "ward": "26740", "wards": ["26740"], "realm": "sim", "vantage": "ward",
    "role": "operator", "clock": {"now": "2026-11-22T00:00:00Z"}, "seq": 1,
}  # fmt: skip


@pytest.fixture
def agent(snapshots: Mapping[str, Snapshot]) -> Iterator[str]:
    """Answers meta, a snapshot and one command; its URL."""
    snapshot = snapshots["ok"].model_dump_json(by_alias=True).encode()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(json.dumps(META).encode() if self.path.endswith("/meta") else snapshot)

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._say(json.dumps({"id": asked["id"], "accepted": True}).encode())

        def _say(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def running() -> Iterator[Callable[[Callable[[], AgentClient]], tuple[Feed, queue.Queue[Any]]]]:
    """Runs a feed in a thread; what it tells comes through a queue."""
    started: list[tuple[Feed, threading.Thread]] = []

    def run(find: Callable[[], AgentClient]) -> tuple[Feed, queue.Queue[Any]]:
        told: queue.Queue[Any] = queue.Queue()
        feed = Feed(find, told.put, SystemTimes())
        thread = threading.Thread(target=feed.run)
        thread.start()
        started.append((feed, thread))
        return feed, told

    yield run
    for feed, thread in started:
        feed.stop()
        thread.join(10)
        assert not thread.is_alive()


def test_a_feed_hears_a_snapshot_and_who_says_it(
    agent: str,
    running: Callable[[Callable[[], AgentClient]], tuple[Feed, queue.Queue[Any]]],
    snapshots: Mapping[str, Snapshot],
) -> None:
    _, told = running(lambda: AgentClient(Address(url=agent)))
    heard = told.get(timeout=10)
    assert isinstance(heard, Heard)
    assert heard.snapshot == snapshots["ok"]
    assert heard.meta.ward == "26740"
    assert heard.skew_s < 0  # the snapshot is an old one


def test_a_command_is_answered_and_then_looked_at(
    agent: str, running: Callable[[Callable[[], AgentClient]], tuple[Feed, queue.Queue[Any]]]
) -> None:
    feed, told = running(lambda: AgentClient(Address(url=agent)))
    told.get(timeout=10)
    got: list[Any] = []
    feed.command("ack", {"incident": "SC-2026-000001"}, got.append, actor="local:cb-01")
    while not isinstance(answer := told.get(timeout=10), Answered):
        pass
    answer.then(answer.value)
    assert got[0].accepted
    assert isinstance(told.get(timeout=10), Heard)


def test_without_an_agent_the_feed_says_when_it_asks_again_and_goes_on_answering(
    free_port: Callable[[], int],
    running: Callable[[Callable[[], AgentClient]], tuple[Feed, queue.Queue[Any]]],
) -> None:
    address = f"127.0.0.1:{free_port()}"
    feed, told = running(lambda: find_agent(address, timeout_s=1.0))
    silent = told.get(timeout=10)
    assert isinstance(silent, Silent)
    assert address in silent.failure.text("en")
    assert 0 < silent.retry_at - SystemTimes().monotonic() <= 1
    got: list[Any] = []
    feed.ask(lambda client: client.meta(), got.append)
    while not isinstance(answer := told.get(timeout=10), Answered):
        pass
    assert isinstance(answer.value, WardopsError)
