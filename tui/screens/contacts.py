"""Whom to call and what to read out."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tui.actions import CONTACTS
from tui.lines import Span, line
from tui.screens.ward_screen import WardScreen
from tui.view_contacts import contact_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.lines import Line
    from tui.view import Showing


class ContactsScreen(WardScreen):
    """Keeps how far it is scrolled; all else comes from the snapshot."""

    NAME: ClassVar[str] = CONTACTS

    def __init__(self) -> None:
        super().__init__()
        self._scroll = 0

    def crumbs(self, showing: Showing) -> tuple[str, ...]:
        """Contacts."""
        return (showing.words.say("tui.key.contacts"),)

    def lines(self, showing: Showing, rows: int) -> Sequence[Line]:
        """So much of it as fits; what is below is said."""
        every = contact_lines(showing)
        if len(every) <= rows:
            self._scroll = 0
            return every
        self._scroll = max(0, min(self._scroll, len(every) - rows + 1))
        shown = every[self._scroll : self._scroll + rows - 1]
        hidden = len(every) - self._scroll - len(shown)
        more = showing.words.say("screen.contacts.more", n=hidden) if hidden else ""
        return [*shown, line(Span(f" {more}", "dim"))]

    def do_up(self) -> None:
        """A line back."""
        self._scroll = max(0, self._scroll - 1)
        self.ward_app.redraw()

    def do_down(self) -> None:
        """A line on."""
        self._scroll += 1
        self.ward_app.redraw()
