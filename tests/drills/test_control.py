"""The control API: the world as JSON, faults in and out, and one line for what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from drills import control
from drills.model import Ask

if TYPE_CHECKING:
    from drills.world import World


def _ask(world: World, method: str, target: str, body: object = None) -> tuple[int, Any]:
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    page = control.respond(world, Ask(method, target, {}, octets), "en")
    return page.status, json.loads(page.body) if page.body else None


def test_the_world_tells_power_ports_faults_and_mutations(world: World) -> None:
    status, seen = _ask(world, "GET", "/world")
    devices = {device["name"]: device for device in seen["devices"]}
    assert status == 200
    assert (seen["version"], seen["faults"], seen["mutations"]) == (0, [], [])
    assert devices["ce-26740"]["power"] is True
    assert devices["ce-26740"]["ports"] == {
        "lan": {"admin": "up", "oper": "up"},
        "wan": {"admin": "up", "oper": "up"},
    }


def test_a_fault_posted_is_an_inject_and_deleting_it_mends_the_world(world: World) -> None:
    status, told = _ask(world, "POST", "/faults", {"fault": "cable_cut", "on": "ce:wan"})
    assert (status, told) == (201, {"id": "F1"})
    _, broken = _ask(world, "GET", "/world")
    assert broken["faults"] == [{"id": "F1", "fault": "cable_cut", "on": "ce:wan", "params": {}}]
    assert broken["facts"] == {"cable ce-26740:wan": False}
    assert {m["source"] for m in broken["mutations"]} == {"inject"}
    devices = {device["name"]: device for device in broken["devices"]}
    assert devices["ce-26740"]["ports"]["wan"] == {"admin": "up", "oper": "down"}
    assert _ask(world, "DELETE", "/faults/F1") == (204, None)
    _, mended = _ask(world, "GET", "/world")
    assert (mended["faults"], mended["facts"]) == ([], {})
    assert mended["version"] == 4


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        ("GET", "/", None, 404),
        ("GET", "/worlds", None, 404),
        ("DELETE", "/faults/F1", None, 404),
        ("POST", "/world", {}, 400),
        ("GET", "/faults", None, 400),
        ("GET", "/faults/F1", None, 400),
        ("POST", "/faults", b"{", 400),
        ("POST", "/faults", b"[" * 5000, 400),
        ("POST", "/faults", [], 400),
        ("POST", "/faults", {"on": "ce"}, 400),
        ("POST", "/faults", {"fault": 1}, 400),
        ("POST", "/faults", {"fault": "power_off", "on": "core", "more": 1}, 400),
        ("POST", "/faults", {"fault": "fire", "on": "core"}, 400),
        ("POST", "/faults", {"fault": "power_off", "on": "nobody"}, 400),
        ("POST", "/faults", {"fault": "path_loss", "params": {"loss": 7}}, 400),
    ],
)
def test_what_is_wrong_with_a_request_is_one_line(
    world: World, method: str, target: str, body: object, status: int
) -> None:
    found, told = _ask(world, method, target, body)
    assert found == status
    assert told["error"]
    assert "\n" not in told["error"]
    assert world.version == 0
