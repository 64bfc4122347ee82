"""SIP messages (RFC 3261 section 7): how a request is written and an answer read. Pure."""

from __future__ import annotations

import re
import secrets as chance
from dataclasses import dataclass
from typing import TypeAlias

from probes.errors import ParseFailed
from probes.transports.own_name import own_name

Place: TypeAlias = tuple[str, int]

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"^(?:content-length|l)[ \t]*:[ \t]*(\d{1,7})[ \t]*\r?$", re.I | re.M)
_SHORT = {"i": "call-id", "l": "content-length", "m": "contact", "f": "from", "t": "to", "v": "via"}


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What the requests of one conversation have in common: who speaks to whom, and its marks.

    The three addresses are SIP URIs. A registration speaks to itself: `sender` and `to` are equal.
    """

    sender: str
    to: str
    contact: str
    call_id: str
    tag: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `number` is that of CSeq, `more` are headers beside those every request has."""

    method: str
    uri: str
    dialogue: Dialogue
    number: int = 1
    more: tuple[tuple[str, str], ...] = ()

    def octets(self, transport: str, local: Place) -> bytes:
        """The message as sent from there: a transaction of its own, with rport (RFC 3581)."""
        said = self.dialogue
        branch = f"z9hG4bK{chance.token_hex(8)}"
        headers = (
            ("Via", f"SIP/2.0/{transport} {written(local)};branch={branch};rport"),
            ("Max-Forwards", "70"),
            ("From", f"<{said.sender}>;tag={said.tag}"),
            ("To", f"<{said.to}>"),
            ("Call-ID", said.call_id),
            ("CSeq", f"{self.number} {self.method}"),
            ("Contact", f"<{said.contact}>"),
            *self.more,
            ("User-Agent", own_name()),
            ("Content-Length", "0"),
        )
        lines = (
            f"{self.method} {self.uri} SIP/2.0",
            *(f"{name}: {value}" for name, value in headers),
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's status and headers, their names in lower case and in full."""

    status: int
    headers: tuple[tuple[str, str], ...]

    def every(self, name: str) -> tuple[str, ...]:
        """All values of one header, in order."""
        return tuple(value for found, value in self.headers if found == name)

    def is_final_to(self, request: Request) -> bool:
        """Whether it ends this request: the conversation's answer of that number, and no 1xx."""
        numbers = [value.split(None, 1)[:1] for value in self.every("cseq")]
        ids = self.every("call-id")
        ours = ids == (request.dialogue.call_id,) and numbers == [[str(request.number)]]
        return ours and self.status >= 200


def opened(sender: str, to: str, contact: str) -> Dialogue:
    """A conversation with fresh marks."""
    return Dialogue(sender, to, contact, chance.token_hex(8), chance.token_hex(8))


def read_answer(octets: bytes) -> Answer | None:
    """What an answer says; None for what is empty (a keep-alive).

    Raises ParseFailed for what is no SIP at all.
    """
    first, _, rest = octets.decode("utf-8", "replace").lstrip("\r\n").partition("\r\n")
    if not first:
        return None
    words = first.split(" ", 2)
    if words[0] != "SIP/2.0" or len(words) < 2 or not re.fullmatch("[1-6][0-9]{2}", words[1]):
        raise ParseFailed("sip_talk")
    named = (line.partition(":") for line in rest.partition("\r\n\r\n")[0].split("\r\n"))
    headers = ((name.strip().lower(), value.strip()) for name, colon, value in named if colon)
    return Answer(int(words[1]), tuple((_SHORT.get(name, name), value) for name, value in headers))


def split_stream(heard: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """The heads of the messages that have come whole, and what is left (RFC 3261 section 18.3)."""
    heads: list[bytes] = []
    while _END in heard:
        head, _, rest = heard.partition(_END)
        told = _LENGTH.search(head)
        length = int(told[1]) if told else 0
        if len(rest) < length:
            break
        heads.append(head)
        heard = rest[length:]
    return tuple(heads), heard


def written(place: Place) -> str:
    """`HOST:PORT` with an IPv6 address in brackets."""
    host, port = place
    return f"{bracketed(host)}:{port}"


def bracketed(host: str) -> str:
    """A host as it stands in a URI."""
    return f"[{host}]" if ":" in host else host
