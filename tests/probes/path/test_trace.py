"""The trace over a table of hops: where the way ends, by whom, and whether it changed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from probes.clock import ManualClock, run_virtual
from probes.errors import NotPermitted, ProbeError
from probes.icmp_wire import EchoEnd, IcmpError
from probes.model import Memory, Reason, Target
from probes.path.model import Hop, LineTrace
from probes.path.trace import PROBE, Shot, Way, assemble, read, trace
from probes.registry import probes_for
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import Transports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.credentials import Secret
    from probes.icmp_wire import EchoPacket
    from probes.model import Observation
    from probes.path.line_client import LineClient

FAR = "198.51.100.9"
CE, EDGE = "192.0.2.1", "203.0.113.1"
GATEWAY = Target(
    ward="26740",
    name="gateway",
    kind="gateway",
    role="gateway",
    host=FAR,
    peers=(("ce-26740", CE), ("sw-26740-01", "192.0.2.2")),
)
EXCEEDED, PORT_CLOSED = (11, 0), (3, 3)


@dataclass
class Table:
    """A LineClient over a list of stops: an address answers, None is silent, `(who, code)` refuses.

    The last stop is the target. `closed` says whether it answers UDP.
    """

    stops: list[str | tuple[str, int] | None]
    is_open_to_udp: bool = True
    is_open_to_icmp: bool = True
    may_ping: bool = True
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def datagrams(
        self, host: str, hop_limits: Sequence[int], *, gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        assert (gap_s, timeout_s) == (0.02, 1.0)
        self.asked += [("udp", limit) for limit in hop_limits]
        at_end = EchoEnd(0.03, IcmpError(*PORT_CLOSED, by=host))
        ending = at_end if self.is_open_to_udp else EchoEnd()
        return tuple(self._end(host, limit, ending) for limit in hop_limits)

    async def echoes(
        self, host: str, packets: Sequence[EchoPacket], *, gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        assert (gap_s, timeout_s) == (0.02, 1.0)
        assert all(packet.same_flow for packet in packets)
        if not self.may_ping:
            raise NotPermitted("icmp_none")
        limits = [packet.hop_limit or 64 for packet in packets]
        self.asked += [("icmp", limit) for limit in limits]
        ending = EchoEnd(0.03) if self.is_open_to_icmp else EchoEnd()
        return tuple(self._end(host, limit, ending) for limit in limits)

    def _end(self, host: str, limit: int, ending: EchoEnd) -> EchoEnd:
        for number, stop in enumerate(self.stops, 1):
            if stop is None:
                if number == limit:
                    return EchoEnd()
            elif isinstance(stop, tuple):
                return EchoEnd(0.01 * number, IcmpError(3, stop[1], stop[0]))
            elif stop == host:
                return ending
            elif number == limit:
                return EchoEnd(0.01 * number, IcmpError(*EXCEEDED, by=stop))
        return EchoEnd()


def traced(table: LineClient, host: str = FAR) -> LineTrace:
    """The trace over that table."""
    found: LineTrace = run_virtual(trace(table, host), ManualClock())
    return found


def _no_secret(_ref: str) -> Secret:
    raise AssertionError


def seen_over(
    table: LineClient | None, target: Target = GATEWAY, memory: Memory | None = None
) -> Observation:
    """What the probe makes of that table."""
    clock, nothing = ManualClock(), _nothing()
    ways = Transports(nothing, FakeHttp({}), FakeEcho({}), FakeTcp({}), line=table)
    story = observe(target, PROBE, ways, clock, 12.0, _no_secret, memory=memory)
    seen: Observation = run_virtual(story, clock)
    return seen


def _nothing() -> Any:
    return None


def values(seen: Observation) -> dict[str, float]:
    return {sample.metric.name: sample.value for sample in seen.reading.samples}


def test_a_whole_way_needs_udp_alone() -> None:
    table = Table([CE, EDGE, FAR])
    found = traced(table)
    assert found.reached
    assert found.addresses == (CE, EDGE, FAR)
    assert [len(hop.rtts_s) for hop in found.hops] == [3, 3, 3]
    assert (found.method, found.break_hop) == ("udp", None)
    assert max(limit for _way, limit in table.asked) == 4  # no packet for nothing


def test_stops_that_udp_leaves_open_are_asked_by_icmp() -> None:
    table = Table([CE, EDGE, FAR], is_open_to_udp=False)
    found = traced(table)
    assert (found.reached, found.method) == (True, "udp+icmp")
    assert found.addresses == (CE, EDGE, FAR)


def test_a_stop_that_never_answers_stays_open() -> None:
    found = traced(Table([CE, None, FAR]))
    assert found.reached
    assert found.hops[1] == Hop(2)
    assert found.break_hop is None


@pytest.mark.parametrize(
    ("stops", "hop", "detail"),
    [
        ([CE, EDGE, None], 2, "trace_broken"),
        ([CE, (EDGE, 0)], 2, "trace_no_route"),
        ([CE, EDGE, (EDGE, 1)], 2, "trace_no_host"),
        ([CE, (EDGE, 13)], 2, "trace_filtered"),
        ([(CE, 0)], 1, "trace_no_route"),
        ([None], 0, "trace_near"),
    ],
)
def test_a_way_that_ends_early_says_after_which_stop_and_why(
    stops: list[str | tuple[str, int] | None], hop: int, detail: str
) -> None:
    seen = seen_over(Table(stops))
    assert (seen.reason, seen.detail) == (Reason.TIMEOUT, detail)
    assert values(seen)["wardops_path_break_hop"] == hop
    assert "wardops_path_hops" not in values(seen)
    if hop:
        assert seen.detail_values["hop"] == hop


def test_a_break_is_named_as_the_inventory_names_the_stop() -> None:
    seen = seen_over(Table([CE, None]))
    told = ProbeError(seen.detail, **seen.detail_values)
    assert told.text("vi") == "Mất kết nối sau chặng 1 (ce-26740): liên hệ nhà mạng"
    assert told.text("en") == "Breaks after hop 1 (ce-26740): call the line provider"


def test_a_filter_on_udp_alone_does_not_hide_the_rest() -> None:
    class Filtered(Table):
        async def datagrams(
            self, host: str, hop_limits: Sequence[int], *, gap_s: float, timeout_s: float
        ) -> tuple[EchoEnd, ...]:
            blocked = Table([CE, (EDGE, 13)])
            return await blocked.datagrams(host, hop_limits, gap_s=gap_s, timeout_s=timeout_s)

    found = traced(Filtered([CE, EDGE, FAR]))
    assert (found.reached, found.addresses) == (True, (CE, EDGE, FAR))
    assert found.hops[1].sign == "!X"


def test_without_the_right_to_ping_what_udp_found_stands() -> None:
    found = traced(Table([CE, EDGE, None], may_ping=False))
    assert (found.reached, found.break_hop, found.method) == (False, 2, "udp")


def test_a_loop_ends_after_sixteen_stops() -> None:
    found = traced(Table([CE, EDGE] * 20))
    assert (found.reached, len(found.hops), found.break_hop) == (False, 16, 16)


def test_silence_is_not_asked_to_the_end() -> None:
    table = Table([CE])
    traced(table)
    assert max(limit for _way, limit in table.asked) < 16


def test_another_way_is_counted_and_silence_is_no_other_way() -> None:
    memory = Memory()
    ways = ([CE, EDGE, FAR], [CE, None, FAR], [CE, "203.0.113.2", FAR], [CE, "203.0.113.2", FAR])
    seen = [seen_over(Table(list(stops)), memory=memory) for stops in ways]
    assert [values(one)["wardops_path_changed_total"] for one in seen] == [0, 0, 1, 1]
    told = [one.reading.trace.changed for one in seen if one.reading.trace]
    assert told == [False, False, True, False]


def test_a_shorter_way_is_another_one() -> None:
    long, short = traced(Table([CE, EDGE, FAR])), traced(Table([CE, FAR]))
    assert Way().after(long).differs(short)
    assert not Way().after(long).differs(long)
    assert not Way().differs(long)  # the first trace changes nothing


@pytest.mark.parametrize(
    ("kind", "code", "sign"),
    [(1, 0, "!N"), (1, 1, "!X"), (1, 3, "!H"), (1, 5, "!X"), (2, 0, "!F"), (3, 0, "")],
)
def test_ipv6_errors_have_the_same_signs(kind: int, code: int, sign: str) -> None:
    shot = read("2001:db8::9", 2, EchoEnd(0.01, IcmpError(kind, code, "2001:db8::1")))
    assert shot == Shot(2, "2001:db8::1", 0.01, sign)


def test_no_route_from_here_is_no_stop() -> None:
    assert assemble(FAR, [read(FAR, 1, EchoEnd(error=IcmpError(0, 0)))], "udp").hops == ()


def test_a_world_without_a_line_cannot_be_traced() -> None:
    assert seen_over(None).reason is Reason.UNSUPPORTED


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        ({}, True),
        ({"realm": "sim"}, False),
        ({"role": "pe", "name": "pe"}, False),
        ({"vantage": "hub"}, False),
        ({"vantage": "hub", "role": "ce", "kind": "generic_switch"}, True),
        ({"vantage": "hub", "role": "ce", "kind": "generic_switch", "ping": False}, False),
    ],
)
def test_the_far_end_alone_is_traced_and_never_a_simulated_one(
    change: dict[str, Any], asked: bool
) -> None:
    names = [probe.name for probe in probes_for(replace(GATEWAY, **change))]
    assert ("trace" in names, "mtu" in names) == (asked, asked)
