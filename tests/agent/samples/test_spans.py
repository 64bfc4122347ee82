"""From looks to spans: one per change, dated back to what was measured and no further."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent.checks import CheckState, State
from agent.samples.model import STANDINGS, Span
from agent.samples.spans import Spans, Thing
from agent.samples.standing import MAINTAINED, UNKNOWN, Around, Stand, stand_of, ward_stand
from playbooks.verdict.model import Verdict

THING: Thing = ("26740", "device", "sw")
S = 1000


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def said(*looks: tuple[int, Stand]) -> list[tuple[str, int, int]]:
    """The spans in seconds that a row of looks leads to, ended where the last look is."""
    spans = Spans()
    for when, stand in looks:
        spans.say(THING, stand, when * S)
    spans.stop(looks[-1][0] * S)
    ended, _begun = spans.taken()
    found = sorted(ended, key=lambda one: one.begin_ms)
    whole = (one for one in found if one.end_ms > one.begin_ms)
    return [(one.state, one.begin_ms // S, one.end_ms // S) for one in whole]


GOOD = Stand("good")


def test_many_looks_at_the_same_are_one_span() -> None:
    assert said((0, GOOD), (10, GOOD), (20, GOOD), (30, GOOD)) == [("good", 0, 30)]


def test_an_outage_begins_with_its_first_bad_result_and_ends_with_the_first_good_one() -> None:
    down, over = Stand("down", since=at(94)), Stand("good", since=at(197))
    found = said((0, GOOD), (100, down), (200, over), (300, GOOD))
    assert found == [("good", 0, 94), ("down", 94, 197), ("good", 197, 300)]


def test_what_nobody_knew_is_not_filled_with_good_afterwards() -> None:
    found = said((0, GOOD), (100, UNKNOWN), (200, Stand("good", since=at(1))), (300, GOOD))
    assert found == [("good", 0, 100), ("good", 200, 300)]


def test_announced_work_keeps_its_time() -> None:
    found = said((0, GOOD), (50, MAINTAINED), (90, Stand("down", since=at(60))), (95, GOOD))
    assert found == [("good", 0, 50), ("maintenance", 50, 90), ("down", 90, 95)]


def test_what_is_behind_a_break_is_unknown_since_it_fell_silent() -> None:
    found = said((0, GOOD), (100, Stand(None, since=at(93))), (200, GOOD), (210, GOOD))
    assert found == [("good", 0, 93), ("good", 200, 210)]


def test_what_could_not_be_written_is_news_again() -> None:
    spans = Spans()
    spans.say(THING, GOOD, 0)
    first = spans.taken()
    assert [len(part) for part in first] == [0, 1]
    spans.say(THING, UNKNOWN, 5 * S)
    spans.put_back(*first)
    ended, begun = spans.taken()
    assert (ended, begun) == ((Span("26740", "device", "sw", "good", "", 0, 5 * S),), ())
    assert spans.taken() == ((), ())


def test_doubt_changes_nothing_and_certainty_dates_back() -> None:
    soft = CheckState(State.CRIT, bad_since=at(50))
    hard = CheckState(State.CRIT, hard=True, bad_since=at(50))
    assert stand_of(soft, Around(), GOOD) == GOOD
    assert stand_of(hard, Around(), GOOD) == Stand("down", since=at(50))
    assert stand_of(hard, Around(on_duty=False), GOOD) == Stand("off")
    assert stand_of(hard, Around(held=True), GOOD).state is None
    assert stand_of(hard, Around(maintained=True), GOOD) == MAINTAINED
    assert stand_of(CheckState(State.OK), Around(fresh=False), GOOD) == UNKNOWN
    assert stand_of(CheckState(), Around(), UNKNOWN) == UNKNOWN


def test_a_ward_stands_by_the_verdict_that_people_see() -> None:
    line = Verdict("ward", "metronet", "line", "down", 0.9, "M3", root="gw")
    assert ward_stand(line, maintained=False) == Stand("down", "metronet/line")
    assert ward_stand(line, maintained=True) == MAINTAINED
    assert ward_stand(None, maintained=False) == UNKNOWN


LOOKS = st.lists(
    st.tuples(
        st.integers(1, 60),
        st.sampled_from((None, *STANDINGS)),
        st.one_of(st.none(), st.integers(0, 500)),
    ),
    min_size=1,
    max_size=40,
)


@given(LOOKS)
def test_spans_never_overlap_and_never_lie_in_the_future(
    looks: list[tuple[int, str | None, int | None]],
) -> None:
    spans, now = Spans(), 0
    for step, state, back in looks:
        now += step
        since = None if back is None else at(max(0, now - back))
        spans.say(THING, Stand(state, since=since), now * S)  # type: ignore[arg-type]
    spans.stop(now * S)
    ended, begun = spans.taken()
    assert begun == ()
    ordered = sorted(ended, key=lambda one: one.begin_ms)
    for one in ordered:
        assert looks[0][0] * S <= one.begin_ms <= one.end_ms <= now * S
    for one, other in pairwise(ordered):
        assert one.end_ms <= other.begin_ms
