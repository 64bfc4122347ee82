"""Evidence is named by its content, fits its room, and holds nothing that reads like a secret."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.incidents.evidence import Exhibit, put_aside, redacted
from inventory.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
CANARY = "kc9-canary-kc9"


@pytest.mark.parametrize(
    "text",
    [
        f"password={CANARY} x",
        f'{{"token": "{CANARY}"}}',
        f"community: {CANARY}",
        f"https://user:{CANARY}@host/x",
        f"Authorization: {CANARY}",
        f"Authorization: Bearer {CANARY}",
    ],
)
def test_what_reads_like_a_secret_is_blanked(text: str) -> None:
    assert CANARY not in redacted(text)


@given(st.lists(st.binary(max_size=60), max_size=8), st.integers(0, 200))
def test_the_pieces_fit_the_room_and_say_what_they_are(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes], room: int
) -> None:
    folder = tmp_path_factory.mktemp("evidence")
    exhibits = [Exhibit(f"{number}.bin", content) for number, content in enumerate(contents)]
    pieces = put_aside(folder, exhibits, NOW, room=room)
    assert sum(piece.bytes for piece in pieces) <= room
    for piece in pieces:
        content = (folder / piece.sha256).read_bytes()
        assert hashlib.sha256(content).hexdigest() == piece.sha256
        assert content == contents[int(piece.name.partition(".")[0])]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "evidence"
    blocked.write_text("a file", encoding="utf-8")
    with pytest.raises(StoreError):
        put_aside(blocked, [Exhibit("a", b"a")], NOW)
