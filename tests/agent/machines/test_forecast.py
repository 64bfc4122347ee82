"""A forecast holds what it says: its interval the true moment, and none where there is none."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.machines.forecast import DAY_S, MONTH, SLOT_S, WEEK, Point, Window, forecast
from probes.vm.trend import Forecast, NoForecast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probes.vm.trend import Outlook

SOAK = bool(os.environ.get("WARDOPS_SOAK"))
SERIES = 600 if SOAK else 12
SIZE = 100.0
BEGIN = 1_790_000_000 // DAY_S * DAY_S
STATED = 0.8
MOST_DAYS = 420  # of a path: beyond what any of these forecasts tells


@dataclass(frozen=True)
class Path:
    """What is left of a disk hour by hour until it is full, and its pace a day."""

    left: tuple[float, ...]
    is_full: bool


def path(kind: str, rng: Random, days: int) -> Path:
    """A disk that is not full before `days` are over; its left share is anything then."""
    while True:
        hours = tuple(hourly(kind, rng, days))
        if min(hours[: days * 24]) > 0:
            return Path(hours, hours[-1] <= 0)


def hourly(kind: str, rng: Random, days: int) -> Iterator[float]:
    """Hours of such a disk; the unit is 1 % of its size."""
    pace = math.exp(rng.uniform(math.log(0.2), math.log(5)))
    noise, swing, rest = rng.uniform(0.05, 0.6), rng.uniform(0.5, 4), rng.randrange(7)
    wander, every = rng.uniform(0.2, 1.5), rng.choice((2, 3))
    after, change = rng.choice((0.3, 0.5, 2, 3)), days - (3.05 if days <= 7 else rng.uniform(3, 6))
    step_at, step = rng.randrange(12, days * 24 - 12), rng.uniform(2, 10)
    left = rng.uniform(5, 60) + pace * days
    if kind == "step":
        left += step * pace
    for hour in range(MOST_DAYS * 24):
        day, of_day = divmod(hour, 24)
        moved = {
            "two paces": 1 if hour / 24 < change else after,
            "working days": 1.4 if (day + rest) % 7 < 5 else 0,
            "working hours": 3 if 8 <= of_day < 16 else 0,
            "lumps": 0,
            "bursts": rng.lognormvariate(-1.125, 1.5) if kind == "bursts" else 0,
        }.get(kind, 1) / 24
        if kind == "lumps" and hour % (24 * every) == 5:
            moved = every * rng.uniform(0.7, 1.3)
        if kind == "wandering":
            moved += rng.gauss(0, wander / math.sqrt(24))
        if kind == "step" and hour == step_at:
            moved += step
        left -= moved * pace
        off = abs(rng.gauss(0, noise)) if "noisy" in kind else 0.0
        off += swing * ((hour - 3) % 24) / 24 if "rotation" in kind else 0.0
        yield left - off * pace
        if hour >= days * 24 and left - off * pace <= 0:
            return


def points_of(hours: tuple[float, ...], days: int, size: float = SIZE) -> list[Point]:
    """The points of the first days."""
    return [
        Point(BEGIN + place * SLOT_S, max(0.0, min(hours[place * 6 : place * 6 + 6])), size)
        for place in range(days * 4)
    ]


def seen(points: list[Point], window: Window = WEEK) -> Outlook:
    """The outlook right after the last point's slot."""
    return forecast(points, window, points[-1].slot + SLOT_S)


def holds(one: Forecast, path: Path) -> bool:
    """Whether the moment at which it became full lies in the interval."""
    full_at = BEGIN + len(path.left) * 3600 if path.is_full else math.inf
    last = one.not_after.timestamp() if one.not_after else math.inf
    return one.not_before.timestamp() <= full_at <= last


