"""The video endpoint's HTTPS face: the status tree of a Cisco codec, behind Basic auth.

`/status.xml` and `/getxml?location=/Status[/…]`, shaped like CE 9; our own values. It only reads.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qs, urlsplit

from drills.chance import between
from drills.model import Page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drills.model import Ask, Node
    from drills.world import World

USER = "wardops"
VERSION = "ce9.15.0.simulated"

# A leaf is text, a branch a list of (name, attributes, content).
Tree: TypeAlias = "str | list[tuple[str, str, Tree]]"

_ITEM = ' item="{}" maxOccurrence="n"'


def respond(world: World, asker: str, node: Node, request: Ask, t: float) -> Page | None:
    """The endpoint's answer, None for silence: no power, or no way there from the asker."""
    if not world.hears(asker, node.name, t):
        return None
    if not _may_read(request, world.api_password):
        realm = ("WWW-Authenticate", 'Basic realm="Simulated codec"')
        return Page(401, "text/html", b"<html><body>Unauthorized</body></html>", (realm,))
    if request.method != "GET":
        return Page(405, "text/plain", b"", (("Allow", "GET"),))
    location = _location(request.target)
    found = None if location is None else _under(_status(world, node, t), location)
    if found is None:
        return Page(404, "text/plain", b"")
    return Page(200, "text/xml", _document(location or (), found))


def _may_read(request: Ask, password: str) -> bool:
    scheme, _, told = request.headers.get("authorization", "").partition(" ")
    try:
        pair = base64.b64decode(told, validate=True)
    except (binascii.Error, ValueError):
        return False
    expected = f"{USER}:{password}".encode()
    return scheme.lower() == "basic" and hmac.compare_digest(pair, expected)


def _location(target: str) -> tuple[str, ...] | None:
    """Names below Status that the request asks for, None when it asks for something else."""
    parts = urlsplit(target)
    if parts.path == "/status.xml":
        return ()
    if parts.path != "/getxml":
        return None
    asked = parse_qs(parts.query).get("location", [""])[0].strip("/").split("/")
    return tuple(asked[1:]) if asked[0] == "Status" else None


def _under(tree: Tree, location: Iterable[str]) -> Tree | None:
    for name in location:
        if isinstance(tree, str):
            return None
        found = [content for child, _, content in tree if child == name]
        if not found:
            return None
        tree = found[0]
    return tree


def _document(location: tuple[str, ...], tree: Tree) -> bytes:
    for name in reversed(location):
        tree = [(name, "", tree)]
    attributes = f' product="Cisco Codec" version="{VERSION}" apiVersion="4"'
    return b'<?xml version="1.0"?>\n' + _xml("Status", attributes, tree).encode()


def _xml(name: str, attributes: str, content: Tree) -> str:
    inner = (
        escape(content) if isinstance(content, str) else "".join(_xml(*child) for child in content)
    )
    return f"<{name}{attributes}>{inner}</{name}>"


def _status(world: World, node: Node, t: float) -> Tree:
    port = node.ports[0]
    mac = ":".join(f"{octet:02X}" for octet in port.mac)
    at = (world.started_at + timedelta(seconds=t)).strftime("%Y-%m-%dT%H:%M:%SZ")
    temperature = between(38, 52, world.seed, node.name, "temperature")
    return [
        (
            "Audio", "", [
                ("Input", "", [("Connectors", "", [
                    ("Microphone", _ITEM.format(1), [("ConnectionStatus", "", "Connected")]),
                ])]),
                ("Microphones", "", [("Mute", "", "Off")]),
                ("Volume", "", "50"),
            ],
        ),
        ("Cameras", "", [("Camera", _ITEM.format(1), [("Connected", "", "True")])]),
        ("Network", _ITEM.format(1), [
            ("Ethernet", "", [("MacAddress", "", mac), ("Speed", "", "1000full")]),
            ("IPv4", "", [("Address", "", node.address)]),
        ]),
        ("NetworkServices", "", [("NTP", "", [("Status", "", "Synced")])]),
        ("SIP", "", _sip(registered=world.registered(node.name, t), name=node.name)),
        ("Standby", "", [("State", "", "Off")]),
        ("SystemUnit", "", [
            ("Hardware", "", [
                ("Module", "", [("SerialNumber", "", f"SIM{port.mac.hex().upper()}")]),
                ("Temperature", "", f"{temperature:.1f}"),
            ]),
            ("ProductId", "", node.model),
            ("Software", "", [("Version", "", VERSION)]),
            ("State", "", [("NumberOfActiveCalls", "", "0")]),
            ("Uptime", "", str(int(t - world.booted_at(node.name)))),
        ]),
        ("Time", "", [("SystemTime", "", at)]),
        ("Video", "", [
            ("Input", "", [("MainVideoMute", "", "Off")]),
            ("Output", "", [("Connector", _ITEM.format(1), [("Connected", "", "True")])]),
        ]),
    ]  # fmt: skip


def _sip(*, registered: bool, name: str) -> Tree:
    state, reason = ("Registered", "") if registered else ("Failed", "Timeout")
    return [
        ("Proxy", _ITEM.format(1), [
            ("Address", "", "sip.example"),
            ("Status", "", "Active" if registered else "Timeout"),
        ]),
        ("Registration", _ITEM.format(1), [
            ("Reason", "", reason),
            ("Status", "", state),
            ("URI", "", f"{name}@sip.example"),
        ]),
    ]  # fmt: skip
