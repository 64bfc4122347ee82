"""What the cables of a path and the devices between them do to packets, summed up. Pure."""

from __future__ import annotations

from math import prod, sqrt
from typing import TYPE_CHECKING

from drills import traffic
from drills.model import OneWay, Quality, node_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drills.model import Cable
    from drills.world import World


def round_trip(world: World, cables: Sequence[Cable]) -> Quality:
    """Round trip, loss and jitter of a path there and back."""
    kept, rtt_ms, jitter_ms = 1.0, 0.05, 0.0
    for cable in cables:
        jitter_ms += traffic.jitter_ms(world, cable)
        rtt_ms += 2 * cable.delay_ms + traffic.added_ms(world, cable)
        kept *= traffic.kept_share(world, cable)
    for name in _nodes(cables):
        share, added_ms = traffic.storm(world, name)
        kept, rtt_ms = kept * share, rtt_ms + added_ms
    return Quality(rtt_ms, 1 - kept, jitter_ms)


def both_ways(world: World, origin: str, cables: Sequence[Cable]) -> tuple[OneWay, OneWay]:
    """The path that begins at `origin`, and the way back."""
    here, there_ends, back_ends = origin, [], []
    for cable in cables:
        near = cable.a if node_of(cable.a) == here else cable.b
        far = cable.far_end(near)
        there_ends.append((cable, near))
        back_ends.append((cable, far))
        here = node_of(far)
    storms = [traffic.storm(world, name) for name in _nodes(cables)]
    return _joined(world, there_ends, storms), _joined(world, back_ends, storms)


def _nodes(cables: Sequence[Cable]) -> list[str]:
    return sorted({node_of(end) for cable in cables for end in (cable.a, cable.b)})


def _joined(
    world: World, ends: Sequence[tuple[Cable, str]], storms: Sequence[tuple[float, float]]
) -> OneWay:
    steps = [traffic.one_way(world, cable, near) for cable, near in ends]
    kept = prod(step.kept for step in steps) * sqrt(prod(share for share, _ms in storms))
    late_ms = 0.025 + sum(added_ms for _share, added_ms in storms) / 2
    return OneWay(
        late_ms + sum(step.delay_ms for step in steps),
        sum(step.jitter_ms for step in steps),
        kept,
    )
