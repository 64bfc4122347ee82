"""The one widget that paints lines: no children, only the rows that changed are painted again.

The tones' styles are the screen's, not each widget's: working them out is most of what showing a
screen takes, and they are the same for all of its widgets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from inventory.text import cells
from tui.lines import BLANK, Span, Tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style

    from tui.lines import Line
    from tui.text import Words

# Names of the tones' styles, as the style sheet has them, for the screens that show rows.
TONE_CLASSES = frozenset(f"tone--{tone}" for tone in get_args(Tone))


class Rows(Widget):
    """Lines of spans; what is longer than the widget is cut off by the terminal's edge."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Line] = ()

    def show(self, lines: Sequence[Line], words: Words) -> None:
        """Put these lines there, as this terminal can show them."""
        finished = [
            tuple(Span(words.finish(span.text), span.tone) for span in one) for one in lines
        ]
        before, self._lines = self._lines, finished
        for y in range(max(len(before), len(finished))):
            old = before[y] if y < len(before) else BLANK
            new = finished[y] if y < len(finished) else BLANK
            if old != new:
                self.refresh(Region(0, y, max(1, self.size.width), 1))

    def render_line(self, y: int) -> Strip:
        """One row; every segment has a style, since colour filters cannot do without."""
        wanted = self.size.width
        spans = self._lines[y] if y < len(self._lines) else BLANK
        segments = [Segment(span.text, self._style(span.tone)) for span in spans]
        used = sum(cells(span.text) for span in spans)
        if used < wanted:
            segments.append(Segment(" " * (wanted - used), self._style("plain")))
        return Strip(segments, max(used, wanted)).crop(0, wanted)

    def _style(self, tone: Tone) -> Style:
        return self.screen.get_component_rich_style(f"tone--{tone}")
