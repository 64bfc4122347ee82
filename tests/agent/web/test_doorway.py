"""A scrape that comes while the agent starts finds no half of what the journal knows."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from agent.config import AgentConfig
from agent.incidents.life import open_from
from agent.journal.database import FILE_NAME
from agent.journal.store import open_store
from agent.plan import Plan, opening_of
from agent.serve import Options, running
from drills.listen import Ports
from drills.topology import ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.errors import StoreError
from inventory.load import load
from playbooks.verdict.model import Verdict
from probes.clock import ManualClock, SystemClock
from probes.registry import kinds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

WARD = "26740"
NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
LINE = Verdict("ward", "metronet", "line", "down", 0.91, "M3", root="gw")
OPEN = f'wardops_incident_open{{ward="{WARD}"'


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """A ward whose journal knows an open incident."""
    world = World(ward_standard((WARD,)), 1, ManualClock())
    write_inventory(world, tmp_path / "inventory", Ports(1161, 8443, 9100, 9643), "ward", b"")
    plan = Plan(load(tmp_path / "inventory", kinds()), AgentConfig(), tmp_path / "state")
    store = open_store(plan.state, opening_of(plan, ManualClock(NOW)))
    store.open_incident(*open_from(LINE, ward=WARD, uid="uid-1", t_started=NOW, now=NOW))
    store.close()
    return plan


@asynccontextmanager
async def starting(plan: Plan, port: int) -> AsyncIterator[httpx.AsyncClient]:
    """An agent that starts, and somebody who asks it meanwhile."""
    listen = f"127.0.0.1:{port}"
    options = Options(plan.state, plan.state, listen, plan.state / "a.sock")
    stop = asyncio.Event()

    async def live() -> None:
        async with running(plan, options):
            await stop.wait()

    async with httpx.AsyncClient(base_url=f"http://{listen}") as http, asyncio.TaskGroup() as group:
        group.create_task(live())
        try:
            yield http
        finally:
            stop.set()


async def answered(http: httpx.AsyncClient, status: int) -> httpx.Response:
    """The first answer to a scrape with this status; the ones before it were 503 or none."""
    clock = SystemClock()
    while True:
        try:
            answer = await http.get("/metrics")
        except httpx.ConnectError:
            answer = None
        if answer is not None and answer.status_code == status:
            return answer
        assert answer is None or answer.status_code == 503
        await clock.sleep(0.02)


@pytest.mark.realtime
async def test_a_scrape_is_refused_until_the_journal_was_read_and_then_has_its_incident(
    plan: Plan, free_port: Callable[[], int]
) -> None:
    with closing(sqlite3.connect(plan.state / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # whoever holds the file makes the reading take long
        async with starting(plan, free_port()) as http:
            refused = await answered(http, 503)
            assert refused.headers["retry-after"] == "5"
            assert (await http.get("/-/healthy")).text == "ok\n"
            ready = await http.get("/-/ready")
            assert (ready.status_code, ready.json()["reasons"]) == (503, ["starting"])
            problem = await http.get("/api/v1/snapshot")
            assert (problem.status_code, problem.json()["code"]) == (503, "unavailable")
            other.execute("ROLLBACK")
            scrape = (await answered(http, 200)).text
    opened = [line for line in scrape.splitlines() if line.startswith(OPEN)]
    assert sum(float(line.rpartition(" ")[2]) for line in opened) == 1, opened


@pytest.mark.realtime
async def test_a_folder_that_takes_nothing_is_said_before_anybody_is_answered(
    plan: Plan, free_port: Callable[[], int]
) -> None:
    (plan.state / "file").write_text("no folder")
    nowhere = Plan(plan.inventory, plan.config, plan.state / "file")
    with pytest.raises(ExceptionGroup) as failed:
        async with starting(nowhere, free_port()):
            pass
    assert isinstance(failed.value.exceptions[0], StoreError)
