"""The reachability face: what a burst of echoes would have measured, as JSON over UDP.

On loopback the kernel answers ping for every address, so the world itself says who is there.
Request `{"id", "from": "ward:<code>"|"hub", "to": address, "count"}`, answer `{"id", "rtts_ms",
"host_link"}`; an echo without an answer is null; an empty `to` asks for the link alone.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from drills.chance import share

if TYPE_CHECKING:
    from drills.world import World

MAX_COUNT = 100
_JITTER = 0.1


def respond(world: World, request: bytes, t: float) -> bytes | None:
    """The answer to one datagram; None for one that is no question."""
    question = _question(request)
    if question is None:
        return None
    asker, to, count = question["from"], question["to"], question["count"]
    answer = {
        "id": question["id"],
        "rtts_ms": list(rtts_ms(world, asker, to, count, t)) if to else [],
        "host_link": host_link(world, asker, t),
    }
    return json.dumps(answer).encode()


def rtts_ms(
    world: World, asker: str, address: str, count: int, t: float
) -> tuple[float | None, ...]:
    """The round trip of each echo from `ward:<code>` or `hub` to an address; None where lost."""
    place, node = world.topology.standing_place(asker), world.topology.by_address.get(address)
    if place is None or node is None or not world.fact("ping", node.name):
        return (None,) * count
    quality = world.quality(place.name, node.name, t)
    if quality is None:
        return (None,) * count
    words = [(asker, address, round(t, 3), n) for n in range(count)]
    return tuple(
        None
        if share(world.seed, "lost", *word) < quality.loss
        else round(
            quality.rtt_ms * (1 + _JITTER * share(world.seed, "jitter", *word))
            + quality.jitter_ms * share(world.seed, "shake", *word),
            3,
        )
        for word in words
    )


def host_link(world: World, asker: str, t: float) -> bool | None:
    """Whether the machine that looks has link on its port; None for an unknown place."""
    place = world.topology.standing_place(asker)
    return world.oper(f"{place.name}:eth0", t) if place else None


def _question(request: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(request)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    question = {"id": found.get("id"), "from": found.get("from"), "to": found.get("to", "")}
    count = found.get("count", 1)
    is_right = isinstance(question["from"], str) and isinstance(question["to"], str)
    if not is_right or not isinstance(question["id"], int | str) or type(count) is not int:
        return None
    return {**question, "count": min(max(count, 0), MAX_COUNT)}
