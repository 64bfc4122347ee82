"""Bandwidth by iperf3: what it may send, when, what its words mean, and the real program."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.errors import InputError
from probes.clock import SystemClock
from probes.errors import (
    Busy,
    DnsFailed,
    NotConfigured,
    ParseFailed,
    ProbeError,
    Refused,
    TimedOut,
    Unreachable,
)
from probes.model import Reason, Target
from probes.path.bandwidth import PROBE, is_working_time, rate_bps, read, server_of
from probes.path.words import line_facts
from probes.registry import probes, probes_for
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import Transports
from probes.url_forms import parse_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from inventory.credentials import Secret
    from probes.model import Observation

SAID = {
    "end": {
        "sum": {"lost_percent": 2.5, "jitter_ms": 3.1},
        "sum_sent": {"bits_per_second": 4.0e6},
        "sum_received": {"bits_per_second": 3.9e6},
    }
}


@pytest.mark.parametrize(
    ("utc", "working"),
    [
        ("2026-03-02T00:00", True), ("2026-03-02T10:29", True), ("2026-03-02T10:30", False),
        ("2026-03-02T17:00", False), ("2026-03-01T23:59", False),
    ],
)  # fmt: skip
def test_people_need_the_line_from_seven_to_half_past_five(utc: str, working: bool) -> None:
    assert is_working_time(datetime.fromisoformat(utc).replace(tzinfo=UTC)) is working


@given(st.floats(0.001, 1e5))
def test_a_test_never_sends_more_than_a_fifth_of_the_contract(committed_mbps: float) -> None:
    assert rate_bps(committed_mbps) <= min(4_000_000, committed_mbps * 200_000 + 1)
    assert rate_bps(20) == 4_000_000
    assert rate_bps(10) == 2_000_000


def test_a_server_is_named_with_the_rate_of_its_contract() -> None:
    assert server_of("iperf3://192.0.2.10?commit_mbps=10") == ("192.0.2.10", 5201, 2_000_000)
    assert server_of("iperf3://[2001:db8::1]:15201?commit_mbps=50") == (
        "2001:db8::1", 15201, 4_000_000,
    )  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        None, "", "iperf3://192.0.2.10", "iperf3://192.0.2.10?commit_mbps=0",
        "iperf3://192.0.2.10?commit_mbps=-4", "iperf3://192.0.2.10?commit_mbps=nan",
        "iperf3://192.0.2.10?commit_mbps=x", "iperf3://?commit_mbps=10",
        "iperf3://192.0.2.10:99999?commit_mbps=10", "tcp://192.0.2.10?commit_mbps=10",
    ],
)  # fmt: skip
def test_without_the_rate_of_the_contract_nothing_is_sent(url: str | None) -> None:
    with pytest.raises(NotConfigured):
        server_of(url)


def test_the_command_line_says_what_is_missing() -> None:
    with pytest.raises(InputError) as caught:
        parse_target("iperf3://192.0.2.10")
    assert caught.value.exit_code == 2
    assert "commit_mbps=20" in caught.value.text("vi")
    assert parse_target("iperf3://192.0.2.10?commit_mbps=20").probes == ("bandwidth",)


def test_nobody_plans_what_disturbs() -> None:
    assert probes()["bandwidth"].on_demand
    gateway = Target(ward="26740", name="gateway", kind="gateway", role="gateway", host="192.0.2.1")
    assert not [probe.name for probe in probes_for(gateway) if probe.on_demand]


def test_a_run_is_read_with_what_was_lost_on_the_way() -> None:
    way = read(json.dumps(SAID), "in")
    assert (way.direction, way.sent_bps, way.received_bps) == ("in", 4.0e6, 3.9e6)
    assert way.loss_ratio == pytest.approx(0.025)
    assert way.jitter_s == pytest.approx(0.0031)


@pytest.mark.parametrize(
    ("words", "leaf"),
    [
        ("the server is busy running a test. try again later", Busy),
        ("unable to connect to server: Connection refused", Refused),
        ("unable to connect to server: Connection timed out", TimedOut),
        ("unable to connect to server: No route to host", Unreachable),
        ("unable to connect to server: Network is unreachable", Unreachable),
        ("unable to connect to server: Name or service not known", DnsFailed),
        ("something new", ParseFailed),
    ],
)
def test_what_iperf3_gives_up_for_is_a_reason(words: str, leaf: type[ProbeError]) -> None:
    with pytest.raises(leaf):
        read(json.dumps({"start": {}, "end": {}, "error": words}), "out")


@given(st.one_of(st.text(), st.recursive(st.none() | st.floats() | st.text(), st.lists).map(str)))
def test_no_words_are_too_odd(told: str) -> None:
    with pytest.raises(ParseFailed):
        read(told, "out")


def _no_secret(_ref: str) -> Secret:
    raise AssertionError


async def seen_at(port: int) -> Observation:
    """What the probe makes of the server at that port."""
    clock, nothing = SystemClock(), _nothing()
    ways = Transports(nothing, FakeHttp({}), FakeEcho({}), FakeTcp({}))
    target = parse_target(f"iperf3://127.0.0.1:{port}?commit_mbps=10").target
    return await observe(target, PROBE, ways, clock, clock.monotonic() + 60, _no_secret)


def _nothing() -> Any:
    return None


@pytest.mark.realtime
@pytest.mark.skipif(shutil.which("iperf3") is None, reason="iperf3 is not installed")
async def test_the_real_program_measures_both_directions_and_serves_one_at_a_time(
    free_port: Callable[[], int], eventually: Callable[..., Any]
) -> None:
    port = free_port()
    nowhere = asyncio.subprocess.DEVNULL
    server = await asyncio.create_subprocess_exec(
        "iperf3", "-s", "-p", str(port), stdout=nowhere, stderr=nowhere
    )
    try:
        await asyncio.to_thread(eventually, lambda: _listens(port))
        first, second = await asyncio.gather(seen_at(port), seen_at(port))
    finally:
        server.terminate()
        await server.wait()
    measured, turned_away = sorted((first, second), key=lambda one: not one.ok)
    assert measured.reason is Reason.OK
    assert [way.direction for way in measured.reading.bandwidth] == ["out", "in"]
    for way in measured.reading.bandwidth:
        assert way.received_bps > 0
        assert way.sent_bps < 2_100_000  # a fifth of ten Mbit/s, and what iperf3 rounds up
    names = [sample.metric.name for sample in measured.reading.samples]
    assert names == [
        "wardops_path_bandwidth_bits_per_second",
        "wardops_path_bandwidth_bits_per_second",
        "wardops_path_bandwidth_timestamp_seconds",
    ]
    assert len(list(line_facts(measured, "vi"))) == 2
    assert turned_away.reason is Reason.BUSY
    assert turned_away.detail == "iperf3_busy"


def _listens(port: int) -> bool:
    """Whether the kernel has a listener there; connecting would begin a test."""
    tables = [Path("/proc/net") / name for name in ("tcp", "tcp6")]
    rows = [row for table in tables for row in table.read_text(encoding="ascii").splitlines()]
    return any(f":{port:04X} " in row and " 0A " in row for row in rows)


@pytest.mark.realtime
@pytest.mark.skipif(shutil.which("iperf3") is None, reason="iperf3 is not installed")
async def test_nobody_there_is_refused(free_port: Callable[[], int]) -> None:
    seen = await seen_at(free_port())
    assert (seen.reason, seen.detail) == (Reason.REFUSED, "iperf3_refused")
