"""What flows through a port, and what a cable loses: formulas over the root facts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from drills.model import OneWay, node_of
from drills.topology import COMMIT_MBPS

if TYPE_CHECKING:
    from drills.model import Cable, Topology
    from drills.world import World

PACKET_OCTETS = 700
# Without the line only local chatter is left of a ward's traffic.
_CHATTER = 0.02
_LINE_OCTETS_PER_S = COMMIT_MBPS * 1e6 / 8
# A line that is asked for more than this share of it queues; beyond all of it, it drops.
_QUEUES_FROM = 0.95
_QUEUE_MS = 120.0
# What a looped switch does to its links and to what still comes through.
_STORM_SHARE = 0.6
STORM_LOSS = 0.7
_STORM_MS = 40.0


class Counters(NamedTuple):
    """A port's counters since its device started; the faces mask them to 32 or 64 bits."""

    in_octets: int
    out_octets: int
    in_packets: int
    out_packets: int
    in_errors: int = 0


@dataclass(frozen=True, slots=True)
class Meter:
    """A port's counters at time `t` and when its operational state last changed."""

    in_octets: int
    out_octets: int
    t: float
    changed_at: float
    in_errors: int = 0


def full_rates(topology: Topology, ref: str) -> tuple[float, float]:
    """Octets per second into and out of the port when everything is well."""
    cable = topology.at_port.get(ref)
    if cable is None:
        return 0.0, 0.0
    inward, outward = cable.b_to_a, cable.a_to_b
    return (inward, outward) if ref == cable.a else (outward, inward)


def speed_bps(world: World, ref: str, most_bps: int) -> int:
    """The speed that a port runs at: what either end of its cable is held to, at most its own."""
    cable = world.topology.at_port.get(ref)
    modes = [world.fact("mode", end) for end in ((cable.a, cable.b) if cable else (ref,))]
    held = [1_000_000 * int(mode[:-4]) for mode in modes if mode]  # "10half", "100full"
    return min([most_bps, *held])


def rates(world: World, ref: str, t: float) -> tuple[float, float]:
    """Octets per second into and out of a port that has link, at that time."""
    cable = world.topology.at_port.get(ref)
    if cable is None:
        return 0.0, 0.0
    far = cable.far_end(ref)
    into, out = _sent(world, far, t), _sent(world, ref, t)
    return into * (1 - world.fact("out_loss", far)), out


def _sent(world: World, ref: str, t: float) -> float:
    """Octets per second that leave by a port."""
    code = world.topology.nodes[node_of(ref)].ward
    carries = not code or world.line_carries(code, t)
    usual = full_rates(world.topology, ref)[1] * (1.0 if carries else _CHATTER)
    if world.fact("storm", node_of(ref)):
        port = world.topology.port(ref)
        usual = max(usual, _STORM_SHARE * (port.speed_bps if port else 0) / 8)
    if code and carries and _is_line_end(world.topology, ref, code):
        usual += min(1.0, world.fact("line_load", code)) * _LINE_OCTETS_PER_S
    return float(usual)


def _is_line_end(topology: Topology, ref: str, code: str) -> bool:
    """Whether what the ward sends over its line leaves by that port."""
    ce = topology.device(code, "ce").name
    return ref in (f"{ce}:wan", topology.at_port[f"{ce}:lan"].far_end(f"{ce}:lan"))


def errors_in(world: World, ref: str, octets: float) -> int:
    """Broken packets among so many octets that came into a port."""
    return int(octets / PACKET_OCTETS * world.fact("error_ratio", ref))


def kept_share(world: World, cable: Cable) -> float:
    """The share of round trips that a cable lets through."""
    kept = 1 - world.fact("loss", cable.id)
    for end in (cable.a, cable.b):
        kept *= (1 - world.fact("out_loss", end)) * (1 - world.fact("error_ratio", end))
    return float(kept / max(1.0, _load(world, cable)))


def added_ms(world: World, cable: Cable) -> float:
    """What a cable's faults add to a round trip, in milliseconds."""
    queue = _QUEUE_MS if _load(world, cable) >= _QUEUES_FROM else 0.0
    late_ms = sum(world.fact("out_delay_ms", end) for end in (cable.a, cable.b))
    return float(world.fact("delay_ms", cable.id) + queue + late_ms)


def jitter_ms(world: World, cable: Cable) -> float:
    """Up to how many milliseconds more a round trip over a cable takes by chance."""
    return float(sum(world.fact("out_jitter_ms", end) for end in (cable.a, cable.b)))


def one_way(world: World, cable: Cable, near: str) -> OneWay:
    """What happens to packets that leave by the cable's end `near`.

    What is known of round trips alone is half of either way. The ward's own traffic queues and
    drops on the way out.
    """
    far = cable.far_end(near)
    load = _load(world, cable) if near == cable.a else 0.0
    kept = sqrt(1 - world.fact("loss", cable.id)) * (1 - world.fact("out_loss", near))
    late_ms = world.fact("delay_ms", cable.id) / 2 + world.fact("out_delay_ms", near)
    return OneWay(
        cable.delay_ms + late_ms + (_QUEUE_MS if load >= _QUEUES_FROM else 0.0),
        float(world.fact("out_jitter_ms", near)),
        float(kept * (1 - world.fact("error_ratio", far)) / max(1.0, load)),
    )


def storm(world: World, name: str) -> tuple[float, float]:
    """The share of round trips that a node lets through, and the milliseconds that it adds."""
    return (1 - STORM_LOSS, _STORM_MS) if world.fact("storm", name) else (1.0, 0.0)


def _load(world: World, cable: Cable) -> float:
    """How much of the ward's line is asked for, 1 for all of it; 0 for every other cable."""
    near = world.topology.nodes[node_of(cable.a)]
    is_line = near.role == "ce" and cable.a.endswith(":wan")
    return float(world.fact("line_load", near.ward)) if is_line else 0.0
