"""`wardops report …`: from a state folder or an exported file, one line when it cannot."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from agent.cli import main

if TYPE_CHECKING:
    from pathlib import Path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["report", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_report_from_the_folder_and_from_its_raw_samples_are_equal(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exported = tmp_path / "raw.csv"
    where = ("--state", str(state), "--format", "csv")
    code, out, _err = run(capsys, "monthly", "2026-10", *where, "--raw", str(exported))
    again = run(capsys, "monthly", "--from-raw", str(exported), "--format", "csv")
    assert (code, again) == (0, (0, out, ""))
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["period"] for row in rows} == {"2026-10"}
    assert any(row["value"] == "" and row["coverage"] == "0.0" for row in rows)


@pytest.mark.parametrize("kind", ["monthly", "uplink"])
def test_a_page_is_written_and_says_where(
    state: Path, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    period = {"monthly": "2026-10", "uplink": "2026-11-20"}[kind]
    code, out, _err = run(
        capsys, kind, period, "--state", str(state), "-o", str(page), "--lang", "en"
    )
    assert code == 0
    assert str(page) in out
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_overdue_tasks_as_json_and_csv(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _err = run(capsys, "overdue", "--state", str(state), "--all")
    assert code == 0
    found = json.loads(out)
    assert found["schema"] == "wardops/overdue/1"
    assert {item["unit_code"] for item in found["items"]} == {"26740"}
    code, out, _err = run(capsys, "overdue", "--state", str(state), "--all", "--format", "csv")
    assert len(list(csv.DictReader(io.StringIO(out)))) == len(found["items"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("monthly", "2026-10", "--state", "NOWHERE"),
        ("monthly", "october", "--state", "STATE"),
        ("monthly", "2026-10", "--ward", "99999", "--state", "STATE"),
        ("monthly", "--from-raw", "BROKEN"),
        ("monthly", "--from-raw", "NOWHERE"),
        ("monthly", "2026-10", "--from-raw", "BROKEN"),
        ("overdue", "--state", "NOWHERE"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_2(
    state: Path, tmp_path: Path, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text("record,ward\r\nload,26740\r\n", encoding="utf-8")
    places = {"STATE": state, "NOWHERE": tmp_path / "nowhere", "BROKEN": broken}
    filled = [str(places.get(one, one)) for one in arguments]
    code, out, err = run(capsys, *filled)
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err


def test_the_raw_samples_of_another_report_are_refused_with_its_command(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exported = tmp_path / "raw.csv"
    run(capsys, "monthly", "2026-10", "--state", str(state), "--raw", str(exported))
    code, _out, err = run(capsys, "uplink", "--from-raw", str(exported))
    assert code == 2
    assert "wardops report monthly --from-raw" in err
