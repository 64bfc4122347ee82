"""An agent with three days of a disk's history foretells it, until the machine falls silent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent.journal.database import Opening, read_database
from agent.machines.forecast import DAY_S, SLOT_S, Point
from agent.machines.history_shelf import HistoryShelf, Place, rooms_since
from agent.samples.shelf import FILE_NAME, open_samples
from tests.walks.conftest import START, WARD

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
