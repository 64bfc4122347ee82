"""The keys of the screen that was in front, from the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tui.actions import HELP
from tui.screens.ward_screen import WardScreen
from tui.view_help import help_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Key

    from tui.lines import Line
    from tui.view import Showing


class HelpScreen(WardScreen):
    """Opaque, over the screen that it explains."""

    NAME: ClassVar[str] = HELP

    def __init__(self, explained: str) -> None:
        super().__init__()
        self._explained = explained

    def crumbs(self, showing: Showing) -> tuple[str, ...]:
        """Help."""
        return (showing.words.say("tui.key.help"),)

    def lines(self, showing: Showing, rows: int) -> Sequence[Line]:  # noqa: ARG002 - all of them
        """Keys and what they do."""
        return help_lines(showing, self._explained)

    def on_key(self, event: Key) -> None:
        """Language and theme work here too; help and Esc close it."""
        if event.key in {"escape", "question_mark", "f1", "enter"}:
            event.stop()
            event.prevent_default()
            self.dismiss()
            return
        super().on_key(event)
