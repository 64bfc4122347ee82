"""What was known when an incident opened, put aside as files that are named by their content.

A file is `<state>/evidence/<sha256>`; the incident lists name, size and hash. At most 20 MB an
incident. Secrets do not get here: what a probe reads holds none, and anything that looks like one
in a journal line is blanked.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from agent.incidents.record import EvidencePiece
from agent.verdict.facts import facts_of
from inventory.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from agent.journal.rows import Recorded
    from agent.watching import WardWatch
    from playbooks.verdict.model import Verdict

FOLDER = "evidence"
LARGEST_INCIDENT = 20 * 1024 * 1024
JOURNAL_LINES = 200
_SECRET = re.compile(
    r"(?i)\b(password|passwd|passphrase|secret|token|community|authorization|auth_key|priv_key)"
    r"(\"?\s*[=:]\s*\"?)((?:bearer |basic )?[^\s\",;}]+)"
)
_URL_LOGIN = re.compile(r"(?<=://)[^/\s@]+@")


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One file before it is put aside."""

    name: str
    content: bytes


def exhibits_of(
    watch: WardWatch, verdict: Verdict, at: datetime, mono: float, lines: Iterable[Recorded]
) -> Iterator[Exhibit]:
    """Facts with their sources, the ports, the echoes of the path, the last journal lines. Pure."""
    facts = facts_of(watch.sight(at, mono))
    named = {**facts.named, **{f"svc[{k}]": v for k, v in facts.services.items()}}
    named |= {f"vc[{room}]": fact for room, fact in facts.rooms.items()}
    yield _as_json("facts.json", {"verdict": asdict(verdict), "facts": named})
    yield _as_json("if_table.json", dict(_ports(watch)))
    bursts = [
        {"ago_s": round(mono - one.mono, 3), "sent": one.sent, "lost": one.lost, "rtt_s": one.rtt_s}
        for one in watch.line.far_end.bursts
    ]
    yield _as_json("path.json", bursts)
    text = "".join(
        json.dumps({"seq": one.seq, **_line(one)}, ensure_ascii=False, default=str) + "\n"
        for one in lines
    )
    yield Exhibit("journal.jsonl", redacted(text).encode())


def redacted(text: str) -> str:
    """The text with everything blanked that reads like a password, token or login."""
    return _URL_LOGIN.sub("…@", _SECRET.sub(r"\1\2…", text))


def put_aside(
    folder: Path, exhibits: Iterable[Exhibit], at: datetime, *, room: int = LARGEST_INCIDENT
) -> tuple[EvidencePiece, ...]:
    """Write the exhibits into a folder of files named by their content.

    What does not fit into `room` bytes is left out whole. Raises StoreError when the disk refuses.
    """
    pieces = []
    for exhibit in exhibits:
        size = len(exhibit.content)
        if size > room:
            continue
        digest = hashlib.sha256(exhibit.content).hexdigest()
        _write(folder, digest, exhibit.content)
        pieces.append(EvidencePiece(sha256=digest, name=exhibit.name, bytes=size, at=at))
        room -= size
    return tuple(pieces)


def _write(folder: Path, digest: str, content: bytes) -> None:
    path = folder / digest
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        if path.exists():
            return
        part = path.with_suffix(".part")
        part.write_bytes(content)
        part.chmod(0o640)
        part.replace(path)
    except OSError as error:
        raise StoreError("store.failed", path=path, problem=error.strerror or error) from error


def _ports(watch: WardWatch) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for name in watch.targets:
        for seen in watch.observations(name):
            if seen.reading.interfaces is not None:
                yield name, [asdict(port) for port in seen.reading.interfaces]


def _line(recorded: Recorded) -> Mapping[str, object]:
    event = recorded.event
    return {"at": event.at, "kind": event.kind, "device": event.device, "data": event.data}


def _as_json(name: str, value: object) -> Exhibit:
    text = json.dumps(value, ensure_ascii=False, indent=1, default=_plain, sort_keys=True)
    return Exhibit(name, redacted(text).encode())


def _plain(value: object) -> object:
    return asdict(value) if hasattr(value, "__dataclass_fields__") else str(value)  # type: ignore[call-overload]
