"""The JSON API: shapes, refusals, who may ask, commands once."""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from agent import wire
from agent.web.problems import CODES, STATUS
from inventory.errors import ActionRefused, InputError, StoreError
from inventory.language import has

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx


async def get(agent: Any, path: str, **headers: str) -> httpx.Response:
    async with agent.client() as client:
        response: httpx.Response = await client.get(f"/api/v1{path}", headers=headers)
        return response


def command(verb: str = "note", **fields: object) -> dict[str, object]:
    """A command as a client sends it."""
    given = {"incident": "SC-2026-026740", "text": "đã gọi"}
    return {"id": str(uuid.uuid4()), "verb": verb, "args": given, "actor": "local:it"} | fields


async def post(agent: Any, body: Mapping[str, object], **kwargs: Any) -> httpx.Response:
    async with agent.client(**kwargs) as client:
        response: httpx.Response = await client.post("/api/v1/commands", json=body)
        return response


async def test_meta_is_the_first_call_and_says_who_speaks(agent: Any) -> None:
    answer = await get(agent, "/meta")
    assert answer.headers["wardops-api"] == "1.0"
    meta = answer.json()
    assert meta["ward"] == "26740"
    assert meta["wards"] == ["26740"]
    assert meta["realm"] == "sim"
    assert meta["role"] == "ward_it"
    assert meta["clock"]["now"] == "2026-11-21T00:32:07.412Z"
    assert meta["seq"] == 88123


async def test_the_snapshot_of_one_ward_has_all_of_the_first_screen(agent: Any) -> None:
    answer = await get(agent, "/snapshot")
    shot = answer.json()
    assert answer.headers["x-seq"] == str(shot["seq"]) == "88123"
    assert shot["schema"] == "wardops/snapshot/1"
    assert shot["ward"]["name"] == "Phường Sài Gòn"
    assert [device["name"] for device in shot["devices"]] == ["sw-26740-01", "ce-26740", "gateway"]
    assert shot["services"][0]["name"]["en"] == "Administrative procedures"
    assert shot["services"][0]["data_age_s"] is None, "never measured is null, not a number"
    assert shot["incidents"][0]["id"] == "SC-2026-026740"
    assert {"meetings", "contacts", "playbooks", "drill"} <= set(shot)
    assert len(answer.content) < 200_000
    wire.Snapshot.model_validate_json(answer.content)


async def test_the_verdict_speaks_both_languages_and_names_the_units_kind(agent: Any) -> None:
    verdict = (await get(agent, "/verdict")).json()
    assert (verdict["segment"], verdict["part"], verdict["state"]) == ("metronet", "line", "down")
    assert "PHƯỜNG" in verdict["headline"]["vi"]
    assert "WARD" in verdict["headline"]["en"]
    assert verdict["since"] == "2026-11-21T00:20:07.412Z"
    assert verdict["incident"] == "SC-2026-026740"
    assert all(set(one["text"]) == {"vi", "en"} for one in verdict["evidence"])
    assert verdict["evidence"]


async def test_what_lies_behind_the_break_is_not_measured_and_never_green(agent: Any) -> None:
    path = (await get(agent, "/verdict")).json()["path"]
    states = {node["segment"]: (node["state"], node["reason"]) for node in path}
    assert list(states) == ["lan", "switch", "metronet", "dc", "service"]
    assert states["switch"] == ("ok", None)
    assert states["metronet"][0] == "down"
    assert states["lan"] == ("unknown", "not_measured"), "nothing proved the LAN good"
    assert states["dc"] == states["service"] == ("unknown", "not_measured")


async def test_before_the_first_verdict_nothing_is_claimed(agent: Any) -> None:
    view = agent.engine.view
    agent.engine.view = replace(view, wards=(replace(view.wards[0], verdict=None, since=None),))
    verdict = (await get(agent, "/verdict")).json()
    assert verdict["state"] == verdict["segment"] == "unknown"
    assert {node["state"] for node in verdict["path"]} == {"unknown"}


