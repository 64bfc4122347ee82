"""Syslog over TCP: both framings of RFC 6587, in whatever pieces the octets come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.hints.framing import LONGEST_COUNTED, BrokenStream, Framer
from agent.hints.syslog import LONGEST_LINE

TEXTS = st.binary(min_size=1, max_size=60).filter(
    lambda text: not set(text) & set(b"\n\0\r") and not text[:1].isdigit()
)


def framed(data: bytes, cuts: list[int] | None = None) -> list[bytes]:
    framer, found, at = Framer(), [], 0
    for cut in sorted(cut % (len(data) + 1) for cut in cuts or []):
        found += framer.feed(data[at:cut])
        at = cut
    return [*found, *framer.feed(data[at:]), *framer.end()]


@given(st.lists(st.tuples(TEXTS, st.booleans()), max_size=6), st.lists(st.integers(0, 999)))
def test_messages_of_both_framings_come_out_whole_however_they_are_cut(
    messages: list[tuple[bytes, bool]], cuts: list[int]
) -> None:
    stream = b"".join(
        b"%d %b" % (len(text), text) if counted else text + b"\n" for text, counted in messages
    )
    assert framed(stream, cuts) == [text for text, _counted in messages]


@given(st.binary(max_size=400), st.lists(st.integers(0, 999)))
def test_any_octets_come_out_alike_however_they_are_cut(data: bytes, cuts: list[int]) -> None:
    try:
        whole = framed(data)
    except BrokenStream:
        with pytest.raises(BrokenStream):
            framed(data, cuts)
    else:
        assert framed(data, cuts) == whole
        assert all(len(one) <= LONGEST_LINE for one in whole)


def test_a_counted_message_may_hold_line_feeds() -> None:
    assert framed(b"5 <1>\na3 <2>") == [b"<1>\na", b"<2>"]


def test_a_line_ends_with_lf_nul_or_cr_lf_and_empty_ones_are_none() -> None:
    assert framed(b"<1>a\r\n<1>b\0\n\n<1>c") == [b"<1>a", b"<1>b", b"<1>c"]


def test_a_line_that_only_looks_like_a_count_is_a_line() -> None:
    assert framed(b"2026-11-22 sw-1 hello\n12345678 x\n") == [
        b"2026-11-22 sw-1 hello",
        b"12345678 x",
    ]


@pytest.mark.parametrize("form", ["line", "counted"])
def test_of_a_long_message_the_first_2048_octets_are_kept_and_the_next_one_whole(form: str) -> None:
    long = b"<1>" + b"x" * 9_000
    first = long + b"\n" if form == "line" else b"%d %b" % (len(long), long)
    assert framed(first + b"<1>next\n", [10, 2_000, 3_000, 8_999]) == [
        long[:LONGEST_LINE], b"<1>next",
    ]  # fmt: skip


def test_a_count_beyond_reason_ends_the_connection() -> None:
    with pytest.raises(BrokenStream):
        framed(b"%d <1>" % (LONGEST_COUNTED + 1))


def test_a_stream_without_an_end_is_held_only_in_part() -> None:
    framer = Framer()
    for _ in range(1_000):
        framer.feed(b"x" * 10_000)
    assert len(framer._buffer) <= LONGEST_LINE
