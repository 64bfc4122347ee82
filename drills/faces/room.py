"""The meeting room as people find it: lights and screens, and what the far end says of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from drills.model import Node
    from drills.world import World


class Room(NamedTuple):
    """What the eye sees in the room; `heard` and `seen` are the far end's words, None with no call.

    The light of the microphone is red where it is muted, by whichever switch.
    """

    screen: Literal["dark", "asleep", "picture"]
    microphone_light: Literal["off", "red", "green"]
    camera_light: bool
    rings: bool
    heard: bool | None
    seen: bool | None


def look(world: World, node: Node, t: float) -> Room:
    """The room of a video endpoint at that time."""
    name, state = node.name, world.calls.state(node.name, t)
    is_on = world.powered(name, t)
    light = _light(world, node) if is_on else "off"
    camera = is_on and bool(world.fact("camera", name))
    coming = {(s.dir, s.media) for s in world.calls.streams(name, t) if s.last_received}
    in_call = state == "connected"
    return Room(
        _screen(world, node, is_on=is_on, is_called=state != "none"),
        light,
        camera,
        state == "ringing",
        light == "green" and ("tx", "audio") in coming if in_call else None,
        camera and ("tx", "video") in coming if in_call else None,
    )


def _screen(
    world: World, node: Node, *, is_on: bool, is_called: bool
) -> Literal["dark", "asleep", "picture"]:
    if not is_on or not world.fact("display", node.name):
        return "dark"
    return "asleep" if world.fact("standby", node.name) and not is_called else "picture"


def _light(world: World, node: Node) -> Literal["off", "red", "green"]:
    if not world.fact("microphone", node.name):
        return "off"
    return "green" if world.fact("mute", node.name) == "off" else "red"
