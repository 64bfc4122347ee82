"""The time server's face: SNTP answers (RFC 5905), right, off, or honest about having no source."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drills.model import Node
    from drills.world import World

_LENGTH = 48
_CLIENT, _SERVER = 3, 4
_UNIX_IN_NTP_S = 2_208_988_800
_STRATUM = 2
_UNSYNCHRONISED = 3


def respond(world: World, node: Node, request: bytes, unix_s: float) -> bytes | None:
    """The answer to a client's question at that time of the wall clock; None for anything else."""
    if len(request) < _LENGTH or request[0] & 7 != _CLIENT:
        return None
    if world.fact("service", node.name) == "stopped":
        return None
    is_lost = world.fact("time", node.name) == "unsynchronised"
    version = request[0] >> 3 & 7
    head = (_UNSYNCHRONISED if is_lost else 0) << 6 | version << 3 | _SERVER
    stamp = _stamp(unix_s + world.fact("time_off_s", node.name))
    return (
        struct.pack("!BBbb", head, 16 if is_lost else _STRATUM, 6, -20)
        + bytes(8)
        + (b"INIT" if is_lost else b"\x7f\x08\x00\x35")
        + stamp
        + request[40:48]
        + stamp
        + stamp
    )


def _stamp(unix_s: float) -> bytes:
    """An NTP timestamp of era 0: seconds since 1900 and their 2^32nd parts."""
    whole, part = divmod(unix_s + _UNIX_IN_NTP_S, 1)
    return struct.pack("!II", int(whole) & 0xFFFF_FFFF, int(part * (1 << 32)))
