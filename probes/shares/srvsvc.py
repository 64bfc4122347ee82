"""How a server is asked for the names of its shares: NetrShareEnum over DCE/RPC. Pure.

After C706 chapter 12 and MS-SRVS 3.1.4.8, with information level 1: name, type and remark.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from uuid import UUID

from probes.errors import Forbidden, LimitExceeded, ParseFailed, ProtocolBroken

MOST_SHARES = 500
PIPE = "srvsvc"
_REQUEST, _RESPONSE, _FAULT, _BIND, _BIND_ACK = 0, 2, 3, 11, 12
_FIRST_AND_LAST, _LAST = 3, 2
_FRAGMENT = 4280
_SERVER_SERVICE = UUID("4b324fc8-1670-01d3-1278-5a47bf6ee188").bytes_le + struct.pack("<HH", 3, 0)
_NDR = UUID("8a885d04-1ceb-11c9-9fe8-08002b104860").bytes_le + struct.pack("<HH", 2, 0)
_SHARE_ENUM = 15
_KIND = 0xFF  # the bits above say administrative, temporary, of a cluster
_ACCESS_DENIED = 5  # ERROR_ACCESS_DENIED, and nca_s_fault_access_denied likewise


@dataclass(frozen=True, slots=True)
class Listed:
    """A share by its name, and whether it is one of disks: neither printer, pipe nor device."""

    name: str
    is_disk: bool


def bind() -> bytes:
    """Choose the interface of the server service."""
    context = struct.pack("<HBx", 0, 1) + _SERVER_SERVICE + _NDR
    return _pdu(_BIND, struct.pack("<HHIB3x", _FRAGMENT, _FRAGMENT, 0, 1) + context)


def is_bound(answer: bytes) -> bool:
    """Whether the interface may be used."""
    return len(answer) > 2 and answer[2] == _BIND_ACK


def share_enum(server: str) -> bytes:
    """Ask for all shares of a server, which is written as its clients call it."""
    written = (server + "\0").encode("utf-16-le")
    count = len(written) // 2
    name = struct.pack("<IIII", 0x20000, count, 0, count) + written + bytes(-len(written) % 4)
    wanted = struct.pack("<IIIII", 1, 1, 0x20004, 0, 0)
    body = name + wanted + struct.pack("<II", 0xFFFF_FFFF, 0)
    return _pdu(_REQUEST, struct.pack("<IHH", len(body), 0, _SHARE_ENUM) + body)


def _pdu(kind: int, body: bytes) -> bytes:
    length = 16 + len(body)
    return struct.pack("<BBBBIHHI", 5, 0, kind, _FIRST_AND_LAST, 0x10, length, 0, 1) + body


def gathered(octets: bytes) -> bytes | None:
    """What the fragments of a response hold together; None while some are still to come.

    Raises Forbidden where the server does not tell strangers, ParseFailed for other talk.
    """
    whole, at = b"", 0
    while at + 24 <= len(octets):
        kind, flags, length = struct.unpack_from("<xxBB4xH", octets, at)
        if kind == _FAULT:
            (status,) = struct.unpack_from("<I", octets.ljust(at + 28, b"\0"), at + 24)
            if status == _ACCESS_DENIED:
                raise Forbidden("shares_list")
        if kind != _RESPONSE or length < 24:
            raise ParseFailed("shares_garbled", protocol="SMB")
        if at + length > len(octets):
            return None
        whole += octets[at + 24 : at + length]
        at += length
        if flags & _LAST:
            return whole
    return None


def listed(stub: bytes) -> tuple[Listed, ...]:
    """The shares of an answer. Forbidden, ParseFailed as above; LimitExceeded for too many.

    MS-SRVS 2.2.4.38: a count, an array of rows, then the texts that the rows point to.
    """
    try:
        (status,) = struct.unpack_from("<I", stub, max(0, len(stub) - 4))
        if status == _ACCESS_DENIED:
            raise Forbidden("shares_list")
        if status:
            raise ProtocolBroken("smb_status", status=f"0x{status:08X}")
        _level, _switch, container, count, rows = struct.unpack_from("<IIIII", stub)
        if not container or not count or not rows:
            return ()
        if count > MOST_SHARES:
            raise LimitExceeded("shares_many", most=MOST_SHARES)
        heads = [struct.unpack_from("<III", stub, 24 + 12 * n) for n in range(count)]
        return tuple(_texts(stub, 24 + 12 * count, heads))
    except (struct.error, UnicodeDecodeError) as error:
        raise ParseFailed("shares_garbled", protocol="SMB") from error


def _texts(stub: bytes, at: int, heads: list[tuple[int, int, int]]) -> list[Listed]:
    found: list[Listed] = []
    for name, kind, remark in heads:
        text, at = _text(stub, at) if name else ("", at)
        _, at = _text(stub, at) if remark else ("", at)
        found.append(Listed(text, kind & _KIND == 0))
    return found


def _text(stub: bytes, at: int) -> tuple[str, int]:
    _most, _offset, count = struct.unpack_from("<III", stub, at)
    octets = stub[at + 12 : at + 12 + 2 * count]
    if len(octets) != 2 * count:
        raise ParseFailed("shares_garbled", protocol="SMB")
    return octets.decode("utf-16-le").rstrip("\0"), at + 12 + -(-2 * count // 4) * 4
