"""The audit chain: each row carries the hash of the one before, so that no change goes unseen.

sha = SHA-256(prev || canonical JSON of the row without prev and sha). The first prev is
SHA-256 of `wardops-audit/1|<agent id>`. Pure; the rows are kept by the store.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CUT = "audit.cut"  # the deed of deleting rows that are older than they must be kept


@dataclass(frozen=True, slots=True)
class Deed:
    """Who did what to what, from where, why, and how it ended. All texts are NFC.

    `actor` is an account, `role` its role, `source` how it came in (`tcp`, `socket`, `machine`).
    `data` is canonical JSON as text.
    """

    ts_ms: int
    realm: str
    actor: str
    role: str
    source: str
    action: str
    target: str
    reason: str | None
    result: str
    data: str


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One deed in the chain: its number from 1, the hash before it and its own."""

    seq: int
    deed: Deed
    prev: bytes
    sha: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: number and hash of its last row; 0 and the anchor when empty."""

    seq: int
    sha: bytes


def anchor(agent_id: str) -> Head:
    """Where an agent's chain starts."""
    return Head(0, hashlib.sha256(f"wardops-audit/1|{agent_id}".encode()).digest())


def canonical(value: Mapping[str, Any]) -> str:
    """JSON with sorted keys, no spaces, in NFC: one text for one value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return unicodedata.normalize("NFC", text)


def chained(head: Head, deed: Deed) -> AuditRow:
    """The deed as the next row after `head`."""
    clean = _composed(deed)
    seq = head.seq + 1
    return AuditRow(seq, clean, head.sha, _digest(head.sha, seq, clean))


def first_bad(rows: Iterable[AuditRow], start: Head, end: Head) -> int | None:
    """Number of the first row that is changed, missing, doubled or in the wrong place, else None.

    `start` is the agent's anchor, or the last of the rows that were deleted for their age; then a
    row of the chain must say so. Rows come in the order of their numbers; `end` is what was noted
    beside the chain when its last row was written, so that rows cut off at the end are missed too.
    """
    head, vouched = start, start.seq == 0
    for row in rows:
        seq = head.seq + 1
        sound = row.prev == head.sha and row.sha == _digest(head.sha, row.seq, row.deed)
        if row.seq != seq or not sound:
            return seq
        vouched = vouched or _vouches(row.deed, start)
        head = Head(row.seq, row.sha)
    if head != end:
        return min(head.seq, end.seq) + 1 if head.seq != end.seq else end.seq
    return None if vouched else start.seq + 1


def _vouches(deed: Deed, start: Head) -> bool:
    """Whether the deed says that the rows up to `start` were deleted by the program."""
    return deed.action == CUT and deed.data == canonical({"seq": start.seq, "sha": start.sha.hex()})


def _composed(deed: Deed) -> Deed:
    texts = {
        name: unicodedata.normalize("NFC", value)
        for name in Deed.__slots__
        if isinstance(value := getattr(deed, name), str)
    }
    return Deed(**{**{name: getattr(deed, name) for name in Deed.__slots__}, **texts})


def _digest(prev: bytes, seq: int, deed: Deed) -> bytes:
    """The row's hash over its texts exactly as they are; what is not text or number is spelt out.

    Bytes that a damaged file put into a text come as surrogate escapes and are hashed as bytes.
    """
    row = {"seq": seq, **{name: getattr(deed, name) for name in Deed.__slots__}}
    text = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=repr)
    return hashlib.sha256(prev + text.encode("utf-8", "surrogateescape")).digest()
