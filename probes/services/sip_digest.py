"""Answers to SIP's question for a password: Digest (RFC 3261 section 22, RFC 7616, RFC 8760). Pure.

The password itself is never sent, and no challenge of a weaker kind (Basic) is answered.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from probes.errors import ParseFailed, Unsupported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.credentials import Secret
    from probes.services.sip_message import Answer

# RFC 8760 section 2.1; SHA-512-256 only where this machine's OpenSSL has it.
_HASHES: Mapping[str, str] = MappingProxyType(
    {"md5": "md5", "sha-256": "sha256", "sha-512-256": "sha512_256"}
)
_ASKS: Mapping[int, tuple[str, str]] = MappingProxyType(
    {401: ("www-authenticate", "Authorization"), 407: ("proxy-authenticate", "Proxy-Authorization")}
)
_WORD = re.compile(r'([A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_MOST_CHALLENGE = 4096


class Account(NamedTuple):
    """Who registers or calls: the user's part of the address, the password, and the domain."""

    user: str
    password: Secret
    domain: str

    @property
    def address(self) -> str:
        """The address-of-record."""
        return f"sip:{self.user}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server wants to have answered. `header` is where the answer belongs.

    `algorithm` is as written, None when the server names none (then it is MD5); `stale` says that
    the password was right and only the nonce too old. Without `quality` the answer is RFC 2069's.
    """

    header: str
    realm: str
    nonce: str
    algorithm: str | None = None
    opaque: str | None = None
    quality: bool = False
    stale: bool = False


def challenge_of(answer: Answer) -> Challenge:
    """The first challenge of a 401 or 407 that can be answered: servers name the best one first.

    Raises Unsupported when none can, ParseFailed when there is none at all.
    """
    asks, header = _ASKS[answer.status]
    offered = [_read(value, header) for value in answer.every(asks)]
    digests = [one for one in offered if one is not None]
    if not digests:
        raise ParseFailed("sip_challenge")
    for one in digests:
        if _hash_name(one.algorithm) is not None:
            return one
    raise Unsupported("sip_digest", algorithm=(digests[0].algorithm or "-")[:32])


def authorization(
    challenge: Challenge, account: Account, method: str, uri: str, *, count: int, chance: str
) -> tuple[str, str]:
    """The header that answers a challenge; `count` is how often this nonce was used, from 1.

    `chance` is the client's own nonce.
    """
    turn = f"{count:08x}"
    middle = f"{turn}:{chance}:auth:" if challenge.quality else ""
    kept = _digest(challenge, f"{account.user}:{challenge.realm}:{account.password.reveal()}")
    asked = _digest(challenge, f"{method}:{uri}")
    response = _digest(challenge, f"{kept}:{challenge.nonce}:{middle}{asked}")
    words = [
        f'username="{_quoted(account.user)}"',
        f'realm="{_quoted(challenge.realm)}"',
        f'nonce="{_quoted(challenge.nonce)}"',
        f'uri="{uri}"',
        f'response="{response}"',
    ]
    if challenge.algorithm is not None:
        words.append(f"algorithm={challenge.algorithm}")
    if challenge.opaque is not None:
        words.append(f'opaque="{_quoted(challenge.opaque)}"')
    if challenge.quality:
        words += ["qop=auth", f"nc={turn}", f'cnonce="{chance}"']
    return challenge.header, f"Digest {', '.join(words)}"


def _read(value: str, header: str) -> Challenge | None:
    """A challenge of kind Digest that can be answered with qop `auth` or without; else None."""
    kind, _, rest = value[:_MOST_CHALLENGE].partition(" ")
    told = {
        name.lower(): _unquoted(quoted) if quoted or not plain else plain
        for name, quoted, plain in _WORD.findall(rest)
    }
    offered = {word.strip().lower() for word in told.get("qop", "").split(",")}
    if kind.lower() != "digest" or not told.get("nonce") or not offered & {"", "auth"}:
        return None
    return Challenge(
        header=header,
        realm=told.get("realm", ""),
        nonce=told["nonce"],
        algorithm=told.get("algorithm"),
        opaque=told.get("opaque"),
        quality="auth" in offered,
        stale=told.get("stale", "").lower() == "true",
    )


def _hash_name(algorithm: str | None) -> str | None:
    found = _HASHES.get((algorithm or "md5").lower())
    return found if found in hashlib.algorithms_available else None


def _digest(challenge: Challenge, text: str) -> str:
    name = _hash_name(challenge.algorithm) or "md5"
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
