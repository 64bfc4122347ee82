"""The playbook runner: choose one, answer step after step; the run itself lives in the agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from inventory.errors import WardopsError
from tui.actions import INCIDENT, PLAYBOOK
from tui.lines import BLANK, Span, boxed, line
from tui.screens.form import Form
from tui.screens.records import ask_for, handover_form, note_form
from tui.screens.ward_screen import WardScreen
from tui.view_playbook import (
    choices,
    dont_lines,
    first_place,
    handover_text_of,
    heading,
    next_state,
    past_lines,
    step_lines,
    with_digit,
)
from tui.view_playbooks import list_lines, meant, open_runs, ordered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.events import Key

    from agent.wire import CommandResult, PlaybookBrief, PlaybookRun, Verb
    from tui.lines import Line
    from tui.screens.incident import IncidentScreen
    from tui.view import Showing
    from tui.view_playbook import Choice
    from tui.view_playbooks import About

ASK_EVERY_S = 1.0
_PAST = 3  # lines of what was done, where there is little room
_LEFT_CELLS = 46


class PlaybookScreen(WardScreen):
    """Follows one run, or lists the playbooks when none is open for what it was opened for."""

    NAME: ClassVar[str] = PLAYBOOK

    def __init__(self) -> None:
        super().__init__()
        self._incident: str | None = None
        self._run_id: str | None = None
        self._run: PlaybookRun | None = None
        self._briefs: tuple[PlaybookBrief, ...] | None = None
        self._cursor = 0
        self._wanted = ""
        self._about: About = ("", None)
        self._is_list = False
        self._asked_at = float("-inf")

    def turn_to(self, incident: str | None) -> None:
        """Show what is run for that incident; None: whatever is open in the ward."""
        self._incident = incident
        self._forget_run()

    def choose(self, playbook: str, device: str | None = None) -> None:
        """Show the open run of that playbook for that machine, else the list with the cursor on it.

        Begun from there it is about that machine; a run of another is never put in front.
        """
        self._forget_run()
        self._incident, self._is_list = None, False
        self._wanted, self._about = playbook, (playbook, device)

    def on_screen_suspend(self) -> None:
        """Left, not only covered: what is begun at the next coming is about no machine any more."""
        if self not in self.ward_app.screen_stack:
            self._about, self._is_list = ("", None), False

    def on_screen_resume(self) -> None:
        """Back in front: a run that is over was seen and makes room."""
        if self._run is not None and self._run.ended is not None:
            self._forget_run()
        super().on_screen_resume()

    def _forget_run(self) -> None:
        self._run_id, self._run, self._cursor, self._wanted = None, None, 0, ""
        self._asked_at = float("-inf")

    def crumbs(self, showing: Showing) -> tuple[str, ...]:
        """Playbooks, or the one that runs."""
        run = self._run
        return (run.playbook if run else showing.words.say("screen.playbook.title"),)

    def show(self, showing: Showing) -> None:
        """Draw, and ask for what the snapshot does not have."""
        if self._run_id is None:
            self._pick_up(showing)
        self._ask(showing)
        super().show(showing)

    def lines(self, showing: Showing, rows: int) -> Sequence[Line]:
        """The run, else the playbooks."""
        if self._run is not None:
            return self._one_run(self._run, showing, rows)
        words = showing.words
        if self._run_id is not None or self._briefs is None:
            return [BLANK, line(Span(f"  {words.say('screen.playbook.loading')}", "dim"))]
        briefs, runs = self._listed(showing), open_runs(showing)
        if not briefs:
            return [BLANK, line(Span(f"  {words.say('screen.playbook.none')}", "dim"))]
        self._keep_place([*(one.id for one in runs), *(one.id for one in briefs)])
        return list_lines(runs, briefs, self._cursor, self._about, rows, showing)

    def _keep_place(self, keys: Sequence[str]) -> None:
        """The cursor stays on what it is on, wherever that stands in the list now."""
        if self._wanted in keys:
            self._cursor = keys.index(self._wanted)
        self._wanted = keys[min(self._cursor, len(keys) - 1)]

    def _one_run(self, run: PlaybookRun, showing: Showing, rows: int) -> list[Line]:
        columns = showing.columns
        rule = line(Span("─" * columns, "dim"))
        top = [*heading(run, columns, showing), *dont_lines(run.step, columns, showing)]
        if showing.is_wide:
            return [*top, *self._boxes(run, showing, rows - len(top))]
        step = list(step_lines(run, self._cursor, columns, showing))
        past_rows = min(_PAST, max(0, rows - len(top) - len(step) - 2))
        past = list(past_lines(run, past_rows, columns, showing))
        return [*top, rule, *past, *([rule] if past else []), *step][:rows]

    def _boxes(self, run: PlaybookRun, showing: Showing, rows: int) -> Iterator[Line]:
        words = showing.words
        right_cells = showing.columns - _LEFT_CELLS
        past = past_lines(run, rows - 2, _LEFT_CELLS - 2, showing)
        left = boxed(past, _LEFT_CELLS, title=line(words.say("screen.playbook.past")), height=rows)
        step = step_lines(run, self._cursor, right_cells - 2, showing)
        title = line(Span(words.say("screen.playbook.now"), "strong"))
        right = boxed(step, right_cells, title=title, height=rows)
        yield from ((*one, *other) for one, other in zip(left, right, strict=True))

    # ---- what is known ----

    def _pick_up(self, showing: Showing) -> None:
        """The one run that it can be: what was asked for, the incident's, the only open one.

        With several, or none of the machine that was asked for, the person chooses from the list.
        """
        found = meant(open_runs(showing), self._incident, self._about)
        if not self._about[0]:
            self._is_list = self._is_list or len(found) > 1
        if len(found) == 1 and not self._is_list:
            self._run_id = found[0].id

    def _listed(self, showing: Showing) -> tuple[PlaybookBrief, ...]:
        fitting = showing.snapshot.playbooks if showing.snapshot else ()
        return ordered(self._briefs or (), fitting)

    def _ask(self, showing: Showing) -> None:
        if showing.mono - self._asked_at < ASK_EVERY_S:
            return
        self._asked_at = showing.mono
        wanted = self._run_id
        if wanted is not None:
            self.ward_app.ask(lambda client: client.playbook_run(wanted), self.take_run)
        elif self._briefs is None:
            self.ward_app.ask(lambda client: client.playbooks(), self.take_briefs)

    def take_run(self, found: PlaybookRun | WardopsError) -> None:
        """What the agent said of the run; an error leaves what is known."""
        if isinstance(found, WardopsError) or found.id != self._run_id:
            return
        before = self._run.step.id if self._run is not None and self._run.step is not None else ""
        self._run = found
        if found.step is None or found.step.id != before:
            self._cursor = first_place(found.step)
            if self.ward_app.notice == self._words("not_asked"):
                self.ward_app.notice = ""  # another step: it may well ask something
        self.ward_app.redraw()

    def take_briefs(self, found: tuple[PlaybookBrief, ...] | WardopsError) -> None:
        """The playbooks that the agent can conduct."""
        if not isinstance(found, WardopsError):
            self._briefs = found
            self.ward_app.redraw()

    # ---- keys ----

    def on_key(self, event: Key) -> None:
        """Digits answer; everything else is in the table."""
        if len(event.key) == 1 and event.key.isdigit():
            event.stop()
            event.prevent_default()
            self._press(event.key)
            return
        super().on_key(event)

    def do_answer(self) -> None:
        """The chosen answer, as Enter does."""
        self.do_open()

    def do_up(self) -> None:
        """The answer above."""
        self._move(-1)

    def do_down(self) -> None:
        """The answer below."""
        self._move(1)

    def do_playbook(self) -> None:
        """From a run to the list, where another is begun or gone on with."""
        if self._run is not None or self._run_id is not None:
            self._forget_run()
            self._is_list = True
            self.ward_app.redraw()

    def do_pages_up(self) -> None:
        """The first answer."""
        self._move(-self._cursor)

    def do_pages_down(self) -> None:
        """The last answer."""
        self._move(self._places() - 1 - self._cursor)

    def do_open(self) -> None:
        """Start the chosen playbook, send the chosen answer, or go back to the incident."""
        showing = self.ward_app.showing()
        if self._run is None:
            self._start(showing)
        elif self._run.ended is not None:
            self._to_incident()
        else:
            self._answer(choices(self._run, showing), self._cursor)

    def do_step_back(self) -> None:
        """One answered step back."""
        run = self._run
        if run is None or run.step is None:
            return
        if not run.step.can_back:
            self._say("no_back")
            return
        self._send("playbook_back", {"run": run.id})

    def do_abort(self) -> None:
        """Stop the run, with a reason."""
        run = self._run
        if run is None or run.ended is not None:
            return
        said = ("screen.playbook.abort_reason",)
        form = Form("screen.playbook.abort_title", said, lambda texts: self._abort(run, texts[0]),
                    run.playbook)  # fmt: skip
        ask_for(self.ward_app, form)

    def do_skip(self) -> None:
        """Leave the step undone, with a reason."""
        run = self._run
        if run is None or run.step is None:
            return
        if not run.step.can_skip:
            self._say("no_skip")
            return
        step = run.step.id
        form = Form(
            "screen.playbook.skip_title", ("screen.playbook.skip_reason",),
            lambda texts: self._send(
                "playbook_skip", {"run": run.id, "step": step}, reason=texts[0]
            ),
            run.playbook,
        )  # fmt: skip
        ask_for(self.ward_app, form)

    def do_note(self) -> None:
        """Write something down in the run, perhaps with a file's hash."""
        run = self._run
        if run is not None and run.ended is None:
            ask_for(self.ward_app, note_form(
                self.ward_app, run.playbook,
                lambda args: self._send("evidence_add", {"run": run.id, **args}),
            ))  # fmt: skip

    def do_escalate(self) -> None:
        """Hand over to a level or role from whatever step it is, with a text that is ready."""
        run = self._run
        if run is not None and run.ended is None:
            text = handover_text_of(run, self.ward_app.showing())
            ask_for(self.ward_app, handover_form(
                self.ward_app, run.playbook, text,
                lambda args: self._send("escalate", {"run": run.id, **args}),
            ))  # fmt: skip

    def _abort(self, run: PlaybookRun, reason: str) -> None:
        self._send("playbook_abort", {"run": run.id}, reason=reason)

    def _press(self, digit: str) -> None:
        """A digit: the playbook or the answer of that number."""
        showing = self.ward_app.showing()
        if self._run is None:
            at = int(digit) - 1
            if 0 <= at < len(self._listed(showing)):
                self._cursor, self._wanted = len(open_runs(showing)) + at, ""
                self.ward_app.redraw()
            return
        found = choices(self._run, showing)
        place = with_digit(found, digit)
        if place is None:
            return
        self._cursor = place
        self._answer(found, place)

    def _answer(self, found: Sequence[Choice], at: int) -> None:
        run = self._run
        if found and at < 0:
            self._say("not_chosen")
            return
        if run is None or run.step is None or not 0 <= at < len(found):
            self._say("not_asked")
            return
        choice = found[at]
        value: Any = choice.value
        if choice.item is not None:
            value = {"item": choice.value, "state": next_state(choice.item)}
        self._send("playbook_answer", {"run": run.id, "step": run.step.id, "value": value})

    def _start(self, showing: Showing) -> None:
        listed, runs = self._listed(showing), open_runs(showing)
        if not listed or self._run_id is not None:
            return
        if self._cursor < len(runs):
            self._follow(runs[self._cursor].id)
            return
        if showing.ward is None:
            return
        brief = listed[min(self._cursor - len(runs), len(listed) - 1)]
        args = {"playbook": brief.id, "ward": showing.ward.code}
        if self._incident is not None:
            args["incident"] = self._incident
        wanted, device = self._about
        if device is not None and brief.id == wanted:
            args["device"] = device
        self._send("playbook_start", args, then=self._started)

    def _started(self, result: CommandResult) -> None:
        run = result.result.get("run")
        if isinstance(run, str):
            self._follow(run)
        self._look_again()

    def _follow(self, run: str) -> None:
        """Show this run from now on."""
        self._forget_run()
        self._run_id = run
        self.ward_app.redraw()

    def _send(
        self,
        verb: Verb,
        args: dict[str, Any],
        *,
        reason: str | None = None,
        then: Any = None,
    ) -> None:
        """Have the agent do it; nothing is sent while it does not answer."""
        if not self.ward_app.showing().is_current:
            self._say("silent_refused")
            return
        self.ward_app.command(
            verb, args, reason=reason, then=then or (lambda _: self._look_again())
        )

    def _look_again(self) -> None:
        self._asked_at = float("-inf")
        self.ward_app.redraw()

    def _to_incident(self) -> None:
        incident = self._run.incident if self._run else None
        self._forget_run()
        if incident is not None:
            cast("IncidentScreen", self.ward_app.get_screen(INCIDENT)).choose(incident)
            self.ward_app.go(INCIDENT)
        else:
            self.ward_app.do_back_there()

    def _move(self, by: int) -> None:
        places = self._places()
        if places:
            self._cursor = (max(self._cursor, -1 if by > 0 else 0) + by) % places
            self._wanted = ""
            self.ward_app.redraw()

    def _places(self) -> int:
        showing = self.ward_app.showing()
        if self._run is None:
            return len(open_runs(showing)) + len(self._listed(showing))
        return len(choices(self._run, showing))

    def _say(self, key: str) -> None:
        self.ward_app.say(self._words(key))

    def _words(self, key: str) -> str:
        return self.ward_app.settings.words.say(f"screen.playbook.{key}")
