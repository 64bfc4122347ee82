"""What a port carried by slot agrees with what went through it, whatever its counters did."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from agent.samples.load import PortCounts, carried, shared_out
from agent.samples.model import LoadSlot, load_sum
from inventory.model import Link
from probes.counters import Count
from probes.model import Interface

LINK = Link(id="l", carrier="c", circuit="x", commit_mbps=100, near="sw:Gi1")
PORT = Interface(index=1, name="Gi1", oper="up", speed_bps=10**9, counter_bits=64)
POLL_S = 30


def rate_bps(at_s: int) -> float:
    """A load that changes every ten minutes."""
    return 10e6 + 5e6 * (at_s // 600 % 7)


def through(begin_s: int, end_s: int) -> float:
    """Octets that really went through."""
    return sum(rate_bps(at) / 8 for at in range(begin_s, end_s))


def slots_of(polls: list[tuple[int, int, int]], port: Interface = PORT) -> dict[int, LoadSlot]:
    """Slots from polls of (second, octets, uptime in ticks)."""
    found: dict[int, LoadSlot] = {}
    before: tuple[int, PortCounts] | None = None
    for at, octets, ticks in polls:
        count = Count(octets, float(at), ticks, 0)
        now = PortCounts(count, count)
        if before is not None:
            octets_each = carried(before[1], now, port, POLL_S)
            for part in shared_out("26740", LINK, octets_each, before[0], at):
                known = found.get(part.slot)
                found[part.slot] = load_sum(known, part) if known else part
        before = (at, now)
    return found


def test_over_a_restart_and_a_gap_of_twenty_minutes_valid_slots_agree_within_a_thousandth() -> None:
    polls, octets, last = [], 5_000_000_000.0, 0
    for at in range(0, 7200, POLL_S):
        octets += through(last, at)
        last = at
        if at == 3000:
            octets = 0.0  # the switch restarted: its counters begin anew
        if not 4200 <= at < 5400:  # nobody asked for twenty minutes
            polls.append((at, round(octets), (at if at < 3000 else at - 3000 + 10) * 100))
    found = slots_of(polls)
    valid = {slot: one for slot, one in found.items() if one.in_covered_s >= 240}
    assert sorted(set(range(0, 6900, 300)) - set(valid)) == [4200, 4500, 4800, 5100]
    for slot, one in valid.items():
        average = one.in_octets * 8 / one.in_covered_s
        begin = slot if one.in_covered_s == 300 else slot + (300 - round(one.in_covered_s))
        really = through(begin, slot + 300) * 8 / (slot + 300 - begin)
        assert abs(average - really) <= 0.001 * really, slot
        assert (one.capacity_bps, one.out_octets) == (100e6, one.in_octets)


def test_a_narrow_counter_that_may_have_wrapped_twice_covers_nothing() -> None:
    narrow = replace(PORT, counter_bits=32, speed_bps=10**10)
    assert slots_of([(0, 10, 0), (30, 5, 3000)], narrow) == {}
    slow = replace(PORT, counter_bits=32, speed_bps=10**8)
    (slot,) = slots_of([(0, 2**32 - 10, 0), (30, 5, 3000)], slow).values()
    assert (slot.in_octets, slot.in_covered_s) == (15.0, 30.0)


@given(st.integers(0, 10_000), st.integers(1, 2000), st.integers(0, 10**12))
def test_sharing_out_keeps_every_octet_and_second(begin: int, length: int, octets: int) -> None:
    parts = list(shared_out("26740", LINK, (float(octets), None), begin, begin + length))
    assert abs(sum(one.in_octets for one in parts) - octets) <= 1e-6 * max(1, octets)
    assert abs(sum(one.in_covered_s for one in parts) - length) < 1e-6
    assert all(one.out_covered_s == 0 and one.in_covered_s <= 300 for one in parts)
    assert len({one.slot for one in parts}) == len(parts)
