"""Traffic of ports from two answers of one device; kept for as long as the newer one counts."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from agent.board import subject
from probes.counters import UNKNOWN, Count, rate
from probes.snmp.ports import SYS_UP_TIME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.board import Subject
    from probes.counters import Rate
    from probes.model import Interface, Observation


@dataclass(frozen=True, slots=True)
class Traffic:
    """A port's octets per second in and out, between the last two answers."""

    into: Rate
    out: Rate


NOTHING: Mapping[str, Traffic] = MappingProxyType({})


class PortRates:
    """The traffic of every port by subject and name; nothing before a device answered twice."""

    def __init__(self) -> None:
        self._newest: dict[Subject, Observation] = {}
        self._traffic: dict[Subject, Mapping[str, Traffic]] = {}

    def take(self, seen: Observation) -> None:
        """Take an answer in; one without ports changes nothing."""
        if not seen.ok or not seen.reading.interfaces:
            return
        key = subject(seen.target)
        older = self._newest.get(key)
        self._newest[key] = seen
        self._traffic[key] = between(older, seen) if older is not None else NOTHING

    def of(self, key: Subject) -> Mapping[str, Traffic]:
        """Traffic by ifName between the device's last two answers."""
        return self._traffic.get(key, NOTHING)


def between(older: Observation, newer: Observation) -> Mapping[str, Traffic]:
    """The traffic of the ports that both answers have under the same name and index.

    Nothing when more time passed than the older one was valid for: an average over a long silence
    is no present rate.
    """
    if newer.mono - older.mono > older.ttl_s:
        return NOTHING
    before = {(port.index, port.name): port for port in older.reading.interfaces or ()}
    ticks = (_uptime(older), _uptime(newer))
    times = (older.mono, newer.mono)
    return {
        port.name: _traffic(before[port.index, port.name], port, times, ticks)
        for port in newer.reading.interfaces or ()
        if (port.index, port.name) in before
    }


def _traffic(
    older: Interface, newer: Interface, times: tuple[float, float],
    ticks: tuple[int | None, int | None],
) -> Traffic:  # fmt: skip
    if newer.counter_bits is None or newer.counter_bits != older.counter_bits:
        return Traffic(UNKNOWN, UNKNOWN)
    bits, speed = newer.counter_bits, newer.speed_bps

    def moved(before: int | None, after: int | None) -> Rate:
        if before is None or after is None:
            return UNKNOWN
        first, second = Count(before, times[0], ticks[0]), Count(after, times[1], ticks[1])
        return rate(first, second, bits=bits, speed_bps=speed)

    return Traffic(
        moved(older.in_octets, newer.in_octets), moved(older.out_octets, newer.out_octets)
    )


def _uptime(seen: Observation) -> int | None:
    """sysUpTime beside the counters, 1/100 s; None when it was not told."""
    found = (s.value for s in seen.reading.samples if s.metric.name == SYS_UP_TIME.name)
    return next((int(value) for value in found), None)
