"""The one widget that paints lines: no children, only the rows that changed are painted again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, get_args

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from inventory.text import cells
from tui.lines import BLANK, Span, Tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.lines import Line
    from tui.text import Words


class Rows(Widget):
    """Lines of spans; what is longer than the widget is cut off by the terminal's edge."""

    # A copy of the tones' names as Textual wants them: one style each in styles.tcss.
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"rows--{tone}" for tone in get_args(Tone)}

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
        plain = self.get_component_rich_style("rows--plain")
        spans = self._lines[y] if y < len(self._lines) else BLANK
        segments = [
            Segment(span.text, self.get_component_rich_style(f"rows--{span.tone}"))
            for span in spans
        ]
        used = sum(cells(span.text) for span in spans)
        if used < wanted:
            segments.append(Segment(" " * (wanted - used), plain))
        return Strip(segments, max(used, wanted)).crop(0, wanted)