@pytest.mark.parametrize(
    "kind",
    ["steady", "noisy", "nightly rotation", "noisy rotation", "working hours", "working days",
     "step", "two paces", "lumps", "wandering", "bursts", "gap"],
)  # fmt: skip
def test_the_interval_holds_the_true_moment_at_least_as_often_as_stated(kind: str) -> None:
    """By shape and length of history; 600 series of each in the long form, 12 in the short."""
    figures: list[str] = []
    for days, window in ((3, WEEK), (5, WEEK), (7, WEEK), (14, MONTH), (30, MONTH)):
        rng = Random(days)  # noqa: S311 - the same series at every run
        found: list[bool] = []
        bounded = 0
        for _ in range(SERIES):
            whole = path(kind, rng, days)
            points = points_of(whole.left, days)
            if kind == "gap" and days in (7, 30):  # a day without answers, and one in ten lost
                points = [
                    one
                    for place, one in enumerate(points)
                    if not 8 <= place < 12 and (rng.random() > 0.1 or place > days * 4 - 3)
                ]
            one = seen(points, window)
            if isinstance(one, Forecast):
                assert one.not_before <= one.full_at
                assert one.not_after is None or one.full_at <= one.not_after
                found.append(holds(one, whole))
                bounded += one.not_after is not None
        figures.append(f"{days:2} days: {len(found)} told, {bounded} bounded, {sum(found)} held")
        assert sum(found) >= (STATED if SOAK else 0.7) * len(found)
        if kind in ("steady", "noisy", "nightly rotation", "working hours"):
            assert len(found) >= SERIES / 4
            assert bounded >= 0.9 * len(found)  # an interval without end holds everything
    if SOAK:
        print("", kind, *figures, sep="\n", flush=True)  # noqa: T201 - the figures of the method


def test_a_steady_disk_is_full_when_the_line_says() -> None:
    points = [Point(BEGIN + n * SLOT_S, 30 - n * 0.25, SIZE) for n in range(1, 41)]
    one = seen(points)
    assert isinstance(one, Forecast)
    assert one.full_at.timestamp() == points[-1].slot + SLOT_S + 20 * DAY_S
    assert one.not_after is not None
    assert (one.not_after - one.not_before).days <= 1
    assert one.days == 7


def flat(noise: float) -> Callable[[int, Random], float]:
    """A disk that people fill and empty about a level."""
    return lambda _n, rng: 40 + rng.gauss(0, noise)


@pytest.mark.parametrize("level", [flat(0), flat(0.5), flat(4), lambda n, _rng: 20 + n / 4])
def test_a_flat_or_emptying_disk_is_not_filling(level: Callable[[int, Random], float]) -> None:
    for seed in range(SERIES):
        rng = Random(seed)  # noqa: S311 - as above
        points = [Point(BEGIN + n * SLOT_S, level(n, rng), SIZE) for n in range(28)]
        assert not isinstance(seen(points), Forecast)


def test_what_wanders_without_a_trend_is_seldom_foretold() -> None:
    told = 0
    for seed in range(SERIES * 5):
        rng, left = Random(seed), 30.0  # noqa: S311 - as above
        points = []
        for n in range(28):
            left = max(0.5, left + rng.gauss(0, 0.5))
            points.append(Point(BEGIN + n * SLOT_S, left, SIZE))
        one = seen(points)
        told += isinstance(one, Forecast) and one.not_after is not None
    assert told <= 0.1 * SERIES * 5


def falling(days: int, left: float = 60.0, pace: float = 2.0) -> list[Point]:
    """A steady fall."""
    return [Point(BEGIN + n * SLOT_S, left - pace * n / 4, SIZE) for n in range(days * 4)]


def why(one: Outlook) -> tuple[str, float, int]:
    """The reason why there is no forecast, and how many days of how many."""
    assert isinstance(one, NoForecast)
    return one.why, one.days, one.needed


def test_nothing_is_told_from_too_few_days_and_a_gap_is_no_data() -> None:
    assert why(forecast([], WEEK, BEGIN)) == ("too_little", 0, 3)
    assert why(seen(falling(3)[:-1])) == ("too_little", 2.75, 3)
    assert isinstance(seen(falling(3)), Forecast)
    assert why(seen(falling(13), MONTH)) == ("too_little", 13, 14)
    lame = [one for place, one in enumerate(falling(7)) if not 2 <= place < 19]
    assert why(seen(lame)) == ("too_little", 2.75, 3)


