"""`/metrics`, `/sd` and the two health routes as Prometheus meets them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.parser import text_string_to_metric_families as text_format

from agent.metrics_catalog import DEVICE_STATES, SEGMENTS
from inventory.units import units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prometheus_client.samples import Sample

# the strict parser carries no annotations
openmetrics: Callable[[str], Iterable[Any]] = openmetrics_parser.text_string_to_metric_families

OM = {"Accept": "application/openmetrics-text"}


def samples(text: str, name: str) -> list[Sample]:
    """All samples of that name in an OpenMetrics output."""
    return [s for family in openmetrics(text) for s in family.samples if s.name == name]


def values(text: str, name: str, label: str) -> dict[str, float]:
    """Value by one label of that name's samples."""
    return {sample.labels[label]: sample.value for sample in samples(text, name)}


async def fetch(agent: Any, query: str = "", **headers: str) -> Any:
    async with agent.client(token=False) as client:
        return await client.get(f"/metrics{query}", headers=headers)


async def test_both_formats_read_back_with_the_same_samples(agent: Any) -> None:
    agent.poll()
    await fetch(agent)  # so that both outputs have counted a request
    text = (await fetch(agent)).text
    strict = (await fetch(agent, **OM)).text
    plain = {s.name for family in text_format(text) for s in family.samples}
    read = {s.name for family in openmetrics(strict) for s in family.samples}
    assert {n.removesuffix("_total") for n in plain} == {n.removesuffix("_total") for n in read}
    assert strict.count("# EOF") == 1
    assert 'ifHCInOctets{ward="26740",device="sw-26740-01",ifName="Gi1/0/48",' in text


async def test_exactly_one_state_and_one_segment_is_one(agent: Any) -> None:
    text = (await fetch(agent, "?ward=26740", **OM)).text
    for device, state in (("gateway", "down"), ("sw-26740-01", "ok")):
        found = {
            s.labels["state"]: s.value
            for s in samples(text, "wardops_device_state")
            if s.labels["device"] == device
        }
        assert set(found) == set(DEVICE_STATES)
        assert [name for name, value in found.items() if value == 1] == [state]
    segments = values(text, "wardops_ward_verdict", "segment")
    assert set(segments) == set(SEGMENTS)
    assert [name for name, value in segments.items() if value == 1] == ["metronet"]


async def test_a_failed_probe_has_its_reason_and_a_good_one_has_none(agent: Any) -> None:
    text = (await fetch(agent, **OM)).text
    errors = {
        s.labels["device"]: s.labels["reason"] for s in samples(text, "wardops_probe_error_info")
    }
    assert errors == {"gateway": "timeout", "tthc": "timeout"}
    success = {s.labels["device"]: s.value for s in samples(text, "wardops_probe_success")}
    assert success == {"sw-26740-01": 1, "ce-26740": 1, "gateway": 0, "tthc": 0}


async def test_a_service_that_failed_just_now_is_zero_though_its_last_good_samples_live(
    agent: Any,
) -> None:
    agent.poll()
    (found,) = samples((await fetch(agent, **OM)).text, "probe_success")
    assert found.value == 0
    assert found.labels["service"] == "tthc"


async def test_what_was_never_measured_has_infinite_age_and_no_reachability(agent: Any) -> None:
    view = agent.engine.view
    ward = view.wards[0]
    silent = replace(ward.devices[1], data_age_s=math.inf, reachable=None, observations=())
    agent.engine.view = replace(view, wards=(replace(ward, devices=(silent,)),))
    text = (await fetch(agent, **OM)).text
    assert values(text, "wardops_device_data_age_seconds", "device") == {"ce-26740": math.inf}
    assert samples(text, "wardops_device_reachable") == []


