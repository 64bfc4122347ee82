"""Measures the line to a STAMP reflector: bursts in three classes, each direction for itself."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from probes.errors import NotConfigured, TimedOut, Unsupported
from probes.model import EchoStats, Metric, Probe, Reading, Sample
from probes.path.metrics import (
    PATH_JITTER,
    PATH_LOSS,
    PATH_LOST,
    PATH_PACKETS,
    PATH_RTT,
    RoundTrips,
)
from probes.path.model import CLASSES, LineWay
from probes.path.quality import PROFILES, Standing
from probes.path.stamp_wire import PORT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import Distribution, ProbeContext, Target
    from probes.path.model import Direction
    from probes.path.stamp_client import StampClient
    from probes.path.stamp_quality import Counters, Quality, Way

PACKETS = 50
GAP_S = 0.02
PACKET_TIMEOUT_S = 1.0
KNOCK_PACKETS = 5
KNOCK_TIMEOUT_S = 0.5
# What follows a burst with losses, and the time that the machine itself takes.
_AFTER_S = 0.1


_DIRECTED = ("vantage", "method", "class", "dir")
_CLASS = ("vantage", "class")
PATH_OWD = Metric(
    "wardops_path_owd_seconds",
    "gauge",
    "Median delay of one direction; only while both clocks are synchronised.",
    ("vantage", "class", "dir"),
    "seconds",
)
PATH_IPDV = Metric(
    "wardops_path_ipdv_seconds",
    "gauge",
    "Delay variation of the last burst: 1-10^-3 quantile less minimum (ITU-T Y.1541).",
    _DIRECTED,
    "seconds",
)
PATH_REORDERED = Metric(
    "wardops_path_reordered_total", "counter", "Packets overtaken by later ones.", _CLASS
)
PATH_DUPLICATES = Metric(
    "wardops_path_duplicates_total", "counter", "Packets that came more than once.", _CLASS
)
PATH_REWRITTEN = Metric(
    "wardops_path_dscp_rewritten",
    "gauge",
    "1 when the packets' mark arrived changed at the far end.",
    _CLASS,
)


async def run(target: Target, context: ProbeContext) -> Reading:
    """Send a burst in each class and read loss, delay and its variation per direction.

    Raises TimedOut when nothing at all came back, NotConfigured for a target without a reflector's
    address, Unsupported where no packets can be sent (a simulated world without a reflector). What
    the client raises (Unreachable, NotPermitted, …) passes through.
    """
    client = context.transports.stamp
    if client is None:
        raise Unsupported("stamp_none")
    host, port = reflector_of(target)
    qualities: list[Quality] = []
    for done, kind in enumerate(CLASSES):
        left_s = (context.deadline - context.clock.monotonic()) / (len(CLASSES) - done)
        wait_s = (left_s - PACKETS * GAP_S - _AFTER_S) / 1.5
        timeout_s = max(0.05, min(PACKET_TIMEOUT_S, wait_s))
        is_silent = bool(qualities) and not any(one.rtts_s for one in qualities)
        found = await _knocked(client, (host, port), kind.dscp) if is_silent else None
        qualities.append(
            found
            or await client.burst(
                host, port, dscp=kind.dscp, count=PACKETS, gap_s=GAP_S, timeout_s=timeout_s
            )
        )
    echo = _echo(qualities)
    ways = tuple(_ways(target.vantage, qualities))
    kept = _kept(target, context).after(qualities, ways)
    context.memory.kept = kept
    if not echo.rtts_s:
        raise TimedOut("stamp_silent", sent=echo.sent, port=port)
    return Reading(
        samples=tuple(_samples(target, client, qualities)),
        echo=echo,
        method=echo.method,
        ways=ways,
        grades=tuple(one.judged for one in kept.standings if one.judged is not None),
        distributions=tuple(_distributions(target.vantage, kept.sums)),
        clock_stepped=any(one.is_stepped for one in qualities),
    )


async def _knocked(client: StampClient, at: tuple[str, int], dscp: int) -> Quality | None:
    """After classes without any answer: a few packets first, so that a lost line is told soon.

    None when one of them is answered: then the whole burst is worth sending.
    """
    host, port = at
    found = await client.burst(
        host, port, dscp=dscp, count=KNOCK_PACKETS, gap_s=GAP_S, timeout_s=KNOCK_TIMEOUT_S
    )
    return None if found.rtts_s else found


def reflector_of(target: Target) -> tuple[str, int]:
    """Address and port of `stamp://HOST[:PORT]`; raises NotConfigured for anything else."""
    url = target.url or ""
    try:
        parts = urlsplit(url)
        port = PORT if parts.port is None else parts.port
    except ValueError as error:
        raise NotConfigured("url", url=url) from error
    if parts.scheme != "stamp" or not parts.hostname:
        raise NotConfigured("url", url=url)
    return parts.hostname, port


def _echo(qualities: list[Quality]) -> EchoStats:
    sent = sum(one.sent for one in qualities)
    rtts_s = tuple(rtt_s for one in qualities for rtt_s in one.rtts_s)
    return EchoStats(sent, sent - len(rtts_s), rtts_s, "stamp")


def _samples(target: Target, client: StampClient, qualities: list[Quality]) -> Iterator[Sample]:
    host, port = reflector_of(target)
    for kind, found in zip(CLASSES, qualities, strict=True):
        for direction, way in _named(target.vantage, found):
            yield from _way_samples((target.vantage, "stamp", kind.name, direction), way)
        if found.dscp_rewritten is not None:
            own = (target.vantage, kind.name)
            yield Sample(PATH_REWRITTEN, float(found.dscp_rewritten), own)
        counters = client.counters(host, port, kind.dscp)
        yield from _counter_samples(target.vantage, kind.name, counters)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the runs so far left, by class in order: round trips, and how good it is."""

    sums: tuple[RoundTrips, ...]
    standings: tuple[Standing, ...]

    def after(self, qualities: list[Quality], ways: tuple[LineWay, ...]) -> _Kept:
        """With one run more."""
        both = zip(self.sums, qualities, strict=True)
        classes = zip(CLASSES, self.standings, strict=True)
        return _Kept(
            tuple(one.plus(found.sent, found.rtts_s) for one, found in both),
            tuple(
                standing.after(way for way in ways if way.kind == kind.name)
                for kind, standing in classes
            ),
        )


