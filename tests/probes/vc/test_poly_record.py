"""A recorded Poly endpoint names nobody, and can still be read."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.vc.poly_read import CONFERENCES, STATUS, SYSTEM, Told, identity_of, status_of
from probes.vc.poly_record import redacted

ROOT = Path(__file__).parents[3]
RECORDINGS = Path(os.environ.get("WARDOPS_RECORDINGS", ROOT.parent / "shared/recordings"))
POLY = RECORDINGS / "api/poly"
NOW = datetime(2026, 11, 21, 0, 25, tzinfo=UTC)

ANSWERS: dict[str, Any] = {
    SYSTEM: {
        "model": "Studio X50", "softwareVersion": "4.4.1-1", "serialNumber": "canary-serial",
        "systemName": "canary-name", "uptime": 12.5, "rebootNeeded": False,
        "lanStatus": {"duplex": "FULL", "speedMbps": 1000, "ipAddress": "192.0.2.9"},
    },
    STATUS: [
        {"name": "system.status.sipserver", "langtag": "SIP_SERVER", "stateList": ["up"]},
        {"name": "canary-name", "langtag": "canary name, of somebody"},
    ],
    CONFERENCES: [
        {
            "id": "0", "canary title": "x",
            "connections": [
                {"id": "7", "state": "CONNECTED", "address": "canary-number", "rate": 64,
                 "callType": "SIP", "terms": [{"callerID": "0281234567", "phone": 281234567}]},
            ],
        },
    ],
}  # fmt: skip


def test_what_belongs_to_somebody_is_left_out_and_the_rest_reads_as_before() -> None:
    recorded = redacted(ANSWERS)
    text = "\n".join(recorded.lines)
    assert not [word for word in ("canary", "192.0.2", "281234567") if word in text]
    assert recorded.left_out >= 8
    told = json.loads(text)
    identity, vc = identity_of(told), status_of(Told(told), NOW)
    assert (identity.model, identity.version, identity.serial) == ("Studio X50", "4.4.1", None)
    before = status_of(Told(ANSWERS), NOW)
    assert vc == before


_KEYS = st.text("abcdefXYZ_ .", min_size=1, max_size=12)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.just("canary-5b1") | st.just("canary 5b1"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_KEYS, _VALUES, max_size=4))
def test_no_text_of_an_unknown_key_leaves_the_house(answers: dict[str, Any]) -> None:
    assert "canary" not in "\n".join(redacted({SYSTEM: answers}).lines)


@pytest.mark.skipif(not POLY.is_dir(), reason=f"no recordings under {POLY}")
def test_recorded_answers_lose_names_and_addresses_and_are_read_alike() -> None:
    group = POLY / "poly_group500"
    files = {SYSTEM: "system", STATUS: "system_status", CONFERENCES: "conferences.in_call"}
    answers = {
        path: json.loads((group / f"{name}.json").read_text(encoding="utf-8"))
        for path, name in files.items()
    }
    text = "\n".join(redacted(answers).lines)
    private = (answers[SYSTEM]["serialNumber"], answers[SYSTEM]["systemName"], "testcall", "@")
    assert not [word for word in private if word in text]
    assert status_of(Told(json.loads(text)), NOW) == status_of(Told(answers), NOW)


@pytest.mark.skipif(not POLY.is_dir(), reason=f"no recordings under {POLY}")
@pytest.mark.parametrize("path", sorted(POLY.glob("trio/*.json")), ids=lambda path: path.stem)
def test_a_recorded_trio_loses_its_addresses(path: Path) -> None:
    answer = json.loads(path.read_text(encoding="utf-8"))
    text = "\n".join(redacted({path.stem: answer}).lines)
    assert not [word for word in ("112233445566", "172.21", "@", ".org") if word in text]
