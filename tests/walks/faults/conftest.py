"""Faults on a simulated ward, the unchanged agent on it, and the world's word on who is to blame.

`look(script)` plays faults in virtual time and returns everything that was shown against the side
of the ward's border that the world says is broken. An open verdict is never wrong.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from agent.assembly import Agent
from agent.config import AgentConfig
from agent.plan import Plan
from drills import cable, faults
from drills.listen import Ports
from drills.model import node_of
from drills.sim import ward_codes
from drills.topology import (
    REFLECTOR,
    RESOLVER,
    SERVICES,
    TIME_SERVER,
    edge_of,
    ward_standard,
)
from drills.world import World
from drills.writing import write_inventory
from inventory.load import load
from probes.clock import ManualClock, run_virtual
from probes.registry import kinds
from tests.walks.faults.variants import apply_variants

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable
    from pathlib import Path

    from inventory.values import Vantage
    from playbooks.verdict.model import Verdict
    from probes.clock import Clock

WARD = "26740"
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # a Monday, 08:00 in the ward
PORTS = Ports(snmp=1161, https=8443, http=9100, reach=9643)
HEALTHY_AFTER_S = 40
# What was true lately may still be shown: tables are read every 30 s, a change needs two wins.
MEMORY_S = 45.0
# The quality of a way is judged on ten minutes of echoes and on the port's use in that time.
QUALITY_MEMORY_S = 660.0
QUALITY_ROWS = frozenset({"Q1", "Q2", "Q3"})
HUB_MEMORY_S = 75.0
STEP_S = 0.5

OWN_SEGMENTS = frozenset({"power", "lan", "switch", "meeting"})
OWN_PARTS = frozenset({"ce", "ce_link", "congestion"})
OPEN_PARTS = frozenset({"line_or_ce", "backup"})


@dataclass(frozen=True, slots=True)
class Broken:
    """What is broken at one moment: on the ward's way out, elsewhere in the ward, on the line, in
    the data centre. `cut` are the breaks on the way out that let nothing through.
    """

    way: frozenset[str]
    cut: frozenset[str]
    elsewhere: frozenset[str]
    line: frozenset[str]
    centre: frozenset[str]


@dataclass
class Looked:
    """What was shown: every change of the verdict with its second, and what was shown wrongly.

    `opened_at` is the second of the first incident.
    """

    shown: list[tuple[float, str]] = field(default_factory=list)
    wrong: list[tuple[float, str]] = field(default_factory=list)
    last: Verdict | None = None
    opened_at: float | None = None

    @property
    def sides(self) -> set[str]:
        """The sides that were ever named."""
        return {side for _t, side in self.shown}


def side_of(verdict: Verdict) -> str:
    """Which side of the border a verdict names: own, metronet, dc, either, unknown, none."""
    if verdict.segment in OWN_SEGMENTS or verdict.part in OWN_PARTS:
        return "own"
    if verdict.segment == "unknown":
        return "line" if verdict.outside else "unknown"
    if verdict.segment == "metronet":
        is_open = verdict.part in OPEN_PARTS or "metronet/ce_link" in verdict.alternatives
        return "either" if is_open else "metronet"
    return "none" if verdict.segment == "none" else "dc"


ENDS = ("out_loss", "error_ratio", "out_delay_ms", "out_jitter_ms")
MOST_OCTETS = 1500


def _is_shut(world: World, ref: str) -> bool:
    found = world.topology.at_port[ref]
    if not world.fact("cable", found.id) or not (world.admin(found.a) and world.admin(found.b)):
        return True
    same_vlan = world.fact("vlan", found.a) == world.fact("vlan", found.b)
    return not world.fact("passes", found.id) or not same_vlan


def _is_poor(world: World, ref: str) -> bool:
    found = world.topology.at_port[ref]
    return (
        any(
            world.fact(kind, on) > 0
            for kind, on in (
                *(("loss", found.id), ("delay_ms", found.id)),
                *((kind, end) for kind in ENDS for end in (found.a, found.b)),
            )
        )
        or world.fact("largest", found.id) < MOST_OCTETS
    )


def broken(world: World, t: float, code: str = WARD) -> Broken:
    """The world's word on one ward."""
    topology = world.topology
    core, access, ce = (topology.device(code, role).name for role in ("core", "access", "ce"))
    edge = edge_of(topology.codes.index(code))
    near = (f"{topology.device(code, 'host').name}:eth0", f"{access}:24", f"{ce}:lan")
    far = (f"{ce}:wan", f"gateway:{edge}")
    centre = [node.name for node in topology.by_ward[""] if node.role != "pe"]
    servers = (REFLECTOR, RESOLVER, TIME_SERVER)
    inner = ("gateway:dc", *(f"dc-sw:{name}" for name in (*SERVICES, *servers)))
    dark = {name for name in (core, access, ce) if not world.powered(name, t)}
    shut = {ref for ref in near if _is_shut(world, ref)}
    busy = {name for name in (core, access) if world.fact("storm", name)}
    busy |= {"line_load"} if world.fact("line_load", code) else set()
    here = {node.name for node in topology.by_ward[code]}
    cables = [one for one in topology.cables.values() if {node_of(one.a), node_of(one.b)} & here]
    return Broken(
        way=frozenset(dark | shut | busy | {ref for ref in near if _is_poor(world, ref)}),
        cut=frozenset(dark | shut),
        elsewhere=frozenset(
            {name for name in here if not world.powered(name, t)}
            | {one.id for one in cables if _is_shut(world, one.a)} - {f"{ce}:wan"}
            | ({"mains"} if not world.fact("mains", code) else set())
            | {name for name in (core, access) if not world.fact("ping", name)}
            | {name for name in (core, access) if not world.fact("snmp", name)}
            | ({f"names of {ce}"} if world.fact("names", ce) != "right" else set())
            | ({ce} if not world.fact("ping", ce) and not world.fact("snmp", ce) else set())
        ),
        line=frozenset(
            {ref for ref in far if _is_shut(world, ref) or _is_poor(world, ref)}
            | ({edge} if not world.powered(edge, t) else set())
        ),
        centre=frozenset(
            {name for name in centre if not world.powered(name, t)}
            | {name for name in centre if world.fact("service", name) != "running"}
            | {name for name in centre if world.fact("service_delay_s", name)}
            | {name for name in centre if world.fact("names", name) != "right"}
            | {name for name in centre if world.fact("time", name) != "right"}
            | {name for name in centre if world.fact("certificate", name) != "valid"}
            | {ref for ref in inner if _is_shut(world, ref) or _is_poor(world, ref)}
        ),
    )


