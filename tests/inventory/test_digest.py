"""A file is named by its hash, and what is no file is refused in words."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from inventory import digest
from inventory.digest import digest_of
from inventory.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_its_name_size_and_hash(tmp_path: Path) -> None:
    photo = tmp_path / "đèn LOS.jpg"
    photo.write_bytes(b"x" * 3_000_000)
    found = digest_of(f" {photo} ")
    assert (found.name, found.size) == ("đèn LOS.jpg", 3_000_000)
    assert found.sha256 == hashlib.sha256(b"x" * 3_000_000).hexdigest()


def test_what_is_no_file_or_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (str(tmp_path), str(tmp_path / "none"), "\0", "/dev/zero"):
        with pytest.raises(InputError):
            digest_of(path)
    monkeypatch.setattr(digest, "LARGEST", 10)
    (tmp_path / "long").write_bytes(b"x" * 11)
    with pytest.raises(InputError, match="MB"):
        digest_of(str(tmp_path / "long"))
