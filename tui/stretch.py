"""The stretches of the way from the desks to the services, and what lies behind a break. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.wire import Service

if TYPE_CHECKING:
    from agent.wire import Device, PathNode
    from tui.view import Showing

STATIONS = ("lan", "switch", "metronet", "dc", "service")
# Where a device stands on the way, by its role in the inventory; all others are on the LAN.
_HOPS = {"ce": "metronet", "pe": "metronet", "gateway": "dc"}
_SWITCHES = {"core", "access"}
_CENTRE = {"gateway", "pe"}  # what stands right behind these is not in the ward
# What every ward has beyond its own devices; their names are the program's, not the inventory's.
_POINTS = {"gateway", "pe", "reflector", "resolver", "resolver-city"}
_POINT_ROLES = {"gateway", "pe", "reflector", "resolver"}
# What the sentences about a poor line end in, by the direction that they name.
_WAYS = {"_out": "→", "_in": "←", "_both": "→←"}


def called(device: Device, showing: Showing) -> str:
    """What people call it: a point of the way by what it is, a device by its inventory name."""
    is_point = device.name in _POINTS and device.role in _POINT_ROLES
    return showing.words.say(f"tui.point.{device.name}") if is_point else device.name


def name_said(name: str, showing: Showing) -> str:
    """The same where only the name is known: no device of the inventory has a point's name."""
    return showing.words.say(f"tui.point.{name}") if name in _POINTS else name


def segment_of(thing: Device | Service) -> str:
    """The stretch that a device or service belongs to."""
    if isinstance(thing, Service):
        return "service"
    if thing.role in _HOPS:
        return _HOPS[thing.role]
    if thing.role in _SWITCHES:
        return "switch"
    # From the hub everything is behind the gateway somewhere, so the nearest one counts.
    if thing.parents and thing.parents[0] in _CENTRE:
        return "dc"
    return "switch" if thing.device_class == "switch" else "lan"


def node_of(showing: Showing, segment: str) -> PathNode | None:
    """The agent's word on one stretch."""
    nodes = showing.snapshot.path if showing.snapshot else ()
    return next((node for node in nodes if node.segment == segment), None)


def poor_way(showing: Showing) -> str:
    """Arrows for the direction of the line that is poor, empty while none is: `→` leaves the ward.

    Read from the evidence, so that the picture says what the sentence says.
    """
    verdict = showing.snapshot.verdict if showing.snapshot and showing.is_current else None
    keys = [one.key for one in verdict.evidence] if verdict is not None else []
    named = (key for key in keys if key.removeprefix("ev.").startswith("path_"))
    return next((_WAYS[end] for key in named for end in _WAYS if key.endswith(end)), "")


def is_behind(showing: Showing, segment: str) -> bool:
    """Whether the stretch was not measured, or lies behind one that is lost.

    The agent says the first for the second; the screen does not rely on it.
    """
    node = node_of(showing, segment)
    if node is not None and node.reason == "not_measured":
        return True
    verdict = showing.snapshot.verdict if showing.snapshot else None
    if verdict is None or verdict.state != "down" or verdict.segment not in STATIONS:
        return False
    return STATIONS.index(segment) > STATIONS.index(verdict.segment)