async def test_incidents_are_counted_by_kind_segment_and_priority(agent: Any) -> None:
    text = (await fetch(agent, **OM)).text
    assert values(text, "wardops_incident_open", "root_kind") == {"metronet": 1, "power": 0}
    assert values(text, "wardops_incidents_total", "root_kind") == {"metronet": 2, "power": 1}
    assert {s.labels["priority"] for s in samples(text, "wardops_incident_open")} == {"s1"}
    assert samples(text, "wardops_incident_suppressed_alerts")[0].value == 1
    bucket = samples(text, "wardops_incident_duration_seconds_bucket")
    held = {(s.labels["root_kind"], s.labels["le"]): s.value for s in bucket}
    assert held["power", "900.0"] == 0
    assert held["power", "1800.0"] == 1
    assert held["metronet", "900.0"] == 1


async def test_before_the_first_verdict_the_ward_is_unknown_and_has_no_confidence(
    agent: Any,
) -> None:
    view = agent.engine.view
    agent.engine.view = replace(view, wards=(replace(view.wards[0], verdict=None, since=None),))
    text = (await fetch(agent, **OM)).text
    assert values(text, "wardops_ward_state", "state")["unknown"] == 1
    assert values(text, "wardops_ward_verdict", "segment")["unknown"] == 1
    assert samples(text, "wardops_ward_verdict_confidence_ratio") == []
    assert samples(text, "wardops_ward_since_timestamp_seconds") == []


async def test_ward_and_device_facts_say_who_it_is(agent: Any) -> None:
    text = (await fetch(agent, **OM)).text
    (ward,) = samples(text, "wardops_ward_info")
    assert ward.labels == {
        "ward": "26740", "name": "Phường Sài Gòn", "slug": "sai-gon", "kind": "phường",
        "area": "TP.HCM cũ", "region": "tphcm", "carrier": "example-carrier",
    }  # fmt: skip
    switch = next(
        s for s in samples(text, "wardops_device_info") if s.labels["device"] == "sw-26740-01"
    )
    assert switch.labels["vendor"] == "cisco"
    assert switch.labels["firmware"] == "17.3.4"
    assert switch.labels["uplink"] == "Gi1/0/48"


async def test_a_ward_gets_its_own_series_and_not_the_agents(build: Any) -> None:
    agent = build(codes=("26740", "25747"))
    text = (await fetch(agent, "?ward=25747", **OM)).text
    assert {s.labels["ward"] for f in openmetrics(text) for s in f.samples} == {"25747"}
    assert "wardops_agent_build_info" in (await fetch(agent)).text


async def test_a_device_and_a_ward_together_are_the_union(build: Any) -> None:
    agent = build(codes=("26740", "25747"))
    text = (await fetch(agent, "?ward=25747&device=sw-26740-01", **OM)).text
    devices = {s.labels["device"] for s in samples(text, "wardops_device_state")}
    assert devices == {"sw-26740-01", "sw-25747-01", "ce-25747", "gateway"}


async def test_names_filter_families_of_both_writers(agent: Any) -> None:
    query = "?name[]=wardops_ward_info&name[]=wardops_agent_build_info"
    found = {family.name for family in openmetrics((await fetch(agent, query, **OM)).text)}
    assert found == {"wardops_ward", "wardops_agent_build"}


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("?ward=99999", 404, "99999"),
        ("?device=sw-99", 404, "sw-99"),
        ("?ward=2674", 400, "ward"),
        ("?ward=26740%0a", 400, "ward"),
        ("?device=../etc", 400, "device"),
        ("?name[]=1%20OR", 400, "name[]"),
        ("?wards=26740", 400, "wards"),
    ],
)
async def test_a_wrong_question_is_answered_by_one_plain_line(
    agent: Any, query: str, status: int, says: str
) -> None:
    answer = await fetch(agent, query)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.count("\n") == 1
    assert says in answer.text


async def test_no_scrape_is_answered_before_the_journal_was_read(build: Any) -> None:
    answer = await fetch(build(restored=False))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.text.count("\n") == 1


async def test_the_content_type_is_the_one_that_was_asked_for(agent: Any) -> None:
    assert (await fetch(agent)).headers["content-type"] == (
        "text/plain; version=0.0.4; charset=utf-8"
    )
    older = await fetch(agent, Accept="application/openmetrics-text;version=0.0.1")
    assert older.headers["content-type"] == (
        "application/openmetrics-text; version=0.0.1; charset=utf-8"
    )
    assert older.headers["vary"] == "Accept, Accept-Encoding"
    assert older.headers["cache-control"] == "no-store"


