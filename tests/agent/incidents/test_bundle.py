"""The evidence of an incident leaves as one file that says what is in it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.incidents.bundle import bundle_of, in_fours
from agent.incidents.evidence import Exhibit, put_aside
from agent.incidents.record import Incident, Root

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
ROOT = Root(segment="metronet", part="line", row="M3", confidence=0.9, fact="gw")


def test_a_bundle_is_the_same_each_time_and_names_what_is_missing_or_was_changed(
    tmp_path: Path,
) -> None:
    exhibits = [Exhibit(name, name.encode()) for name in ("facts.json", "path.json", "x.json")]
    pieces = put_aside(tmp_path, exhibits, NOW)
    incident = Incident(
        uid="u-1", id="SC-2026-000001", ward="26740", severity="S1", root=ROOT, t_started=NOW,
        t0_detected=NOW, evidence=pieces,
    )  # fmt: skip
    (tmp_path / pieces[1].sha256).write_bytes(b"other")
    (tmp_path / pieces[2].sha256).unlink()
    made = bundle_of(incident, tmp_path)
    assert made == bundle_of(incident, tmp_path)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    listed = {one["name"]: one for one in manifest["files"]}
    problems = {name: one["problem"] for name, one in listed.items() if "problem" in one}
    assert problems == {"raw/02-path.json": "changed", "raw/03-x.json": "missing"}
    assert set(files) == set(listed) - set(problems)
    for name, content in files.items():
        assert hashlib.sha256(content).hexdigest() == listed[name]["sha256"]
    assert {"incident.json", "report.vi.html", "report.en.html", "raw/01-facts.json"} == set(files)


def test_a_hash_is_read_in_groups_of_four() -> None:
    assert in_fours("0123456789ab") == "0123 4567 89ab"
