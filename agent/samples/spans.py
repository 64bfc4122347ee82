"""Turns looks at how things stand into spans: one per change, whatever the number of looks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from agent.samples.model import Span, SpanKind
from agent.samples.standing import UNKNOWN, Stand

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.samples.model import Standing

Thing: TypeAlias = tuple[str, SpanKind, str]  # ward, kind, name


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """A span that still goes on."""

    state: Standing
    why: str
    begin_ms: int


class Spans:
    """The spans that go on, and those that were begun or ended since the last `taken`."""

    def __init__(self) -> None:
        self._open: dict[Thing, OpenSpan] = {}
        self._ended_ms: dict[Thing, int] = {}
        self._news: dict[tuple[Thing, int], Span | None] = {}
        self._first_ms: int | None = None

    def stand(self, thing: Thing) -> Stand:
        """How it stands as far as was said."""
        found = self._open.get(thing)
        return Stand(found.state, found.why) if found else UNKNOWN

    def is_good(self, thing: Thing) -> bool:
        """Whether it stands well as far as was said."""
        found = self._open.get(thing)
        return found is not None and found.state == "good"

    def say(self, thing: Thing, stand: Stand, now_ms: int) -> None:
        """Take in how a thing stands now.

        A change dates back to the stand's own `since`, but never before the span that it ends
        began, nor before anything was looked at, nor into announced work.
        """
        if self._first_ms is None:
            self._first_ms = now_ms
        before = self._open.get(thing)
        if is_same(self.stand(thing), stand):
            return
        at_ms = self._beginning(thing, before, stand, now_ms)
        if before is not None:
            self._end(thing, before, at_ms)
        if stand.state is not None:
            self._open[thing] = OpenSpan(stand.state, stand.why, at_ms)
            self._news[thing, at_ms] = None

    def stop(self, at_ms: int) -> None:
        """End all spans: the clock was set, so what comes next begins anew."""
        for thing, span in list(self._open.items()):
            self._end(thing, span, max(span.begin_ms, at_ms))
        self._first_ms = None
        self._ended_ms = {}

    def forget_after(self, at_ms: int) -> None:
        """Drop what is not yet written and lies at or after a moment that has not come yet."""
        self._news = {
            key: span if span is None or span.end_ms <= at_ms else replace(span, end_ms=at_ms)
            for key, span in self._news.items()
            if key[1] < at_ms
        }

    def taken(self) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """What ended and what began since the last time; the latter end where they begin."""
        news, self._news = self._news, {}
        ended = tuple(span for span in news.values() if span is not None)
        begun = tuple(
            _span(thing, self._open[thing], begin_ms)
            for (thing, begin_ms), span in news.items()
            if span is None and thing in self._open and self._open[thing].begin_ms == begin_ms
        )
        return ended, begun

    def put_back(self, ended: Iterable[Span], begun: Iterable[Span]) -> None:
        """What could not be written is news again, unless there is newer."""
        for span in ended:
            self._news.setdefault(_key(span), span)
        for span in begun:
            self._news.setdefault(_key(span), None)

    def _beginning(self, thing: Thing, before: OpenSpan | None, stand: Stand, now_ms: int) -> int:
        if stand.since is None or not _dates_back(before, stand):
            return now_ms
        first_ms = now_ms if self._first_ms is None else self._first_ms
        floor_ms = before.begin_ms if before else self._ended_ms.get(thing, first_ms)
        return min(now_ms, max(floor_ms, round(stand.since.timestamp() * 1000)))

    def _end(self, thing: Thing, span: OpenSpan, at_ms: int) -> None:
        del self._open[thing]
        self._ended_ms[thing] = at_ms
        self._news[thing, span.begin_ms] = _span(thing, span, at_ms)


def _dates_back(before: OpenSpan | None, stand: Stand) -> bool:
    """After a time of which nothing is known only a fault, which was measured, dates back."""
    if before is None:
        return stand.state == "down"
    return before.state in ("good", "degraded", "down")


def is_same(one: Stand, other: Stand) -> bool:
    """Whether they say the same, whenever it began."""
    return (one.state, one.why) == (other.state, other.why)


def _key(span: Span) -> tuple[Thing, int]:
    return (span.ward, span.kind, span.thing), span.begin_ms


def _span(thing: Thing, span: OpenSpan, end_ms: int) -> Span:
    ward, kind, name = thing
    return Span(ward, kind, name, span.state, span.why, span.begin_ms, end_ms)
