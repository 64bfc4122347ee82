"""A few fields to fill in and confirm: for what is recorded under a person's account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.widgets import Input

from inventory.text import nfc
from tui.actions import FORM
from tui.lines import BLANK, Span, line, wrapped
from tui.screens.ward_screen import WardScreen
from tui.widgets.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.events import DescendantFocus, Key

    from tui.lines import Line
    from tui.view import Showing

LONGEST = 500


@dataclass(frozen=True, slots=True)
class Form:
    """What is asked: catalogue keys of the title and of each field, and who takes the texts.

    `start` are texts that stand in the fields at first, `optional` the fields that may stay empty,
    `hints` lines below the fields.
    """

    title: str
    fields: tuple[str, ...]
    then: Callable[[tuple[str, ...]], None]
    about: str = ""
    start: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    hints: tuple[str, ...] = ()


class FormScreen(WardScreen):
    """Opaque. Fields take every letter; Enter goes on, and the last Enter, on a page that shows
    all that will be recorded, records it. Esc records nothing."""

    NAME: ClassVar[str] = FORM
    DEFAULT_CSS = """
    FormScreen #fields { height: auto; width: 100%; }
    FormScreen Input {
        height: 1; border: none; padding: 0 1; margin: 0 1 1 1; width: 100%;
        background: $wd-back; color: $wd-text; text-style: underline;
    }
    FormScreen Input:focus { border: none; background: $wd-back; }
    FormScreen Rows.name { height: 1; }
    """

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._form = form
        self._complaint = False
        self._here: int | None = 0  # the field that has the keys; None on the last page
        self._is_over = False

    def body(self) -> ComposeResult:
        """A name and an input for each field, then what stands below."""
        yield Rows(id="title", classes="name")
        with Vertical(id="fields"):
            for number in range(len(self._form.fields)):
                yield Rows(id=f"name{number}", classes="name")
                text = self._form.start[number] if number < len(self._form.start) else ""
                field = Input(text, id=f"field{number}", max_length=LONGEST, compact=True)
                field.cursor_blink = False
                yield field
        yield Rows(id="body")

    def on_mount(self) -> None:
        """Begin in the first field."""
        self._field(0).focus()
        super().on_mount()

    def on_key(self, event: Key) -> None:
        """Keys that come before the fields stand, or after it was left, mean nothing any more."""
        if self._is_over or len(self.query(Input)) < len(self._form.fields):
            event.stop()
            event.prevent_default()
            return
        super().on_key(event)

    def crumbs(self, showing: Showing) -> tuple[str, ...]:
        """What the form is for."""
        return (showing.words.say(self._form.title, id=self._form.about),)

    def draw(self, showing: Showing) -> None:
        """Names of the fields, and what Enter does now."""
        words = showing.words
        for number, key in enumerate(self._form.fields):
            self.query_one(f"#name{number}", Rows).show(
                [line(Span(f" {words.say(key)}", "dim"))], words
            )
        self.query_one("#title", Rows).show([BLANK], words)
        super().draw(showing)

    def lines(self, showing: Showing, rows: int) -> Sequence[Line]:
        """All that will be recorded once every field is filled in, and the keys."""
        words = showing.words
        if self._here is not None:
            if self._complaint:
                return [line(Span(f" {words.say('screen.form.empty')}", "degraded"))]
            key = "screen.form.keys_some" if self._form.optional else "screen.form.keys"
            return [
                line(Span(f" {words.say(key)}", "dim")),
                *(line(Span(f" {hint}", "dim")) for hint in self._form.hints),
            ]
        review: list[Line] = [line(Span(f" {words.say('screen.form.ask')}", "strong")), BLANK]
        for key, text in zip(self._form.fields, self.texts(), strict=True):
            if not text:
                continue
            review.append(line(Span(f" {words.say(key)}:", "dim")))
            review += [line(f"   {part}") for part in wrapped(text, showing.columns - 5, 5)]
        review += [BLANK, line(Span(f" {words.say('screen.form.review')}", "accent"))]
        return review[:rows]

    def texts(self) -> tuple[str, ...]:
        """What stands in the fields, composed and without blanks around."""
        return tuple(nfc(self._field(at).value).strip() for at in range(len(self._form.fields)))

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """A click into another field goes there."""
        number = (event.widget.id or "").removeprefix("field")
        if number.isdigit():
            self._here = int(number)

    def do_form_leave(self) -> None:
        """Nothing is recorded."""
        self._is_over = True
        self.dismiss()

    def do_form_on(self) -> None:
        """The next field; behind the last one the page with all of it, then it is recorded."""
        at = self._here
        if at is None:
            texts = self.texts()
            self._is_over = True
            self.dismiss()
            self._form.then(texts)
            return
        is_needed = self._form.fields[at] not in self._form.optional
        self._complaint = is_needed and not self.texts()[at]
        if not self._complaint:
            self._to(at + 1)
        self.ward_app.redraw()

    def do_form_back(self) -> None:
        """The field before."""
        at = self._here
        last = len(self._form.fields) - 1
        self._complaint = False
        self._to(last if at is None else max(0, at - 1))
        self.ward_app.redraw()

    def _to(self, at: int) -> None:
        """Into that field; behind the last one all are shown for review."""
        is_field = at < len(self._form.fields)
        self._here = at if is_field else None
        if is_field:
            self.query_one("#fields").display = True
            self._field(at).focus()
        else:
            self.set_focus(None)
            self.query_one("#fields").display = False

    def _field(self, at: int) -> Input:
        return self.query_one(f"#field{at}", Input)
