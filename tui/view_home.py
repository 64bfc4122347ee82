"""Home as lines: verdict, path, what to do now, whom to call. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.legend import UNKNOWN, mark_of
from tui.lines import BLANK, Line, Span, boxed, line, spread

if TYPE_CHECKING:
    from tui.view import Showing


def home_lines(showing: Showing, rows: int) -> list[Line]:
    """The screen in so many rows."""
    snapshot, words = showing.snapshot, showing.words
    if snapshot is None or snapshot.verdict is None:
        return [BLANK, line("  ", Span(words.say("tui.bar.connecting"), "dim"))]
    verdict = snapshot.verdict
    mark = mark_of(verdict.state) if showing.is_current else UNKNOWN
    head = spread(
        line(Span(f" {mark.glyph} {words.of(verdict.headline)}", mark.tone)),
        line(showing.lasted(verdict.since), " "),
        showing.columns - 2,
    )
    said = [line(f"   {words.of(one.text)}") for one in verdict.evidence[:2]]
    path = [
        line(f"  {words.say(f'tui.segment.{node.segment}')} {mark_of(node.state).glyph}")
        for node in snapshot.path
    ]
    return [*boxed([head, *said], showing.columns, double=mark.tone == "down"), *path][:rows]