def _united(lately: Iterable[Broken]) -> Broken:
    every = list(lately)
    named = ("way", "cut", "elsewhere", "line", "centre")
    return Broken(*(frozenset().union(*(getattr(one, name) for one in every)) for name in named))


def wrong(verdict: Verdict, lately: list[Broken]) -> str:
    """Why that verdict is on the wrong side; empty when it is not."""
    side, known = side_of(verdict), _united(lately)
    if side == "own":
        return "" if known.way or known.elsewhere else "own, and the ward is whole"
    # A dead gateway seen from one vantage alone reads as the line, with the centre named beside
    # it; the other vantage corrects that.
    if side == "either":
        names_centre = "dc/gateway" in verdict.alternatives
        is_right = known.way or known.line or (known.centre and names_centre)
        return "" if is_right else "line or CE, and both are whole"
    if side in ("metronet", "line"):
        if not known.line and not known.centre:
            return "the line, and it is whole"
        always = frozenset.intersection(*(one.cut for one in lately))
        return "the line, and the ward's own way is cut" if always else ""
    if side == "dc":
        return "" if known.centre or known.line else "the centre, and it is whole"
    return ""


async def play(
    script: list[tuple[float, Any]],
    world: World,
    agent: Agent,
    looked: Looked,
    clock: Clock,
    healthy_s: float = HEALTHY_AFTER_S,
) -> None:
    """Break and mend what the script says, and note everything that is shown meanwhile."""
    case = agent.engine.cases[WARD]
    history: list[tuple[float, Broken]] = []
    version, now_broken = -1, None

    async def wait(seconds: float) -> None:
        nonlocal version, now_broken
        for _ in range(int(seconds / STEP_S)):
            await clock.sleep(STEP_S)
            t = world.time()
            now_broken = broken(world, t)
            history.append((t, now_broken))
            if looked.opened_at is None and case.incidents:
                looked.opened_at = t
            if case.verdict is not None:
                _note(looked, case.verdict, t, _lately(history, case.verdict, t), healthy_s)

    await wait(healthy_s)
    ids: list[str] = []
    for delay_s, what in script:
        await wait(delay_s)
        if what is None:
            for number in ids:
                faults.clear(world, number)
            ids = []
        else:
            name, on, params = what
            ids.append(faults.apply(world, name, on, params))
    looked.last = case.verdict