def _kept(target: Target, context: ProbeContext) -> _Kept:
    if isinstance(context.memory.kept, _Kept):
        return context.memory.kept
    fresh = Standing(PROFILES[target.profile])
    return _Kept((RoundTrips(),) * len(CLASSES), (fresh,) * len(CLASSES))


def _distributions(vantage: str, sums: tuple[RoundTrips, ...]) -> Iterator[Distribution]:
    for kind, one in zip(CLASSES, sums, strict=True):
        yield one.distribution((vantage, "stamp", kind.name))


def _ways(vantage: str, qualities: list[Quality]) -> Iterator[LineWay]:
    for kind, found in zip(CLASSES, qualities, strict=True):
        for direction, way in _named(vantage, found):
            is_round = direction == "round"
            yield LineWay(
                method="stamp",
                kind=kind.name,
                direction=direction,
                sent=way.loss.sent if way.loss else None,
                lost=way.loss.lost if way.loss else None,
                delay_s=median(found.rtts_s) if is_round and found.rtts_s else way.delay_s,
                jitter_s=way.jitter_s,
                ipdv_s=way.ipdv_s,
            )


def _named(vantage: str, found: Quality) -> Iterator[tuple[Direction, Way]]:
    """The ways by name; `out` leads from the ward, whoever asks."""
    there, here = directions(vantage)
    yield from ((there, found.out), (here, found.back), ("round", found.round))


def directions(vantage: str) -> tuple[Direction, Direction]:
    """How the way to the reflector and the way from it are called, from where the agent stands."""
    return ("in", "out") if vantage == "hub" else ("out", "in")


def _way_samples(labels: tuple[str, str, str, str], way: Way) -> Iterator[Sample]:
    vantage, _method, kind, direction = labels
    if way.loss is not None and way.loss.ratio is not None:
        yield Sample(PATH_LOSS, way.loss.ratio, labels)
    if way.jitter_s is not None:
        yield Sample(PATH_JITTER, way.jitter_s, labels)
    if way.ipdv_s is not None:
        yield Sample(PATH_IPDV, way.ipdv_s, labels)
    if way.delay_s is not None:
        yield Sample(PATH_OWD, way.delay_s, (vantage, kind, direction))


def _counter_samples(vantage: str, kind: str, counters: Counters) -> Iterator[Sample]:
    there, here = directions(vantage)
    for direction, loss in (
        (there, counters.out),
        (here, counters.back),
        ("round", counters.round),
    ):
        labels = (vantage, "stamp", kind, direction)
        yield Sample(PATH_PACKETS, loss.sent, labels)
        yield Sample(PATH_LOST, loss.lost, labels)
    yield Sample(PATH_REORDERED, counters.reordered, (vantage, kind))
    yield Sample(PATH_DUPLICATES, counters.duplicates, (vantage, kind))


PROBE = Probe(
    name="stamp",
    period_s=30,
    timeout_s=8,
    run=run,
    metrics=(
        *(PATH_RTT, PATH_LOSS, PATH_JITTER, PATH_OWD, PATH_IPDV, PATH_PACKETS, PATH_LOST),
        *(PATH_REORDERED, PATH_DUPLICATES, PATH_REWRITTEN),
    ),
)
