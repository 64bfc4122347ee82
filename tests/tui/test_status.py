"""`wardops status`: exit codes of the plug-in convention, and nothing old is shown as good."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from agent.cli import main
from agent.client import LastKnown
from agent.statefile import write_state
from agent.wire import (
    Evidence,
    Incident,
    IncidentRoot,
    PathNode,
    Snapshot,
    StateFile,
    StateWard,
    Status,
    Text,
    Verdict,
    VerdictBrief,
    WardRef,
    WardSummary,
)
from inventory.language import LANGUAGES
from inventory.text import cells
from tui.status_code import StatusUsage, exit_code
from tui.status_look import from_file, from_snapshot
from tui.status_text import LINES, WIDTH, lines

if TYPE_CHECKING:
    from pathlib import Path

    from inventory.language import Language

NOW = datetime(2026, 11, 21, 7, 32, 7, 412000, tzinfo=UTC)
HEADLINE = Text(
    vi="CÓ SỰ CỐ: MẤT KẾT NỐI METRONET, NGOÀI PHẠM VI PHƯỜNG",
    en="FAULT: METRONET LOST, BEYOND THE WARD",
)
NODES = tuple(
    PathNode.model_validate({"segment": segment, "state": state})
    for segment, state in (
        ("lan", "ok"),
        ("switch", "ok"),
        ("metronet", "down"),
        ("dc", "unknown"),
        ("service", "unknown"),
    )
)
INCIDENT = Incident(
    id="SC-2026-000412", uid="u", ward="26740", kind="technical", severity="S1", state="open",
    root=IncidentRoot(segment="metronet", part="line"), t_started=NOW - timedelta(minutes=12),
    t0_detected=NOW - timedelta(minutes=12),
)  # fmt: skip


def ref(code: str = "26740") -> WardRef:
    return WardRef(
        code=code, name="Phường Sài Gòn", slug="sai-gon", kind="phường", area="TP.HCM cũ"
    )


def verdict(state: Any = "down", **changes: Any) -> Verdict:
    sentence = Text(vi="Cổng uplink Gi1/0/48 đang UP.", en="Uplink port Gi1/0/48 is UP.")
    fields = {
        "ward": "26740", "state": state, "segment": "metronet" if state == "down" else "none",
        "confidence": 0.9, "row": "M3", "since": NOW - timedelta(seconds=724), "ts": NOW, "seq": 9,
        "headline": HEADLINE, "vantage": "ward", "path": NODES, "playbook": "PB-NET-01",
        "evidence": [Evidence(key=f"ev.{n}", text=sentence) for n in range(5)], "call": ["L2"],
    }  # fmt: skip
    return Verdict.model_validate(fields | changes)


def summary(code: str = "26740", state: Any = "down", age_s: float | None = 3.0) -> WardSummary:
    brief = VerdictBrief(
        segment="metronet", state=state, since=NOW, confidence=0.9, headline=HEADLINE
    )
    return WardSummary(
        **ref(code).model_dump(), state=state, verdict=brief, path=NODES, open_incidents=1,
        data_age_s=age_s,
    )  # fmt: skip


def snapshot(state: Any = "down", **changes: Any) -> Snapshot:
    fields = {
        "seq": 9, "ts": NOW, "realm": "live", "vantage": "ward", "wards": [summary(state=state)],
        "ward": ref(), "verdict": verdict(state), "path": NODES, "incidents": [INCIDENT],
        "playbooks": [{"id": "PB-NET-01", "version": "1.0.0", "title": HEADLINE}],
    }  # fmt: skip
    return Snapshot.model_validate(fields | changes)


def known(age_s: float | None, state: Any = "ok") -> LastKnown:
    ward = StateWard(
        ward=ref(), verdict=verdict(state), path=NODES, incidents=(INCIDENT,), data_age_s=3.0
    )
    file = StateFile(generated_at=NOW, realm="live", vantage="ward", seq=9, wards=(ward,))
    return LastKnown(file, age_s)


@pytest.mark.parametrize(
    ("state", "code"), [("ok", 0), ("maintenance", 0), ("degraded", 1), ("down", 2), ("unknown", 3)]
)
def test_the_exit_code_is_the_state_that_the_agent_says_now(state: str, code: int) -> None:
    assert exit_code(from_snapshot(snapshot(state))) == code


def test_the_worst_ward_counts_and_no_ward_is_unknown() -> None:
    wards = [summary("26740", "ok"), summary("25747", "unknown"), summary("25750", "degraded")]
    assert exit_code(from_snapshot(snapshot(wards=wards, ward=None))) == 1
    assert exit_code(from_snapshot(snapshot(wards=wards[:2], ward=None))) == 3
    assert exit_code(from_snapshot(snapshot(wards=[], ward=None))) == 3


def test_only_a_playbook_that_can_be_opened_is_named() -> None:
    named = verdict(playbook="PB-NET-12")
    for there, wanted in (({}, "PB-NET-01"), ({"playbooks": []}, None)):
        status = from_snapshot(snapshot(verdict=named, **there))
        assert status.verdict is not None
        assert status.verdict.playbook == wanted


@pytest.mark.parametrize("state", ["ok", "degraded", "down", "unknown"])
@pytest.mark.parametrize("age_s", [0.0, 14.0, 360.0, None])
def test_without_the_agent_nothing_is_good_however_young_the_file(
    state: str, age_s: float | None
) -> None:
    status = from_file(known(age_s, state), None, is_alive=False)
    assert exit_code(status) == 3
    assert status.state == "unknown"
    assert not status.fresh


def test_a_living_agents_young_file_counts_and_its_old_one_does_not() -> None:
    assert exit_code(from_file(known(14.0, "ok"), None, is_alive=True)) == 0
    assert exit_code(from_file(known(15.1, "ok"), None, is_alive=True)) == 3
    assert exit_code(from_file(known(None, "ok"), None, is_alive=True)) == 3


def test_no_file_is_unknown_and_says_where_it_looked() -> None:
    status = from_file(LastKnown(), None, is_alive=False)
    assert exit_code(status) == 3
    assert lines(status, "en", "/var/lib/wardops") == [
        "NO DATA: the agent does not answer and there is no state file in /var/lib/wardops"
    ]


def test_a_ward_that_the_file_does_not_have_is_a_usage_error() -> None:
    with pytest.raises(StatusUsage, match="99999") as found:
        from_file(known(3.0), "99999", is_alive=True)
    assert found.value.exit_code == 3


def test_what_a_person_reads_while_the_line_is_cut() -> None:
    text = lines(from_snapshot(snapshot()), "vi", "")
    assert text[0] == "Phường Sài Gòn (26740)    14:32:07 21/11/2026    dữ liệu 0 giây"
    assert text[1] == "× CÓ SỰ CỐ: MẤT KẾT NỐI METRONET, NGOÀI PHẠM VI PHƯỜNG — 12 phút"
    assert text[2] == "  Bằng chứng   Cổng uplink Gi1/0/48 đang UP."
    assert "  Đường đi     LAN ●  Switch ●  Metronet ×  TTDL ?  Dịch vụ ?" in text
    assert "  Sự cố        SC-2026-000412 S1 mới, từ 14:20:07 21/11/2026" in text
    assert "  Việc làm     theo quy trình PB-NET-01" in text


def test_old_data_says_so_first_and_has_no_green_mark() -> None:
    text = lines(from_file(known(360.0, "ok"), None, is_alive=False), "vi", "")
    assert text[0] == "DỮ LIỆU CŨ: ghi lúc 14:32:07 21/11/2026, cũ 6 phút"
    assert not any("●" in line or "×" in line for line in text)
    assert "Trước đó: CÓ SỰ CỐ" in text[2]
    unclear = lines(from_file(known(None, "ok"), None, is_alive=False), "en", "")
    assert "not known" in unclear[0]


def test_a_hub_counts_its_wards_and_names_the_worst_first() -> None:
    wards = [summary(f"{26740 + n}", "down" if n == 30 else "degraded") for n in range(40)]
    wards += [summary("27999", "ok")]
    text = lines(from_snapshot(snapshot(wards=wards, ward=None, verdict=None)), "en", "")
    assert text[1] == "41 wards: 1 down, 39 degraded, 0 not concluded, 1 OK"
    assert text[2].startswith("× 26770")
    assert text[-1] == "… and 28 more wards"


def test_the_drill_says_that_it_is_one() -> None:
    assert lines(from_snapshot(snapshot(realm="drill")), "vi", "")[0] == "▓▓ DIỄN TẬP ▓▓"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("many", [False, True])
def test_every_line_fits_a_small_terminal_without_escape_codes(
    language: Language, many: bool
) -> None:
    long = Text(vi="Ộ" * 200, en="W" * 200)
    wards = [summary(f"{n:05}") for n in range(50)] if many else [summary()]
    shot = snapshot(
        wards=wards,
        ward=None if many else ref(),
        verdict=verdict(headline=long),
        incidents=[INCIDENT] * 40,
    )
    for status in (from_snapshot(shot), from_file(known(1.0, "down"), None, is_alive=True)):
        text = lines(status, language, "")
        assert len(text) <= LINES
        assert all(cells(line) <= WIDTH and line.isprintable() for line in text)


def test_a_device_that_was_never_measured_is_said() -> None:
    shot = snapshot("ok", wards=[summary(state="ok", age_s=None)])
    text = lines(from_snapshot(shot), "en", "")
    assert "  Data age     a device has never been measured" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["--ward", "267"],
        ["--ward", "abcde"],
        ["--no-such-option"],
        ["--lang", "fr"],
        ["surplus"],
        ["--agent", "nonsense"],
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_argument_is_one_line_and_exit_three(
    arguments: list[str], language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lang = [] if "--lang" in arguments else ["--lang", language]
    assert main(["status", *lang, *arguments]) == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1


def test_with_the_agent_gone_the_state_file_is_shown_with_its_age(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = known(None).state
    assert file is not None
    write_state(tmp_path, file)
    assert main(["status", "--state", str(tmp_path), "--lang", "en"]) == 3
    told = capsys.readouterr()
    assert told.out.startswith("OLD DATA: written at 14:32:07 21/11/2026")
    assert "wardops.sock" in told.err
    assert told.err.count("\n") == 1
    assert main(["status", "--state", str(tmp_path), "--json"]) == 3
    status = Status.model_validate_json(capsys.readouterr().out)
    assert (status.source, status.fresh, status.state) == ("state_file", False, "unknown")
    assert status.schema_ == "wardops/status/1"


def test_help_is_help() -> None:
    from tui.status import command  # noqa: PLC0415 - the command itself

    assert CliRunner().invoke(command, ["--help"]).exit_code == 0


def test_status_never_loads_the_screens_or_the_probes_libraries() -> None:
    script = (
        "import sys, tui.status; "
        "print(*sorted({m.partition('.')[0] for m in sys.modules}"
        " & {'textual', 'netmiko', 'pysnmp', 'paramiko', 'uvicorn', 'starlette'}))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def test_the_wire_types_need_pydantic_and_the_standard_library_alone() -> None:
    script = (
        "import sys, agent.wire; "
        "known = {'pydantic', 'pydantic_core', 'annotated_types', 'typing_extensions',"
        " 'typing_inspection', 'agent'}; "
        "print(*sorted({m.partition('.')[0] for m in sys.modules} - known"
        " - sys.stdlib_module_names - {'__main__', 'sitecustomize'}))"
    )
    run = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True,
                         check=True)  # fmt: skip
    foreign = [name for name in run.stdout.split() if not name.startswith("_")]
    assert foreign == []
