"""A check that flaps is told once; what it ended in reaches everybody, over restarts too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agent.checks import CheckState, Policy, State, remembered, step
from agent.flapping import Flap, heed, owes

START = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
LETTERS = {"O": State.OK, "W": State.WARN, "C": State.CRIT, "U": State.UNKNOWN}
_TOLD = ("hard_bad", "changed", "recovered")


def feed(
    results: str, state: CheckState | None = None, attempts: int = 3, first: int = 0
) -> tuple[CheckState, list[Flap], list[State]]:
    """A result a second: the last state, the lines of flapping, and every state people hear of."""
    now, flaps, heard = state or CheckState(), list[Flap](), list[State]()
    for second, letter in enumerate(results, first):
        at = START + timedelta(seconds=second)
        stepped, change = step(now, LETTERS[letter], Policy(attempts), at, float(second))
        now, flap = heed(now, stepped, at)
        if change is not None and change.change in _TOLD and not stepped.ring.flapping:
            heard.append(now.state)
        if flap is not None:
            flaps.append(flap)
            heard += [flap.state] if flap.tell else []
    return now, flaps, heard


def test_one_line_says_that_it_flaps_how_often_and_since_when() -> None:
    _state, flaps, _heard = feed("OC" * 10)
    (flap,) = flaps
    assert (flap.what, flap.state, flap.changes, flap.tell) == ("flapping", State.OK, 6, False)
    assert flap.percent == 33.9
    assert flap.since == START + timedelta(seconds=6)


def test_nothing_is_told_of_single_changes_while_it_flaps() -> None:
    _state, flaps, heard = feed("OC" * 30, attempts=1)
    assert [flap.what for flap in flaps] == ["flapping"]
    assert len(heard) == 5  # before it was seen to flap
    last = heard[-1]
    assert last is State.CRIT


def test_a_line_that_flaps_for_ten_minutes_and_stays_down_is_told_as_down() -> None:
    """One change each 20 s, then silence: the state after the end is news."""
    state, flaps, heard = feed("OOOOOO" + "CO" * 15 + "C" * 20)
    assert [(flap.what, flap.state, flap.tell) for flap in flaps] == [
        ("flapping", State.OK, False),
        ("settled", State.CRIT, True),
    ]
    assert heard == [State.CRIT]
    assert state.told is State.CRIT


def test_a_recovery_in_the_middle_of_flapping_is_not_lost() -> None:
    _state, flaps, heard = feed("OCCC" + "WC" * 6 + "O" * 25)
    assert heard[0] is State.CRIT
    assert heard[-1] is State.OK
    assert [flap.tell for flap in flaps if flap.what == "settled"] == [True]


def test_what_people_already_believe_is_not_told_again() -> None:
    _state, flaps, heard = feed("O" * 3 + "CO" * 10 + "O" * 20)
    assert [(flap.what, flap.tell) for flap in flaps] == [("flapping", False), ("settled", False)]
    assert heard == []


def test_a_restart_never_ends_flapping_and_loses_no_recovery() -> None:
    before, _flaps, _heard = feed("OCCC" + "WC" * 6)
    assert before.ring.flapping
    after, flaps, heard = feed("O", remembered(before.ring, before.told), first=60)
    assert after.ring.flapping
    assert (flaps, heard) == ([], [])
    _state, flaps, heard = feed("O" * 20, after, first=61)
    assert [(flap.what, flap.since, flap.tell) for flap in flaps] == [("settled", None, True)]
    assert heard == [State.OK]


def test_what_came_back_while_the_program_was_away_is_told_at_its_first_good_result() -> None:
    before, _flaps, heard = feed("OCCC")
    assert heard == [State.CRIT]
    _after, flaps, heard = feed("O", remembered(before.ring, before.told), first=60)
    assert [(flap.what, flap.state) for flap in flaps] == [("settled", State.OK)]
    assert heard == [State.OK]


def test_retries_that_say_the_same_again_do_not_hide_a_line_that_comes_and_goes() -> None:
    """Asked every 5 s, and every 2 s while in doubt: down for 10 s, up for 10 s, ten times."""
    policy, state, flapped = Policy(3, 2.0, rhythm_s=5.0), CheckState(), False
    for turn in range(10):
        for after, letter in ((0, "C"), (2, "C"), (4, "C"), (9, "C"), (14, "O"), (19, "O")):
            at, mono = START + timedelta(seconds=20 * turn + after), float(20 * turn + after)
            stepped, _change = step(state, LETTERS[letter], policy, at, mono)
            state, _flap = heed(state, stepped, at)
        flapped = flapped or state.ring.flapping
    assert flapped
    assert state.ring.changes >= 8


RESULTS = st.lists(st.sampled_from("OWCU"), max_size=120).map("".join)


@given(RESULTS, st.integers(1, 3), st.sets(st.integers(0, 119)))
def test_people_never_believe_for_long_what_is_not_so(
    results: str, attempts: int, restarts: set[int]
) -> None:
    """Whenever a check stands still beyond doubt, what people heard last is what it is."""
    state, believed = CheckState(), State.OK
    for second, letter in enumerate(results):
        if second in restarts:
            state = remembered(state.ring, state.told)
        state, _flaps, heard = feed(letter, state, attempts, second)
        believed = heard[-1] if heard else believed
        assert len(heard) <= 1
        assert not owes(state)
        if state.hard and state.state is not State.UNKNOWN and not state.ring.flapping:
            assert believed is state.state


@given(RESULTS)
def test_flapping_and_settled_alternate(results: str) -> None:
    _state, flaps, _heard = feed(results)
    ends = [flap.what for flap in flaps if flap.what == "flapping" or flap.since is not None]
    pairs = ["flapping", "settled"] * len(ends)
    assert ends == pairs[: len(ends)]