async def test_a_hub_answers_for_all_wards_and_asks_which_one_for_a_verdict(build: Any) -> None:
    agent = build(codes=("26740", "25747"))
    shot = (await get(agent, "/snapshot")).json()
    assert shot["ward"] is None
    assert [ward["code"] for ward in shot["wards"]] == ["26740", "25747"]
    assert len(shot["incidents"]) == 2
    one = (await get(agent, "/snapshot?ward=25747")).json()
    assert one["ward"]["code"] == "25747"
    assert (await get(agent, "/verdict")).status_code == 400
    assert (await get(agent, "/verdict?ward=25747")).json()["ward"] == "25747"
    assert (await get(agent, "/wards/25747")).json()["region"] == "kv1"


async def test_devices_are_listed_filtered_and_paged(build: Any) -> None:
    agent = build(codes=("26740", "25747"))
    page = (await get(agent, "/devices?limit=4")).json()
    assert len(page["items"]) == 4
    rest = (await get(agent, f"/devices?limit=4&cursor={page['next']}")).json()
    assert len(rest["items"]) == 2
    assert rest["next"] is None
    switches = (await get(agent, "/devices?class=switch&ward=26740")).json()["items"]
    assert [device["name"] for device in switches] == ["sw-26740-01"]
    down = (await get(agent, "/devices?state=down")).json()["items"]
    assert {device["name"] for device in down} == {"gateway"}


async def test_a_device_shows_its_live_values_and_ports(agent: Any) -> None:
    device = (await get(agent, "/devices/sw-26740-01")).json()
    assert device["facts"]["sysUpTime"]["value"] == 8_640_000
    assert device["observations"][0]["reason"] == "ok"
    assert device["class"] == "switch"
    (port,) = (await get(agent, "/devices/sw-26740-01/interfaces")).json()["items"]
    assert port["ifName"] == "Gi1/0/48"
    assert port["uplink"] is True
    assert port["in_bps"] is None, "not known yet is null, not zero"


async def test_a_stale_value_is_not_shown_as_a_fact(agent: Any) -> None:
    view = agent.engine.view
    agent.engine.view = replace(view, mono=view.mono + 80)
    device = (await get(agent, "/devices/sw-26740-01")).json()
    assert device["facts"] == {}
    assert device["observations"][0]["state"] == "unknown"
    assert (await get(agent, "/devices/sw-26740-01/interfaces")).json()["items"] == []


async def test_a_hop_that_every_ward_has_needs_its_ward(build: Any) -> None:
    agent = build(codes=("26740", "25747"))
    assert (await get(agent, "/devices/gateway")).status_code == 400
    assert (await get(agent, "/devices/gateway?ward=25747")).json()["ward"] == "25747"


async def test_an_incident_has_its_timeline_in_order(agent: Any) -> None:
    found = (await get(agent, "/incidents/SC-2026-026740")).json()
    assert [entry["verb"] for entry in found["timeline"]] == ["started", "detected", "ack"]
    assert found["timeline"][2]["text"] == "gọi nhà mạng"
    assert found["held"][0]["device"] == "tthc"
    assert found["state"] == "acked"


