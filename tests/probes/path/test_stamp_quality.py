"""What the answers to a burst say: each direction is blamed for its own losses only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from probes.path.stamp_quality import Echo, Loss, Quality, quality

MS = 1_000_000
START_NS = 1_795_330_000_000_000_000
SENT = 50
SETS = st.frozensets(st.integers(1, SENT), max_size=20)


def echo(
    number: int,
    reflected: int | None = None,
    *,
    out_ms: float = 20,
    back_ms: float = 10,
    offset_ms: float = 0,
    error_s: float | None = 0.001,
) -> Echo:
    """The answer to packet `number`, sent every 20 ms; `offset_ms` sets the far clock ahead."""
    sent = START_NS + number * 20 * MS
    there = sent + round((out_ms + offset_ms) * MS)
    here = sent + round((out_ms + back_ms) * MS)
    counted = number - 1 if reflected is None else reflected
    return Echo(
        number, counted, sent, there, there, here, (out_ms + back_ms) / 1e3, error_s, 46, 46
    )


def burst(
    lost_out: frozenset[int] = frozenset(), lost_back: frozenset[int] = frozenset(), first: int = 0
) -> list[Echo]:
    """The answers of a counting reflector to a burst with these packets lost."""
    arrived = [number for number in range(1, SENT + 1) if number not in lost_out]
    return [
        echo(number, (first + counted) % 2**32)
        for counted, number in enumerate(arrived)
        if number not in lost_back
    ]


def lost(found: Quality) -> tuple[int | None, int | None, int]:
    """Lost out, lost back, and lost nobody knows where."""
    out, back = found.out.loss, found.back.loss
    return out.lost if out else None, back.lost if back else None, found.unplaced


@given(SETS, SETS)
def test_each_direction_is_blamed_for_its_own_losses(
    out: frozenset[int], back: frozenset[int]
) -> None:
    echoes = burst(out, back)
    assume(echoes)
    last = max(one.number for one in echoes)
    found = quality(SENT, echoes)
    known = (len([n for n in out if n < last]), len([n for n in back - out if n < last]))
    assert found.round.loss == Loss(SENT, SENT - len(echoes))
    if len(echoes) < SENT:
        assert lost(found) == (*known, SENT - last)
    else:
        assert lost(found) == (0, 0, 0)


@given(SETS, SETS, st.integers(0, 2**32 - 1))
def test_a_reflector_that_goes_on_counting_is_read_from_its_first_answer(
    out: frozenset[int], back: frozenset[int], first: int
) -> None:
    """Its number runs over 32 bits in some of these bursts."""
    echoes = burst(out, back, first)
    assume(2 <= len(echoes) < SENT)
    assume(any(one.number != one.reflected_number for one in echoes))
    begin, last = echoes[0].number, echoes[-1].number
    inside = range(begin, last + 1)
    found = quality(SENT, echoes, fresh=False)
    known = (len(out.intersection(inside)), len((back - out).intersection(inside)))
    assert lost(found) == (*known, SENT - len(echoes) - sum(known))


@given(st.permutations(range(1, 13)), SETS, SETS)
def test_nothing_is_counted_twice_or_below_zero(
    order: list[int], out: frozenset[int], back: frozenset[int]
) -> None:
    arrived = [number for number in order if number not in out]
    echoes = [echo(n, counted) for counted, n in enumerate(arrived) if n not in back]
    found = quality(12, echoes)
    places = lost(found)
    if places[0] is not None and places[1] is not None:
        assert sum(part or 0 for part in places) == 12 - len(echoes)
    assert all(part is None or part >= 0 for part in places)


def test_a_reflector_that_only_copies_our_number_tells_no_direction() -> None:
    echoes = [echo(number, number) for number in (1, 2, 4, 5)]
    found = quality(5, echoes)
    assert lost(found) == (None, None, 1)
    assert found.round.loss == Loss(5, 1)


def test_without_loss_both_directions_are_clean_whoever_reflects() -> None:
    found = quality(3, [echo(number, number) for number in (1, 2, 3)])
    assert lost(found) == (0, 0, 0)


def test_a_reflector_that_began_again_tells_no_direction() -> None:
    echoes = [echo(1, 0), echo(2, 1), echo(4, 0), echo(5, 1)]
    assert lost(quality(5, echoes)) == (None, None, 1)


def test_silence_is_lost_nobody_knows_where() -> None:
    found = quality(5, [])
    assert lost(found) == (None, None, 5)
    assert (found.rtts_s, found.round.jitter_s, found.dscp_rewritten) == ((), None, None)


def test_a_packet_doubled_on_either_way_is_a_duplicate_and_no_loss() -> None:
    doubled_out = [echo(1, 0), echo(2, 1), echo(2, 2), echo(3, 3), echo(5, 4)]
    doubled_back = [echo(1, 0), echo(2, 1), echo(2, 1), echo(3, 2), echo(5, 3)]
    for echoes in (doubled_out, doubled_back):
        found = quality(5, echoes)
        assert (found.duplicates, lost(found)) == (1, (1, 0, 0))


def test_a_packet_behind_a_later_one_is_reordered_and_no_loss() -> None:
    found = quality(4, [echo(1, 0), echo(3, 1), echo(2, 2), echo(4, 3)])
    assert (found.reordered, lost(found)) == (1, (0, 0, 0))


def test_delay_and_variation_are_of_the_direction_that_has_them() -> None:
    out_ms = [20, 28, 20, 28, 20, 28]
    found = quality(6, [echo(n, out_ms=out_ms[n - 1]) for n in range(1, 7)])
    assert found.out.delay_s == pytest.approx(0.024)
    assert found.out.jitter_s == pytest.approx(0.008)
    assert found.out.ipdv_s == pytest.approx(0.008)
    assert found.back.delay_s == pytest.approx(0.010)
    assert found.back.jitter_s == pytest.approx(0, abs=1e-9)
    assert found.rtts_s == pytest.approx([0.030, 0.038] * 3)


@pytest.mark.parametrize("error_s", [None, 0.021])
def test_a_clock_nobody_keeps_right_gives_no_delay_but_variation(error_s: float | None) -> None:
    echoes = [echo(n, offset_ms=3_600_000, error_s=error_s) for n in (1, 2, 3)]
    found = quality(3, echoes)
    assert (found.out.delay_s, found.back.delay_s) == (None, None)
    assert found.out.jitter_s == pytest.approx(0, abs=1e-9)
    assert not found.is_stepped


def test_a_delay_below_zero_is_not_believed() -> None:
    """The clocks say that they are right, and are not."""
    found = quality(2, [echo(1, offset_ms=-30), echo(2, offset_ms=-30)])
    assert found.out.delay_s is None


@pytest.mark.parametrize("step_ms", [-100, 100])
def test_a_clock_set_in_between_voids_what_one_direction_alone_says(step_ms: int) -> None:
    echoes = [echo(1), echo(2), echo(3, offset_ms=step_ms), echo(4, offset_ms=step_ms)]
    found = quality(4, echoes)
    assert found.is_stepped
    assert (found.out.delay_s, found.out.jitter_s, found.back.ipdv_s) == (None, None, None)
    assert found.round.jitter_s == pytest.approx(0, abs=1e-9)
    assert lost(found) == (0, 0, 0)


def test_a_jam_in_one_direction_is_no_step_of_a_clock() -> None:
    found = quality(3, [echo(1), echo(2, out_ms=400), echo(3)])
    assert not found.is_stepped
    assert found.out.ipdv_s == pytest.approx(0.38)


def test_a_mark_that_arrives_changed_is_told_and_one_not_told_is_unknown() -> None:
    kept = [echo(1), echo(2)]
    assert quality(2, kept).dscp_rewritten is False
    assert quality(2, [kept[0], replace(kept[1], seen_dscp=0)]).dscp_rewritten is True
    assert quality(2, [replace(one, seen_dscp=None) for one in kept]).dscp_rewritten is None
