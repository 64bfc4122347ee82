"""New devices go behind the last one; every other byte of the file stays."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from inventory.amend import check_amended, file_of, replace_file, with_devices
from inventory.errors import InputError, InventoryError
from inventory.load import load

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "# the ward's file\nschema: wardops/inventory/1\nward: '26740' # Saigon\n"
DEVICES = """devices:
  # the core
  - name: sw-1   # two spaces, on purpose
    kind: generic_switch
    address: 192.0.2.1
"""
TAIL = "\n# services of the city\nservices: []\n"
NEW = [["- name: sw-2 # found", "  kind: generic_switch", "  address: 192.0.2.2"]]
AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize("tail", ["", TAIL], ids=["at-the-end", "before-another-key"])
def test_comments_and_order_stay_and_the_new_device_is_last(tmp_path: Path, tail: str) -> None:
    text = with_devices(HEAD + DEVICES + tail, NEW, tmp_path)
    added = "".join(f"  {line}\n" for line in NEW[0])
    assert text == HEAD + DEVICES + added + tail
    (tmp_path / "ward.yaml").write_text(text)
    assert [d.name for d in load(tmp_path).wards["26740"].devices] == ["sw-1", "sw-2"]


def test_a_ward_without_devices_gets_the_key(tmp_path: Path) -> None:
    (tmp_path / "ward.yaml").write_text(with_devices(HEAD, NEW, tmp_path))
    assert [d.name for d in load(tmp_path).wards["26740"].devices] == ["sw-2"]


def test_devices_on_one_line_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        with_devices(HEAD + "devices: []\n", NEW, tmp_path)
    assert refused.value.key == "amend.flow"


def test_what_would_be_no_inventory_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "ward.yaml"
    path.write_text(HEAD + DEVICES)
    doubled = with_devices(HEAD + DEVICES, [["- name: sw-1", "  kind: k", "  address: x"]], path)
    with pytest.raises(InventoryError):
        check_amended(tmp_path, path, doubled, ("generic_switch",))
    check_amended(tmp_path, path, with_devices(HEAD + DEVICES, NEW, path), ("generic_switch",))
    assert path.read_text() == HEAD + DEVICES


def test_the_old_file_is_kept_beside_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "ward.yaml"
    path.write_text("old\n")
    path.chmod(0o640)
    backup = replace_file(path, "new\n", AT)
    assert (path.read_text(), backup.read_text()) == ("new\n", "old\n")
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ward.yaml", backup.name]


def test_the_file_of_a_ward_is_found_by_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("password: x\n")
    (tmp_path / "b.yaml").write_text(HEAD)
    assert file_of(tmp_path, "26740").name == "b.yaml"
    with pytest.raises(InputError):
        file_of(tmp_path, "26743")
