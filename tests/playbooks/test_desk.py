"""A run at a plain terminal: what is typed is what is recorded."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from playbooks.conduct import Conductor
from playbooks.desk import Desk
from playbooks.journal import read_log
from probes.clock import run_virtual

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from playbooks.model import Playbook
    from tests.playbooks.conftest import Bench

PERSON = "local:an"


def typed(folder: Path, story: Playbook, bench: Bench, *lines: str) -> Conductor:
    """A whole run of the story, each question answered by the next line."""
    waiting = list(lines)
    desk = Desk("vi", PERSON, ask=lambda _prompt: waiting.pop(0), is_open=True)
    conductor = Conductor.start(
        folder, story, bench.seams, ward="26740", realm="sim", actor=PERSON, on_change=desk.show
    )
    run_virtual(desk.serve(conductor), bench.clock)
    assert not waiting
    return conductor


def test_a_note_a_file_and_a_skipped_step_are_typed_with_their_text(
    tmp_path: Path, story: Playbook, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = tmp_path / "los.jpg"
    photo.write_bytes(b"led")
    done = typed(
        tmp_path / "runs", story, bench,
        "s không rõ", "1", "A Đèn LOS đỏ", f"f {photo}", "f /none", "s", "s Chưa có chìa khóa", "1",
    )  # fmt: skip
    log = read_log(tmp_path / "runs" / done.run.id).records
    filed = [one.data for one in log if one.type == "evidence.added"]
    assert filed == [
        {"text": "Đèn LOS đỏ"},
        {"name": "los.jpg", "size": 3, "sha256": hashlib.sha256(b"led").hexdigest()},
    ]
    (skipped,) = (one for one in log if one.data.get("skipped"))
    assert (skipped.step, skipped.actor) == ("power_on", PERSON)
    assert skipped.data["more"] == {"reason": "Chưa có chìa khóa"}
    said = capsys.readouterr().out
    assert "bước lights không bỏ qua được" in said
    assert "/none: không có tệp này" in said
    assert "bước power_on: chưa bỏ qua vì thiếu lý do" in said
    assert "bằng chứng: Đèn LOS đỏ" in said
    assert "bỏ qua: Chưa có chìa khóa" in said