async def test_incidents_are_filtered(agent: Any) -> None:
    assert len((await get(agent, "/incidents?open=true")).json()["items"]) == 1
    assert (await get(agent, "/incidents?open=false")).json()["items"] == []
    assert (await get(agent, "/incidents?kind=security")).json()["items"] == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nothing", 404, "not_found"),
        ("/wards/99999", 404, "not_found"),
        ("/wards/x", 404, "not_found"),
        ("/devices/sw-99", 404, "not_found"),
        ("/incidents/SC-2026-999999", 404, "not_found"),
        ("/commands/3271a8b5-d1b1-462b-96d3-6a79baadc940", 404, "not_found"),
        ("/snapshot?ward=99999", 404, "not_found"),
        ("/snapshot?ward=267", 400, "bad_request"),
        ("/snapshot?ward=26740&ward=26740", 400, "bad_request"),
        ("/meta?debug=1", 400, "bad_request"),
        ("/devices?limit=0", 400, "bad_request"),
        ("/devices?limit=1001", 400, "bad_request"),
        ("/devices?limit=x", 400, "bad_request"),
        ("/devices?state=happy", 400, "bad_request"),
        ("/incidents?open=maybe", 400, "bad_request"),
        ("/events?kinds=gossip", 400, "bad_request"),
        ("/events?since=-1", 400, "bad_request"),
    ],
)
async def test_a_wrong_question_is_a_problem_with_a_title_in_both_languages(
    agent: Any, path: str, status: int, code: str
) -> None:
    answer = await get(agent, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = wire.Problem.model_validate_json(answer.content)
    assert problem.code == code
    assert problem.status == status
    assert problem.title.vi
    assert problem.title.en


def test_every_code_has_a_status_and_its_words() -> None:
    assert set(STATUS) == set(CODES)
    assert all(has(f"api.problem.{code}") for code in CODES)


async def test_a_get_that_changed_nothing_is_answered_without_a_body(agent: Any) -> None:
    for path in ("/snapshot", "/wards", "/verdict", "/incidents", "/devices", "/meta"):
        first = await get(agent, path)
        again = await get(agent, path, **{"If-None-Match": f'"other", {first.headers["etag"]}'})
        assert again.status_code == 304, path
        assert again.content == b""
        weak = await get(agent, path, **{"If-None-Match": f"W/{first.headers['etag']}"})
        assert weak.status_code == 304


OPEN = ("/metrics", "/sd", "/-/healthy", "/-/ready", "/")
READ = (
    "/api/v1/meta", "/api/v1/snapshot", "/api/v1/wards", "/api/v1/verdict", "/api/v1/devices",
    "/api/v1/incidents", "/api/v1/wards/26740", "/api/v1/devices/gateway",
)  # fmt: skip


@pytest.mark.parametrize("path", [*OPEN, *READ, "/api/v1/commands"])
@pytest.mark.parametrize("realm", ["live", "drill", "sim"])
@pytest.mark.parametrize("proof", ["none", "token", "wrong"])
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "192.0.2.77"])
async def test_who_may_ask_what(build: Any, path: str, realm: str, proof: str, peer: str) -> None:
    """Open routes from loopback; reading with the token, in sim without; commands with it alone."""
    agent = build(realm=realm)
    is_command = path == "/api/v1/commands"
    async with agent.client(token=proof == "token", peer=peer) as client:
        if proof == "wrong":
            client.headers["Authorization"] = "Bearer wop_" + "A" * 43
        answer = await (client.post(path, json=command()) if is_command else client.get(path))
    local_open = path in OPEN or (path in READ and realm == "sim")
    allowed = proof == "token" or (proof == "none" and local_open and peer != "192.0.2.77")
    assert answer.status_code == ((202 if is_command else 200) if allowed else 401)
    if not allowed:
        assert answer.headers["www-authenticate"] == "Bearer"
        assert agent.engine.executed == []
        assert agent.token.reveal() not in answer.text


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic {token}", "{token}", "Bearer {token}x", "Bearer é"]
)
async def test_only_the_whole_token_as_a_bearer_opens(build: Any, header: str) -> None:
    agent = build(realm="live")
    given = header.format(token=agent.token.reveal()).encode()
    async with agent.client(token=False) as client:
        answer = await client.get("/api/v1/meta", headers={b"Authorization": given})
    assert answer.status_code == 401


async def test_a_command_is_accepted_and_can_be_asked_about(agent: Any) -> None:
    body = command()
    answer = await post(agent, body)
    assert answer.status_code == 202
    assert answer.json() == {
        "id": body["id"], "accepted": True, "state": "done", "code": None, "message": None,
        "result": {"verb": "note"},
    }  # fmt: skip
    ((done, actor, role, source),) = agent.engine.executed
    assert (done.verb, actor, role, source) == ("note", "local:it", "ward_it", "tcp:127.0.0.1")
    assert (await get(agent, f"/commands/{body['id']}")).json()["state"] == "done"


async def test_the_same_id_is_done_once_also_when_sent_at_the_same_time(agent: Any) -> None:
    body = command("ack", reason="đang gọi nhà mạng")
    answers = await asyncio.gather(*(post(agent, body) for _ in range(5)))
    later = await post(agent, {**body, "verb": "close"})
    assert len(agent.engine.executed) == 1
    assert {answer.text for answer in (*answers, later)} == {answers[0].text}


async def test_a_refused_command_is_not_tried_again_under_its_id(
    agent: Any, refusal: ActionRefused
) -> None:
    body = command()
    agent.engine.refuse = refusal
    first = await post(agent, body)
    agent.engine.refuse = None
    assert first.status_code == (await post(agent, body)).status_code == 409
    assert first.json()["accepted"] is False
    assert first.json()["code"] == "conflict"
    assert "SC-2026-000001" in first.json()["message"]["en"]
    assert len(agent.engine.executed) == 1


