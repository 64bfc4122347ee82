"""The resolvers' face: one canary name, answered rightly, wrongly or not at all (RFC 1035).

The city's resolver knows the name itself; a ward's terminal device asks it on.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, NamedTuple

from drills.topology import CANARY, RESOLVER

if TYPE_CHECKING:
    from drills.model import Node
    from drills.world import World

_HEAD = struct.Struct("!6H")
_ANSWER = struct.Struct("!HHHIH4s")
_A, _IN = 1, 1
_TTL_S = 60
_NAME_OF_QUESTION = 0xC00C  # a pointer to offset 12
_RESPONSE = 0x8180  # QR, RD, RA
_WRONG = IPv4Address("127.9.9.9")
_SERVFAIL, _NXDOMAIN, _REFUSED = 2, 3, 5
_CODES = {"unknown": _NXDOMAIN, "refused": _REFUSED, "failing": _SERVFAIL}


class _Question(NamedTuple):
    number: int
    name: str
    kind: int
    octets: bytes


def respond(world: World, node: Node, request: bytes, t: float) -> bytes | None:
    """The answer to one datagram; None for one that is no question, and from a stopped server."""
    question = _read(request)
    if question is None or world.fact("service", node.name) == "stopped":
        return None
    state = _state(world, node, t)
    if state in _CODES:
        return _reply(question, code=_CODES[state])
    if question.name.lower() != CANARY:
        return _reply(question, code=_NXDOMAIN)
    right = IPv4Address(world.topology.nodes["svc-tthc"].address)
    return _reply(question, _WRONG if state == "wrong" else right)


def _state(world: World, node: Node, t: float) -> str:
    """How the server answers; one that asks the city's on fails when that cannot be reached."""
    own = str(world.fact("names", node.name))
    if own != "right" or node.name == RESOLVER:
        return own
    is_stopped = world.fact("service", RESOLVER) == "stopped"
    if is_stopped or not world.reaches(node.name, RESOLVER, t):
        return "failing"
    return str(world.fact("names", RESOLVER))


def _read(request: bytes) -> _Question | None:
    """The one question of a query, None for anything else."""
    try:
        number, flags, count, *_more = _HEAD.unpack_from(request)
        labels, at = [], _HEAD.size
        while length := request[at]:
            labels.append(request[at + 1 : at + 1 + length].decode("ascii"))
            at += 1 + length
        (kind, _class) = struct.unpack_from("!2H", request, at + 1)
    except (struct.error, IndexError, UnicodeDecodeError):
        return None
    if flags & 0x8000 or count != 1:
        return None
    return _Question(number, ".".join(labels), kind, request[_HEAD.size : at + 5])


def _reply(question: _Question, address: IPv4Address | None = None, code: int = 0) -> bytes:
    has_answer = address is not None and question.kind == _A
    head = _HEAD.pack(question.number, _RESPONSE | code, 1, int(has_answer), 0, 0)
    if address is None or not has_answer:
        return head + question.octets
    record = _ANSWER.pack(_NAME_OF_QUESTION, _A, _IN, _TTL_S, 4, address.packed)
    return head + question.octets + record
