"""Meetings: is the room ready, what decides, what to do; measuring again and confirming by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from tui.actions import MEETING, PLAYBOOK
from tui.screens.ward_screen import WardScreen
from tui.view_meeting import empty_lines, first_cursor, item_of, meeting_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.wire import Meeting
    from tui.lines import Line
    from tui.screens.playbook import PlaybookScreen
    from tui.view import Showing


class MeetingScreen(WardScreen):
    """Keeps which meeting and which of its items are chosen; all else comes from the snapshot."""

    NAME: ClassVar[str] = MEETING

    def __init__(self) -> None:
        super().__init__()
        self._chosen = ""
        self._cursor: int | None = None

    def crumbs(self, showing: Showing) -> tuple[str, ...]:
        """Meetings."""
        return (showing.words.say("tui.screen.meeting"),)

    def lines(self, showing: Showing, rows: int) -> Sequence[Line]:
        """The chosen meeting, or how one gets here."""
        found = self._found(showing)
        if not found:
            return empty_lines(showing)
        at = self._at(found)
        return meeting_lines(found[at], (at, len(found)), self._place(found[at]), rows, showing)

    def choose(self, meeting: str) -> None:
        """Show that meeting, the cursor on what decides."""
        self._chosen, self._cursor = meeting, None

    def _found(self, showing: Showing) -> tuple[Meeting, ...]:
        return showing.snapshot.meetings if showing.snapshot is not None else ()

    def _at(self, found: Sequence[Meeting]) -> int:
        ids = [one.id for one in found]
        return ids.index(self._chosen) if self._chosen in ids else 0

    def _meeting(self) -> Meeting | None:
        found = self._found(self.ward_app.showing())
        return found[self._at(found)] if found else None

    def _place(self, meeting: Meeting) -> int:
        return first_cursor(meeting) if self._cursor is None else self._cursor

    # ---- keys ----

    def do_up(self) -> None:
        """The item above."""
        self._move(-1)

    def do_down(self) -> None:
        """The item below."""
        self._move(1)

    def _move(self, by: int) -> None:
        meeting = self._meeting()
        items = meeting.readiness.items if meeting is not None and meeting.readiness else ()
        if meeting is not None and items:
            self._chosen = meeting.id
            self._cursor = (min(self._place(meeting), len(items) - 1) + by) % len(items)
            self.ward_app.redraw()

    def do_next_meeting(self) -> None:
        """The meeting after this one."""
        self._turn(1)

    def do_previous_meeting(self) -> None:
        """The meeting before this one."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        found = self._found(self.ward_app.showing())
        if found:
            self.choose(found[(self._at(found) + by) % len(found)].id)
            self.ward_app.redraw()

    def do_again(self) -> None:
        """Have everything that the room needs measured now."""
        meeting, words = self._meeting(), self.ward_app.settings.words
        if meeting is None:
            self.ward_app.look_now()
            return
        said = words.say("screen.meeting.measuring", room=meeting.room)
        self.ward_app.command(
            "meeting_check", {"meeting": meeting.id}, then=lambda _: self.ward_app.say(said)
        )

    def do_confirm(self) -> None:
        """Good, as a person saw and heard it; once more: not good."""
        meeting, words = self._meeting(), self.ward_app.settings.words
        item = item_of(meeting, self._place(meeting)) if meeting is not None else None
        if meeting is None or item is None:
            return
        if item.by != "person":
            name = words.of(item.name)
            self.ward_app.say(words.say("screen.meeting.by_machine", item=name))
            return
        good = item.state != "ok"
        key = "screen.meeting.confirmed" if good else "screen.meeting.denied"
        said = words.say(key, item=words.of(item.name))
        args = {"meeting": meeting.id, "item": item.id, "good": good}
        self._chosen, self._cursor = meeting.id, self._place(meeting)
        self.ward_app.command("meeting_confirm", args, then=lambda _: self.ward_app.say(said))

    def do_playbook(self) -> None:
        """The playbook of the next step, else the one that prepares a meeting."""
        meeting = self._meeting()
        step = meeting.readiness.step if meeting is not None and meeting.readiness else None
        book = step.playbook if step is not None and step.playbook else "PB-MTG-01"
        screen = cast("PlaybookScreen", self.ward_app.get_screen(PLAYBOOK))
        screen.choose(book)
        self.ward_app.go(PLAYBOOK)
