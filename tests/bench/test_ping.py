"""No echo is lost for nothing while switches are polled; what the packet socket sees is true."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from bench import ping
from bench.snmp import switch
from probes.errors import NotPermitted

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.realtime
IS_WHOLE = os.environ.get("WARDOPS_SOAK") == "1"
ECHOES = 100_000 if IS_WHOLE else 5_000
CLIENTS = 8


@pytest.mark.timeout(3600 if IS_WHOLE else 180)
@pytest.mark.skipif(switch.compiler() is None, reason="no C compiler for the bench's switches")
async def test_no_echo_is_lost_while_336_switches_are_polled(tmp_path: Path) -> None:
    with switch.responding(switch.build(tmp_path)) as port:
        async with ping.polling(port, None if IS_WHOLE else 1) as sweeps:
            sent = lost = 0
            while sent < ECHOES or sweeps.polls < switch.SWITCHES:
                each = (ECHOES // CLIENTS, None)
                hosts = [f"127.9.{n}.9" for n in range(CLIENTS)]
                try:
                    all_ = await asyncio.gather(*(ping.by_wardops(h, *each) for h in hosts))
                except NotPermitted:
                    pytest.skip("this machine does not permit pings")
                sent += sum(len(one.rtts_s) for one in all_)
                lost += sum(one.lost for one in all_)
    assert (lost, sweeps.bad) == (0, 0)
    assert sent >= ECHOES


async def test_the_witness_sees_each_echo_that_was_sent_and_its_answer() -> None:
    host = "127.9.77.9"
    try:
        witness = ping.Witness(host)
    except OSError:
        pytest.skip("a packet socket needs root")
    try:
        measured = await ping.by_wardops(host, 50, witness)
        await ping.by_wardops("127.9.77.10", 5, None)  # somebody else's
        witness.look()
        truth = witness.round_trips_s()
    finally:
        witness.close()
    assert len(truth) == 50
    assert all(rtt_s is not None and rtt_s > 0 for rtt_s in truth)
    assert len(ping.errors_us(measured, truth)) == 50
    assert witness.round_trips_s() == []


def test_errors_leave_out_what_either_side_lacks() -> None:
    measured = ping.Measured((0.001, None, 0.003))
    assert measured.lost == 1
    assert ping.errors_us(measured, [0.0011, 0.002, None]) == [pytest.approx(100)]
