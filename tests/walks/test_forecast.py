"""An agent with three days of a disk's history foretells it, until the machine falls silent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent.journal.database import Opening, read_database
from agent.machines.forecast import DAY_S, SLOT_S, Point
from agent.machines.history import History
from agent.machines.history_shelf import HistoryShelf, Place, rooms_since
from agent.samples.shelf import FILE_NAME, open_samples
from drills import cable
from drills.sim import ward_codes
from drills.topology import ROOMS, ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.credentials import resolve
from inventory.load import load
from probes.clock import ManualClock, run_virtual
from probes.model import Memory
from probes.registry import kinds, probes
from probes.run import observe
from probes.target import targets_of
from tests.walks.conftest import PORTS, START, WARD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.walks.conftest import Story

MACHINE = "vm-26740-1"
FAMILY = "wardops_vm_filesystem_full_in_seconds"
START_S = round(START.timestamp())
A_DAY = 2.5 * (1 << 30)  # of 40 GiB
DAYS_LEFT = 12


def remember(inventory: Path) -> None:
    """The disk / has been looked at for three days, /var for six hours less: both fill up."""
    opening = Opening("agent-1", "sim", "before", START, lambda: 0.0)
    shelf = open_samples(inventory.parent / "state", opening)
    points = [Point(START_S - n * SLOT_S, (DAYS_LEFT - 0.25 + n / 4) * A_DAY, 16 * A_DAY)
              for n in range(1, 13)]  # fmt: skip
    kept = [(Place(WARD, MACHINE, "/"), one) for one in points]
    kept += [(Place(WARD, MACHINE, "/var"), one) for one in points[:-1]]
    HistoryShelf(shelf.database).put(kept, (), ())
    shelf.close()


async def told(story: Story) -> dict[str, float]:
    """Seconds until each disk is full, as a scrape reads them."""
    lines = re.findall(FAMILY + r'\{[^}]*mount="([^"]+)"[^}]*\} (\S+)', await story.metrics())
    return {mount: float(value) for mount, value in lines}


def test_a_disk_is_foretold_after_three_days_and_not_while_its_machine_is_silent(
    tell: Callable[..., None],
) -> None:
    async def plot(story: Story) -> None:
        await story.clock.sleep(65.0)
        found = await told(story)
        assert list(found) == ["/"]
        full_s = story.clock.now().timestamp() + found["/"]
        assert abs(full_s - (START_S + DAYS_LEFT * DAY_S)) <= SLOT_S
        assert found["/"] <= DAYS_LEFT * DAY_S
        fault = story.fault("power_off", MACHINE)
        await story.clock.sleep(100.0)
        assert await told(story) == {}
        story.mend(fault)
        await story.clock.sleep(65.0)
        assert list(await told(story)) == ["/"]
        story.agent.history.write()
        database = read_database(story.agent.store.path.parent, FILE_NAME)
        now = [place.name for place, _point in rooms_since(database, START_S)]
        database.close()
        assert now == ["/", "/var"]

    tell(plot, amend=remember)


def test_a_simulated_disk_that_fills_day_by_day_is_foretold_from_the_fourth_on(
    tmp_path: Path,
) -> None:
    """Hour by hour for four days, asked by the probe that the agent asks by."""
    clock = ManualClock(START)
    world = World(ward_standard(ward_codes(1), ROOMS[0]), 1, clock)
    write_inventory(world, tmp_path / "inventory", PORTS, "ward", b"")
    inventory = load(tmp_path / "inventory", kinds())
    target = next(one for one in targets_of(inventory.wards[WARD], inventory)
                  if one.name == MACHINE)  # fmt: skip
    ways = cable.transports(world, f"ward:{WARD}")
    shelf = open_samples(tmp_path, Opening("agent-1", "sim", "b", START, clock.monotonic))
    shown: list[float] = []
    history = History(
        [target], shelf.database, clock,
        show=lambda _seen, samples: shown.append(samples[0].value),
    )  # fmt: skip
    memory = Memory()

    async def plot() -> None:
        for hour in range(1, 97):
            await clock.sleep(3600.0 - 1.0)
            share = 0.7 + hour / 24 * 0.03
            world.change("disk_used", f"{MACHINE}:/", share, who="test", source="inject")
            end = clock.monotonic() + 10
            seen = await observe(target, probes()["node-exporter"], ways, clock, end,
                                 lambda ref: resolve(ref, tmp_path), memory=memory)  # fmt: skip
            assert seen.ok
            history.take(seen)
            await clock.sleep(1.0)
            history.turn()
            assert not shown or hour >= 73

    run_virtual(plot(), clock)
    ways.snmp.close()
    shelf.close()
    assert abs(shown[-1] - 6 * DAY_S) <= SLOT_S  # 10 days after the beginning it is full
