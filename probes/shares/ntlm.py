"""NTLM messages of somebody without an account: nobody at all, or a guest without a password.

After MS-NLMP 2.2 and 3.3, wrapped as SPNEGO (RFC 4178). Pure; no password but the empty one is ever
in them.
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass

from probes.errors import ProtocolBroken

_SIGNATURE = b"NTLMSSP\0"
_CHALLENGE = 2
# Unicode, the target's name wanted, NTLM, always sign, extended session security, 128 and 56 bits.
_FLAGS = 0xA008_8205
_ANONYMOUS = 0x800
_HEAD = 64  # of AUTHENTICATE without version and MIC
_TIMESTAMP, _END = 7, 0  # AvId of MS-NLMP 2.2.2.1
_HASH_OF_NO_PASSWORD = bytes.fromhex("31d6cfe0d16ae931b73c59d7e0c089c0")
_SPNEGO, _NTLM = bytes.fromhex("06062b0601050502"), bytes.fromhex("060a2b06010401823702020a")


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the server wants to be answered: its random octets, and what it says of itself."""

    nonce: bytes
    target: bytes


def hello() -> bytes:
    """The first token: NTLM is spoken, nobody is named yet."""
    negotiate = struct.pack("<8sII16x", _SIGNATURE, 1, _FLAGS)
    mechanisms = _der(0xA0, _der(0x30, _NTLM))
    token = _der(0xA0, _der(0x30, mechanisms + _der(0xA2, _der(0x04, negotiate))))
    return _der(0x60, _SPNEGO + token)


def challenge_of(token: bytes) -> Challenge:
    """Read the server's token. Raises ProtocolBroken for one without a challenge."""
    message = token[token.find(_SIGNATURE) :] if _SIGNATURE in token else b""
    if len(message) < 48 or message[8:12] != struct.pack("<I", _CHALLENGE):
        raise ProtocolBroken("smb_shape")
    length, start = struct.unpack_from("<H2xI", message, 40)
    return Challenge(message[24:32], message[start : start + length])


def nobody() -> bytes:
    """The token of an anonymous session (MS-NLMP 3.2.5.1.2)."""
    return _answer(b"", b"\0", "", _FLAGS | _ANONYMOUS)


def guest(challenge: Challenge, own: bytes, filetime: int) -> bytes:
    """The token of the account Guest without a password, which opens only where none is asked.

    `own` are eight random octets, `filetime` the time in 100 ns since 1601, for a server that does
    not say its own.
    """
    user = "Guest"
    key = _keyed(_HASH_OF_NO_PASSWORD, user.upper().encode("utf-16-le"))
    at = _time_of(challenge.target) or struct.pack("<Q", filetime)
    proof_of = b"\1\1" + bytes(6) + at + own + bytes(4) + challenge.target + bytes(4)
    proof = _keyed(key, challenge.nonce + proof_of)
    return _answer(proof + proof_of, bytes(24), user, _FLAGS)


def _answer(nt: bytes, lm: bytes, user: str, flags: int) -> bytes:
    parts = (lm, nt, b"", user.encode("utf-16-le"), b"", b"")
    fields, at = b"", _HEAD
    for part in parts:
        fields += struct.pack("<HHI", len(part), len(part), at)
        at += len(part)
    message = struct.pack("<8sI", _SIGNATURE, 3) + fields + struct.pack("<I", flags)
    return _der(0xA1, _der(0x30, _der(0xA2, _der(0x04, message + b"".join(parts)))))


def _time_of(target: bytes) -> bytes | None:
    """The server's own time among its attributes, which wins over the client's."""
    at = 0
    while at + 4 <= len(target):
        kind, length = struct.unpack_from("<HH", target, at)
        if kind == _TIMESTAMP and length == 8:
            return target[at + 4 : at + 12]
        if kind == _END:
            return None
        at += 4 + length
    return None


def _keyed(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "md5")


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content
