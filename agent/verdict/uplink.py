"""How the port that leads to the line was used lately: is it full, does it break packets. Pure.

Both stay unknown where the counters leave it open: a line is called poor only when its own port
was neither full nor faulty over the whole time in which packets were lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from playbooks.verdict.facts import Truth
from probes.counters import Count, rate
from probes.model import TTL_PERIODS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probes.model import Interface, Observation

# Full: on average over the last 5 minutes; not full: in no poll of the time that the quality of the
# way is judged on. Between the two a short peak may have cost packets.
SLOT_S = 300.0
COVERED_S = 240.0
KEPT_S = 600.0
FULL_SHARE = 0.90
CALM_SHARE = 0.70
ERROR_SHARE = 1e-4
# Ethernet frames without and with a full payload: octets bound the number of packets.
SMALLEST_FRAME = 64
LARGEST_FRAME = 1518
_WRAP = 1 << 32  # ifInErrors and ifOutErrors are Counter32 (RFC 2863)


@dataclass(frozen=True, slots=True)
class Slot:
    """The time between two polls: bit/s into and out of the port, and packets with errors.

    None: the two polls do not say.
    """

    begin: float
    end: float
    into_bps: float | None
    out_bps: float | None
    errors: int | None

    @property
    def took_s(self) -> float:
        """Seconds between the polls."""
        return self.end - self.begin

    def share(self, capacity_bps: float) -> float | None:
        """The busier direction as a share of the capacity."""
        if self.into_bps is None or self.out_bps is None:
            return None
        return max(self.into_bps, self.out_bps) / capacity_bps


@dataclass(frozen=True, slots=True)
class _Poll:
    mono: float
    into: Count
    out: Count
    errors: int | None
    port: Interface
    period_s: float


@dataclass(frozen=True, slots=True)
class PortUse:
    """The slots of the last minutes, oldest first; `best_bps` is the highest speed seen."""

    slots: tuple[Slot, ...] = ()
    best_bps: int | None = None
    last: _Poll | None = None

    def add(self, port: Interface, seen: Observation, period_s: float) -> PortUse:
        """With one more reading of the port; one without octet counters ends the row of polls."""
        if port.oper != "up":
            return replace(self, last=None)
        speed = max(self.best_bps or 0, port.speed_bps or 0) or None
        poll = _polled(port, seen, period_s)
        if poll is None:
            return PortUse(self._kept(seen.mono), speed)
        slot = (_slot(self.last, poll),) if self.last is not None else ()
        return PortUse((*self._kept(seen.mono), *slot), speed, poll)

    def age_s(self, mono: float) -> float | None:
        """How old the newest poll is; None when its time is over, or the port was not up since."""
        if self.last is None or mono - self.last.mono > TTL_PERIODS * self.last.period_s:
            return None
        return max(0.0, mono - self.last.mono)

    def full(self, capacity_bps: float, since: float | None) -> tuple[Truth, float | None]:
        """Whether the port is full, and its share of the capacity over the last 5 minutes.

        `since` (monotonic seconds) is the first packet lost lately: "not full" must know of it.
        """
        recent = self._recent()
        took_s = sum(slot.took_s for slot in recent)
        mean = _mean(recent, capacity_bps)
        if mean is not None and took_s >= COVERED_S and mean >= FULL_SHARE:
            return Truth.TRUE, mean
        shares = [slot.share(capacity_bps) for slot in self.slots]
        calm = all(share is not None and share < CALM_SHARE for share in shares)
        return (Truth.FALSE if calm and self._covers(since) else Truth.UNKNOWN), mean

    def faulty(self, since: float | None) -> tuple[Truth, dict[str, object]]:
        """Whether the port breaks packets or runs slower than it did, and the numbers of that."""
        recent = [slot for slot in self._recent() if slot.errors is not None]
        errors = sum(slot.errors or 0 for slot in recent)
        speed = self.last.port.speed_bps if self.last is not None else None
        if speed and self.best_bps and speed < self.best_bps:
            return Truth.TRUE, {"mbps": speed / 1e6, "before": self.best_bps / 1e6}
        if errors and errors >= ERROR_SHARE * _octets(recent) / SMALLEST_FRAME:
            return Truth.TRUE, {"n": errors}
        known = [slot for slot in self.slots if slot.errors is not None]
        seldom = all(
            (slot.errors or 0) <= ERROR_SHARE * _octets([slot]) / LARGEST_FRAME for slot in known
        )
        sound = len(known) == len(self.slots) and seldom
        return (Truth.FALSE if sound and self._covers(since) else Truth.UNKNOWN), {"n": errors}

    def _covers(self, since: float | None) -> bool:
        """Whether the polls follow one another from before that moment to after it."""
        if not self.slots or self.last is None:
            return False
        if since is None:
            return True
        gapless = all(older.end == newer.begin for older, newer in pairwise(self.slots))
        return gapless and self.slots[0].begin <= since <= self.slots[-1].end

    def _recent(self) -> list[Slot]:
        newest = self.slots[-1].end if self.slots else 0.0
        return [slot for slot in self.slots if newest - slot.begin <= SLOT_S]

    def _kept(self, mono: float) -> tuple[Slot, ...]:
        return tuple(slot for slot in self.slots if mono - slot.end <= KEPT_S)


def _polled(port: Interface, seen: Observation, period_s: float) -> _Poll | None:
    if port.in_octets is None or port.out_octets is None:
        return None
    into, out = (
        Count(octets, seen.mono, seen.reading.uptime_ticks, port.discontinuity_ticks)
        for octets in (port.in_octets, port.out_octets)
    )
    known = port.in_errors is not None and port.out_errors is not None
    errors = (port.in_errors or 0) + (port.out_errors or 0) if known else None
    return _Poll(seen.mono, into, out, errors, port, period_s)


def _slot(older: _Poll, newer: _Poll) -> Slot:
    into, out = (
        rate(
            before,
            now,
            bits=64 if newer.port.counter_bits == 64 else 32,
            speed_bps=newer.port.speed_bps,
            period_s=newer.period_s,
        ).per_s
        for before, now in ((older.into, newer.into), (older.out, newer.out))
    )
    belongs = into is not None and out is not None
    return Slot(
        older.mono,
        newer.mono,
        8 * into if into is not None else None,
        8 * out if out is not None else None,
        _moved(older.errors, newer.errors) if belongs else None,
    )


def _moved(older: int | None, newer: int | None) -> int | None:
    """Packets with errors between two polls; a counter that went back far has started anew."""
    if older is None or newer is None:
        return None
    moved = (newer - older) % _WRAP
    return moved if moved < _WRAP // 2 else None


def _mean(slots: list[Slot], capacity_bps: float) -> float | None:
    """The busier direction's average share of the capacity; None unless every slot says."""
    took_s = sum(slot.took_s for slot in slots)
    if not took_s or any(slot.share(capacity_bps) is None for slot in slots):
        return None
    into = sum((slot.into_bps or 0.0) * slot.took_s for slot in slots)
    out = sum((slot.out_bps or 0.0) * slot.took_s for slot in slots)
    return max(into, out) / took_s / capacity_bps


def _octets(slots: Iterable[Slot]) -> float:
    return sum(slot.took_s * ((slot.into_bps or 0.0) + (slot.out_bps or 0.0)) / 8 for slot in slots)
