"""state.json is whole or absent, small, and never read as more than it says."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from agent.client import last_known
from agent.statefile import LARGEST, NAME, fitted, read_state, write_state
from agent.wire import Evidence, StateFile, StateWard, Text, Verdict, WardRef
from inventory.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 7, 32, 7, 412000, tzinfo=UTC)
SAID = Text(vi="MẤT KẾT NỐI METRONET", en="METRONET LOST")


def ward(code: str, evidence: int = 1) -> StateWard:
    ref = WardRef(code=code, name=f"Phường {code}", slug="x", kind="phường", area="TP.HCM cũ")
    facts = tuple(Evidence(key="ev.ce_ok", text=SAID) for _ in range(evidence))
    verdict = Verdict(
        ward=code, state="down", segment="metronet", confidence=0.9, row="M3", since=NOW, ts=NOW,
        seq=1, headline=SAID, vantage="ward", evidence=facts,
    )  # fmt: skip
    return StateWard(ward=ref, verdict=verdict, data_age_s=3.0)


def state(*wards: StateWard) -> StateFile:
    return StateFile(generated_at=NOW, realm="live", vantage="hub", seq=7, wards=wards)


def test_what_is_written_reads_back_and_is_for_owner_and_group(tmp_path: Path) -> None:
    write_state(tmp_path, state(ward("26740")))
    assert read_state(tmp_path) == state(ward("26740"))
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == [NAME], "no temporary file stays"


def test_a_second_writing_replaces_the_first_as_a_whole(tmp_path: Path) -> None:
    write_state(tmp_path, state(*(ward(f"{n:05}") for n in range(20))))
    with (tmp_path / NAME).open("rb") as open_before:
        write_state(tmp_path, state(ward("26740")))
        assert len(StateFile.model_validate_json(open_before.read()).wards) == 20
    found = read_state(tmp_path)
    assert found is not None
    assert len(found.wards) == 1


def test_a_city_fits_into_64_kb_and_says_how_many_wards_it_left_out() -> None:
    many = state(*(ward(f"{n:05}", evidence=20) for n in range(168)))
    text = fitted(many)
    assert len(text) <= LARGEST
    kept = StateFile.model_validate_json(text)
    assert len(kept.wards) + kept.left_out == 168
    assert kept.wards[0].ward.code == "00000", "the first (worst) stay"
    assert len(kept.wards) > 50


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"schema":"wardops/state/2"}', b"\xff\x00"])
def test_a_damaged_file_is_no_file(tmp_path: Path, text: bytes) -> None:
    (tmp_path / NAME).write_bytes(text)
    assert read_state(tmp_path) is None
    assert last_known(tmp_path).age_s is None


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"state\.json"):
        write_state(tmp_path / "missing", state())


def test_age_is_counted_from_the_stamp_and_the_future_has_none(tmp_path: Path) -> None:
    write_state(tmp_path, state(ward("26740")))
    assert last_known(tmp_path, NOW + timedelta(seconds=360)).age_s == pytest.approx(360)
    assert last_known(tmp_path, NOW - timedelta(hours=2)).age_s is None


def test_a_newer_agents_unknown_state_reads_as_unknown(tmp_path: Path) -> None:
    text = state(ward("26740")).model_dump_json(by_alias=True)
    newer = text.replace('"state":"down"', '"state":"melting"').replace('"seq":7', '"seq":7,"x":1')
    (tmp_path / NAME).write_text(newer)
    found = read_state(tmp_path)
    assert found is not None
    verdict = found.wards[0].verdict
    assert verdict is not None
    assert verdict.state == "unknown"
