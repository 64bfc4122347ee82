"""The video endpoint's SIP face: it answers OPTIONS (RFC 3261 section 11) and nothing else.

While somebody is in a call it answers as an INVITE would be: 486, busy.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drills.model import Node
    from drills.world import World

_FIRST = re.compile(r"([A-Z]{1,20}) sips?:\S{1,300} SIP/2\.0")
# Header names in full and in compact form, which an answer gives back as they came.
_COPIED = {
    "via": "Via", "v": "Via", "from": "From", "f": "From", "to": "To", "t": "To",
    "call-id": "Call-ID", "i": "Call-ID", "cseq": "CSeq",
}  # fmt: skip
_NEEDED = frozenset({"Via", "From", "To", "Call-ID", "CSeq"})


def respond(world: World, node: Node, request: bytes, t: float) -> bytes | None:
    """The answer to one datagram; None for one that is no request, and for an ACK."""
    head = request.decode("utf-8", "replace").partition("\r\n\r\n")[0]
    first, *lines = head.split("\r\n")
    asked = _FIRST.fullmatch(first)
    fields = [_field(line) for line in lines]
    copied = [(name, value) for name, value in fields if name in _NEEDED]
    if asked is None or asked[1] == "ACK" or {name for name, _ in copied} != _NEEDED:
        return None
    status = _status(world, node, asked[1], t)
    told = [f"{name}: {_tagged(name, value)}" for name, value in copied]
    told += ["Allow: OPTIONS", "Accept: application/sdp", "Content-Length: 0"]
    return "\r\n".join([f"SIP/2.0 {status}", *told, "", ""]).encode()


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return _COPIED.get(name.strip().lower(), ""), value.strip()


def _status(world: World, node: Node, method: str, t: float) -> str:
    if method != "OPTIONS":
        return "405 Method Not Allowed"
    return "200 OK" if world.calls.state(node.name, t) == "none" else "486 Busy Here"


def _tagged(name: str, value: str) -> str:
    return f"{value};tag=simulated" if name == "To" and ";tag=" not in value else value
