"""A list that can be searched: `/` opens a line to write in, the list shows what fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tui.lines import Span, line
from tui.matching import found
from tui.screens.ward_screen import WardScreen
from tui.widgets.typed import Typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.events import Key, Paste

    from tui.lines import Line
    from tui.view import Showing

Thing = TypeVar("Thing")
_WALKS = frozenset({"up", "down", "pageup", "pagedown"})


class SearchScreen(WardScreen):
    """Keeps what is searched for. While it is written every letter belongs to it; Enter keeps it,
    Esc drops it first and leaves the screen only then."""

    def __init__(self) -> None:
        super().__init__()
        self._typed = Typed()

    def sifted(
        self, things: Sequence[Thing], names: Callable[[Thing], Iterable[str]]
    ) -> tuple[Thing, ...]:
        """Those that fit, in their own order; all while nothing is searched for."""
        if not self._typed.text.strip():
            return tuple(things)
        fitting = {id(one) for one in found(self._typed.text, things, names)}
        return tuple(one for one in things if id(one) in fitting)

    def search_lines(self, showing: Showing, shown: int, of: int) -> list[Line]:
        """The line that is written, and how many fit; nothing while nobody searches."""
        if not self._typed.is_open and not self._typed.text:
            return []
        words = showing.words
        key = "typing" if self._typed.is_open else "kept"
        count = words.say(f"screen.search.{key}", shown=shown, of=of)
        cursor = Span(" ", "cursor") if self._typed.is_open else Span(" ")
        return [
            line(
                Span(" / ", "accent"), Span(self._typed.text, "strong"), cursor,
                Span(f"  {count}", "dim"),
            )
        ]  # fmt: skip

    def on_key(self, event: Key) -> None:
        """Into the line while it is open; walking up and down goes on below it."""
        if not self._typed.is_open or event.key in _WALKS:
            super().on_key(event)
            return
        if event.key == "enter":
            self._typed.is_open = False
        elif event.key == "escape":
            self._typed.leave()
        elif not self._typed.press(event.key, event.character):
            super().on_key(event)
            return
        event.stop()
        event.prevent_default()
        self.ward_app.redraw()

    def on_paste(self, event: Paste) -> None:
        """Pasted text is searched for too."""
        if self._typed.is_open:
            event.stop()
            self._typed.add(event.text)
            self.ward_app.redraw()

    def do_search(self) -> None:
        """Begin to write."""
        self._typed.open()
        self.ward_app.redraw()

    def do_back(self) -> None:
        """Drop what is searched for; without it, home."""
        if self._typed.text:
            self._typed.leave()
            self.ward_app.redraw()
        else:
            self.ward_app.do_back()
