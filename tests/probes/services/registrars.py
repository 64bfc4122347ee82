"""A SIP registrar on loopback that checks passwords by its own arithmetic and keeps who comes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

USER, PASSWORD, DOMAIN = "wardops-test", "mật khẩu thử", "hop.example"
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass
class Registrar:
    """Asks with `challenges` in turn of preference; `first` are answers given before anything else.

    `bound` is who is registered now, `most` how many ever were at once; `heard` are the requests.
    `grudging` asks again, with a new nonce, for every request; `mute` keeps silent after the first
    so many requests, though it does as told.
    """

    challenges: tuple[str, ...] = ('algorithm={name}, qop="auth"',)
    algorithm: str = "MD5"
    first: tuple[str, ...] = ()
    mute: int | None = None
    grudging: bool = False
    password: str = PASSWORD
    bound: dict[str, int] = field(default_factory=dict)
    most: int = 0
    heard: list[str] = field(default_factory=list)
    _used: set[str] = field(default_factory=set)

    def answer(self, octets: bytes) -> list[bytes]:
        """What it says to one request."""
        asked = octets.decode()
        self.heard.append(asked)
        if len(self.heard) <= len(self.first):
            return [_reply(asked, self.first[len(self.heard) - 1])]
        said = self._registered(asked)
        return [] if self.mute is not None and len(self.heard) > self.mute else [said]

    def _registered(self, asked: str) -> bytes:
        told = self._told(asked)
        if not self._is_right(asked, told):
            stale = ", stale=TRUE" if told and self.grudging else ""
            nonce = f"n{len(self.heard)}"
            asks = tuple(
                f'WWW-Authenticate: Digest realm="r, \\"x\\"", nonce="{nonce}", opaque="o"{stale}, '
                f"{one.format(name=self.algorithm)}"
                for one in self.challenges
            )
            return _reply(asked, "SIP/2.0 401 Unauthorized", *asks)
        contact = _header(asked, "Contact")
        expires = int(_header(asked, "Expires"))
        if expires:
            self.bound[contact] = expires
        else:
            self.bound.pop(contact, None)
        self.most = max(self.most, len(self.bound))
        return _reply(asked, "SIP/2.0 200 OK", f"Contact: {contact};expires={expires}")

    def _told(self, asked: str) -> dict[str, str]:
        words = re.findall(
            r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))', _header(asked, "Authorization")
        )
        return {name: re.sub(r"\\(.)", r"\1", quoted or plain) for name, quoted, plain in words}

    def _is_right(self, asked: str, told: dict[str, str]) -> bool:
        if not told or (self.grudging and told["nonce"] in self._used):
            return False
        self._used.add(told["nonce"])
        of = _HASHES[told.get("algorithm", "MD5")]

        def digest(*parts: str) -> str:
            return of(":".join(parts).encode()).hexdigest()

        who = digest(USER, 'r, "x"', self.password)
        what = digest("REGISTER", asked.split(" ")[1])
        middle = [told["nc"], told["cnonce"], told["qop"]] if "qop" in told else []
        return told["response"] == digest(who, told["nonce"], *middle, what)


def _header(message: str, name: str) -> str:
    found = re.search(rf"^{name}: (.*?)\r$", message, re.MULTILINE)
    return found[1] if found else ""


def _reply(asked: str, status: str, *more: str) -> bytes:
    copied = (
        f"{name}: {_header(asked, name)}" for name in ("Via", "From", "To", "Call-ID", "CSeq")
    )
    head = (*status.split("|"), *copied, *more, "Content-Length: 0", "", "")
    return "\r\n".join((head[0], *head[1:])).encode()
