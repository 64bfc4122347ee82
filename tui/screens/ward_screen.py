"""What all screens of a ward share: first line, stripe, notice, footer, keys from the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.screen import Screen

from tui import actions
from tui.lines import BLANK, Line, Span, fit, line, wrapped
from tui.view import keys_line, status_line, stripe_line
from tui.view_size import COLUMNS, ROWS
from tui.widgets.rows import TONE_CLASSES, Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.events import Key, Resize

    from tui.app import WardopsApp
    from tui.view import Showing


class WardScreen(Screen[None]):
    """A screen by its `NAME` in the table of keys.

    A subclass gives `lines` (and `body` and `draw`, when it has widgets of its own), `crumbs`, and
    a method `do_<action>` for each of its actions. It is told what to draw; it asks nobody.
    """

    NAME: ClassVar[str] = ""
    AUTO_FOCUS: ClassVar[str | None] = None
    COMPONENT_CLASSES: ClassVar[set[str]] = set(TONE_CLASSES)

    def compose(self) -> ComposeResult:
        """First line, stripe, the screen's own, notice, footer."""
        yield Rows(id="small")
        yield Rows(id="status")
        yield Rows(id="stripe")
        yield from self.body()
        yield Rows(id="notice")
        yield Rows(id="keys")

    def body(self) -> ComposeResult:
        """The widgets between stripe and footer."""
        yield Rows(id="body")

    def crumbs(self, showing: Showing) -> tuple[str, ...]:  # noqa: ARG002 - for subclasses
        """Where this is, after the place's name in the first line."""
        return ()

    def lines(self, showing: Showing, rows: int) -> Sequence[Line]:  # noqa: ARG002 - for subclasses
        """The body, in so many rows of `showing.columns` cells; a screen without one is empty."""
        return ()

    def draw(self, showing: Showing) -> None:
        """Put the body on the screen."""
        rows = self.query_one("#body", Rows)
        rows.show(self.lines(showing, self.room(showing)), showing.words)

    def room(self, showing: Showing) -> int:
        """Rows between stripe and footer."""
        return showing.rows - 2 - bool(stripe_line(showing)) - bool(self.ward_app.notice)

    def show(self, showing: Showing) -> None:
        """Draw everything anew; what is the same is not painted again."""
        if not self.is_mounted or not self.query("#keys"):
            return
        words = showing.words
        self.set_class(showing.is_too_small, "too-small")
        if showing.is_too_small:
            said = words.say("tui.pre.no_screen", columns=COLUMNS, rows=ROWS)
            lines = [line(one) for one in wrapped(said, max(10, showing.columns), 3)]
            stripe = stripe_line(showing)
            self.query_one("#small", Rows).show([*([stripe] if stripe else []), *lines], words)
            return
        self.query_one("#status", Rows).show([status_line(showing, self.crumbs(showing))], words)
        self._show_row("#stripe", stripe_line(showing), showing)
        notice = self.ward_app.notice
        shown = fit((Span(f" {notice} ", "banner"),), showing.columns) if notice else None
        self._show_row("#notice", shown, showing)
        self.query_one("#keys", Rows).show([keys_line(showing, self.NAME)], words)
        self.draw(showing)

    def _show_row(self, selector: str, said: Line | None, showing: Showing) -> None:
        row = self.query_one(selector, Rows)
        row.display = said is not None
        row.show([said if said is not None else BLANK], showing.words)

    @property
    def ward_app(self) -> WardopsApp:
        """The application that this screen belongs to."""
        return cast("WardopsApp", self.app)

    def on_mount(self) -> None:
        """Draw what is known at once."""
        self.ward_app.redraw()

    def on_screen_resume(self) -> None:
        """Back in front."""
        self.ward_app.redraw()

    def on_resize(self, event: Resize) -> None:  # noqa: ARG002 - Textual's signature
        """Another size, another form."""
        self.ward_app.redraw()

    def on_key(self, event: Key) -> None:
        """Do what the table says of this key here."""
        action = actions.for_key(self.NAME, event.key)
        if action is None:
            return
        event.stop()
        event.prevent_default()
        doing = getattr(self, f"do_{action.name}", None) or getattr(
            self.ward_app, f"do_{action.name}"
        )
        doing()
