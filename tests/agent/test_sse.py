"""Octets become events whatever way they are cut, and nothing that is lost goes unnoticed."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.sse import Follower, Frame, Frames, Missed
from agent.wire import Event, Heartbeat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.sse import Followed

TS = "2026-11-21T07:32:07.412Z"


def event(seq: int, kind: str = "state") -> bytes:
    """One event as the agent writes it."""
    data = f'{{"seq":{seq},"ts":"{TS}","kind":"{kind}","key":"verdict","patch":{{}}}}'
    return f"id: {seq}\nevent: {kind}\ndata: {data}\n\n".encode()


BEAT = f'event: hb\ndata: {{"ts":"{TS}","lag_ms":0.4,"seq":7}}\n\n'.encode()


def frames(pieces: Sequence[bytes], largest: int = 1000) -> list[Frame]:
    """The frames of these pieces."""
    reader = Frames(largest)
    return [frame for piece in pieces for frame in reader.feed(piece)]


def read(octets: bytes, seq: int | None = None, *, is_whole: bool = True) -> list[str]:
    """What a follower makes of it, in a word each."""
    follower = Follower(seq, is_whole=is_whole)
    return [word(one) for frame in frames([octets]) for one in follower.read(frame)]


def word(one: Followed) -> str:
    """A number, a heartbeat, or why something is missing."""
    if isinstance(one, Missed):
        return one.why
    return "hb" if isinstance(one, Heartbeat) else str(one.seq)


@given(st.lists(st.integers(0, 200), max_size=8), st.booleans())
def test_frames_are_the_same_however_they_are_cut(cuts: list[int], crlf: bool) -> None:
    whole = BEAT + event(1) + b": a comment\n\n" + event(2) + b"data: a\ndata: b\n\n"
    if crlf:
        whole = whole.replace(b"\n", b"\r\n")
    ends = [0, *sorted(cuts), len(whole)]
    pieces = [whole[a:b] for a, b in pairwise(ends)]
    found = frames(pieces)
    assert [frame.kind for frame in found] == ["hb", "state", "state", ""]
    assert found == frames([whole])
    assert found[-1].data == b"a\nb"


@given(st.integers(1, 400), st.booleans())
def test_an_event_that_is_too_large_is_told_and_the_next_one_is_whole(
    size: int, in_one_line: bool
) -> None:
    data = b"data: " + b"x" * 2000 if in_one_line else b"data: xx\n" * 900
    octets = b"event: state\n" + data + b"\n\n" + event(3)
    pieces = [octets[at : at + size] for at in range(0, len(octets), size)]
    large, after = frames(pieces)
    assert large.data is None
    assert after == frames([event(3)])[0]


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (event(5) + event(6), ["5", "6"]),
        (event(6), ["gap", "6"]),
        (event(5) + event(5), ["5", "gap", "5"]),
        (BEAT + event(5), ["hb", "5"]),
        (event(4, "reset") + event(5), ["reset", "5"]),
        (b"event: state\ndata: {\n\n" + event(9), ["garbled", "9"]),
        (b"event: hb\ndata: {}\n\n" + event(9), ["garbled", "9"]),
        (b"data: " + b"x" * 2000 + b"\n\n" + event(9), ["too_large", "9"]),
        (b"event: state\n\n" + event(5), ["5"]),
    ],
)
def test_what_is_missing_is_said_once(octets: bytes, said: list[str]) -> None:
    assert read(octets, 4) == said


def test_events_of_one_ward_have_gaps_that_mean_nothing() -> None:
    assert read(event(5) + event(9), 1, is_whole=False) == ["5", "9"]
    assert read(event(9)) == ["9"], "without a snapshot there is nothing to follow on"


@given(st.lists(st.binary(max_size=60), max_size=12))
def test_no_octets_break_the_reader(pieces: list[bytes]) -> None:
    follower = Follower(1)
    for frame in frames(pieces, 40):
        for one in follower.read(frame):
            assert isinstance(one, (Event, Heartbeat, Missed))