def _lately(
    history: list[tuple[float, Broken]], shown: Verdict, t: float, memory_s: float = MEMORY_S
) -> list[Broken]:
    """What was broken in the time that a verdict rests on."""
    since = t - (QUALITY_MEMORY_S if shown.row in QUALITY_ROWS else memory_s)
    return [one for at, one in history if at >= since]


def _note(
    looked: Looked,
    verdict: Verdict,
    t: float,
    lately: list[Broken],
    healthy_s: float = HEALTHY_AFTER_S,
) -> None:
    place = f"{verdict.row} {verdict.segment}/{verdict.part}"
    problem = wrong(verdict, lately)
    if problem and (not looked.wrong or looked.wrong[-1][1] != f"{place}: {problem}"):
        looked.wrong.append((t, f"{place}: {problem}"))
    if t > healthy_s and (not looked.shown or looked.shown[-1][1] != side_of(verdict)):
        looked.shown.append((t, side_of(verdict)))


async def _looked(
    script: Any, folder: Path, seed: int, clock: ManualClock, variants: Collection[str] = ()
) -> Looked:
    world = World(ward_standard(ward_codes(1)), seed, clock)
    async with _watched(world, folder, clock, "ward", variants) as agent:
        looked = Looked()
        await play(script, world, agent, looked, clock)
    return looked


@asynccontextmanager
async def _watched(
    world: World,
    folder: Path,
    clock: ManualClock,
    vantage: Vantage,
    variants: Collection[str] = (),
) -> AsyncIterator[Agent]:
    """The unchanged agent at work on that world."""
    write_inventory(world, folder / "inventory", PORTS, vantage, b"")
    apply_variants(folder / "inventory", variants)
    (folder / "playbooks").mkdir()
    inventory = load(folder / "inventory", kinds())
    ways = cable.transports(world, f"ward:{WARD}" if vantage == "ward" else "hub")
    agent = Agent(
        Plan(inventory, AgentConfig(), folder / "state", folder / "playbooks"), ways, clock
    )
    work = asyncio.create_task(agent.run())
    try:
        yield agent
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        ways.snmp.close()
        agent.close()


async def _from_hub(
    script: Any, folder: Path, seed: int, wards: int, clock: ManualClock
) -> dict[str, Looked]:
    world = World(ward_standard(ward_codes(wards)), seed, clock)
    looked = {code: Looked() for code in world.topology.codes}
    history: dict[str, list[tuple[float, Broken]]] = {code: [] for code in looked}
    ids: list[str] = []
    async with _watched(world, folder, clock, "hub") as agent:
        for delay_s, what in [(HEALTHY_AFTER_S, ()), *script]:
            for _ in range(int(delay_s)):
                await clock.sleep(1.0)
                for code, lately in history.items():
                    t, shown = world.time(), agent.engine.cases[code].verdict
                    lately.append((t, broken(world, t, code)))
                    if shown is not None:
                        known = _lately(lately, shown, t, HUB_MEMORY_S)
                        _note(looked[code], shown, t, known)
                        looked[code].last = shown
            if what is None:
                for number in ids:
                    faults.clear(world, number)
                ids = []
            elif what:
                ids.append(faults.apply(world, *what))
    return looked


@pytest.fixture
def look(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Looked]:
    """Plays `[(seconds to wait, (fault, on, params) or None to mend all), …]`.

    `variants` are names of `tests.walks.faults.variants`.
    """

    def run(
        script: list[tuple[float, Any]], seed: int = 1, variants: Collection[str] = ()
    ) -> Looked:
        clock = ManualClock(START)
        folder = tmp_path_factory.mktemp("faults")
        looked: Looked = run_virtual(_looked([*script], folder, seed, clock, variants), clock)
        return looked

    return run


@pytest.fixture
def look_from_hub(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Looked]]:
    """Plays the same on several wards that the hub looks at; one Looked a ward."""

    def run(script: list[tuple[float, Any]], seed: int = 1, wards: int = 3) -> dict[str, Looked]:
        clock = ManualClock(START)
        folder = tmp_path_factory.mktemp("hub")
        looked: dict[str, Looked] = run_virtual(
            _from_hub([*script], folder, seed, wards, clock), clock
        )
        return looked

    return run
