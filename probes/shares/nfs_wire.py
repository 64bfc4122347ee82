"""The few messages it takes to ask an NFS server what it exports (ONC RPC, RFC 5531). Pure.

The portmapper says where the MOUNT service is (RFC 1833 section 3), MOUNT lists the exports (RFC
1813 appendix I, procedure EXPORT). Nothing is mounted.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from probes.errors import Forbidden, LimitExceeded, ParseFailed, ProtocolBroken

PORTMAPPER, MOUNT = 100_000, 100_005
GETPORT, EXPORT = 3, 5
MOST_EXPORTS = 500
_CALL, _REPLY, _RPC_VERSION, _TCP = 0, 1, 2, 6
_LAST_FRAGMENT = 0x8000_0000
_PROGRAM_UNAVAILABLE, _VERSION_MISMATCH = 1, 2
_MOST_PATH = 1024  # MNTPATHLEN; names of groups are shorter


@dataclass(frozen=True, slots=True)
class Export:
    """A directory, and to which hosts, networks or groups of hosts it is exported; none: to all."""

    path: str
    groups: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether every host may mount it, as far as the list tells."""
        return not self.groups or not _EVERYONE.isdisjoint(one.casefold() for one in self.groups)


# How servers write "everybody" among the groups, beside writing none.
_EVERYONE = frozenset(
    {"*", "everyone", "(everyone)", "0.0.0.0", "0.0.0.0/0", "0.0.0.0/0.0.0.0", "::/0"}  # noqa: S104
)


def call(number: int, program: int, version: int, procedure: int, asked: bytes = b"") -> bytes:
    """A call without credentials (AUTH_NONE), as one fragment of a stream."""
    head = struct.pack(">6I", number, _CALL, _RPC_VERSION, program, version, procedure) + bytes(16)
    return struct.pack(">I", _LAST_FRAGMENT | len(head) + len(asked)) + head + asked


def port_of(program: int, version: int) -> bytes:
    """What GETPORT is asked: the TCP port of a program."""
    return struct.pack(">4I", program, version, _TCP, 0)


def fragment(head: bytes) -> tuple[int, bool]:
    """How long the fragment behind these four octets is, and whether it is the last."""
    (word,) = struct.unpack(">I", head)
    return word & ~_LAST_FRAGMENT, bool(word & _LAST_FRAGMENT)


def result(reply: bytes, number: int) -> bytes | None:
    """What a call gave; None where the server has no such program or version.

    Raises Forbidden for one that wants credentials, ProtocolBroken for other refusals and talk.
    """
    try:
        found, kind, is_denied = struct.unpack_from(">III", reply)
        if (found, kind) != (number, _REPLY):
            raise ProtocolBroken("rpc_shape")
        if is_denied:
            raise Forbidden("nfs_denied")
        (verifier,) = struct.unpack_from(">I", reply, 16)
        at = 20 + -(-verifier // 4) * 4
        (status,) = struct.unpack_from(">I", reply, at)
    except struct.error as error:
        raise ProtocolBroken("rpc_shape") from error
    if status in (_PROGRAM_UNAVAILABLE, _VERSION_MISMATCH):
        return None
    if status:
        raise ProtocolBroken("rpc_status", status=status)
    return reply[at + 4 :]


def told_port(body: bytes) -> int | None:
    """The port that GETPORT told; None for a program that is not there."""
    if len(body) < 4:
        raise ProtocolBroken("rpc_shape")
    (port,) = struct.unpack_from(">I", body)
    return port if 0 < port < 1 << 16 else None


def exports(body: bytes) -> tuple[Export, ...]:
    """The list that EXPORT gave. Raises ParseFailed, or LimitExceeded for a list without end."""
    found: list[Export] = []
    try:
        more, at = _word(body, 0)
        while more:
            path, at = _text(body, at)
            groups: list[str] = []
            more, at = _word(body, at)
            while more:
                group, at = _text(body, at)
                groups.append(group)
                more, at = _word(body, at)
            found.append(Export(path, tuple(groups)))
            if len(found) > MOST_EXPORTS:
                raise LimitExceeded("shares_many", most=MOST_EXPORTS)
            more, at = _word(body, at)
    except struct.error as error:
        raise ParseFailed("shares_garbled", protocol="NFS") from error
    return tuple(found)


def _word(body: bytes, at: int) -> tuple[int, int]:
    (word,) = struct.unpack_from(">I", body, at)
    return word, at + 4


def _text(body: bytes, at: int) -> tuple[str, int]:
    length, at = _word(body, at)
    octets = body[at : at + length]
    if length > _MOST_PATH or len(octets) != length:
        raise ParseFailed("shares_garbled", protocol="NFS")
    return octets.decode("utf-8", "replace"), at + -(-length // 4) * 4
