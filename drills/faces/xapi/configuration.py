"""The few settings of the codec that clients look at first. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drills.faces.xapi.tree import Branch, branch

if TYPE_CHECKING:
    from drills.model import Node


def configuration(node: Node) -> Branch:
    """The Configuration tree."""
    return branch(
        "Configuration",
        branch("NetworkServices", branch("Websocket", Branch("Mode", "FollowHTTPService"))),
        branch("Standby", Branch("Control", "On"), Branch("Delay", "10")),
        branch("SystemUnit", Branch("Name", node.name)),
    )
