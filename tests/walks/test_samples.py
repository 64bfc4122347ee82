"""What an agent at work writes down for reports: loads, echoes, and how everything stood."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from agent.journal.database import read_database
from agent.samples.shelf import FILE_NAME, loads_in, paths_in, spans_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.samples.model import LoadSlot, PathSlot, Span

WARD = "26740"
ALL_S = 2**40


def read(story: Any) -> tuple[list[LoadSlot], list[PathSlot], list[Span]]:
    database = read_database(story.agent.store.path.parent, FILE_NAME)
    try:
        return (
            list(loads_in(database, WARD, 0, ALL_S)),
            list(paths_in(database, WARD, 0, ALL_S)),
            list(spans_in(database, WARD, 0, ALL_S * 1000)),
        )
    finally:
        database.close()


async def rest(story: Any, seconds: int) -> None:
    await story.clock.sleep(float(seconds))


def test_an_outage_of_the_line_is_in_the_samples_as_it_was(tell: Callable[..., None]) -> None:
    async def plot(story: Any) -> None:
        await rest(story, 900)
        cut_s = story.clock.now().timestamp()
        fault = story.fault("cable_cut", "ce:wan")
        await rest(story, 600)
        mended_s = story.clock.now().timestamp()
        story.mend(fault)
        await rest(story, 900)
        story.agent.recorder.write()
        loads, paths, spans = read(story)
        down = [one for one in spans if one.kind == "ward" and one.state == "down"]
        (outage,) = down
        assert outage.why.startswith("metronet/")
        assert abs(outage.begin_ms / 1000 - cut_s) <= 6
        assert abs(outage.end_ms / 1000 - mended_s) <= 6
        whole = [one for one in loads if one.in_covered_s > 299.9]
        assert len(whole) == 6
        assert all(one.in_octets > 4e6 and one.capacity_bps == 100e6 for one in whole)
        silent = [one for one in paths if one.sent and not one.answered]
        assert len(silent) == 2  # the ten minutes of the cut, and only they
        assert all(one.lost == 0 for one in paths if one not in silent)
        behind = [one for one in spans if one.kind == "service"]
        assert {one.state for one in behind} == {"good"}  # behind the break: not known, not down
        gaps = [b.begin_ms - a.end_ms for a, b in pairwise(behind) if a.thing == b.thing]
        assert len(gaps) == 4
        assert all(500_000 < gap < 700_000 for gap in gaps)

    tell(plot)
