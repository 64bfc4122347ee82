"""What is plugged into a Cisco endpoint: microphones, cameras, displays, panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.vc.cisco_node import ON_OFF, items, text, word
from probes.vc.model import peripheral_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

_CONNECTED: Mapping[str, bool] = {"Connected": True, "NotConnected": False}  # Unknown is unknown
_PERIPHERAL: Mapping[str, bool] = {
    "Connected": True, "ResponseTimedOut": False, "LostConnection": False,
}  # fmt: skip
_MICROPHONES = {  # how a microphone of each socket is told apart from the others
    "Microphone": "", "Ethernet": "ethernet-", "USBMicrophone": "usb-", "USBC": "usbc-",
}  # fmt: skip
# TC listed sockets by their kind, CE and RoomOS all of them as Connector.
_OLD_OUTPUTS = ("HDMI", "DVI", "Composite", "Legacy")


def connected_parts(status: Element) -> Iterator[tuple[str, str, bool]]:
    """(kind, number or name, connected) of each part that says whether it is connected."""
    yield from _microphones(status)
    yield from _cameras(status)
    yield from _displays(status)
    for _n, item in items(status, "Peripherals/ConnectedDevice"):
        if (connected := word(item, _PERIPHERAL, "Status")) is not None:
            yield peripheral_type(text(item, "Type") or ""), text(item, "Name") or "", connected


def _microphones(status: Element) -> Iterator[tuple[str, str, bool]]:
    for socket, mark in _MICROPHONES.items():
        for number, item in items(status, f"Audio/Input/Connectors/{socket}"):
            if (connected := word(item, _CONNECTED, "ConnectionStatus")) is not None:
                yield "microphone", f"{mark}{number}", connected


def _cameras(status: Element) -> Iterator[tuple[str, str, bool]]:
    """Cameras as listed; where none are, the video inputs that a camera is plugged into."""
    listed = [
        ("camera", number, connected)
        for number, item in items(status, "Cameras/Camera", "Camera")
        if (connected := word(item, ON_OFF, "Connected")) is not None
    ]
    yield from listed
    if not listed:
        for number, item in items(status, "Video/Input/Connector"):
            connected = word(item, ON_OFF, "Connected")
            if (text(item, "Type") or "").lower() == "camera" and connected is not None:
                yield "camera", number, connected


def _displays(status: Element) -> Iterator[tuple[str, str, bool]]:
    told = [("", number, item) for number, item in items(status, "Video/Output/Connector")] or [
        (f"{socket.lower()}-", number, item)
        for socket in _OLD_OUTPUTS
        for number, item in items(status, f"Video/Output/{socket}")
    ]
    for mark, number, item in told:
        if (connected := word(item, ON_OFF, "Connected")) is not None:
            yield "display", f"{mark}{number}", connected
