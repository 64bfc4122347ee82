"""The user-based security model of SNMPv3: keys, digests, ciphers (RFC 3414, 3826, 7860). Pure.

Nothing here knows a device or a time: sessions do.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

if TYPE_CHECKING:
    from inventory.snmp_user import SnmpUser

_STRETCH_OCTETS = 1 << 20  # RFC 3414, A.2
_BLOCK_OCTETS = 64


class _Auth(NamedTuple):
    """A hash by hashlib's name and how many octets of its HMAC a message carries."""

    hash: str
    digest_octets: int


class _Priv(NamedTuple):
    """How many octets of key a cipher wants, and how a short localised key grows."""

    key_octets: int
    reeder: bool = False


_AUTHS = {
    "md5": _Auth("md5", 12),
    "sha1": _Auth("sha1", 12),
    "sha224": _Auth("sha224", 16),
    "sha256": _Auth("sha256", 24),
    "sha384": _Auth("sha384", 32),
    "sha512": _Auth("sha512", 48),
}
_PRIVS = {
    "des": _Priv(16),
    "aes128": _Priv(16),
    "aes192": _Priv(24),
    "aes256": _Priv(32),
    "aes192c": _Priv(24, reeder=True),
    "aes256c": _Priv(32, reeder=True),
}


def stretched(password: bytes, auth: str) -> bytes:
    """Ku: the hash of the password, repeated to 1 MiB (RFC 3414, A.2). Takes about 1 ms."""
    hashed = hashlib.new(auth, usedforsecurity=False)
    repeated = password * (_BLOCK_OCTETS * 64 // len(password) + 1)
    whole, rest = divmod(_STRETCH_OCTETS, len(repeated))
    for _ in range(whole):
        hashed.update(repeated)
    hashed.update(repeated[:rest])
    return hashed.digest()


def localised(key: bytes, engine_id: bytes, auth: str) -> bytes:
    """Kul: the key of one user at one engine (RFC 3414, 2.6)."""
    return hashlib.new(auth, key + engine_id + key, usedforsecurity=False).digest()


def cipher_key(ku: bytes, engine_id: bytes, auth: str, priv: str) -> bytes:
    """The localised key of a cipher, lengthened where the hash is shorter than the key.

    draft-blumenthal-aes-usm-04, 3.1.2.1, or draft-reeder-snmpv3-usm-3desede-00, 2.1.
    """
    wanted, reeder = _PRIVS[priv]
    key = localised(ku, engine_id, auth)
    while len(key) < wanted:
        if reeder:
            key += localised(stretched(key[-len(ku) :], auth), engine_id, auth)
        else:
            key += hashlib.new(auth, key, usedforsecurity=False).digest()
    return key[:wanted]


@dataclass(frozen=True, slots=True, repr=False)
class Locked:
    """The keys of one user at one engine, ready for use. Never pickled, never printed."""

    mac: hmac.HMAC | None = None
    digest_octets: int = 0
    priv: str = ""
    aes: AES | None = None
    des: TripleDES | None = None
    pre_iv: bytes = b""

    def digest(self, message: bytes) -> bytes:
        """The truncated HMAC of a message whose digest field is zero."""
        if self.mac is None:
            return b""
        mac = self.mac.copy()
        mac.update(message)
        return mac.digest()[: self.digest_octets]

    def encrypted(self, plain: bytes, boots: int, time: int, salt: bytes) -> bytes:
        """The scoped PDU as it goes over the wire; DES pads to its block."""
        if self.des is not None:
            plain += bytes(-len(plain) % 8)
        return self._cipher(boots, time, salt).encryptor().update(plain)

    def decrypted(self, coded: bytes, boots: int, time: int, salt: bytes) -> bytes:
        """What the octets say with these keys. Raises ValueError when no cipher made them."""
        coder = self._cipher(boots, time, salt).decryptor()
        plain = coder.update(coded)
        return plain if self.aes is not None else plain + coder.finalize()

    def salt(self, boots: int, count: int) -> bytes:
        """The eight octets that a message says its salt in; `count` is never used twice."""
        if self.des is not None:
            return (boots & 0xFFFFFFFF).to_bytes(4, "big") + (count & 0xFFFFFFFF).to_bytes(4, "big")
        return (count & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big")

    def _cipher(self, boots: int, time: int, salt: bytes) -> Cipher[CFB] | Cipher[CBC]:
        if self.aes is not None:
            iv = boots.to_bytes(4, "big") + time.to_bytes(4, "big") + salt
            return Cipher(self.aes, CFB(iv))
        if self.des is None or len(salt) != len(self.pre_iv):
            raise ValueError("no cipher or no salt")
        return Cipher(self.des, CBC(bytes(a ^ b for a, b in zip(self.pre_iv, salt, strict=True))))


class KeyRing:
    """Remembers stretched passwords and keys per engine, for as long as the agent lives."""

    __slots__ = ("_locked", "_stretched")

    def __init__(self) -> None:
        self._stretched: dict[tuple[str, str], bytes] = {}
        self._locked: dict[tuple[object, ...], Locked] = {}

    def __reduce__(self) -> str:
        raise TypeError("keys are never pickled")

    def keys(self, user: SnmpUser, engine_id: bytes) -> Locked:
        """The keys of a user at an engine; noAuthNoPriv has none."""
        auth_key = user.auth_key.reveal() if user.auth_key else ""
        priv_key = user.priv_key.reveal() if user.priv_key else ""
        identity = (engine_id, user.auth, auth_key, user.priv, priv_key)
        found = self._locked.get(identity)
        if found is None:
            found = self._locked[identity] = self._make(user, auth_key, priv_key, engine_id)
        return found

    def _make(self, user: SnmpUser, auth_key: str, priv_key: str, engine_id: bytes) -> Locked:
        if user.auth is None:
            return Locked()
        auth = _AUTHS[user.auth]
        key = localised(self._ku(auth_key, auth.hash), engine_id, auth.hash)
        mac = hmac.new(key, digestmod=auth.hash)
        if user.priv is None:
            return Locked(mac, auth.digest_octets)
        ku = self._ku(priv_key, auth.hash)
        secret = cipher_key(ku, engine_id, auth.hash, user.priv)
        if user.priv == "des":
            # One DES key three times is DES; the library has DES alone no more.
            des = TripleDES(secret[:8] * 3)
            return Locked(mac, auth.digest_octets, user.priv, des=des, pre_iv=secret[8:16])
        return Locked(mac, auth.digest_octets, user.priv, aes=AES(secret))

    def _ku(self, password: str, auth: str) -> bytes:
        ku = self._stretched.get((password, auth))
        if ku is None:
            ku = self._stretched[password, auth] = stretched(password.encode(), auth)
        return ku
