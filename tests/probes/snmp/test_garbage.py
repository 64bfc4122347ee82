"""Whatever else arrives, the true answer is taken, and only it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes import oids
from probes.clock import ManualClock, VirtualLoop
from probes.errors import ProbeError
from probes.snmp import ber
from probes.snmp.engine_fast import FastEngine
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probes.snmp.ber import Message
    from tests.probes.snmp.conftest import Lab, Reply

TRUTH = 4_294_967_000_123
LIE = 666
CASES = 100_000 if os.environ.get("WARDOPS_SOAK") == "1" else 5_000

HOST, PORT = "192.0.2.10", 161
OTHER_HOST = "198.51.100.1"


def _mutated(octets: bytes, number: int, noise: bytes) -> bytes:
    at = number % len(octets)
    return octets[:at] + (noise or b"\xff") + octets[at + 1 + number % 7 :]


# Lies that are messages: how each differs from the answer that would be believed.
CHANGES: dict[str, Callable[[Message, int], Message]] = {
    "source": lambda lie, _: lie,
    "port": lambda lie, _: lie,
    "request_id": lambda lie, n: replace(lie, request_id=(lie.request_id + 1 + n) % 2**31),
    "community": lambda lie, n: replace(lie, community=b"x%d" % n),
    "version": lambda lie, _: replace(lie, version=1 - lie.version),
    "pdu": lambda lie, n: replace(lie, pdu=(ber.GET, ber.GETNEXT, ber.SET, ber.GETBULK)[n % 4]),
}
# Lies that are broken octets.
BREAKS: dict[str, Callable[[bytes, int, bytes], bytes]] = {
    "random": lambda _octets, _n, noise: noise,
    "truncated": lambda octets, n, _noise: octets[: n % len(octets)],
    "tail": lambda octets, _n, noise: octets + (noise or b"\0"),
    "mutated": _mutated,
}
KINDS = (*CHANGES, *BREAKS)
Lie = tuple[str, int, bytes]

LIES = st.tuples(st.sampled_from(KINDS), st.integers(0, 2**31 - 2), st.binary(max_size=24))


def lie_about(request: Message, lie: Lie) -> tuple[bytes, str, int]:
    """One datagram that must not count: octets, and where it seems to come from."""
    told = Varbind(oids.ifHCInOctets, ber.COUNTER64, LIE)
    return lie_of(replace(request, pdu=ber.RESPONSE, varbinds=(told,)), request, lie)


def lie_of(message: Message, request: Message, lie: Lie) -> tuple[bytes, str, int]:
    """The same, made of a message that would be believed."""
    kind, number, noise = lie
    if kind in CHANGES:
        octets = ber.encode_message(CHANGES[kind](message, number))
        port = PORT + 1 + number % 1000 if kind == "port" else PORT
        return octets, OTHER_HOST if kind == "source" else HOST, port
    octets = BREAKS[kind](ber.encode_message(message), number, noise)
    return octets, OTHER_HOST if _still_answers(octets, request) else HOST, PORT


def _still_answers(octets: bytes, request: Message) -> bool:
    """Whether a mutation left an answer that anyone would have to believe, were it from there."""
    with contextlib.suppress(ber.MalformedBer):
        message = ber.decode_message(octets)
        wanted = (1, request.community, request.request_id, ber.RESPONSE)
        return (message.version, message.community, message.request_id, message.pdu) == wanted
    return False


class Liar:
    """Datagrams that deliver lies at once and then, or never, the true answer."""

    def __init__(self, *, is_true_answer_sent: bool = True) -> None:
        self.lies: tuple[Lie, ...] = ()
        self.is_true_answer_sent = is_true_answer_sent

    def send(self, data: bytes, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        request = ber.decode_message(data)
        for lie in self.lies:
            loop.call_soon(self.on_datagram, *lie_about(request, lie), loop.time())
        if self.is_true_answer_sent:
            truth = Varbind(oids.ifHCInOctets, ber.COUNTER64, TRUTH)
            answer = replace(request, pdu=ber.RESPONSE, varbinds=(truth,))
            octets = ber.encode_message(answer)
            loop.call_soon(self.on_datagram, octets, host, port, loop.time())

    def listen(self, on_datagram: Any, on_error: Any) -> None:
        self.on_datagram = on_datagram
        del on_error

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture(scope="module")
def loop() -> Iterator[VirtualLoop]:
    """One loop for all cases; an exception in a callback is one that left the probe."""
    loop = VirtualLoop(ManualClock())
    escaped: list[dict[str, object]] = []
    loop.set_exception_handler(lambda _, problem: escaped.append(problem))
    yield loop
    loop.close()
    assert escaped == []


@pytest.mark.timeout(1800)
def test_garbage_changes_no_value_and_raises_nothing(lab: Lab, loop: VirtualLoop) -> None:
    """5,000 cases, in a soak 100,000: the true answer behind the garbage is taken."""
    wire = Liar()
    engine = FastEngine(wire)
    target = lab.target()

    @settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(LIES)
    def holds(garbage: Lie) -> None:
        wire.lies = (garbage,)
        asked = engine.get(target, (oids.ifHCInOctets,), deadline=loop.time() + 8)
        result = loop.run_until_complete(asked)
        assert [v.value for v in result.varbinds] == [TRUTH]
        assert result.stats.retries == 0

    holds()
    counted = engine.counts
    assert counted.answers >= CASES
    assert min(counted.malformed, counted.unasked, counted.wrong_source, counted.wrong_credential)
    assert engine.outstanding == 0


@pytest.mark.timeout(1800)
def test_garbage_changes_no_value_of_a_table_that_was_read_before(
    lab: Lab, loop: VirtualLoop
) -> None:
    """500 polls, in a soak 10,000: lies have the octets of the true answers but for one thing."""
    columns, rows = (oids.ifHCInOctets, oids.ifHCOutOctets), range(1, 61)
    values = {
        f"{ber.oid_text(column)}.{row}": (ber.COUNTER64, TRUTH + row)
        for column in columns
        for row in rows
    }
    agent, lies = lab.Agent(values), list[Lie]()

    def behave(request: Message, _data: bytes) -> Iterator[Reply]:
        answer = agent.answer(request)
        told = tuple(
            one._replace(value=TRUTH - 1) if one.tag == ber.COUNTER64 else one
            for one in answer.varbinds
        )
        for lie in lies:
            octets, host, port = lie_of(replace(answer, varbinds=told), request, lie)
            yield lab.Reply(octets, delay_s=0, host=host, port=port)
        yield lab.Reply(ber.encode_message(answer))

    engine, _ = lab.engine(behave)

    def poll() -> None:
        asked = engine.table(lab.target(), columns, deadline=loop.time() + 8)
        result = loop.run_until_complete(asked)
        assert [[cell and cell.value for cell in row] for row in result.rows.values()] == [
            [TRUTH + row] * 2 for row in rows
        ]
        assert result.stats.retries == 0

    @settings(
        max_examples=CASES // 10,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(LIES)
    def holds(garbage: Lie) -> None:
        lies[:] = [garbage]
        poll()

    for _ in range(3):
        poll()
    holds()
    assert engine.outstanding == 0
    counted = engine.counts
    assert min(counted.malformed, counted.unasked, counted.wrong_source, counted.wrong_credential)


@given(st.lists(LIES, min_size=1, max_size=4))
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_garbage_alone_is_a_failure_of_the_probe_and_no_value(lab: Lab, garbage: list[Lie]) -> None:
    wire = Liar(is_true_answer_sent=False)
    wire.lies = tuple(garbage)
    engine = FastEngine(wire)

    async def story() -> None:
        deadline = asyncio.get_running_loop().time() + 8
        with pytest.raises(ProbeError):
            await engine.get(lab.target(), (oids.ifHCInOctets,), deadline=deadline)
        assert asyncio.get_running_loop().time() <= deadline

    lab.on_virtual_time(story)
    assert engine.outstanding == 0


def test_an_answer_that_comes_twice_is_taken_once(lab: Lab) -> None:
    agent = lab.Agent({"1.3.6.1.2.1.1.5.0": (ber.OCTET_STRING, b"sw-1")})

    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        octets = ber.encode_message(agent.answer(request))
        yield lab.Reply(octets)
        yield lab.Reply(octets)
        yield lab.Reply(octets, delay_s=0.5)

    engine, wire = lab.engine(behave)

    async def story() -> None:
        for _ in range(3):
            result = await engine.get(lab.target(), (oids.sysName,), deadline=8)
            assert result.varbinds[0].value == b"sw-1"

    lab.on_virtual_time(story)
    assert len(wire.sent) == 3
    assert engine.counts.unasked >= 3
