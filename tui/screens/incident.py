"""Incidents and their timeline; taking, noting and closing them by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from tui.actions import INCIDENT, PLAYBOOK
from tui.lines import BLANK, Span, boxed, line, wrapped
from tui.screens.form import Form
from tui.screens.records import ask_for, cannot_fix_form, handover_form, note_form
from tui.screens.searching import SearchScreen
from tui.view_incident import (
    FILTERS,
    column_line,
    detail_lines,
    handover_text,
    holder,
    incident_lines,
    listed,
    refusal,
    short_id,
    timeline_lines,
    title,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from agent.wire import Incident, Verb
    from tui.lines import Line
    from tui.screens.playbook import PlaybookScreen
    from tui.view import Showing
    from tui.view_incident import Filter

_LISTED = 5  # incidents above the timeline where there is little room
_FIELDS: dict[str, tuple[str, ...]] = {
    "ack": ("screen.incident.ack_reason",),
    "close": ("screen.incident.close_cause", "screen.incident.close_note"),
}


class IncidentScreen(SearchScreen):
    """Keeps which incident is chosen and which are listed; all else comes from the snapshot."""

    NAME: ClassVar[str] = INCIDENT

    def __init__(self) -> None:
        super().__init__()
        self._chosen = ""
        self._filter: Filter = FILTERS[0]
        self._scroll = 0

    def crumbs(self, showing: Showing) -> tuple[str, ...]:
        """Incidents, and which of them."""
        words = showing.words
        chosen = words.say(f"screen.incident.filter.{self._filter}")
        return (words.say("screen.incident.list", filter=chosen),)

    def lines(self, showing: Showing, rows: int) -> Sequence[Line]:
        """The list above; what the chosen one is and what happened to it below."""
        found, every = self._found(showing), self._listed(showing)
        search = self.search_lines(showing, len(found), len(every))
        if not found:
            key = "screen.search.nothing" if every else "screen.incident.none"
            return [*search, BLANK, line(Span(f"  {showing.words.say(key)}", "dim"))]
        at = self._at(found)
        room = _LISTED if not showing.is_wide else 9
        first = max(0, min(at - room // 2, len(found) - room))
        top = [
            *search,
            column_line(showing.columns, showing),
            *list(incident_lines(found, at, showing.columns, showing))[first : first + room],
        ]
        if showing.is_wide:
            return [*top, *self._boxes(found[at], showing, rows - len(top))]
        rule = line(Span("─" * showing.columns, "dim"))
        detail = list(detail_lines(found[at], showing.columns, showing))
        head = [*top, rule, *detail, rule]
        return [*head, *self._timeline(found[at], showing, showing.columns, rows - len(head))]

    def _boxes(self, incident: Incident, showing: Showing, rows: int) -> Iterator[Line]:
        left_cells = 50
        right_cells = showing.columns - left_cells
        detail = detail_lines(incident, left_cells - 2, showing)
        left = boxed(detail, left_cells, height=rows)
        happened = self._timeline(incident, showing, right_cells - 2, rows - 2)
        heading = line(showing.words.say("screen.incident.timeline"))
        right = boxed(happened, right_cells, title=heading, height=rows)
        yield from ((*one, *other) for one, other in zip(left, right, strict=True))

    def _timeline(
        self, incident: Incident, showing: Showing, columns: int, rows: int
    ) -> list[Line]:
        """The newest lines that fit; PgUp goes back in time."""
        every = list(timeline_lines(incident, columns, showing))
        if len(every) <= rows or rows < 2:
            return every[-rows:] if rows > 0 else []
        self._scroll = max(0, min(self._scroll, len(every) - rows + 1))
        last = len(every) - self._scroll
        hidden = len(every) - rows + 1
        more = Span(f" {showing.words.say('screen.incident.more', n=hidden)}", "dim")
        return [line(more), *every[last - rows + 1 : last]]

    def _listed(self, showing: Showing) -> tuple[Incident, ...]:
        return listed(showing.snapshot.incidents if showing.snapshot else (), self._filter)

    def _found(self, showing: Showing) -> tuple[Incident, ...]:
        """Those of the preset that fit what is searched for."""

        def names(one: Incident) -> tuple[str, ...]:
            return (one.id, short_id(one.id), title(one, showing), holder(one) or "")

        return self.sifted(self._listed(showing), names)

    def _at(self, found: Sequence[Incident]) -> int:
        ids = [one.id for one in found]
        return ids.index(self._chosen) if self._chosen in ids else 0

    def _incident(self, showing: Showing) -> Incident | None:
        found = self._found(showing)
        return found[self._at(found)] if found else None

    def choose(self, incident: str) -> None:
        """Put the cursor on that incident, whatever was filtered."""
        self._filter, self._chosen, self._scroll = "all", incident, 0
        self._typed.leave()

    # ---- keys ----

    def do_up(self) -> None:
        """The incident above."""
        self._move(-1)

    def do_down(self) -> None:
        """The incident below."""
        self._move(1)

    def _move(self, by: int) -> None:
        found = self._found(self.ward_app.showing())
        if found:
            self._chosen = found[(self._at(found) + by) % len(found)].id
            self._scroll = 0
            self.ward_app.redraw()

    def do_pages_up(self) -> None:
        """Older lines of the timeline."""
        self._scroll += 5
        self.ward_app.redraw()

    def do_pages_down(self) -> None:
        """Newer lines of the timeline."""
        self._scroll = max(0, self._scroll - 5)
        self.ward_app.redraw()

    def do_filter(self) -> None:
        """The next preset."""
        self._filter = FILTERS[(FILTERS.index(self._filter) + 1) % len(FILTERS)]
        self.ward_app.redraw()

    def do_open(self) -> None:
        """What there is to do about it: its playbook."""
        self.do_playbook()

    def do_playbook(self) -> None:
        """The run of this incident, or the playbooks to start for it."""
        incident = self._incident(self.ward_app.showing())
        screen = cast("PlaybookScreen", self.ward_app.get_screen(PLAYBOOK))
        screen.turn_to(incident.id if incident is not None and incident.t_closed is None else None)
        self.ward_app.go(PLAYBOOK)

    def do_take(self) -> None:
        """Take it on, with a reason."""
        self._fill_in("ack")

    def do_note(self) -> None:
        """Write something down, perhaps with a file's hash."""
        found = self._open_to("note")
        if found is not None:
            ask_for(self.ward_app, note_form(
                self.ward_app, short_id(found.id),
                lambda args: self._send("evidence_add" if "name" in args else "note", found, args),
            ))  # fmt: skip

    def do_escalate(self) -> None:
        """Hand it over to a level or role, with a text that is ready."""
        found = self._open_to("escalate")
        if found is not None:
            text = handover_text(found, self.ward_app.showing())
            ask_for(self.ward_app, handover_form(
                self.ward_app, short_id(found.id), text,
                lambda args: self._send("escalate", found, args),
            ))  # fmt: skip

    def do_hand_over(self) -> None:
        """Give it to another role, which has to take it."""
        found = self._open_to("hand_over")
        if found is not None:
            text = handover_text(found, self.ward_app.showing())
            ask_for(self.ward_app, handover_form(
                self.ward_app, short_id(found.id), text,
                lambda args: self._send("hand_over", found, args),
                "screen.incident.hand_over_title",
            ))  # fmt: skip

    def do_cannot_fix(self) -> None:
        """Say that it cannot be mended now, until when, and what is done instead."""
        found = self._open_to("cannot_fix_now")
        if found is not None:
            ask_for(self.ward_app, cannot_fix_form(
                self.ward_app, short_id(found.id),
                lambda args, reason: self._send("cannot_fix_now", found, args, reason=reason),
            ))  # fmt: skip

    def do_close(self) -> None:
        """End it with cause and note."""
        self._fill_in("close")

    def _open_to(self, act: str) -> Incident | None:
        """The chosen incident when this can be done to it; else it is said why not."""
        showing = self.ward_app.showing()
        incident = self._incident(showing)
        why_not = refusal(incident, act, showing)
        if why_not is not None:
            self.ward_app.say(why_not)
            return None
        return incident

    def _fill_in(self, act: Verb) -> None:
        """Ask for the texts, show them once more, then have it done."""
        found = self._open_to(act)
        if found is None:
            return
        form = Form(
            f"screen.incident.{act}_title", _FIELDS[act],
            lambda texts: self._do(act, found, texts), short_id(found.id),
            hints=self._causes(found) if act == "close" else (),
        )  # fmt: skip
        ask_for(self.ward_app, form)

    def _causes(self, incident: Incident) -> tuple[str, ...]:
        """The causes that are counted under a name of their own; other words are kept as a note."""
        words = self.ward_app.settings.words
        named = " · ".join(words.of(one) for one in incident.causes)
        if not named:
            return ()
        said = words.say("screen.incident.causes", causes=named)
        return tuple(wrapped(said, self.ward_app.showing().columns - 2, 8))

    def _do(self, act: Verb, incident: Incident, texts: tuple[str, ...]) -> None:
        if act == "ack":
            self._send(act, incident, {}, reason=texts[0])
        else:
            self._send(act, incident, {"cause": texts[0], "note": texts[1]})

    def _send(
        self, act: Verb, incident: Incident, args: Mapping[str, Any], *, reason: str | None = None
    ) -> None:
        """Have it done, and say so."""
        words = self.ward_app.settings.words
        done = words.say(f"screen.incident.done_{act}", id=short_id(incident.id))
        self._chosen = incident.id
        self.ward_app.command(
            act, {"incident": incident.id, **args}, reason=reason,
            then=lambda _: self.ward_app.say(done),
        )  # fmt: skip
