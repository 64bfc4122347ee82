"""Every device type says how well it is known, and names recordings that exist."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from probes import registry

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
LEVELS = ("none", "bronze", "silver", "gold")


def quality(kind: str) -> dict[str, Any]:
    """The quality.yaml of a kind; fails by its name where there is none."""
    path = HERE / kind / "quality.yaml"
    if not path.is_file():
        pytest.fail(f"device type {kind}: tests/probes/devices/{kind}/quality.yaml is missing")
    found: dict[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return found


def recordings() -> Path:
    """The folder of recorded devices; absent -> skipped."""
    folder = ROOT / os.environ.get("WARDOPS_RECORDINGS", "../shared/recordings")
    if not (folder / "index.json").is_file():
        pytest.skip(f"no recordings at {folder} (WARDOPS_RECORDINGS)")
    return folder


@pytest.mark.parametrize("kind", registry.kinds())
def test_a_device_type_says_how_well_it_is_known(kind: str) -> None:
    found = quality(kind)
    assert found["level"] in LEVELS
    assert (found["level"] == "none") == (not found.get("recorded") and not found.get("public"))


@pytest.mark.parametrize("kind", registry.kinds())
def test_what_a_device_type_claims_as_recorded_exists(kind: str) -> None:
    named = quality(kind).get("recorded") or ()
    folder = recordings() if named else Path()
    assert [name for name in named if not (folder / name).is_file()] == []


@pytest.mark.parametrize("kind", registry.kinds())
def test_a_capability_is_proven_by_a_recording_of_the_list_or_by_none(kind: str) -> None:
    found = quality(kind)
    proofs = set((found.get("capabilities") or {}).values())
    assert proofs <= {"none", *(found.get("recorded") or ()), *(found.get("public") or ())}


def test_what_a_device_type_claims_of_public_walks_can_be_installed() -> None:
    named = {walk for kind in registry.kinds() for walk in quality(kind).get("public") or ()}
    package = importlib.util.find_spec("snmpsim_data")
    if package is None or not package.submodule_search_locations:
        pytest.skip("snmpsim-data is not installed (pip install snmpsim-data)")
    folder = Path(package.submodule_search_locations[0]) / "data"
    assert [walk for walk in sorted(named) if not (folder / walk).is_file()] == []


@pytest.mark.parametrize("kind", registry.kinds())
def test_a_type_that_no_recording_proves_says_what_is_unverified(kind: str) -> None:
    known = registry.device_type(kind)
    if quality(kind)["level"] == "none" and (known.health or known.ups):
        assert known.unverified
