"""Samples of one device and probe as finished lines, rendered once when its poll ends."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from agent.exposition.label import number, pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agent.exposition.catalogue import Catalogue
    from probes.model import Distribution, Metric, Sample


@dataclass(frozen=True, slots=True)
class Block:
    """What one poll of one device by one probe exports.

    `chunks` maps a family's name to its sample lines, each ending in a line feed. `done_mono` and
    `ttl_s` are seconds: past `ttl_s` the block is not written any more. `device` is empty for what
    belongs to the ward as a whole. `dropped` counts samples that would have doubled a series.
    """

    ward: str
    device: str
    module: str
    done_mono: float
    ttl_s: float
    chunks: Mapping[str, bytes]
    dropped: int = 0


class BadSample(ValueError):
    """A sample breaks its own metric: wrong label count, an info that is not 1."""


class Renderer:
    """Renders samples to lines for one realm; keeps each series' label prefix until it changes.

    In the drill realm every series also carries `drill="1"`.
    """

    def __init__(self, catalogue: Catalogue, *, drill: bool = False) -> None:
        self._catalogue = catalogue
        self._tail = ',drill="1"' if drill else ""
        self._prefixes: dict[tuple[str, str, str], dict[_Series, str]] = {}

    def render_block(
        self,
        ward: str,
        device: str,
        module: str,
        samples: Iterable[Sample],
        done_mono: float,
        ttl_s: float,
    ) -> Block:
        """The block of one poll. Raises NotInCatalogue or BadSample for a probe's mistake.

        A counter that is not a number or below zero is left out: it is unknown. Of two samples
        whose labels became equal by the cleaning rules the first stays.
        """
        known = self._prefixes.get((ward, device, module), {})
        used: dict[_Series, str] = {}
        lines: dict[str, dict[str, str]] = {}
        dropped = 0
        for sample in samples:
            self._check(sample)
            if _is_unknown(sample):
                continue
            key = (sample.metric.labels, sample.labels)
            labels = used.get(key) or known.get(key) or self._labels(ward, device, sample)
            used[key] = labels
            family = lines.setdefault(sample.metric.name, {})
            if labels in family:
                dropped += 1
            else:
                family[labels] = f"{sample.metric.name}{labels} {number(sample.value)}\n"
        self._prefixes[ward, device, module] = used
        chunks = {name: "".join(family.values()).encode() for name, family in lines.items()}
        return Block(ward, device, module, done_mono, ttl_s, MappingProxyType(chunks), dropped)

    def with_distributions(self, block: Block, found: Iterable[Distribution]) -> Block:
        """The block with these histograms' series. Raises NotInCatalogue for a probe's mistake."""
        families: dict[Metric, list[Buckets]] = {}
        for one in found:
            self._catalogue.require(one.metric)
            own = zip(one.metric.labels, one.labels, strict=True)
            labels = (("ward", block.ward), ("device", block.device), *own)
            families.setdefault(one.metric, []).append(
                Buckets(labels, one.bounds, one.count, one.sum)
            )
        if not families:
            return block
        chunks = {
            metric.name: histogram_chunk(metric, series, drill=bool(self._tail))
            for metric, series in families.items()
        }
        return replace(block, chunks=MappingProxyType({**block.chunks, **chunks}))

    def _labels(self, ward: str, device: str, sample: Sample) -> str:
        pairs = [pair("ward", ward)]
        if device:
            pairs.append(pair("device", device))
        pairs += [pair(*own) for own in zip(sample.metric.labels, sample.labels, strict=True)]
        return "{" + ",".join(pairs) + self._tail + "}"

    def _check(self, sample: Sample) -> None:
        metric = sample.metric
        self._catalogue.require(metric)
        if len(sample.labels) != len(metric.labels):
            msg = (
                f"{metric.name}: {len(sample.labels)} label values for {len(metric.labels)} labels"
            )
            raise BadSample(msg)
        if metric.type == "histogram":
            msg = f"{metric.name}: a histogram is written by `histogram_chunk`, not as samples"
            raise BadSample(msg)
        if metric.type == "info" and sample.value != 1:
            msg = f"{metric.name}: an info metric is always 1"
            raise BadSample(msg)


_Series = tuple[tuple[str, ...], tuple[str, ...]]  # label names and values


def _is_unknown(sample: Sample) -> bool:
    if sample.metric.type != "counter":
        return False
    return math.isnan(sample.value) or sample.value < 0


@dataclass(frozen=True, slots=True)
class Buckets:
    """One series of a histogram: label pairs, how many at or below each bound, count, sum."""

    labels: tuple[tuple[str, str], ...]
    bounds: tuple[tuple[float, int], ...]
    count: int
    sum: float


def histogram_chunk(metric: Metric, series: Iterable[Buckets], *, drill: bool = False) -> bytes:
    """The lines of a histogram family; `le` always has a decimal point, `+Inf` closes it."""
    tail = (("drill", "1"),) if drill else ()
    return "".join(_histogram(metric.name, one, tail) for one in series).encode()


def _histogram(name: str, one: Buckets, tail: tuple[tuple[str, str], ...]) -> str:
    bounds = (*((number(float(bound)), held) for bound, held in one.bounds), ("+Inf", one.count))
    rows = [
        (f"{name}_bucket", (*one.labels, ("le", bound)), number(held)) for bound, held in bounds
    ]
    rows.append((f"{name}_sum", one.labels, number(one.sum)))
    rows.append((f"{name}_count", one.labels, number(one.count)))
    return "".join(
        f"{line}{{{','.join(pair(*label) for label in (*labels, *tail))}}} {value}\n"
        for line, labels, value in rows
    )
