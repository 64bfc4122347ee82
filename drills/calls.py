"""Calls of the meeting rooms' endpoints: who is in one, and what their media streams count.

The far end is the city's meeting service. Between two changes of the world everything is a closed
formula of time, as with the ports' counters: at each change the counts so far are written down.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from drills.chance import between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drills.model import OneWay
    from drills.world import World

FAR_END = "svc-hop"
INTERVAL_S = 5.0
"""What an endpoint calls its last interval."""
DROPS_AFTER_S = 20.0
"""How long a call lives without a way to the far end."""
CALL_KBPS = 2560

State: TypeAlias = Literal["none", "ringing", "connected"]
_STREAMS: tuple[tuple[Literal["tx", "rx"], Literal["audio", "video"]], ...] = (
    ("tx", "audio"), ("tx", "video"), ("rx", "audio"), ("rx", "video"),
)  # fmt: skip
_AUDIO_PPS, _AUDIO_KBPS = 50.0, 64
_VIDEO_OCTETS = 1240  # the longest of its packets, headers and all
# Up to which loss which picture is sent: loss, lines, pictures a second, kbit/s, packets a second.
_RUNGS = (
    (0.01, 1080, 30, 2304, 240.0),
    (0.04, 720, 30, 1536, 160.0),
    (0.10, 720, 15, 960, 100.0),
    (1.00, 360, 15, 384, 40.0),
)
# The mean of |D| in RFC 3550 where packets are up to 1 late, each by chance: a third.
_JITTER_OF_SPREAD = 1 / 3


@dataclass(frozen=True, slots=True)
class Stream:
    """One media stream as the endpoint counts it; of `tx`, the far end tells what it received.

    Packets since the call began and in the last interval; jitter in milliseconds, None while
    nothing comes. `height` and `fps` are None for sound.
    """

    dir: Literal["tx", "rx"]
    media: Literal["audio", "video"]
    received: int
    lost: int
    last_received: int
    last_lost: int
    jitter_ms: float | None
    max_jitter_ms: float
    rtt_ms: float | None
    rate_kbps: int
    height: int | None = None
    fps: int | None = None


class _Count(NamedTuple):
    received: float = 0.0
    lost: float = 0.0


class _Flow(NamedTuple):
    """What one stream does now: packets a second that come and that get lost, jitter, picture."""

    received_pps: float = 0.0
    lost_pps: float = 0.0
    jitter_ms: float | None = None
    rate_kbps: int = 0
    height: int | None = None
    fps: int | None = None


class _Mark(NamedTuple):
    """The counts at a time, stream by stream."""

    t: float
    counts: tuple[_Count, ...] = (_Count(),) * len(_STREAMS)


@dataclass(frozen=True, slots=True)
class CallMeter:
    """A call's counts at the last changes of the world, the oldest one an interval ago or more.

    `lost_at` is since when it has no way to the far end, `is_over` that it ended for that.
    """

    begun_at: float
    marks: tuple[_Mark, ...]
    max_jitter_ms: tuple[float, ...] = (0.0,) * len(_STREAMS)
    lost_at: float | None = None
    is_over: bool = False


class Calls:
    """The calls of one world's endpoints, by the endpoint's name."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._meters: dict[str, CallMeter] = {}

    def state(self, vc: str, t: float) -> State:
        """Whether the endpoint is in a call or rings; a lost way or power ends either."""
        told: State = self._world.fact("call", vc)
        meter = self._meters.get(vc)
        if told == "none" or meter is None or meter.is_over or not self._world.powered(vc, t):
            return "none"
        lost_at = self._lost_at(vc, meter, t)
        is_dropped = lost_at is not None and t - lost_at >= DROPS_AFTER_S
        is_older = self._world.booted_at(vc) <= meter.begun_at
        return told if is_older and not is_dropped else "none"

    def duration_s(self, vc: str, t: float) -> float:
        """How old the call is."""
        meter = self._meters.get(vc)
        return t - meter.begun_at if meter else 0.0

    def streams(self, vc: str, t: float) -> tuple[Stream, ...]:
        """The media streams of a call that runs; () when none does."""
        if self.state(vc, t) != "connected":
            return ()
        meter, flows = self._meters[vc], self._flows(vc, t)
        path = self._world.quality(vc, FAR_END, t)
        now, then = self._counts(vc, meter, t), self._counts(vc, meter, t - INTERVAL_S)
        worst = _worst(meter, flows)
        return tuple(
            Stream(
                *_STREAMS[n],
                int(now[n].received),
                int(now[n].lost),
                int(now[n].received) - int(then[n].received),
                int(now[n].lost) - int(then[n].lost),
                flow.jitter_ms,
                worst[n],
                path.rtt_ms if path else None,
                flow.rate_kbps,
                flow.height,
                flow.fps,
            )
            for n, flow in enumerate(flows)
        )

    # -- what changes --

    def settle(self, t: float) -> None:
        """Write down where the counts have come to under the facts so far."""
        for vc, meter in self._meters.items():
            mark = _Mark(t, self._counts(vc, meter, t))
            older = [one for one in meter.marks if one.t < t]
            recent = [one for one in older if one.t > t - INTERVAL_S]
            self._meters[vc] = CallMeter(
                meter.begun_at,
                (*older[: len(older) - len(recent)][-1:], *recent, mark),
                _worst(meter, self._flows(vc, t)),
                self._lost_at(vc, meter, t),
                meter.is_over or self.state(vc, t) == "none",
            )

    def resume(self, t: float) -> None:
        """Take note of a way that is there again under the new facts."""
        for vc, meter in self._meters.items():
            if self._has_way(vc, t):
                self._meters[vc] = replace(meter, lost_at=None)

    def begin(self, vc: str, t: float) -> None:
        """A call begins, ends or is answered now: its counts start again."""
        self._meters.pop(vc, None)
        if self._world.fact("call", vc) != "none":
            self._meters[vc] = CallMeter(t, (_Mark(t),))

    def dump(self) -> dict[str, Any]:
        """The meters as JSON values."""
        return {vc: asdict(meter) for vc, meter in sorted(self._meters.items())}

    # -- formulas --

    def _counts(self, vc: str, meter: CallMeter, t: float) -> tuple[_Count, ...]:
        """The counts at a time, also one before the last change."""
        last = meter.marks[-1]
        if t < last.t:
            return _between(meter.marks, t)
        lasted_s = t - last.t
        return tuple(
            _Count(had.received + flow.received_pps * lasted_s, had.lost + flow.lost_pps * lasted_s)
            for had, flow in zip(last.counts, self._flows(vc, t), strict=True)
        )

    def _flows(self, vc: str, t: float) -> tuple[_Flow, ...]:
        world = self._world
        ways = world.ways(vc, FAR_END, t) if self._has_way(vc, t) else None
        if ways is None or world.fact("call", vc) != "connected":
            return (_Flow(),) * len(_STREAMS)
        fits = world.largest(vc, FAR_END, t) >= _VIDEO_OCTETS
        by_dir = dict(zip(("tx", "rx"), ways, strict=True))
        return tuple(
            self._flow(vc, by_dir[dir_], f"{dir_} {media}", is_video=media == "video", fits=fits)
            for dir_, media in _STREAMS
        )

    def _flow(self, vc: str, way: OneWay, name: str, *, is_video: bool, fits: bool) -> _Flow:
        loss = 1 - way.kept
        jitter_ms = (
            between(0.5, 2.5, self._world.seed, vc, name) + way.jitter_ms * _JITTER_OF_SPREAD
        )
        if loss >= 1 or (is_video and not fits):
            return _Flow()  # where nothing comes, nothing is seen to be missing
        if not is_video:
            return _Flow(_AUDIO_PPS * way.kept, _AUDIO_PPS * loss, jitter_ms, _AUDIO_KBPS)
        _up_to, height, fps, kbps, pps = next(rung for rung in _RUNGS if loss <= rung[0])
        return _Flow(pps * way.kept, pps * loss, jitter_ms, kbps, height, fps)

    def _has_way(self, vc: str, t: float) -> bool:
        is_served = self._world.fact("service", FAR_END) != "stopped"
        return is_served and self._world.reaches(vc, FAR_END, t)

    def _lost_at(self, vc: str, meter: CallMeter, t: float) -> float | None:
        """Since when there is no way to the far end; None while there is one.

        Ways come and go with changes of the world: where a battery ends one between two of them,
        the endpoint, which has none, is dark already.
        """
        if self._has_way(vc, t):
            return None
        return meter.marks[-1].t if meter.lost_at is None else meter.lost_at


def _between(marks: Sequence[_Mark], t: float) -> tuple[_Count, ...]:
    """The counts at a time before the last mark: between two of them they grow evenly."""
    for before, after in pairwise(marks):
        if before.t <= t <= after.t:
            share = (t - before.t) / (after.t - before.t)
            return tuple(
                _Count(*(a + share * (b - a) for a, b in zip(old, new, strict=True)))
                for old, new in zip(before.counts, after.counts, strict=True)
            )
    return marks[0].counts


def _worst(meter: CallMeter, flows: Sequence[_Flow]) -> tuple[float, ...]:
    """The largest jitter so far, stream by stream."""
    return tuple(
        max(had, flow.jitter_ms or 0.0)
        for had, flow in zip(meter.max_jitter_ms, flows, strict=True)
    )
