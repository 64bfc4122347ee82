"""Measures one room without an agent: every target that it needs, once, within a few seconds."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from agent.meetings.scene import needed
from inventory.credentials import resolve
from probes.meeting.readiness import readiness_of
from probes.meeting.readiness_model import Beside, Scene
from probes.model import Memory
from probes.path.model import LineWay
from probes.registry import probes_for
from probes.run import observe
from probes.target import targets_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from inventory.model import Inventory
    from probes.clock import Clock
    from probes.meeting.model import Meeting
    from probes.meeting.readiness_model import Readiness
    from probes.model import Observation, Probe, Target
    from probes.transports.model import Transports

BUDGET_S = 17.0  # of the twenty seconds that a person waits at most
BRISK_S = 60.0
# The far ends are asked again and again, so that there are packets enough to judge the line.
_ROUNDS = {"gateway": 8, "reflector": 3}


@dataclass(frozen=True, slots=True)
class Wish:
    """Which room of which ward is looked at, for which meeting if any."""

    ward: str
    room: str
    meeting: Meeting | None = None


async def look(inventory: Inventory, wish: Wish, transports: Transports, clock: Clock) -> Readiness:
    """Ask everything that the room needs, all at once, and judge what came within 17 s.

    What nobody but an agent that runs knows (who confirmed what, open incidents) is left out.
    """
    ward = inventory.wards[wish.ward]
    targets = {one.name: one for one in targets_of(ward, inventory)}
    empty = Scene(
        ward=ward, targets=targets, seen={}, room=wish.room, now=clock.now(),
        mono=clock.monotonic(), meeting=wish.meeting, vantage=inventory.vantage,
    )  # fmt: skip
    deadline = clock.monotonic() + BUDGET_S
    asking = _Asking(inventory, transports, clock, deadline)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(asking.repeatedly(targets[name], probe))
            for name in needed(empty)
            for probe in probes_for(targets[name])
            if probe.period_s <= BRISK_S and probe.name != "watch"
        ]
    runs = [one for task in tasks for one in task.result()]
    return readiness_of(
        replace(
            empty,
            seen=_newest(runs),
            mono=clock.monotonic(),
            beside=Beside(echoes=_echoes(runs, inventory.vantage)),
        )
    )


@dataclass(frozen=True, slots=True)
class _Asking:
    inventory: Inventory
    transports: Transports
    clock: Clock
    deadline: float

    async def repeatedly(self, target: Target, probe: Probe) -> tuple[Observation, ...]:
        """The runs of one probe on one target, one after the other until the time is over."""
        folder = Path(self.inventory.folder)
        memory = Memory()
        found: list[Observation] = []
        for _ in range(_ROUNDS.get(target.name, 1)):
            begun = self.clock.monotonic()
            if found and begun + probe.timeout_s > self.deadline:
                break
            one = await observe(
                target, probe, self.transports, self.clock,
                min(begun + probe.timeout_s, self.deadline),
                lambda ref: resolve(ref, folder), memory=memory,
            )  # fmt: skip
            found.append(one)
            if not one.ok:
                break
        return tuple(found)


def _newest(runs: Iterable[Observation]) -> Mapping[str, tuple[Observation, ...]]:
    by_name: dict[str, dict[str, Observation]] = defaultdict(dict)
    for one in runs:
        by_name[one.target.name][one.probe] = one
    return {name: tuple(probes.values()) for name, probes in by_name.items()}


def _echoes(runs: Iterable[Observation], vantage: str) -> LineWay | None:
    """All echoes to the far end as one window; from the hub the line is not what they measure."""
    bursts = [
        one.reading.echo
        for one in runs
        if one.target.name == "gateway" and vantage == "ward" and one.reading.echo is not None
    ]
    sent, lost = sum(one.sent for one in bursts), sum(one.lost for one in bursts)
    trips = [trip for one in bursts for trip in one.rtts_s]
    if not sent:
        return None
    return LineWay(
        "icmp", "be", "round", sent=sent, lost=lost, delay_s=median(trips) if trips else None
    )
