"""Which format and which compression a scraper gets, from its Accept headers."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.exposition.family import OPENMETRICS, OPENMETRICS_0_0_1, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agent.exposition.family import Format

COMPRESS_FROM = 1000
_PIECE_OCTETS = 256 * 1024
_GZIP_WBITS = 31  # the gzip header, without a time in it
_LEVEL = 1  # 15 MB to 1.5 MB in 76 ms; higher levels cost time for little


@dataclass(frozen=True, slots=True)
class _Wish:
    what: str
    params: dict[str, str]
    q: float


def format_for(accept: str | None) -> Format:
    """The format for an Accept header; what cannot be served or read gets text 0.0.4, never 406.

    The highest q among OpenMetrics (1.0.0, 0.0.1 or no version) and text/plain wins, ties go to
    OpenMetrics.
    """
    best, best_rank = TEXT, (0.0, False)
    for wish in _wishes(accept or ""):
        form = _served(wish)
        if form is not None and wish.q > 0 and (wish.q, form.openmetrics) > best_rank:
            best, best_rank = form, (wish.q, form.openmetrics)
    return best


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Whether the client takes gzip with q > 0."""
    given = {wish.what: wish.q for wish in _wishes(accept_encoding or "")}
    return given.get("gzip", given.get("*", 0.0)) > 0


def compressed(parts: list[bytes]) -> bytes:
    """The joined parts as gzip, always the same octets for the same text.

    Packed piece by piece: the whole text of all ports is 24 MB that nobody needs at once.
    """
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WBITS)
    packed = [packer.compress(piece) for piece in _pieces(parts)]
    return b"".join([*packed, packer.flush()])


def _pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Parts joined to pieces that are worth a call: zlib frees the interpreter lock in each."""
    waiting: list[bytes] = []
    octets = 0
    for part in parts:
        waiting.append(part)
        octets += len(part)
        if octets >= _PIECE_OCTETS:
            yield b"".join(waiting)
            waiting, octets = [], 0
    yield b"".join(waiting)


_OPENMETRICS = {"1.0.0": OPENMETRICS, "0.0.1": OPENMETRICS_0_0_1, None: OPENMETRICS}


def _served(wish: _Wish) -> Format | None:
    version = wish.params.get("version")
    if wish.what == "application/openmetrics-text":
        return _OPENMETRICS.get(version)
    if wish.what == "text/plain" and version in {None, "0.0.4"}:
        return TEXT
    return None


def _wishes(header: str) -> Iterator[_Wish]:
    for item in header.split(","):
        what, *rest = (part.strip() for part in item.split(";"))
        params = dict(_param(part) for part in rest)
        q = _quality(params.pop("q", "1"))
        if what and q is not None:
            yield _Wish(what.lower(), params, q)


def _param(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip().strip('"')


def _quality(text: str) -> float | None:
    try:
        q = float(text)
    except ValueError:
        return None
    return q if 0 <= q <= 1 else None
