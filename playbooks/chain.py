"""Records as lines of text, each with the hash of the one before, so that no change goes unseen.

sha = SHA-256 of the line's canonical JSON without `sha`; `prev` of the first line is 64 zeros.
Pure; the file is kept by `playbooks.journal`.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from playbooks.run import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

ANCHOR = "0" * 64


@dataclass(frozen=True, slots=True)
class Checked:
    """What a log holds: its sound records, and where it stops being one.

    `head` is the hash of the last sound record, `sound_bytes` how far the sound part reaches. `bad`
    is the number of the first line that is not what was written. `torn` says that the text ends in
    the middle of a line, as a power cut leaves it; that line never counted.
    """

    records: tuple[Record, ...]
    head: str
    sound_bytes: int
    bad: int | None = None
    torn: bool = False


def canonical(value: Mapping[str, Any]) -> str:
    """JSON with sorted keys, no spaces, in NFC: one text for one value; ValueError for NaN."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return unicodedata.normalize("NFC", text)


def line_of(record: Record, run: str, prev: str) -> tuple[str, str]:
    """The record as its line (with the line feed) and the line's hash."""
    row = {
        "seq": record.seq,
        "t": record.at.astimezone(UTC).isoformat(),
        "run": run,
        "actor": record.actor,
        "type": record.type,
        "step": record.step,
        "data": record.data,
        "prev": prev,
    }
    sha = _sha(row)
    return canonical({**row, "sha": sha}) + "\n", sha


def check(raw: bytes) -> Checked:
    """Read a log back, up to the first line that is not sound."""
    records: list[Record] = []
    head, run, sound = ANCHOR, None, 0
    lines = raw.split(b"\n")
    rest = lines.pop()
    for number, line in enumerate(lines, start=1):
        row = _row(line)
        fits = row and row["seq"] == number and row["prev"] == head
        if not row or not fits or (run is not None and row["run"] != run):
            return Checked(tuple(records), head, sound, bad=number)
        records.append(_record(row))
        head, run, sound = row["sha"], row["run"], sound + len(line) + 1
    return Checked(tuple(records), head, sound, torn=bool(rest))


def _row(line: bytes) -> dict[str, Any] | None:
    """The line's values, None unless it is exactly the line that was written."""
    try:
        row = json.loads(line.decode("utf-8"))
        if not isinstance(row, dict) or set(row) != _KEYS or canonical(row).encode() != line:
            return None
        rest = {name: value for name, value in row.items() if name != "sha"}
        datetime.fromisoformat(row["t"])
    except (ValueError, TypeError, RecursionError):
        return None
    return row if _sha(rest) == row["sha"] else None


_KEYS = {"seq", "t", "run", "actor", "type", "step", "data", "prev", "sha"}


def _record(row: Mapping[str, Any]) -> Record:
    at = datetime.fromisoformat(row["t"])
    return Record(row["seq"], at, row["type"], row["step"], row["actor"], row["data"])


def _sha(row: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(row).encode("utf-8")).hexdigest()
