"""Machines: what the ward was given, is it well, is it kept safely; what fails with what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from agent.wire import Machine
from inventory.errors import WardopsError
from tui.actions import MACHINES, PLAYBOOK
from tui.lines import BLANK, Span, boxed, line
from tui.machine_values import Roster, key_of_entry, names_of, shown_name
from tui.screens.searching import SearchScreen
from tui.view_findings import Place, listed, playbook_of
from tui.view_machine import brief_lines, close_lines
from tui.view_machines import empty_lines, list_lines, store_lines, summary_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.wire import Machines
    from tui.lines import Line
    from tui.machine_values import Entry
    from tui.screens.playbook import PlaybookScreen
    from tui.view import Showing

ASK_EVERY_S = 5.0
_LIST_ROWS = 7  # of 24, the heads among them
_LIST_ROWS_WIDE = 11
_PAGE = 5
_NO_SUCH_ROUTE = "not_found"


class MachinesScreen(SearchScreen):
    """Keeps which machine and which of its findings are chosen; asks the agent while in front."""

    NAME: ClassVar[str] = MACHINES

    def __init__(self) -> None:
        super().__init__()
        self._roster = Roster()
        self._asked_at = float("-inf")
        self._chosen = ""
        self._wanted = ""
        self._is_close = False
        self._cursor = 0

    def choose(self, device: str) -> None:
        """Look closely at the machine of that device, once it is known."""
        self._wanted = device

    def crumbs(self, showing: Showing) -> tuple[str, ...]:
        """Machines, and the one that is looked at."""
        title = showing.words.say("screen.machines.title")
        entry = self._entry()
        if not self._is_close or entry is None:
            return (title,)
        name = shown_name(entry, showing)
        return (title, name) if showing.is_wide else (name,)

    def show(self, showing: Showing) -> None:
        """Draw, and ask for what the snapshot does not have."""
        self._choose()
        self._ask(showing)
        super().show(showing)

    def lines(self, showing: Showing, rows: int) -> Sequence[Line]:
        """List, stores and the chosen one; in 24 rows the chosen one alone when it is opened."""
        found, every = self._found(), self._roster.entries
        if not every:
            return empty_lines(self._roster, showing)
        top = [*summary_lines(self._roster, showing)]
        top += self.search_lines(showing, len(found), len(every))
        entry = self._entry()
        if entry is None:
            said = showing.words.say("screen.search.nothing")
            return [*top, BLANK, line(Span(f"  {said}", "dim"))]
        if showing.is_wide:
            return [*top, *self._wide(found, entry, showing, rows - len(top))]
        if self._is_close:
            place = Place(showing.columns, rows, self._cursor)
            return close_lines(entry, self._roster, place, showing)
        return [*top, *self._narrow(found, entry, showing, rows - len(top))]

    def _narrow(
        self, found: Sequence[Entry], entry: Entry, showing: Showing, rows: int
    ) -> list[Line]:
        columns = showing.columns
        size = (columns, min(len(found) + 1, _LIST_ROWS))
        above = [
            *list_lines(found, self._chosen, self._roster, size, showing),
            *store_lines(self._roster, columns, 2, showing),
            line(Span("─" * columns, "dim")),
        ]
        place = Place(columns, rows - len(above))
        return [*above, *brief_lines(entry, self._roster, place, showing)]

    def _wide(
        self, found: Sequence[Entry], entry: Entry, showing: Showing, rows: int
    ) -> list[Line]:
        """The list in one frame, the chosen one in another below it."""
        columns = showing.columns
        size = (columns - 2, min(len(found) + 1, _LIST_ROWS_WIDE))
        inside = [
            *list_lines(found, self._chosen, self._roster, size, showing),
            *store_lines(self._roster, columns - 2, 4, showing),
        ]
        title = line(showing.words.say("screen.machines.title"))
        above = boxed(inside, columns, title=title)
        left = rows - len(above)
        place = Place(columns - 2, left - 2, self._cursor if self._is_close else -1)
        close = close_lines(entry, self._roster, place, showing)
        name = line(Span(shown_name(entry, showing), "strong"))
        return [*above, *boxed(close, columns, title=name, height=left)]

    # ---- what is known ----

    def _found(self) -> tuple[Entry, ...]:
        """Those that fit what is searched for."""
        return self.sifted(self._roster.entries, names_of)

    def _entry(self) -> Entry | None:
        found = self._found()
        return found[self._at(found)] if found else None

    def _at(self, found: Sequence[Entry]) -> int:
        keys = [key_of_entry(one) for one in found]
        return keys.index(self._chosen) if self._chosen in keys else 0

    def _choose(self) -> None:
        """The one that was asked for, else the first until somebody chooses another."""
        found = self._found()
        wanted = next((one for one in found if _is_called(one, self._wanted)), None)
        if self._wanted and wanted is not None:
            self._turn_to(wanted)
            self._wanted, self._is_close = "", True
        elif found and self._chosen not in {key_of_entry(one) for one in found}:
            self._turn_to(found[0])

    def _turn_to(self, entry: Entry) -> None:
        self._chosen, self._cursor = key_of_entry(entry), 0

    def _ask(self, showing: Showing) -> None:
        if showing.mono - self._asked_at < ASK_EVERY_S:
            return
        self._asked_at = showing.mono
        ward = showing.ward.code if showing.ward else None
        self.ward_app.ask(lambda client: client.machines(ward), self.take)

    def take(self, answer: Machines | WardopsError) -> None:
        """What the agent said of the machines; an error leaves what is known to grow old."""
        if isinstance(answer, WardopsError):
            is_new = getattr(answer, "code", "") == _NO_SUCH_ROUTE
            self._roster = replace(self._roster, failure=answer, is_unheard_of=is_new)
        else:
            self._roster = Roster(answer, self.ward_app.times.monotonic())
        self.ward_app.redraw()

    # ---- keys ----

    def do_open(self) -> None:
        """Walk over the chosen machine's findings."""
        self._is_close, self._cursor = True, 0
        self.ward_app.redraw()

    def do_back(self) -> None:
        """From the findings to the list, from the list home."""
        if self._is_close:
            self._is_close = False
            self.ward_app.redraw()
        else:
            super().do_back()

    def do_search(self) -> None:
        """Search the list, from a machine too."""
        self._is_close = False
        super().do_search()

    def do_up(self) -> None:
        """The machine above, or the finding above."""
        self._move(-1)

    def do_down(self) -> None:
        """The machine or finding below."""
        self._move(1)

    def do_pages_up(self) -> None:
        """Several findings back."""
        self._step(-_PAGE)

    def do_pages_down(self) -> None:
        """Several findings on."""
        self._step(_PAGE)

    def do_first(self) -> None:
        """The first machine, or the first finding."""
        self._jump(0)

    def do_last(self) -> None:
        """The last machine, or the last finding."""
        self._jump(-1)

    def do_again(self) -> None:
        """Ask the agent now."""
        self._asked_at = float("-inf")
        self.ward_app.redraw()

    def do_playbook(self) -> None:
        """The playbook of the chosen finding, in the list that of the worst which has one."""
        entry = self._entry()
        book = playbook_of(entry, self._cursor if self._is_close else -1) if entry else None
        if book is None:
            self.ward_app.say(self.ward_app.settings.words.say("screen.machines.no_playbook"))
            return
        machine = entry.device if isinstance(entry, Machine) else None
        cast("PlaybookScreen", self.ward_app.get_screen(PLAYBOOK)).choose(book, machine)
        self.ward_app.go(PLAYBOOK)

    def _move(self, by: int) -> None:
        found = self._found()
        if self._is_close:
            self._step(by)
        elif found:
            self._turn_to(found[(self._at(found) + by) % len(found)])
            self.ward_app.redraw()

    def _jump(self, to: int) -> None:
        """To the first (0) or the last (-1) of what the cursor walks over."""
        found, entry = self._found(), self._entry()
        if self._is_close and entry is not None:
            self._cursor = range(len(listed(entry)) or 1)[to]
        elif found:
            self._turn_to(found[to])
        self.ward_app.redraw()

    def _step(self, by: int) -> None:
        entry = self._entry()
        if entry is not None and self._is_close:
            last = max(0, len(listed(entry)) - 1)
            self._cursor = max(0, min(self._cursor + by, last))
            self.ward_app.redraw()


def _is_called(entry: Entry, device: str) -> bool:
    return device in (getattr(entry, "name", None), getattr(entry, "device", None))
