"""A running agent over a hypervisor and machines that a test moves, in virtual time."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from agent.assembly import Agent
from agent.config import AgentConfig
from agent.plan import Plan
from agent.serve import parts_of
from agent.web.access import fresh_token
from agent.web.app import build_app
from inventory.load import load
from probes.clock import ManualClock, run_virtual
from probes.errors import TimedOut
from probes.registry import kinds
from probes.tasks import end
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import HttpAnswer, ShellAnswer, Transports

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # a Monday, 07:00 in the ward


@dataclass
class Site(FakeHttp):
    """A Proxmox host at 192.0.2.20 with `guests`, and exporters by address: what they say now."""

    guests: list[dict[str, Any]] = field(default_factory=list)
    snapshots: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    backups: list[dict[str, Any]] = field(default_factory=list)
    pages: dict[str, bytes] = field(default_factory=dict)
    rights: dict[str, Any] = field(default_factory=lambda: {"/": {"VM.Audit": 1}})
    is_silent: bool = False
    shell: str = ""

    async def execute(self, *_words: object, **_more: object) -> ShellAnswer:
        """What a machine's shell prints; one that prints nothing is silent."""
        if not self.shell:
            raise TimedOut
        return ShellAnswer(self.shell, "", 0)

    async def talk(self, *_words: object, **_more: object) -> tuple[str, ...]:
        """Nothing is typed."""
        raise AssertionError

    async def get(self, url: str, **_ways: Any) -> HttpAnswer:
        """The page of an exporter; one without is silent."""
        page = self.pages.get(url.partition("//")[2].partition(":")[0])
        if page is None:
            raise TimedOut
        return HttpAnswer(200, page, "text/plain")

    async def send(self, request: Any, *, deadline: float) -> HttpAnswer:
        """What the host answers at that path."""
        host, _, path = request.url.partition("/api2/json")
        if not path:
            return await self.get(request.url, deadline=deadline)
        if self.is_silent or "192.0.2.20" not in host:
            return HttpAnswer(503, b"")
        data = self._data(path)
        if data is None:
            return HttpAnswer(403, b"")
        return HttpAnswer(200, json.dumps({"data": data}).encode(), "application/json")

    def _data(self, path: str) -> Any:
        store = {"type": "storage", "storage": "data", "node": "pve", "status": "available",
                 "disk": 10, "maxdisk": 100}  # fmt: skip
        if path.endswith("/snapshot"):
            return self.snapshots.get(path.split("/")[4], [])
        fixed: dict[str, Any] = {
            "/version": {"version": "8.1.4"},
            "/cluster/resources": [*self.guests, store] if self.guests else [],
            "/cluster/status": [],
            "/cluster/backup-info/not-backed-up": [],
            "/nodes/pve/storage": [{"storage": "data", "content": "backup"}],
            "/nodes/pve/storage/data/content?content=backup": self.backups,
            "/access/permissions": self.rights,
        }
        return fixed.get(path)


@dataclass
class Machines:
    """An agent at work on that site, and what it says by HTTP."""

    site: Site
    agent: Agent
    clock: ManualClock
    http: httpx.AsyncClient
    token: str

    async def get(self, path: str, status: int = 200) -> Any:
        """One answer of the API."""
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = await self.http.get(f"/api/v1{path}", headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def series(self, prefix: str = "wardops_vm") -> dict[str, float]:
        """The sample lines of `/metrics` that begin so, by name with labels."""
        text = (await self.http.get("/metrics")).text
        lines = (line.rpartition(" ") for line in text.splitlines() if line.startswith(prefix))
        return {name: float(value) for name, _, value in lines}


@pytest.fixture
def at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[dict[str, str], Callable[[Machines], Coroutine[Any, Any, None]]], None]:
    """Runs a plot against an agent of these ward files, whose host's token is `env:PVE`."""
    monkeypatch.setenv("PVE", "look@pve!ward=5c1a3f9e-canary")
    monkeypatch.setenv("LOOK", "look:canary-password")

    def run(wards: dict[str, str], plot: Callable[[Machines], Coroutine[Any, Any, None]]) -> None:
        folder = tmp_path / "wards"
        folder.mkdir(exist_ok=True)  # a test may have put a site.yaml there
        for code, text in wards.items():
            head = f'schema: wardops/inventory/1\nward: "{code}"\n'
            (folder / f"{code}.yaml").write_text(head + text, encoding="utf-8")
        clock = ManualClock(START)
        run_virtual(_told(folder, tmp_path / "state", clock, plot), clock)

    return run


async def _told(
    folder: Path,
    state: Path,
    clock: ManualClock,
    plot: Callable[[Machines], Coroutine[Any, Any, None]],
) -> None:
    nothing: Any = None
    site = Site({})
    ways = Transports(snmp=nothing, http=site, echo=FakeEcho({}), tcp=FakeTcp({}), shell=site)
    none = state.parent / "playbooks"  # reading the library costs more than the story
    none.mkdir()
    agent = Agent(Plan(load(folder, kinds()), AgentConfig(), state, none), ways, clock)
    token = fresh_token()
    door = httpx.ASGITransport(
        build_app(parts_of(agent, token, "127.0.0.1:9642")), client=("127.0.0.1", 1)
    )
    work = asyncio.create_task(agent.run())
    try:
        async with httpx.AsyncClient(transport=door, base_url="http://127.0.0.1") as http:
            await plot(Machines(site, agent, clock, http, token.reveal()))
    finally:
        with suppress(asyncio.CancelledError):
            await end(work)
        agent.close()
