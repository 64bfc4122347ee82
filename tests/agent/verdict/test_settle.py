"""A segment is shown once it has won twice, bad news at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.verdict.settle import Settled, settle
from playbooks.verdict.model import Verdict

FINE = Verdict("ward", "none", "", "ok", 0.95, "N1")
LINE = Verdict("ward", "metronet", "line", "down", 0.91, "M3", root="gw")
CE_LINK = Verdict("ward", "metronet", "ce_link", "down", 0.85, "M1", root="gw")
SWITCH = Verdict("ward", "switch", "device", "down", 0.80, "S1", root="sw")
QUALITY = Verdict("ward", "metronet", "quality", "degraded", 0.85, "Q3", root="path_ok")


def settled(*steps: tuple[Verdict, float]) -> Settled:
    now = Settled()
    for verdict, mono in steps:
        now = settle(now, verdict, mono)
    return now


def test_the_first_verdict_is_shown_at_once() -> None:
    assert settled((LINE, 0.0)).shown is LINE


def test_bad_news_after_all_fine_is_shown_at_once() -> None:
    assert settled((FINE, 0.0), (LINE, 1.0)).shown is LINE


def test_a_degraded_row_waits_like_any_other() -> None:
    assert settled((FINE, 0.0), (QUALITY, 1.0)).shown is FINE
    assert settled((FINE, 0.0), (QUALITY, 1.0), (QUALITY, 6.0)).shown is QUALITY


def test_another_segment_needs_two_wins_five_seconds_apart() -> None:
    assert settled((LINE, 0.0), (SWITCH, 1.0), (SWITCH, 5.9)).shown is LINE
    assert settled((LINE, 0.0), (SWITCH, 1.0), (SWITCH, 5.9), (SWITCH, 6.0)).shown is SWITCH


def test_a_win_of_another_row_begins_the_wait_anew() -> None:
    steps = [(LINE, 0.0), (SWITCH, 1.0), (LINE, 3.0), (SWITCH, 4.0), (SWITCH, 6.0)]
    assert settled(*steps).shown is LINE
    assert settled(*steps, (SWITCH, 9.0)).shown is SWITCH


NOTHING_YET = Verdict("ward", "unknown", "", "unknown", 0.0, "U1")


def test_what_the_port_has_proven_needs_no_second_win_where_nothing_was_claimed_yet() -> None:
    before = settle(Settled(), NOTHING_YET, 0.0)
    assert settle(before, CE_LINK, 1.0).shown is NOTHING_YET
    assert settle(before, CE_LINK, 1.0, is_proven=True).shown is CE_LINK
    assert settle(before, QUALITY, 1.0, is_proven=True).shown is NOTHING_YET
    blamed = settle(Settled(), SWITCH, 0.0)
    assert settle(blamed, CE_LINK, 1.0, is_proven=True).shown is SWITCH


def test_the_same_segment_known_better_is_shown_at_once() -> None:
    assert settled((LINE, 0.0), (CE_LINK, 0.1)).shown is CE_LINK


VERDICTS = st.lists(
    st.tuples(st.sampled_from([FINE, LINE, CE_LINK, SWITCH, QUALITY]), st.floats(0.1, 4.0)),
    max_size=40,
)


@given(VERDICTS)
def test_segments_never_change_faster_than_every_five_seconds_but_for_bad_news(
    seen: list[tuple[Verdict, float]],
) -> None:
    now, mono, changed_at = Settled(), 0.0, -100.0
    for verdict, gap in seen:
        mono += gap
        after = settle(now, verdict, mono)
        assert after.shown is not None
        if now.shown is not None and after.shown.segment != now.shown.segment:
            assert after.shown is verdict
            if now.shown.segment != "none" or verdict.state != "down":
                assert mono - changed_at >= 5.0
            changed_at = mono
        now = after


@given(VERDICTS, st.sampled_from([FINE, LINE, SWITCH, QUALITY]))
def test_what_stays_true_is_shown_after_five_seconds(
    before: list[tuple[Verdict, float]], last: Verdict
) -> None:
    steps = [(verdict, float(second)) for second, (verdict, _gap) in enumerate(before)]
    end = float(len(steps))
    shown = settled(*steps, (last, end), (last, end + 5.0)).shown
    assert shown is not None
    assert shown.segment == last.segment
