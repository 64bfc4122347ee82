"""What leaves the agent about an incident: whole for the unit's file, public without any names."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from agent.cli import main
from agent.incidents.acts import cannot_fix, hand_over
from agent.incidents.deadlines import acknowledgement, legal
from agent.incidents.export import as_csv, as_json, without_names
from agent.incidents.law import read_law, read_targets
from agent.incidents.life import acknowledge, hold_children, note, open_from
from agent.incidents.page import incident_page
from agent.incidents.record import Event, EvidencePiece, Incident, changed
from agent.journal.database import Opening
from agent.journal.store import open_store
from inventory.language import LANGUAGES
from inventory.values import Words
from playbooks.verdict.model import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from inventory.language import Language

NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
LINE = Verdict("ward", "metronet", "line", "down", 0.91, "M3", root="gw")
PRIVATE = ("10.42.7.1", "cam-26740-03", "local:cb-01", "sw-26740-01", "Kim-Chi-secret")


def full_record() -> Incident:
    """An incident with all that people and the machine can write onto it."""
    words = Words(vi="CÓ SỰ CỐ: MẤT KẾT NỐI METRONET", en="FAULT: METRONET LOST")
    opened, _ = open_from(LINE, ward="26740", uid="u-1", t_started=NOW, now=NOW, headline=words)
    clocks = acknowledgement(opened, 5, Words(vi="escalation.yaml", en="escalation.yaml"))
    one = changed(
        opened, id="SC-2026-000001", services=("tthc", "qlvb"), public_service_impact=True,
        deadlines=clocks,
        evidence=(EvidencePiece(sha256="ab" * 32, name="facts.json", bytes=9, at=NOW),),
    )  # fmt: skip
    one, _ = acknowledge(one, now=NOW, actor="local:cb-01", reason="gọi nhà mạng")
    one, _ = hold_children(one, {"cam-26740-03": "gateway"}, NOW)
    text = "gọi 10.42.7.1 password=Kim-Chi-secret"
    one, _ = note(one, now=NOW, actor="local:cb-01", text=text)
    targets = read_targets().items
    one, _ = hand_over(one, now=NOW, actor="local:cb-01", to_role="L3", text="…", targets=targets)
    one, _ = cannot_fix(
        one, now=NOW, actor="local:cb-01", reason="Chờ nối cáp sau 10.42.7.1 ở sw-26740-01",
        expected_restore=NOW + timedelta(hours=5), workaround="Tiếp nhận hồ sơ giấy",
    )  # fmt: skip
    return one


def test_the_public_record_names_no_address_no_device_and_nobody() -> None:
    one = full_record()
    for text in (as_json(one, public=True), as_csv(one, public=True), *pages(one, public=True)):
        assert not [word for word in PRIVATE if word in text]
        assert "Tiếp nhận hồ sơ giấy" in text
    whole = json.loads(as_json(one))
    assert whole["incident"]["cannot_fix_now"]["decided_by"] == "local:cb-01"
    assert "Kim-Chi-secret" not in as_json(one)


def pages(one: Incident, *, public: bool) -> list[str]:
    return [incident_page(one, language, public=public) for language in LANGUAGES]


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("từ 10.1.2.3 và 2001:db8::1", "từ … và …"),
        ("aa:bb:cc:dd:ee:ff, 0011.2233.4455", "…, …"),
        ("sw-26740-01:Gi1/0/1", "…:Gi1/0/1"),
        ("cam-26740-03 tắt, tthc tốt", "… tắt, tthc tốt"),
        ("xem https://x.example/a", "xem …"),
        ("lúc 14:05 21/11/2026, phường 26740", "lúc 14:05 21/11/2026, phường 26740"),
    ],
)
def test_names_and_addresses_are_blanked_and_times_stay(text: str, bare: str) -> None:
    assert without_names(text, full_record()) == bare


def test_a_csv_cell_is_never_a_formula() -> None:
    one = changed(full_record(), workaround="=HYPERLINK(1)")
    (row,) = csv.DictReader(io.StringIO(as_csv(one)))
    assert row["workaround"] == "'=HYPERLINK(1)"
    assert (row["id"], row["cannot_fix_now"]) == ("SC-2026-000001", "true")


def test_an_operational_default_is_never_shown_as_law() -> None:
    page = incident_page(full_record(), "vi")
    assert "theo quy định" not in page
    assert "mặc định vận hành" in page
    security = changed(full_record(), kind="security")
    lawful = changed(security, deadlines=legal(read_law().items, security))
    assert "chưa có người đối chiếu" in incident_page(lawful, "vi")


def test_it_is_read_from_the_journal_without_an_agent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = open_store(tmp_path, Opening("agent-1", "live", "boot-1", NOW, lambda: 1.0))
    number = store.open_incident(full_record(), Event("incident.opened", NOW, "26740", "u-1")).id
    store.close()
    where = ["--state", str(tmp_path)]
    assert main(["incident", "export", number, *where]) == 0
    assert json.loads(capsys.readouterr().out)["incident"]["id"] == number
    out = tmp_path / "page.html"
    arguments = ["incident", "export", "u-1", "--format", "html", "--public", "-o", str(out)]
    assert main([*arguments, *where]) == 0
    assert number in out.read_text(encoding="utf-8")
    assert main(["incident", "export", "SC-2026-999999", *where]) == 2
    assert "SC-2026-999999" in capsys.readouterr().err


@pytest.mark.realtime
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("public", [False, True])
def test_the_page_is_one_or_two_a4_sheets(language: Language, public: bool, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None or shutil.which("pdfinfo") is None:
        pytest.skip("needs chromium and pdfinfo (poppler-utils)")
    one = full_record()
    for number in range(60):
        at = NOW + timedelta(minutes=number)
        one, _ = note(one, now=at, actor="local:cb-01", text="gọi lại nhà mạng, chờ đội nối cáp")
    source, printed = tmp_path / "page.html", tmp_path / "page.pdf"
    source.write_text(incident_page(one, language, public=public), encoding="utf-8")
    subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", f"--user-data-dir={tmp_path / 'profile'}",
            "--no-pdf-header-footer", f"--print-to-pdf={printed}", source.as_uri(),
        ],
        check=True, capture_output=True, timeout=50,
    )  # fmt: skip
    told = subprocess.run(["pdfinfo", printed], check=True, capture_output=True, text=True).stdout
    lines = dict(line.partition(":")[::2] for line in told.splitlines())
    assert int(lines["Pages"]) in (1, 2)
    assert "A4" in lines["Page size"]
