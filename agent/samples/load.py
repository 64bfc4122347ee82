"""From readings of an uplink port's counters to what it carried per slot. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.samples.model import SLOT_S, LoadSlot, slot_of
from probes.counters import Count, rate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.model import Link
    from probes.model import Interface, Observation


@dataclass(frozen=True, slots=True)
class PortCounts:
    """One reading of both octet counters of a port."""

    into: Count
    out: Count


def counts_of(port: Interface, seen: Observation) -> PortCounts | None:
    """The counters of a port in one reading; None when it is not up or does not say them."""
    if port.oper != "up" or port.in_octets is None or port.out_octets is None:
        return None
    into, out = (
        Count(octets, seen.mono, seen.reading.uptime_ticks, port.discontinuity_ticks)
        for octets in (port.in_octets, port.out_octets)
    )
    return PortCounts(into, out)


def carried(
    older: PortCounts, newer: PortCounts, port: Interface, period_s: float
) -> tuple[float | None, float | None]:
    """Octets into and out of the port between two readings; None where they do not belong together.

    Resets, doubtful wraps and gaps of more than three periods are not covered: see
    `probes.counters.rate`.
    """
    elapsed_s = newer.into.at_s - older.into.at_s
    into, out = (
        rate(
            before,
            after,
            bits=64 if port.counter_bits == 64 else 32,
            speed_bps=port.speed_bps,
            period_s=period_s,
        ).per_s
        for before, after in ((older.into, newer.into), (older.out, newer.out))
    )
    return (
        None if into is None else into * elapsed_s,
        None if out is None else out * elapsed_s,
    )


def shared_out(
    ward: str,
    link: Link,
    octets: tuple[float | None, float | None],
    begin_s: float,
    end_s: float,
) -> Iterator[LoadSlot]:
    """What was carried from `begin_s` to `end_s` (Unix seconds), by slot and in proportion to time.

    The contract's rate is the capacity: a port is often faster than what was ordered.
    """
    into, out = octets
    if end_s <= begin_s or (into is None and out is None):
        return
    capacity_bps = link.commit_mbps * 1e6
    for slot in range(slot_of(begin_s), slot_of(end_s) + 1, SLOT_S):
        covered_s = min(end_s, slot + SLOT_S) - max(begin_s, slot)
        if covered_s <= 0:
            continue
        share = covered_s / (end_s - begin_s)
        yield LoadSlot(
            ward, link.id, slot,
            (into or 0.0) * share, covered_s if into is not None else 0.0,
            (out or 0.0) * share, covered_s if out is not None else 0.0,
            capacity_bps,
        )  # fmt: skip