async def test_after_a_day_an_id_is_forgotten(agent: Any) -> None:
    body = command()
    await post(agent, body)
    agent.clock.move(24 * 3600 + 1)
    await post(agent, body)
    assert len(agent.engine.executed) == 2


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InputError("api.missing_argument", verb="note", name="text"), 400, "bad_request"),
        (ActionRefused("incident.over", id="SC-1", state="closed"), 409, "conflict"),
        (StoreError("store.full", path="wardops.db"), 503, "unavailable"),
    ],
)
async def test_what_the_engine_refuses_has_a_code_and_words(
    agent: Any, error: Exception, status: int, code: str
) -> None:
    agent.engine.refuse = error
    answer = await post(agent, command())
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert set(answer.json()["message"]) == {"vi", "en"}


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"verb": "run_capability"}, 403, "changes_off"),
        ({"verb": "approve"}, 403, "changes_off"),
        ({"verb": "drill_start"}, 403, "role_denied"),
        ({"actor": "cb-01"}, 403, "role_denied"),
        ({"verb": "reboot_everything"}, 400, "bad_request"),
        ({"id": "1"}, 400, "bad_request"),
        ({"extra": 1}, 400, "bad_request"),
        ({"actor": "local:x\ny"}, 400, "bad_request"),
        ({"reason": "x" * 3000}, 400, "bad_request"),
    ],
)
async def test_a_command_that_may_not_be_never_reaches_the_engine(
    agent: Any, changes: dict[str, object], status: int, code: str
) -> None:
    answer = await post(agent, command() | changes)
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert agent.engine.executed == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{}", "application/json"),
        (b"not json", "application/json"),
        (b"[" * 10_000, "application/json"),
        (b'"' + b"x" * 70_000 + b'"', "application/json"),
        (json.dumps(command()).encode(), "text/plain"),
        (json.dumps(command()).encode(), "application/x-www-form-urlencoded"),
    ],
)
async def test_only_a_small_json_command_is_read(agent: Any, content: bytes, kind: str) -> None:
    async with agent.client() as client:
        answer = await client.post(
            "/api/v1/commands", content=content, headers={"Content-Type": kind}
        )
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"
    assert agent.engine.executed == []


async def test_a_command_is_never_a_get(agent: Any) -> None:
    assert (await get(agent, "/commands")).status_code == 405


async def test_a_bug_becomes_a_500_with_a_number_and_is_counted(
    agent: Any, caplog: pytest.LogCaptureFixture
) -> None:
    agent.engine.view = None
    async with agent.client() as client:
        answer = await client.get("/api/v1/snapshot")
        plain = await client.get("/sd")
    problem = wire.Problem.model_validate_json(answer.content)
    assert (answer.status_code, problem.code) == (500, "internal")
    number = problem.detail.split("number ")[1].split(";")[0]
    assert f"id={number}" in caplog.text
    assert "NoneType" not in answer.text, "the trace stays in the log"
    assert plain.status_code == 500
    assert plain.text.count("\n") == 1
    counted = agent.parts.selfmetrics.bugs.labels("web")._value.get()
    assert counted == 2


async def test_a_command_that_ended_in_a_bug_may_be_sent_again(agent: Any) -> None:
    body = command()
    agent.engine.refuse = RuntimeError("boom")
    assert (await post(agent, body)).status_code == 500
    agent.engine.refuse = None
    assert (await post(agent, body)).status_code == 202


async def test_requests_are_counted_by_route_never_by_what_was_typed(agent: Any) -> None:
    await get(agent, "/devices/sw-26740-01")
    await get(agent, "/some/made/up/path")
    async with agent.client() as client:
        text = (await client.get("/metrics?name[]=wardops_agent_http_requests_total")).text
    assert 'code="200",route="/api/v1/devices/{name}"' in text
    assert 'code="404",route="other"' in text
    assert "made" not in text


async def test_the_front_page_has_links_and_no_data(agent: Any) -> None:
    async with agent.client(token=False) as client:
        page = await client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "/metrics" in page.text
    assert "26740" not in page.text
