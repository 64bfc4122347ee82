"""The reflector's face: what the world's ways do to each packet of a burst, in either direction.

Chance is a function of the packet's own words, so a burst is lost alike over cable and sockets only
as far as the same packets are sent at the same moments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drills.chance import share
from drills.topology import REFLECTOR

if TYPE_CHECKING:
    from drills.model import OneWay
    from drills.world import World


class Trip(NamedTuple):
    """What becomes of one packet: seconds on the way there and back, None where it is lost."""

    there_s: float | None
    back_s: float | None


def trip(world: World, asker: str, address: str, t: float, *words: object) -> Trip:
    """The fate of one packet that leaves now; `words` tell it from others of the same moment."""
    place, node = world.topology.standing_place(asker), world.topology.by_address.get(address)
    ways = world.ways(place.name, node.name, t) if place and node else None
    is_there = node is not None and node.role == REFLECTOR
    if not is_there or ways is None or world.fact("service", REFLECTOR) == "stopped":
        return Trip(None, None)
    there, back = ways
    same = (asker, address, round(t, 3), *words)
    return Trip(_way_s(world, there, "there", *same), _way_s(world, back, "back", *same))


def _way_s(world: World, way: OneWay, *words: object) -> float | None:
    if share(world.seed, "stamp lost", *words) >= way.kept:
        return None
    shake = way.jitter_ms * share(world.seed, "stamp shake", *words) if way.jitter_ms else 0.0
    return (way.delay_ms + shake) / 1000
