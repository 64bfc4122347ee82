"""The longest packet that passes, found over lines that stop them in several ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.language import say
from probes.clock import ManualClock, run_virtual
from probes.errors import ProbeError, TimedOut, Unreachable
from probes.icmp_wire import EchoEnd, IcmpError
from probes.model import Observation, Reason, Target
from probes.path.model import LineMtu
from probes.path.mtu import PROBE, find
from probes.path.words import line_facts
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import Transports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.credentials import Secret
    from probes.icmp_wire import EchoPacket

FAR = Target(ward="26740", name="gateway", kind="gateway", role="gateway", host="198.51.100.9")
ROUTER = "203.0.113.1"


@dataclass
class Pipe:
    """A LineClient that passes packets up to a length; `by` says so, None for silence.

    Each `lose`-th packet is lost whatever its length.
    """

    limit: int
    by: str | None = None
    named: int | None = None
    lose: int = 0
    sent: list[int] = field(default_factory=list)

    async def echoes(
        self, host: str, packets: Sequence[EchoPacket], *, gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        assert gap_s == 0.02
        assert 0 < timeout_s <= 1
        head = 48 if ":" in host else 28
        assert all(packet.dont_fragment for packet in packets)
        return tuple(self._end(packet.payload_octets + head, v6=head == 48) for packet in packets)

    async def datagrams(
        self, host: str, hop_limits: Sequence[int], *, gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        raise AssertionError((host, hop_limits, gap_s, timeout_s))

    def _end(self, length: int, *, v6: bool) -> EchoEnd:
        self.sent.append(length)
        if self.lose and len(self.sent) % self.lose == 0:
            return EchoEnd()
        if length <= self.limit:
            return EchoEnd(0.02)
        if self.by is None:
            return EchoEnd()
        kind, code = (2, 0) if v6 else (3, 4)
        return EchoEnd(0.01, IcmpError(kind, code, self.by, self.named))


def found_over(pipe: Pipe, host: str = FAR.host) -> LineMtu:
    """The search over that line."""
    found: LineMtu = run_virtual(find(pipe, host), ManualClock())
    return found


def _no_secret(_ref: str) -> Secret:
    raise AssertionError


def seen_over(pipe: Pipe | None) -> Observation:
    """What the probe makes of that line."""
    clock, nothing = ManualClock(), _nothing()
    ways = Transports(nothing, FakeHttp({}), FakeEcho({}), FakeTcp({}), line=pipe)
    seen: Observation = run_virtual(observe(FAR, PROBE, ways, clock, 10.0, _no_secret), clock)
    return seen


def _nothing() -> Any:
    return None


@given(st.integers(576, 1499))
def test_the_limit_is_found_to_the_byte_when_nobody_names_it(limit: int) -> None:
    found = found_over(Pipe(limit))
    assert found == LineMtu(limit, limit + 1, None, large_passes=limit >= 1400)
    assert found.is_silent


@given(st.integers(576, 1499))
def test_a_limit_that_is_named_is_checked_and_not_only_believed(limit: int) -> None:
    pipe = Pipe(limit, ROUTER, limit)
    assert found_over(pipe) == LineMtu(limit, limit + 1, limit, large_passes=limit >= 1400)
    assert len(set(pipe.sent)) <= 5
    wrong = found_over(Pipe(limit, ROUTER, 68))  # a router that names nonsense
    assert (wrong.passed_bytes, wrong.is_silent) == (limit, False)


def test_a_whole_line_needs_two_lengths() -> None:
    pipe = Pipe(1500)
    assert found_over(pipe) == LineMtu(1500)
    assert set(pipe.sent) == {576, 1500}


def test_ipv6_begins_at_its_own_least_length() -> None:
    pipe = Pipe(1280, ROUTER, 1280)
    assert found_over(pipe, "2001:db8::9") == LineMtu(1280, 1281, 1280, large_passes=False)
    assert min(pipe.sent) == 1280


def test_what_this_machine_does_not_let_out_is_its_own_limit() -> None:
    assert found_over(Pipe(1400, "")) == LineMtu(1400, 1401, 1400, large_passes=True)


def test_a_line_that_loses_each_third_packet_is_no_limit() -> None:
    assert found_over(Pipe(1500, lose=3)) == LineMtu(1500)
    assert found_over(Pipe(1300, lose=3)) == LineMtu(1300, 1301, None, large_passes=False)


def test_silence_of_small_packets_says_nothing_of_long_ones() -> None:
    with pytest.raises(TimedOut) as caught:
        found_over(Pipe(100))
    assert caught.value.detail_code == "mtu_silent"


def test_a_router_without_a_way_says_nothing_of_lengths() -> None:
    class NoWay(Pipe):
        def _end(self, length: int, *, v6: bool) -> EchoEnd:
            return EchoEnd(length / 1e6, IcmpError(1 if v6 else 3, 1, ROUTER))

    with pytest.raises(Unreachable):
        found_over(NoWay(1500))


def test_the_probe_exports_what_passed_and_hands_the_rest_on() -> None:
    seen = seen_over(Pipe(1300))
    assert seen.reason is Reason.OK
    [sample] = seen.reading.samples
    assert (sample.metric.name, sample.value, sample.labels) == (
        "wardops_path_mtu_bytes", 1300, ("ward",),
    )  # fmt: skip
    assert seen.reading.mtu == LineMtu(1300, 1301, None, large_passes=False)
    assert seen_over(None).reason is Reason.UNSUPPORTED
    failed = seen_over(Pipe(100))
    told = ProbeError(failed.detail, **failed.detail_values).text("vi")
    assert "576 byte" in told


@pytest.mark.parametrize(
    ("pipe", "line"),
    [
        (Pipe(1500), "Gói tới 1500 byte đi qua nguyên vẹn"),
        (Pipe(1300), "Gói lớn hơn 1300 byte bị chặn, không báo lỗi"),
        (Pipe(1300, ROUTER, 1300), "Gói lớn hơn 1300 byte bị từ chối, có báo lỗi"),
    ],
)
def test_people_read_whether_it_is_said_or_silent(pipe: Pipe, line: str) -> None:
    assert list(line_facts(seen_over(pipe), "vi")) == [line]
    assert say("probe.line_mtu", "en", bytes=1500) == "Packets up to 1500 bytes pass whole"
