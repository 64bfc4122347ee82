"""How good the measurements themselves are: valid, complete, unique, fresh. Pure.

What was expected are pairs of object and probe, per period. Maintenance is left out of what was
expected; what stands behind a break, or is off duty, is counted in neither.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from probes.model import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from inventory.model import Ward
    from probes.model import Observation, Sample

WINDOW_HOURS = 24
QUANTILES = (0.5, 0.95, 1.0)
_HOUR_S = 3600.0

Pair: TypeAlias = tuple[str, str]  # object, probe

# What a value can be at all; outside it is no measurement. Inclusive, by unit, then by name.
_ANY = (-math.inf, math.inf)
_BY_UNIT: Mapping[str, tuple[float, float]] = MappingProxyType({
    "ratio": (0.0, 1.0), "celsius": (-20.0, 120.0), "bytes": (0.0, math.inf),
})  # fmt: skip
_BY_NAME: Mapping[str, tuple[float, float]] = MappingProxyType({
    "wardops_ups_load_ratio": (0.0, 2.0),  # an overloaded UPS says more than 100 %
})  # fmt: skip
_LENGTHS = ("_duration_seconds", "_jitter_seconds", "_rtt_seconds", "_runtime_seconds")
_COUNTED = frozenset({"counter", "histogram"})


def is_valid(sample: Sample) -> bool:
    """Whether a value can be true: a number, within the range of its name or unit.

    Counters and lengths of time are not negative.
    """
    metric = sample.metric
    low, high = _BY_NAME.get(metric.name, _BY_UNIT.get(metric.unit, _ANY))
    if metric.type in _COUNTED or metric.name.endswith(_LENGTHS):
        low = max(low, 0.0)
    return not math.isnan(sample.value) and low <= sample.value <= high


def checked(seen: Observation) -> tuple[Observation, int, int]:
    """The observation without values that cannot be true; how many came, how many were valid."""
    samples = seen.reading.samples
    good = tuple(sample for sample in samples if is_valid(sample))
    if len(good) == len(samples):
        return seen, len(samples), len(good)
    return replace(seen, reading=replace(seen.reading, samples=good)), len(samples), len(good)


def without_series(seen: Observation) -> Observation:
    """A good observation without its samples of ports and parts, which are exported already.

    They are by far most of what a switch says, and nobody reads them again: a device's page shows
    its ports, and of samples those with at most one label.
    """
    if not seen.ok or not seen.reading.interfaces:
        return seen
    kept = tuple(sample for sample in seen.reading.samples if len(sample.labels) <= 1)
    return replace(seen, reading=replace(seen.reading, samples=kept))


@dataclass(frozen=True, slots=True)
class Tally:
    """What one ward's measuring came to in one hour: values and periods."""

    received: int = 0
    valid: int = 0
    expected: int = 0
    measured: int = 0

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(
            self.received + other.received, self.valid + other.valid,
            self.expected + other.expected, self.measured + other.measured,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ledger:
    """The hours of the last day that were measured, by number of the hour (monotonic)."""

    hours: Mapping[int, Tally] = field(default_factory=dict)

    def add(self, mono: float, more: Tally) -> Ledger:
        """The ledger with one more run; hours older than a day are dropped."""
        hour = int(mono // _HOUR_S)
        kept = {h: one for h, one in self.hours.items() if h > hour - WINDOW_HOURS}
        return Ledger({**kept, hour: kept.get(hour, Tally()).plus(more)})

    def total(self, mono: float) -> Tally:
        """The last day as one tally."""
        first = int(mono // _HOUR_S) - WINDOW_HOURS
        total = Tally()
        for hour, one in self.hours.items():
            total = total.plus(one) if hour > first else total
        return total


def run_tally(seen: Observation, received: int, valid: int, *, counts: bool) -> Tally:
    """What one run adds. `counts` is False where nothing is expected: maintenance, behind a break.

    A run that brought no answer is a period without a value, unless only the program was busy.
    """
    expected = int(counts and seen.reason is not Reason.BUSY)
    measured = int(expected and (seen.ok or bool(seen.reading.samples)))
    return Tally(received, valid, expected, measured)


def uniqueness(ward: Ward, serials: Iterable[str]) -> float | None:
    """1 - share of devices whose address or serial number another one has too; None without any.

    `serials` are those that devices said of themselves, one per device that did.
    """
    addresses = Counter(str(device.address) for device in ward.devices)
    said = Counter(serial for serial in serials if serial.strip())
    doubled = sum(n for table in (addresses, said) for n in table.values() if n > 1)
    return max(0.0, 1.0 - doubled / len(ward.devices)) if ward.devices else None


@dataclass(frozen=True, slots=True)
class Quality:
    """The four figures, each 0..1 or None when nothing can be said; ages in seconds by quantile."""

    validity: float | None = None
    coverage: float | None = None
    uniqueness: float | None = None
    freshness: float | None = None
    age_s: Mapping[float, float] = field(default_factory=dict)

    @property
    def figures(self) -> Mapping[str, float]:
        """By name, those that can be said."""
        named = {
            "validity": self.validity, "coverage": self.coverage,
            "uniqueness": self.uniqueness, "freshness": self.freshness,
        }  # fmt: skip
        return {name: value for name, value in named.items() if value is not None}


def quality_of(total: Tally, ages: Iterable[tuple[float, float]], unique: float | None) -> Quality:
    """The figures of one ward. `ages` are (age, time to live) in seconds of every expected pair.

    A pair that was never measured has an infinite age.
    """
    known = sorted(ages)
    fresh = sum(age_s <= ttl_s for age_s, ttl_s in known)
    return Quality(
        validity=_share(total.valid, total.received),
        coverage=_share(total.measured, total.expected),
        uniqueness=unique,
        freshness=_share(fresh, len(known)),
        age_s={q: _quantile([age_s for age_s, _ttl in known], q) for q in QUANTILES if known},
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _quantile(ordered: list[float], quantile: float) -> float:
    """Nearest rank: the smallest value that this share of all does not exceed."""
    return ordered[max(1, math.ceil(quantile * len(ordered))) - 1]
