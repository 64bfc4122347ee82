"""The ping probe over an in-memory echo client."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from probes.clock import ManualClock, run_virtual
from probes.errors import NotPermitted, ProbeError, Unreachable
from probes.icmp_wire import EchoEnd
from probes.model import Memory, Reading, Reason, Target
from probes.path.icmp_probe import PROBE
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import Transports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.credentials import Secret
    from probes.icmp_wire import EchoPacket
    from probes.model import Observation

GATEWAY = Target(
    ward="26740", name="gateway", kind="gateway", role="gateway", host="192.0.2.1", vantage="hub"
)
SWITCH = replace(GATEWAY, name="sw-1", kind="generic_switch", role="core")


def _no_secret(_ref: str) -> Secret:
    raise AssertionError


@dataclass
class Queues:
    """A LineClient whose packets of one mark are lost, the others answered in 20 ms."""

    lost_dscp: int | None = None
    error: ProbeError | None = None
    asked: list[tuple[int, int]] = field(default_factory=list)

    async def echoes(
        self, host: str, packets: Sequence[EchoPacket], *, gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        assert (host, gap_s) == ("192.0.2.1", 0.02)
        assert 0 < timeout_s <= 1
        self.asked += Counter(packet.dscp for packet in packets).items()
        if self.error is not None:
            raise self.error
        return tuple(
            EchoEnd() if packet.dscp == self.lost_dscp else EchoEnd(0.020) for packet in packets
        )

    async def datagrams(
        self, host: str, hop_limits: Sequence[int], *, gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        raise AssertionError((host, hop_limits, gap_s, timeout_s))


def seen_for(
    target: Target,
    *rtts: float | None,
    error: ProbeError | None = None,
    line: Queues | None = None,
    memory: Memory | None = None,
) -> Observation:
    """What the probe makes of these round trips."""
    clock, snmp = ManualClock(), _nothing()
    echo = FakeEcho({"192.0.2.1": error or rtts})
    transports = Transports(snmp=snmp, http=FakeHttp({}), echo=echo, tcp=FakeTcp({}), line=line)
    story = observe(target, PROBE, transports, clock, 3.0, _no_secret, memory=memory)
    seen: Observation = run_virtual(story, clock)
    return seen


def _nothing() -> Any:
    return None


def _values(reading: Reading) -> dict[tuple[str, ...], float]:
    return {(s.metric.name, *s.labels): s.value for s in reading.samples}


def test_a_gateway_is_a_path_with_loss_and_jitter() -> None:
    seen = seen_for(GATEWAY, 0.010, None, 0.014, 0.010, 0.012)
    assert seen.reason is Reason.OK
    assert seen.reading.echo is not None
    assert (seen.reading.echo.sent, seen.reading.echo.lost) == (5, 1)
    values = _values(seen.reading)
    assert values[("probe_icmp_duration_seconds", "hub", "rtt")] == 0.011
    assert values[("wardops_path_loss_ratio", "hub", "icmp", "be", "round")] == 0.2
    assert values[("wardops_path_jitter_seconds", "hub", "icmp", "be", "round")] > 0


def test_a_switch_is_no_path() -> None:
    values = _values(seen_for(SWITCH, 0.001, 0.001, 0.003).reading)
    assert values == {("probe_icmp_duration_seconds", "hub", "rtt"): 0.001}


def test_one_answer_has_no_jitter() -> None:
    values = _values(seen_for(GATEWAY, 0.010, None, None, None, None).reading)
    assert ("wardops_path_loss_ratio", "hub", "icmp", "be", "round") in values
    assert not any(key[0] == "wardops_path_jitter_seconds" for key in values)


def test_silence_leaves_no_samples() -> None:
    seen = seen_for(GATEWAY, None, None, None, None, None)
    assert (seen.reason, seen.detail, seen.reading) == (Reason.TIMEOUT, "icmp_silent", Reading())


@pytest.mark.parametrize(
    ("error", "reason"),
    [(Unreachable(), Reason.UNREACHABLE), (NotPermitted("icmp_none"), Reason.PERMISSION)],
)
def test_what_the_network_says_is_the_reason(error: ProbeError, reason: Reason) -> None:
    seen = seen_for(GATEWAY, error=error)
    assert (seen.reason, seen.reading) == (reason, Reading())


AT_WARD = replace(GATEWAY, vantage="ward")


def test_from_the_ward_each_class_of_the_line_is_asked_by_its_mark() -> None:
    line = Queues(lost_dscp=46)
    seen = seen_for(AT_WARD, *(0.010,) * 5, line=line)
    assert line.asked == [(46, 5), (34, 5)]
    values = _values(seen.reading)
    assert values["wardops_path_loss_ratio", "ward", "icmp", "be", "round"] == 0
    assert values["wardops_path_loss_ratio", "ward", "icmp", "ef", "round"] == 1
    assert values["wardops_path_loss_ratio", "ward", "icmp", "af41", "round"] == 0
    ways = {way.kind: way for way in seen.reading.ways}
    assert (ways["ef"].delay_s, ways["af41"].delay_s, ways["be"].delay_s) == (None, 0.020, 0.010)
    assert seen.reading.echo is not None
    assert (seen.reading.echo.sent, seen.reading.echo.lost) == (5, 0)


@pytest.mark.parametrize("target", [GATEWAY, SWITCH, replace(AT_WARD, role="pe", name="pe")])
def test_classes_are_asked_of_the_far_end_from_the_ward_alone(target: Target) -> None:
    line = Queues()
    seen_for(target, *(0.010,) * 5, line=line)
    assert line.asked == []


def test_a_machine_that_cannot_mark_packets_pings_all_the_same() -> None:
    seen = seen_for(AT_WARD, *(0.010,) * 5, line=Queues(error=NotPermitted("icmp_none")))
    assert seen.reason is Reason.OK
    assert [way.kind for way in seen.reading.ways] == ["be"]


def test_packets_and_round_trips_are_summed_up_from_run_to_run_lost_bursts_too() -> None:
    memory = Memory()
    seen_for(GATEWAY, 0.010, None, 0.014, 0.010, 0.012, memory=memory)
    seen_for(GATEWAY, None, None, None, None, None, memory=memory)
    seen = seen_for(GATEWAY, 0.0004, 0.001, 2.5, 0.2, 0.02, memory=memory)
    values = _values(seen.reading)
    assert values["wardops_path_packets_total", "hub", "icmp", "be", "round"] == 15
    assert values["wardops_path_packets_lost_total", "hub", "icmp", "be", "round"] == 6
    [found] = seen.reading.distributions
    assert (found.metric.name, found.labels) == (
        "wardops_path_rtt_seconds", ("hub", "icmp", "be"),
    )  # fmt: skip
    assert dict(found.bounds) == {
        0.001: 2, 0.002: 2, 0.005: 2, 0.01: 4, 0.02: 7, 0.05: 7, 0.1: 7, 0.15: 7, 0.3: 8, 0.6: 8,
        1.0: 8,
    }  # fmt: skip
    assert (found.count, round(found.sum, 4)) == (9, 2.7674)
