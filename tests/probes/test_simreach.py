"""Asking the simulated world what is reachable, over real UDP and in memory."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from probes.clock import ManualClock, run_virtual
from probes.errors import ProtocolBroken, TimedOut
from probes.model import EchoStats
from probes.simreach import UdpAsker, WorldEcho

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping


class Memory:
    """A world in memory that answers from a table and keeps what was asked."""

    def __init__(self, answer: Mapping[str, Any] | None) -> None:
        self._answer = answer
        self.asked: list[Mapping[str, object]] = []

    async def ask(self, question: Mapping[str, object]) -> Mapping[str, Any]:
        """The same answer to everything, or silence."""
        self.asked.append(question)
        if self._answer is None:
            raise TimedOut("world_silent", world="memory")
        return self._answer


def burst(world: Memory, *, timeout_s: float = 1.0) -> EchoStats:
    """One burst on virtual time, as the ward's agent."""
    asking = WorldEcho(world, "ward:26740").burst(
        "127.16.0.10", count=3, gap_s=0.02, timeout_s=timeout_s
    )
    stats: EchoStats = run_virtual(asking, ManualClock())
    return stats


def test_null_is_a_lost_echo_and_the_rest_are_milliseconds() -> None:
    world = Memory({"id": 1, "rtts_ms": [1.5, None, 3], "host_link": True})
    assert burst(world) == EchoStats(3, 1, (0.0015, 0.003), "sim")
    assert world.asked == [{"from": "ward:26740", "to": "127.16.0.10", "count": 3}]


def test_an_echo_that_would_have_taken_too_long_is_lost() -> None:
    world = Memory({"id": 1, "rtts_ms": [10, 300, 20], "host_link": True})
    assert burst(world, timeout_s=0.1) == EchoStats(3, 1, (0.01, 0.02), "sim")


def test_all_null_is_all_lost() -> None:
    world = Memory({"id": 1, "rtts_ms": [None] * 3, "host_link": True})
    assert burst(world) == EchoStats(3, 3, (), "sim")


def test_a_world_that_is_silent_says_nothing_about_the_host() -> None:
    with pytest.raises(TimedOut):
        burst(Memory(None))


@pytest.mark.parametrize("rtts", [None, "x", [True], [-1], ["1"], [{}], [float("inf")]])
def test_an_answer_that_cannot_be_read_is_a_wrong_protocol(rtts: object) -> None:
    with pytest.raises(ProtocolBroken):
        burst(Memory({"id": 1, "rtts_ms": rtts, "host_link": True}))


@pytest.mark.parametrize(
    ("answer", "link"),
    [
        ({"host_link": True, "rtts_ms": []}, True),
        ({"host_link": False, "rtts_ms": []}, False),
        ({"rtts_ms": []}, None),
        ({"host_link": "yes"}, None),
        (None, None),
    ],
)
def test_the_host_link_is_what_the_world_says(
    answer: Mapping[str, Any] | None, link: bool | None
) -> None:
    world = Memory(answer)
    told = run_virtual(WorldEcho(world, "hub").host_link(), ManualClock())
    assert told is link
    assert world.asked == [{"from": "hub", "to": "", "count": 0}]


class Server(asyncio.DatagramProtocol):
    """A UDP peer that answers each question with what a function makes of it."""

    def __init__(self, answer: Callable[[dict[str, Any], int], list[bytes]]) -> None:
        self._answer = answer
        self.questions: list[dict[str, Any]] = []
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Keep the way back."""
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Answer one question."""
        question = json.loads(data)
        self.questions.append(question)
        for datagram in self._answer(question, len(self.questions)):
            self.transport.sendto(datagram, addr)


@asynccontextmanager
async def world(
    answer: Callable[[dict[str, Any], int], list[bytes]],
) -> AsyncIterator[tuple[Server, UdpAsker]]:
    """A world on a free port, and an asker of it."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: Server(answer), local_addr=("127.0.0.1", 0)
    )
    host, port = transport.get_extra_info("sockname")
    asker = UdpAsker(host, port, try_s=0.15)
    try:
        yield server, asker
    finally:
        asker.close()
        transport.close()


def good(question: dict[str, Any], _turn: int) -> list[bytes]:
    """A round trip that tells the host apart: its last octet in ms."""
    rtt = int(question["to"].rpartition(".")[2] or 0)
    answer = {"id": question["id"], "rtts_ms": [rtt] * question["count"], "host_link": True}
    return [json.dumps(answer).encode()]


async def test_many_questions_at_once_get_their_own_answers() -> None:
    async with world(good) as (server, asker):
        echo = WorldEcho(asker, "ward:26740")
        hosts = [f"127.16.0.{n}" for n in range(1, 101)]
        found = await asyncio.gather(
            *(echo.burst(host, count=2, gap_s=0, timeout_s=1) for host in hosts)
        )
    assert [round(stats.rtts_s[0] * 1000) for stats in found] == list(range(1, 101))
    assert server.questions[0].keys() == {"id", "from", "to", "count"}


@pytest.mark.realtime
async def test_a_lost_question_is_asked_again() -> None:
    def deaf_once(question: dict[str, Any], turn: int) -> list[bytes]:
        return good(question, turn) if turn > 1 else []

    async with world(deaf_once) as (server, asker):
        stats = await WorldEcho(asker, "hub").burst("127.16.0.7", count=1, gap_s=0, timeout_s=1)
    assert stats.lost == 0
    assert [q["id"] for q in server.questions] == [1, 1]


async def test_noise_and_answers_to_others_are_dropped() -> None:
    def noisy(question: dict[str, Any], turn: int) -> list[bytes]:
        noise = [b"", b"\xff", b"[]", b"{}", b'{"id": "1"}', b'{"id": 99, "rtts_ms": [9]}']
        return [*noise, *good(question, turn), *good(question, turn)]

    async with world(noisy) as (_server, asker):
        stats = await WorldEcho(asker, "hub").burst("127.16.0.7", count=1, gap_s=0, timeout_s=1)
    assert stats.rtts_s == (0.007,)


@pytest.mark.realtime
async def test_a_world_that_never_answers_is_asked_three_times() -> None:
    async with world(lambda _question, _turn: []) as (server, asker):
        with pytest.raises(TimedOut) as caught:
            await WorldEcho(asker, "hub").burst("127.16.0.7", count=1, gap_s=0, timeout_s=1)
    assert caught.value.detail_code == "world_silent"
    assert len(server.questions) == 3


@pytest.mark.realtime
async def test_a_world_that_is_gone_is_silent_too() -> None:
    async with world(good) as (server, asker):
        server.transport.abort()
        with pytest.raises(TimedOut):
            await WorldEcho(asker, "hub").burst("127.16.0.7", count=1, gap_s=0, timeout_s=1)
