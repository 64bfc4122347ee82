"""What is read of an installation without `importlib.metadata` is what that would say."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from agent.installed import are_our_own, entry_points

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with an installed distribution `ward` of one package."""
    record = tmp_path / "ward-1.0.dist-info"
    record.mkdir()
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "__init__.py").write_text('"""Ours."""\n', encoding="utf-8")
    (record / "RECORD").write_text("place/__init__.py,sha256=x,12\nward/RECORD,,\n", "utf-8")
    (record / "entry_points.txt").write_text(
        "[console_scripts]\nward = place:main\n\n[ward.commands]\nshow = place.show:command\n"
        "old.one=place:old [extra]\n\n[other]\nshow = no:no\n",
        encoding="utf-8",
    )
    return tmp_path


def test_the_commands_are_those_that_the_standard_library_finds() -> None:
    found = metadata.entry_points(group="wardops.commands")
    assert entry_points("wardops.commands", sys.path) == {one.name: one.value for one in found}


def test_only_the_group_asked_for_counts_and_the_first_of_one_name(site: Path) -> None:
    later = site / "later"
    (later / "more-2.dist-info").mkdir(parents=True)
    (later / "more-2.dist-info" / "entry_points.txt").write_text(
        "[ward.commands]\nshow = more:show\nmore = more:more\n", encoding="utf-8"
    )
    assert entry_points("ward.commands", ["", str(site), str(later), str(site / "none")]) == {
        "show": "place.show:command",
        "old.one": "place:old",
        "more": "more:more",
    }


def test_a_package_as_it_was_recorded_is_our_own(site: Path) -> None:
    assert are_our_own(("place",), site, [str(site)], "ward")


def test_an_overwritten_package_is_not_our_own(site: Path) -> None:
    (site / "place" / "__init__.py").write_text('"""Somebody else\'s."""\n', encoding="utf-8")
    assert not are_our_own(("place",), site, [str(site)], "ward")


def test_a_package_that_another_folder_hides_is_not_our_own(site: Path, tmp_path: Path) -> None:
    hiding = tmp_path / "hiding"
    (hiding / "place").mkdir(parents=True)
    (hiding / "place" / "__init__.py").touch()
    assert are_our_own(("place",), site, [str(site), str(hiding)], "ward")
    assert not are_our_own(("place",), site, [str(hiding), str(site)], "ward")


def test_a_package_that_is_nowhere_is_not_our_own(site: Path) -> None:
    assert not are_our_own(("place", "gone"), site, [str(site)], "ward")
