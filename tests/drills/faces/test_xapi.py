"""The video endpoint's face: a status tree that the probe reads, behind its login."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from defusedxml.ElementTree import fromstring

from drills.faces.xapi import web as xapi
from drills.faces.xapi.status import VERSIONS
from drills.model import Ask

if TYPE_CHECKING:
    from drills.model import Page
    from drills.world import World


def _login(text: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


def _page(world: World, target: str, headers: dict[str, str] | None = None) -> Page:
    node = world.topology.nodes["vc-26740-a"]
    known = _login(f"{xapi.USER}:{world.api_password}") if headers is None else headers
    page = xapi.respond(world, "hub", node, Ask("GET", target, known), world.time())
    assert page is not None
    return page


def test_both_ways_to_the_tree_are_the_same(world: World) -> None:
    whole = _page(world, "/status.xml")
    assert whole == _page(world, "/getxml?location=/Status")
    tree = fromstring(whole.body)
    assert tree.attrib["product"] == "Cisco Codec"
    assert tree.findtext("SIP/Registration/Status") == "Registered"
    assert float(tree.findtext("SystemUnit/Hardware/Temperature") or 0) > 0
    told = datetime.fromisoformat(tree.findtext("Time/SystemTime") or "")
    assert told == world.started_at.replace(microsecond=0)
    assert told.utcoffset() == timedelta(hours=7)


def test_a_part_of_the_tree_can_be_asked_for_and_a_missing_one_is_not_found(world: World) -> None:
    part = _page(world, "/getxml?location=/Status/SystemUnit/Software")
    assert fromstring(part.body).findtext("SystemUnit/Software/Version") == VERSIONS["ce"]
    for target in (
        "/getxml?location=/Status/Bluetooth",
        "/getxml",
        "/getxml?location=",
        "/",
        "/getxml?location=/x",
    ):
        assert _page(world, target).status == 404


@pytest.mark.parametrize(
    "headers",
    [{}, _login("wardops:wrong"), {"authorization": "Basic ???"}, {"authorization": "Bearer x"}],
)
def test_without_the_right_login_nothing_is_told(world: World, headers: dict[str, str]) -> None:
    page = _page(world, "/status.xml", headers)
    assert page.status == 401
    assert dict(page.headers)["WWW-Authenticate"].startswith("Basic ")
    assert b"Registered" not in page.body


def test_an_endpoint_cut_off_from_the_registrar_is_not_registered(world: World) -> None:
    world.change("cable", "ce-26740:wan", False, who="test", source="inject")
    node = world.topology.nodes["vc-26740-a"]
    login = _login(f"{xapi.USER}:{world.api_password}")
    asked = Ask("GET", "/status.xml", login)
    page = xapi.respond(world, "ward:26740", node, asked, world.time())
    assert page is not None
    assert fromstring(page.body).findtext("SIP/Registration/Status") == "Failed"
    assert xapi.respond(world, "hub", node, asked, world.time()) is None
