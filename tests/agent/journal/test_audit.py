"""The audit chain shows every change."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.journal.audit import AuditRow, Deed, Head, anchor, canonical, chained, first_bad
from agent.journal.audit_shelf import check_chain
from inventory.errors import InputError
from inventory.language import LANGUAGES, Language, say

if TYPE_CHECKING:
    from pathlib import Path

ANCHOR = anchor("agent-1")
DEED = Deed(
    ts_ms=1_795_217_647_412, realm="sim", actor="cb-01", role="ward_it", source="tcp",
    action="incident.ack", target="SC-2026-000412", reason="gọi nhà mạng", result="ok",
    data=canonical({"b": 1, "a": "ồ"}),
)  # fmt: skip


def chain(length: int) -> list[AuditRow]:
    rows: list[AuditRow] = []
    head = ANCHOR
    for number in range(length):
        row = chained(head, replace(DEED, ts_ms=DEED.ts_ms + number, target=f"SC-{number}"))
        rows.append(row)
        head = Head(row.seq, row.sha)
    return rows


def end_of(rows: list[AuditRow]) -> Head:
    return Head(rows[-1].seq, rows[-1].sha) if rows else ANCHOR


ROWS = chain(40)
END = end_of(ROWS)


def test_a_chain_as_written_is_good() -> None:
    assert first_bad([], ANCHOR, ANCHOR) is None
    assert first_bad(ROWS, ANCHOR, END) is None


def test_a_chain_of_another_agent_does_not_fit() -> None:
    assert first_bad(ROWS, anchor("agent-2"), END) == 1


def test_canonical_json_is_sorted_tight_and_composed() -> None:
    assert DEED.data == '{"a":"ồ","b":1}'
    decomposed = unicodedata.normalize("NFD", "gọi nhà mạng")
    assert chained(ANCHOR, replace(DEED, reason=decomposed)) == chained(ANCHOR, DEED)


@given(st.integers(0, 39), st.sampled_from(Deed.__slots__))
def test_any_changed_value_is_found(at: int, name: str) -> None:
    rows = list(ROWS)
    before = getattr(rows[at].deed, name)
    other: Any = before + 1 if isinstance(before, int) else before + "x"
    rows[at] = replace(rows[at], deed=replace(rows[at].deed, **{name: other}))
    assert first_bad(rows, ANCHOR, END) == at + 1


@given(st.integers(0, 39))
def test_any_dropped_row_is_found(at: int) -> None:
    assert first_bad(ROWS[:at] + ROWS[at + 1 :], ANCHOR, END) == at + 1


@given(st.integers(0, 38))
def test_two_swapped_rows_are_found(at: int) -> None:
    rows = list(ROWS)
    rows[at], rows[at + 1] = rows[at + 1], rows[at]
    assert first_bad(rows, ANCHOR, END) == at + 1
    renumbered = [replace(row, seq=number + 1) for number, row in enumerate(rows)]
    assert first_bad(renumbered, ANCHOR, END) == at + 1


@given(st.integers(0, 39))
def test_an_inserted_row_is_found(at: int) -> None:
    doubled = [*ROWS[: at + 1], ROWS[at], *ROWS[at + 1 :]]
    assert first_bad(doubled, ANCHOR, END) == at + 2


def test_a_row_forged_at_the_end_is_found() -> None:
    forged = chained(END, replace(DEED, actor="nobody"))
    assert first_bad([*ROWS, forged], ANCHOR, END) == 41


def test_a_whole_chain_rewritten_behind_the_noted_end_is_found() -> None:
    rewritten = chain(40)[:39]
    last = chained(end_of(rewritten), replace(DEED, actor="nobody"))
    assert first_bad([*rewritten, last], ANCHOR, END) == 40


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_folder_without_a_journal_is_a_wrong_folder_and_no_broken_chain(
    language: Language, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as told:
        check_chain(tmp_path)
    assert told.value.exit_code == 2
    assert told.value.text(language) == say(
        "store.absent", language, path=str(tmp_path / "wardops.db")
    )
