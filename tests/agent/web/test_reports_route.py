"""`/api/v1/reports/…`: figures with formula, inputs and coverage; unknown is null, never 100 %."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.journal.database import Opening
from agent.journal.store import open_store
from agent.samples.model import Expected, Span
from agent.samples.shelf import open_samples
from agent.wire.report import Report

if TYPE_CHECKING:
    from tests.agent.web.conftest import Agent, Build

WARD = "26740"


def keep(agent: Agent) -> None:
    """Samples of the last two hours: one up, half an hour of the other down."""
    now = agent.clock.now()
    end_ms = round(now.timestamp() * 1000)
    folder, opening = agent.parts.state, Opening("agent-1", "sim", "boot-1", now, lambda: 0.0)
    open_store(folder, opening).close()
    shelf = open_samples(folder, opening)
    shelf.expect([Expected(WARD, "device", "sw"), Expected(WARD, "link", "l")])
    times = (("good", 7200, 1800), ("down", 1800, 900), ("good", 900, 600))
    shelf.add((), (), [
        Span(WARD, "ward", WARD, state, "metronet/line" if state == "down" else "",  # type: ignore[arg-type]
             end_ms - begin * 1000, end_ms - end * 1000)
        for state, begin, end in times
    ], (), end_ms)  # fmt: skip
    shelf.close()


async def test_a_running_month_gives_what_is_known_with_its_coverage(build: Build) -> None:
    agent = build()
    keep(agent)
    async with agent.client() as client:
        answer = await client.get("/api/v1/reports/monthly?period=2026-11")
    assert answer.status_code == 200
    report = Report.model_validate_json(answer.content)
    figures = {(one.figure, one.subject): one for one in report.figures}
    up = figures["ward.availability", WARD]
    assert (report.running, report.realm, report.ward) == (True, "sim", WARD)
    assert up.value is None  # two hours do not make a month
    assert up.coverage is not None
    assert up.coverage < 0.01
    assert (up.state, up.formula, up.inputs["D"]) == ("not_enough", "availability", 900)
    assert figures["device.availability", "sw"].value is None
    assert figures["circuit.p95_7d", "l/in"].value is None
    assert figures["circuit.p95_7d", "l/in"].state == "not_enough"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("monthly?period=2026-13", 400), ("monthly?period=2027-01", 400), ("annual?period=x", 400),
        ("weekly", 404), ("monthly?ward=25747", 404), ("monthly?month=2", 400),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused(build: Build, query: str, status: int) -> None:
    agent = build()
    keep(agent)
    async with agent.client() as client:
        assert (await client.get(f"/api/v1/reports/{query}")).status_code == status


async def test_without_samples_it_says_so(build: Build) -> None:
    async with build().client() as client:
        refused = await client.get("/api/v1/reports/uplink")
    assert refused.status_code == 400
    assert "samples.db" in refused.json()["detail"]


async def test_with_many_wards_one_is_named(build: Build) -> None:
    async with build(codes=(WARD, "25747")).client() as client:
        refused = await client.get("/api/v1/reports/monthly")
    assert refused.status_code == 400
    assert WARD in refused.json()["detail"]
