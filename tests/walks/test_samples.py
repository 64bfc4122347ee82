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
        await rest(story, 420)
        cut_s = story.clock.now().timestamp()
        fault = story.fault("cable_cut", "ce:wan")
        await rest(story, 300)
        mended_s = story.clock.now().timestamp()
        story.mend(fault)
        await rest(story, 180)
        text = await story.metrics()
        for way in ("in", "out"):
            labels = f'{{ward="{WARD}",dir="{way}"}}'
            assert f"wardops_uplink_p95_7d_coverage_ratio{labels}" in text
            assert f"wardops_uplink_p95_compliant{labels}" not in text  # some minutes are no week
        story.agent.recorder.write()
        loads, paths, spans = read(story)
        down = [one for one in spans if one.kind == "ward" and one.state == "down"]
        (outage,) = down
        assert outage.why.startswith("metronet/")
        assert abs(outage.begin_ms / 1000 - cut_s) <= 10
        assert abs(outage.end_ms / 1000 - mended_s) <= 10
        whole = [one for one in loads if one.in_covered_s > 299.9]
        assert whole
        assert all(one.in_octets > 4e6 and one.capacity_bps == 100e6 for one in whole)
        silent = [one for one in paths if one.sent and not one.answered]
        assert silent == []  # the five minutes of the cut lie in two slots
        assert 90 <= sum(one.lost for one in paths) <= 140
        behind = [one for one in spans if one.kind == "service"]
        assert {one.state for one in behind} == {"good"}  # behind the break: not known, not down
        gaps = [b.begin_ms - a.end_ms for a, b in pairwise(behind) if a.thing == b.thing]
        assert len(gaps) >= 3
        assert all(200_000 < gap < 400_000 for gap in gaps)

    tell(plot)


def test_a_clock_that_is_set_back_leaves_no_time_twice(tell: Callable[..., None]) -> None:
    async def plot(story: Any) -> None:
        await rest(story, 200)
        story.agent.recorder.write()
        await rest(story, 60)
        story.clock.step_wall(-120)
        await rest(story, 30)
        story.agent.recorder.write()
        loads, paths, spans = read(story)
        now_ms = story.clock.now().timestamp() * 1000
        things = {(one.kind, one.thing) for one in spans}
        assert len(things) > 5
        for thing in things:
            own = [one for one in spans if (one.kind, one.thing) == thing]
            assert own[-1].end_ms <= now_ms
            assert all(one.end_ms <= two.begin_ms for one, two in pairwise(own))
        assert all(one.in_covered_s <= 300 for one in loads)
        slots = [*(one.slot for one in loads), *(one.slot for one in paths)]
        assert all(slot * 1000 <= now_ms for slot in slots)

    tell(plot)


def test_a_clock_that_is_set_forward_leaves_a_gap(tell: Callable[..., None]) -> None:
    async def plot(story: Any) -> None:
        await rest(story, 100)
        stepped_ms = story.clock.now().timestamp() * 1000
        story.clock.step_wall(7200)
        await rest(story, 60)
        story.agent.recorder.write()
        _loads, _paths, spans = read(story)
        switch = [one for one in spans if one.thing == "sw-26740-01"]
        assert [one.state for one in switch] == ["good", "good"]
        assert switch[0].end_ms <= stepped_ms
        assert switch[1].begin_ms >= stepped_ms + 7_190_000

    tell(plot)