def test_a_slot_that_goes_on_is_no_point_yet_and_old_points_tell_nothing() -> None:
    points = falling(4)
    end = points[-1].slot + SLOT_S
    assert forecast(points, WEEK, end - 1) == seen(points[:-1])
    assert isinstance(forecast(points, WEEK, end + 12 * 3600), Forecast)
    assert why(forecast(points, WEEK, end + 12 * 3600 + 1))[0] == "stale"


def test_a_clean_up_or_another_size_begins_the_fit_anew() -> None:
    for lift, size in ((30.0, SIZE), (50.0, SIZE + 50)):
        after = [one._replace(slot=one.slot + 7 * DAY_S, left=one.left - 21 + lift, size=size)
                 for one in falling(5, pace=3)]  # fmt: skip
        for place in range(1, 12):
            assert why(seen(falling(7, pace=3) + after[:place]))[:2] == ("too_little", place / 4)
        one = seen(falling(7, pace=3) + after[:12])
        assert isinstance(one, Forecast)
        assert one.since.timestamp() == after[0].slot


def test_one_low_value_and_its_way_back_are_no_clean_up() -> None:
    points = falling(7)
    for place in (5, 14, 22):
        spiked = [one._replace(left=one.left - 25) if n == place else one
                  for n, one in enumerate(points)]  # fmt: skip
        one = seen(spiked)
        assert isinstance(one, Forecast)
        assert one.days == 6.75
        assert one.full_at == seen(points).full_at  # type: ignore[union-attr]


def test_what_is_cleaned_every_week_is_foretold_only_if_it_is_full_before() -> None:
    def weekly(pace: float, days: int) -> list[Point]:
        return [Point(BEGIN + n * SLOT_S, 60 - pace * (n / 4 % 7), SIZE) for n in range(days * 4)]

    assert why(seen(weekly(5, 26)))[0] == "cleaned"
    assert isinstance(seen(weekly(10, 26)), Forecast)


def test_nothing_is_told_further_ahead_than_ten_times_the_days_of_data() -> None:
    assert why(seen(falling(7, pace=0.5)))[0] == "far"
    assert isinstance(seen(falling(7, pace=1.0)), Forecast)


def test_a_full_disk_is_full_now() -> None:
    points = [one._replace(left=max(0.0, one.left)) for one in falling(7, left=12.0)]
    one = seen(points)
    assert isinstance(one, Forecast)
    assert one.full_at.timestamp() == points[-1].slot + SLOT_S
    assert one.not_before <= one.full_at


LEFT = st.one_of(st.floats(0, 1e15), st.sampled_from([0.0, 1.0, 50.0]))
POINTS = st.lists(
    st.tuples(st.integers(0, 160), LEFT, st.sampled_from([100.0, 100.5, 1e13])), max_size=60
)


@given(POINTS, st.sampled_from([WEEK, MONTH]))
def test_whatever_the_points_there_is_an_ordered_interval_or_a_reason(
    told: list[tuple[int, float, float]], window: Window
) -> None:
    by_slot = {place: (left, size) for place, left, size in told}
    points = [Point(BEGIN + n * SLOT_S, *by_slot[n]) for n in sorted(by_slot)]
    one = forecast(points, window, BEGIN + 160 * SLOT_S)
    if isinstance(one, Forecast):
        assert one.not_before <= one.full_at
        assert one.not_after is None or one.full_at <= one.not_after
        assert window.needed <= one.days <= window.days
    else:
        assert one.why != "too_little" or one.days <= window.needed


@given(st.integers(0, 27), st.floats(0.3, 2.0), st.integers(0, 40))
def test_the_unit_does_not_matter(place: int, pace: float, doublings: int) -> None:
    unit = 2**doublings  # exact in floating point
    points = falling(7, pace=pace)
    points[place] = points[place]._replace(left=points[place].left + 0.4)
    larger = [Point(one.slot, one.left * unit, one.size * unit) for one in points]
    one, other = seen(points), seen(larger)
    assert isinstance(one, Forecast) == isinstance(other, Forecast)
    if isinstance(one, Forecast) and isinstance(other, Forecast):
        assert abs((one.full_at - other.full_at).total_seconds()) <= 60
