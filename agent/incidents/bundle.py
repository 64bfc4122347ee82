"""The evidence of one incident as a `.zip` that opens on any PC: record, page, files, manifest.

The same incident and files always give the same octets, so that one SHA-256 names the bundle.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING

from agent.incidents.export import as_json
from agent.incidents.page import incident_page
from inventory.language import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.incidents.record import Incident

SCHEMA = "wardops/evidence/1"
_SINCE_EVER = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say


def bundle_of(incident: Incident, folder: Path) -> bytes:
    """The whole `.zip`; `folder` holds the files that are named by their content.

    A file that is gone, or no longer what it was, is named in the manifest and left out.
    """
    files = dict(_written(incident))
    listed: list[dict[str, object]] = [_line(name, content) for name, content in files.items()]
    for number, piece in enumerate(incident.evidence, 1):
        name = f"raw/{number:02d}-{piece.name}"
        content = _read(folder / piece.sha256)
        line = {"name": name, "sha256": piece.sha256, "bytes": piece.bytes}
        line |= {"at": piece.at.isoformat(), "by": piece.by}
        if content is None or hashlib.sha256(content).hexdigest() != piece.sha256:
            line["problem"] = "missing" if content is None else "changed"
        else:
            files[name] = content
        listed.append(line)
    manifest = {"schema": SCHEMA, "incident": incident.id, "uid": incident.uid, "files": listed}
    files["manifest.json"] = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    return _zipped(files)


def in_fours(digest: str) -> str:
    """A hash as people read it aloud: groups of four."""
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def _written(incident: Incident) -> Iterator[tuple[str, bytes]]:
    yield "incident.json", as_json(incident).encode()
    for language in LANGUAGES:
        yield f"report.{language}.html", incident_page(incident, language).encode()


def _line(name: str, content: bytes) -> dict[str, object]:
    return {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _SINCE_EVER)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o640 << 16
            archive.writestr(entry, content)
    return out.getvalue()
