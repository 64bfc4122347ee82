"""A ward's story: one simulated world, the unchanged agent on it, time that a test moves.

`await story.wait(60)`, `story.fault(…)`, `await story.within(15, …)`: what people would see is read
from the agent's own HTTP API, in memory.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
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
from drills import cable, faults
from drills.listen import Ports
from drills.sim import ward_codes
from drills.topology import ROOMS, Template, ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.load import load
from probes.clock import ManualClock, run_virtual
from probes.registry import kinds
from probes.tasks import end

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from inventory.values import Vantage

WARD = "26740"
START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # a Monday, 07:00 in the ward
PORTS = Ports(snmp=1161, https=8443, http=9100, reach=9643)
# The same with a reflector behind the line, resolvers and a time server.
WELL_EQUIPPED = replace(PORTS, stamp=862, dns=53, ntp=123)


@dataclass
class Story:
    """One ward under watch; times are seconds since the story began."""

    world: World
    agent: Agent
    clock: ManualClock
    http: httpx.AsyncClient
    token: str
    verdicts: list[dict[str, Any]] = field(default_factory=list)

    async def wait(self, seconds: float) -> None:
        """Let time pass, a second at a time, noting every verdict that was shown."""
        for _ in range(int(seconds)):
            await self.clock.sleep(1.0)
            self.verdicts.append(await self.verdict())

    async def within(
        self, seconds: float, condition: Callable[[], Coroutine[Any, Any, Any]]
    ) -> Any:
        """The condition's first true value; fails when the time is over before."""
        for _ in range(int(seconds * 4)):
            found = await condition()
            if found:
                return found
            await self.clock.sleep(0.25)
        raise AssertionError(f"not within {seconds} s; the verdict is {await self.verdict()}")

    def fault(self, name: str, on: str = "", **params: object) -> str:
        """Break something in the world."""
        return faults.apply(self.world, name, on, params)

    def mend(self, fault: str) -> None:
        """Undo it."""
        faults.clear(self.world, fault)

    async def get(self, path: str) -> Any:
        """One answer of the API."""
        answer = await self.http.get(f"/api/v1{path}", headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def do(self, verb: str, **args: Any) -> Any:
        """One command to the agent."""
        reason = args.pop("reason", None)
        number = f"00000000-0000-4000-8000-{len(self.verdicts):012d}"
        body = {"id": number, "verb": verb, "args": args, "actor": "local:cb-01", "reason": reason}
        answer = await self.http.post("/api/v1/commands", json=body, headers=self._headers)
        self.verdicts.append({})
        return answer.json()

    async def metrics(self) -> str:
        """What a scrape reads."""
        return (await self.http.get("/metrics")).text

    async def verdict(self, ward: str = WARD) -> dict[str, Any]:
        """The verdict that people see."""
        found: dict[str, Any] = await self.get(f"/verdict?ward={ward}")
        return found

    async def incidents(self, *, is_open: bool | None = None) -> list[dict[str, Any]]:
        """Incidents, newest first."""
        query = "" if is_open is None else f"?open={json.dumps(is_open)}"
        found: list[dict[str, Any]] = (await self.get(f"/incidents{query}"))["items"]
        return found

    async def states(self) -> dict[str, str]:
        """State by device and service."""
        snapshot = await self.get("/snapshot")
        return {
            **{one["name"]: one["state"] for one in snapshot["devices"]},
            **{one["id"]: one["state"] for one in snapshot["services"]},
        }

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture
def tell(tmp_path: Path) -> Callable[..., None]:
    """Runs a story on virtual time, at default intervals.

    One ward seen from within, or with several `wards` seen from the hub; `ports` say what the
    inventory knows. `is_live`: it claims to be no simulation, so that packet sizes are tried.
    `amend` changes the written inventory, `room` is the kind of the meeting rooms' endpoints. With
    `hypervisor` the host of the machines is asked too.
    """

    def run(
        plot: Callable[[Story], Coroutine[Any, Any, None]],
        wards: int = 1,
        ports: Ports = PORTS,
        *,
        is_live: bool = False,
        amend: Callable[[Path], None] = lambda _folder: None,
        room: str = ROOMS[0],
        hypervisor: bool = False,
    ) -> None:
        clock = ManualClock(START)
        template = ward_standard(ward_codes(wards), room)
        told = _told(
            plot, clock, tmp_path, template, ports,
            is_live=is_live, amend=amend, hypervisor=hypervisor,
        )  # fmt: skip
        run_virtual(told, clock)

    return run


async def _told(
    plot: Callable[[Story], Coroutine[Any, Any, None]],
    clock: ManualClock,
    folder: Path,
    template: Template,
    ports: Ports,
    *,
    is_live: bool,
    amend: Callable[[Path], None],
    hypervisor: bool,
) -> None:
    world = World(template, 1, clock)
    vantage: Vantage = "ward" if len(template.codes) == 1 else "hub"
    write_inventory(world, folder / "inventory", ports, vantage, b"", hypervisor=hypervisor)
    if is_live:
        site = f"schema: wardops/site/1\nrealm: live\nvantage: {vantage}\n"
        (folder / "inventory" / "site.yaml").write_text(site, encoding="utf-8")
    amend(folder / "inventory")
    inventory = load(folder / "inventory", kinds())
    ways = cable.transports(world, f"ward:{WARD}" if vantage == "ward" else "hub")
    state = folder / "state"
    agent = Agent(Plan(inventory, AgentConfig(), state), ways, clock)
    token = fresh_token()
    app = build_app(parts_of(agent, token, "127.0.0.1:9642"))
    work = asyncio.create_task(agent.run())
    door = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    try:
        async with httpx.AsyncClient(transport=door, base_url="http://127.0.0.1") as http:
            await plot(Story(world, agent, clock, http, token.reveal()))
    finally:
        await end(work)
        ways.snmp.close()
        agent.close()