async def test_gzip_is_used_when_allowed_and_worth_it(agent: Any) -> None:
    packed = await fetch(agent, **{"Accept-Encoding": "gzip"})
    plain = await fetch(agent, "?name[]=wardops_ward_info", **{"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "wardops_device_state" in packed.text
    assert "content-encoding" not in plain.headers
    refused = await fetch(agent, **{"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers


async def test_a_large_scrape_is_joined_beside_the_loop_and_is_the_same(build: Any) -> None:
    agent = build(codes=tuple(units())[:80])
    for ward in agent.engine.view.wards:
        agent.poll(ward.unit.code)
    text = (await fetch(agent, **OM)).text
    assert len(text) > 256 * 1024
    assert len(samples(text, "ifHCInOctets")) == 80


async def test_the_drill_marks_everything(build: Any) -> None:
    agent = build(realm="drill")
    agent.poll()
    for family in openmetrics((await fetch(agent, **OM)).text):
        for sample in family.samples:
            assert sample.labels.get("drill") == "1", sample


async def test_service_discovery_lists_each_ward_without_any_address(build: Any) -> None:
    agent = build(realm="live", codes=("26740", "25747"))
    async with agent.client(token=False) as client:
        answer = await client.get("/sd")
        groups = answer.json()
        assert answer.headers["content-type"] == "application/json"
        assert "192.0.2." not in answer.text
        assert [group["labels"]["__param_ward"] for group in groups] == ["26740", "25747"]
        assert groups[0] == {
            "targets": ["127.0.0.1:9642"],
            "labels": {
                "__metrics_path__": "/metrics", "__param_ward": "26740", "ward": "26740",
                "__meta_wardops_ward_slug": "sai-gon", "__meta_wardops_area": "TP.HCM cũ",
                "__meta_wardops_region": "tphcm", "__meta_wardops_kind": "phường",
                "__meta_wardops_realm": "live",
            },
        }  # fmt: skip
        again = await client.get("/sd", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        assert again.content == b""
        region = (await client.get("/sd?region=kv1")).json()
        assert [group["labels"]["ward"] for group in region] == ["25747"]
        assert (await client.get("/sd?role=agent")).json()[0]["labels"] == {
            "__metrics_path__": "/metrics",
            "__meta_wardops_realm": "live",
        }
        assert (await client.get("/sd?ward=99999")).json() == []
        assert (await client.get("/sd?role=snmpx")).status_code == 400


async def test_service_discovery_lists_the_services_that_probe_can_look_at(build: Any) -> None:
    async with build(realm="live", codes=("26740", "25747")).client(token=False) as client:
        answer = await client.get("/sd?role=probe")
        assert [group["labels"]["instance"] for group in answer.json()] == [
            "26740/tthc",
            "25747/tthc",
        ]
        assert answer.json()[0]["labels"] == {
            "__metrics_path__": "/probe", "__param_target": "26740/tthc",
            "__param_module": "http_2xx", "ward": "26740", "service": "tthc",
            "instance": "26740/tthc", "__meta_wardops_realm": "live",
        }  # fmt: skip
        assert "tthc.example" not in answer.text
        assert len((await client.get("/sd?role=probe&ward=25747")).json()) == 1


async def test_a_drill_hides_from_service_discovery_unless_asked_for(build: Any) -> None:
    async with build(realm="drill").client(token=False) as client:
        assert (await client.get("/sd")).json() == []
        assert len((await client.get("/sd?realm=drill")).json()) == 1


async def test_healthy_and_ready_say_how_it_is(build: Any) -> None:
    agent = build()
    async with agent.client(token=False) as client:
        assert (await client.get("/-/healthy")).text == "ok\n"
        assert (await client.get("/-/ready")).json() == {"ready": True, "reasons": []}
        agent.engine.view = replace(agent.engine.view, not_ready=("journal_not_writable",))
        not_ready = await client.get("/-/ready")
        assert not_ready.status_code == 503
        assert not_ready.json() == {"ready": False, "reasons": ["journal_not_writable"]}
