"""The real sockets: IPv4 and IPv6 on loopback, many answers at once, names, closed ports."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from probes import oids
from probes.errors import DnsFailed, Refused
from probes.snmp import ber
from probes.snmp.engine_fast import FastEngine, UdpDatagrams

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.probes.snmp.conftest import Agent, Lab

HOSTS = ("127.0.0.1", "::1")


class Responder(asyncio.DatagramProtocol):
    """An agent behind a real socket; `copies` of each answer, garbage in front of it."""

    def __init__(self, agent: Agent, copies: int = 1) -> None:
        self.agent = agent
        self.copies = copies

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.transport.sendto(b"garbage", addr)
        answer = ber.encode_message(self.agent.answer(ber.decode_message(data)))
        for _ in range(self.copies):
            self.transport.sendto(answer, addr)


@asynccontextmanager
async def served(lab: Lab, host: str, copies: int = 1) -> AsyncIterator[int]:
    """The port of an agent on loopback that knows its sysName."""
    agent = lab.Agent({"1.3.6.1.2.1.1.5.0": (ber.OCTET_STRING, host.encode())})
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: Responder(agent, copies), local_addr=(host, 0)
        )
    except OSError:
        pytest.skip(f"no {host} on this machine")
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


def in_seconds(seconds: float) -> float:
    """A deadline that far ahead."""
    return asyncio.get_running_loop().time() + seconds


def closed_port(host: str) -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((host, 0))
        port: int = s.getsockname()[1]
    return port


@pytest.fixture
def engine() -> Iterator[FastEngine]:
    """An engine on real sockets; it is closed after the loop of the test."""
    engine = FastEngine(UdpDatagrams())
    yield engine
    engine.close()
    assert engine.outstanding == 0


@pytest.mark.parametrize("host", HOSTS)
async def test_both_families_are_asked_through_one_engine(
    lab: Lab, engine: FastEngine, host: str
) -> None:
    async with served(lab, host) as port:
        target = lab.target(host=host, port=port)
        result = await engine.get(target, (oids.sysName,), deadline=in_seconds(5))
    assert result.varbinds[0].value == host.encode()
    assert engine.counts.malformed == 1


async def test_a_host_may_be_a_name(lab: Lab, engine: FastEngine) -> None:
    async with served(lab, "127.0.0.1") as port:
        target = lab.target(host="localhost", port=port)
        # Where localhost is ::1 first, nobody listens there: the name was understood all the same.
        with suppress(Refused):
            await engine.get(target, (oids.sysName,), deadline=in_seconds(5))


async def test_a_name_that_does_not_resolve_says_so(lab: Lab, engine: FastEngine) -> None:
    target = lab.target(host="no-such-host.invalid")
    with pytest.raises(DnsFailed):
        await engine.get(target, (oids.sysName,), deadline=in_seconds(5))


@pytest.mark.parametrize("host", HOSTS)
async def test_a_closed_port_is_refused_at_once(lab: Lab, engine: FastEngine, host: str) -> None:
    target = lab.target(host=host, port=closed_port(host))
    with pytest.raises(Refused):
        await engine.get(target, (oids.sysName,), deadline=in_seconds(5))


async def test_a_flood_of_copies_holds_nobody_up(lab: Lab, engine: FastEngine) -> None:
    async with served(lab, "127.0.0.1", copies=100) as port:
        target = lab.target(host="127.0.0.1", port=port)
        answers = await asyncio.gather(
            *(engine.get(target, (oids.sysName,), deadline=in_seconds(5)) for _ in range(20))
        )
    assert all(answer.varbinds[0].value == b"127.0.0.1" for answer in answers)


def test_an_engine_may_be_closed_after_its_loop(lab: Lab, engine: FastEngine) -> None:
    async def story() -> None:
        async with served(lab, "127.0.0.1") as port:
            target = lab.target(host="127.0.0.1", port=port)
            await engine.get(target, (oids.sysName,), deadline=in_seconds(5))

    asyncio.run(story())
