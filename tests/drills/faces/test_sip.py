"""The endpoint's SIP: OPTIONS is answered while it is there, and nothing else is served."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from drills import faults, views
from drills.sim import Simulation
from probes.clock import SystemClock
from probes.services.sip_message import read_answer

if TYPE_CHECKING:
    from pathlib import Path

    from drills.world import World

ADDRESS = "127.16.0.30"


def question(method: str = "OPTIONS", *left_out: str) -> bytes:
    """A request of that method; header fields of these names are missing."""
    lines = (
        f"{method} sip:{ADDRESS} SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1:5;branch=z9hG4bK1;rport",
        "f: <sip:a@127.0.0.1>;tag=1", "To: <sip:b@127.16.0.30>", "Call-ID: x@y",
        f"CSeq: 7 {method}", "Max-Forwards: 70", "Content-Length: 0",
    )  # fmt: skip
    kept = [line for line in lines if not line.startswith(tuple(f"{name}:" for name in left_out))]
    return "\r\n".join([*kept, "", ""]).encode()


def status(world: World, request: bytes, address: str = ADDRESS) -> int | None:
    """The status of the answer; None for silence."""
    found = views.sip_answer(world, "ward:26740", address, request)
    answer = read_answer(found[0]) if found else None
    return answer.status if answer else None


def test_it_answers_options_and_is_busy_in_a_call(world: World) -> None:
    assert status(world, question()) == 200
    for name in ("vc_in_call", "vc_ringing"):
        call = faults.apply(world, name)
        assert status(world, question()) == 486
        faults.clear(world, call)
    assert status(world, question("INVITE")) == 405


@pytest.mark.parametrize(("name", "on"), [("power_off", "vc"), ("cable_cut", "vc:eth0")])
def test_without_power_or_way_it_is_silent(world: World, name: str, on: str) -> None:
    faults.apply(world, name, on)
    assert status(world, question()) is None


@pytest.mark.parametrize(
    "request_",
    [
        b"", b"\xff\xfe", b"SIP/2.0 200 OK\r\n\r\n", question("ACK"), question("OPTIONS", "Via"),
        question("OPTIONS", "CSeq"), question("OPTIONS", "f"),
    ],
)  # fmt: skip
def test_what_is_no_request_is_not_answered(world: World, request_: bytes) -> None:
    assert status(world, request_) is None
    assert status(world, question(), "127.16.0.1") is None  # nor does any other device


async def test_it_answers_from_its_own_address(tmp_path: Path) -> None:
    async with Simulation(clock=SystemClock(), out=tmp_path) as simulation:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.setblocking(False)
            client.bind(("127.0.0.1", 0))
            client.sendto(question(), (ADDRESS, simulation.ports.sip))
            loop = asyncio.get_running_loop()
            octets, peer = await asyncio.wait_for(loop.sock_recvfrom(client, 2000), 20)
    answer = read_answer(octets)
    assert answer is not None
    assert (answer.status, peer) == (200, (ADDRESS, simulation.ports.sip))
