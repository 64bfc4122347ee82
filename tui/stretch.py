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
_CENTRE = {"gateway", "pe"}  # what stands behind these is not in the ward


def segment_of(thing: Device | Service) -> str:
    """The stretch that a device or service belongs to."""
    if isinstance(thing, Service):
        return "service"
    if thing.role in _HOPS:
        return _HOPS[thing.role]
    if _CENTRE & set(thing.parents):
        return "dc"
    return "switch" if thing.device_class == "switch" else "lan"


def node_of(showing: Showing, segment: str) -> PathNode | None:
    """The agent's word on one stretch."""
    nodes = showing.snapshot.path if showing.snapshot else ()
    return next((node for node in nodes if node.segment == segment), None)


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
