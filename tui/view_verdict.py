"""The verdict in its frame: headline, how long, what speaks for it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.language import has
from tui.legend import DOWN, OK, UNKNOWN, mark_of
from tui.lines import Line, Span, boxed, line, spread, width, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agent.wire import Snapshot, Verdict
    from tui.legend import Mark
    from tui.lines import Tone
    from tui.text import Words
    from tui.view import Showing

_HEADLINE_ROWS = 2
_INDENT = "   "


def verdict_lines(showing: Showing, verdict: Verdict, rows: int) -> list[Line]:
    """The frame in so many rows; double only for a loss that is the present state."""
    mark = verdict_mark(showing, verdict)
    head = list(_headline(showing, verdict, mark))
    inside = [*head, *_why(showing, verdict, rows - 2 - len(head))]
    is_down = mark is DOWN
    tone: Tone = "down" if is_down else "dim"
    return boxed(inside, showing.columns, double=is_down, tone=tone, height=rows)


def verdict_mark(showing: Showing, verdict: Verdict) -> Mark:
    """How the verdict may be shown: good only now, with no fault and nothing missing that decides.

    The agent keeps to that; the screen does not rely on it.
    """
    if not showing.is_current:
        return UNKNOWN
    mark = mark_of(verdict.state)
    is_sure = verdict.segment == "none" and not verdict.missing
    return mark if mark is not OK or is_sure else UNKNOWN


def _headline(showing: Showing, verdict: Verdict, mark: Mark) -> Iterator[Line]:
    words, room = showing.words, showing.columns - 2
    said = words.of(verdict.headline)
    if not showing.is_current:
        said = words.say("tui.home.was", headline=f"{mark_of(verdict.state).glyph} {said}")
    elif mark is OK and verdict.segment == "none" and not verdict.unmeasured:
        said = words.say("tui.home.all_good", headline=said)
    right = _since(showing, verdict, mark)
    tone: Tone = "alarm" if mark is DOWN else "stale" if not showing.is_current else mark.tone
    first, *more = wrapped(said, room - width(right) - 5, _HEADLINE_ROWS)
    yield spread(line(" ", Span(f"{mark.glyph} {first}", tone)), right, room)
    yield from (line(_INDENT, Span(row, tone)) for row in more)


def _since(showing: Showing, verdict: Verdict, mark: Mark) -> Line:
    """At the right end: how long a fault lasts, how fresh a good state is."""
    words = showing.words
    if mark is OK:
        oldest = showing.age_s(_oldest_s(showing.snapshot))
        return (
            line(Span(words.say("tui.home.oldest", age=words.lasted(oldest)), "dim"), " ")
            if (oldest is not None)
            else ()
        )
    if verdict.state == "ok":
        return ()
    lasted = showing.lasted(verdict.since)
    if showing.is_wide and verdict.since is not None and showing.is_current:
        at = words.time(verdict.since)
        sure = round(verdict.confidence * 100)
        key = "tui.home.since" if sure else "tui.home.since_only"
        values = {"sure": sure} if sure else {}
        return line(words.say(key, at=at, lasted=lasted, **values), " ")
    return line(lasted, " ") if lasted else ()


def _oldest_s(snapshot: Snapshot | None) -> float | None:
    return snapshot.wards[0].data_age_s if snapshot and len(snapshot.wards) == 1 else None


def _why(showing: Showing, verdict: Verdict, rows: int) -> Iterator[Line]:
    """What is not measured, the evidence, what is ruled out, what is not: whole sentences only."""
    words, room = showing.words, showing.columns - 7
    tone: Tone = "plain" if showing.is_current else "stale"
    missed = [fact_words(name, showing.snapshot, words) for name in verdict.unmeasured]
    others = [one for one in verdict.alternatives if one.partition("/")[0] != verdict.segment]
    open_still = dict.fromkeys(_segment(one, words) for one in others)
    said = (
        ("tui.home.unmeasured", [", ".join(missed)]),
        ("tui.home.evidence", [words.of(one.text) for one in verdict.evidence]),
        ("tui.home.alternatives", [", ".join(open_still)]),
        ("tui.home.ruled_out", [words.of(one.text) for one in verdict.ruled_out]),
    )
    for key, sentences in said:
        told = _told(words.say(key), [one for one in sentences if one], room, min(rows, 2))
        rows -= len(told)
        yield from (line(_INDENT, Span(row, tone)) for row in told)


def _told(label: str, sentences: Sequence[str], room: int, rows: int) -> list[str]:
    """As many of the sentences as fit, each whole; nothing without one."""
    text, fitting = label, []
    for sentence in sentences:
        text = f"{text} {sentence}"
        longer = wrapped(text, room)
        if len(longer) > rows:
            break
        fitting = longer
    return fitting


def _segment(alternative: str, words: Words) -> str:
    key = f"tui.segment.{alternative.partition('/')[0]}"
    return words.say(key) if has(key) else alternative


def fact_words(name: str, snapshot: Snapshot | None, words: Words) -> str:
    """A fact of the verdict in words; a service by its name."""
    group, bracket, which = name.partition("[")
    if bracket:
        wanted = which.rstrip("]")
        found = [one for one in (snapshot.services if snapshot else ()) if one.id == wanted]
        return words.of(found[0].name) if found else wanted
    key = f"fact.{group}"
    return words.say(key) if has(key) else name
