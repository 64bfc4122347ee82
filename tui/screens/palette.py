"""The command palette: type what is to be done, choose, and it is done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from inventory.errors import WardopsError
from tui.actions import CONTACTS, DEVICE, HOME, INCIDENT, PALETTE, PLAYBOOK, for_key
from tui.screens.records import ask_for, maintenance_form
from tui.screens.ward_screen import WardScreen
from tui.view_palette import Desk, entries, palette_lines
from tui.widgets.typed import Typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Key, Paste

    from agent.wire import PlaybookBrief
    from tui.lines import Line
    from tui.screens.device import DeviceScreen
    from tui.screens.incident import IncidentScreen
    from tui.screens.playbook import PlaybookScreen
    from tui.view import Showing
    from tui.view_palette import Entry


class PaletteScreen(WardScreen):
    """Opaque, over the screen it was called from; every letter goes into its line."""

    NAME: ClassVar[str] = PALETTE

    def __init__(self) -> None:
        super().__init__()
        self._typed = Typed(is_open=True)
        self._cursor = 0
        self._playbooks: tuple[PlaybookBrief, ...] = ()

    def on_mount(self) -> None:
        """Ask for the playbooks' names; the snapshot has only those that fit."""
        self.ward_app.ask(lambda client: client.playbooks(), self.take_playbooks)
        super().on_mount()

    def take_playbooks(self, found: tuple[PlaybookBrief, ...] | WardopsError) -> None:
        """What the agent can conduct; without an answer those that fit are known."""
        if not isinstance(found, WardopsError):
            self._playbooks = found
            self.ward_app.redraw()

    def crumbs(self, showing: Showing) -> tuple[str, ...]:
        """Commands."""
        return (showing.words.say("tui.key.palette"),)

    def lines(self, showing: Showing, rows: int) -> Sequence[Line]:
        """What was typed and what fits it."""
        found = self._entries(showing)
        self._cursor = max(0, min(self._cursor, len(found) - 1))
        return palette_lines(self._typed.text, found, self._cursor, rows, showing)

    def _entries(self, showing: Showing) -> list[Entry]:
        meta = self.ward_app.meta
        desk = Desk(meta.role if meta is not None else None, self._playbooks)
        return entries(self._typed.text, desk, showing)

    def _chosen(self) -> Entry | None:
        found = self._entries(self.ward_app.showing())
        return found[min(self._cursor, len(found) - 1)] if found else None

    # ---- keys ----

    def on_key(self, event: Key) -> None:
        """What is not in the table is written."""
        is_action = for_key(PALETTE, event.key) is not None
        if not is_action and self._typed.press(event.key, event.character):
            event.stop()
            event.prevent_default()
            self._cursor = 0
            self.ward_app.redraw()
            return
        super().on_key(event)

    def on_paste(self, event: Paste) -> None:
        """Pasted text is written too."""
        event.stop()
        self._typed.add(event.text)
        self.ward_app.redraw()

    def do_up(self) -> None:
        """The line above."""
        self._move(-1)

    def do_down(self) -> None:
        """The line below."""
        self._move(1)

    def _move(self, by: int) -> None:
        count = len(self._entries(self.ward_app.showing()))
        if count:
            self._cursor = (self._cursor + by) % count
            self.ward_app.redraw()

    def do_back(self) -> None:
        """To where it was called from."""
        self.dismiss()

    def do_complete(self) -> None:
        """Write out what is chosen."""
        entry = self._chosen()
        if entry is not None:
            name = self.ward_app.settings.words.say(f"screen.palette.verb.{entry.verb.name}")
            self._typed.text = f"{name} {entry.target}" if entry.verb.takes else name
            self._cursor = 0
            self.ward_app.redraw()

    def do_choose(self) -> None:
        """Do it; what it is to be done to is asked first."""
        entry = self._chosen()
        if entry is None:
            return
        if entry.why_not:
            self.ward_app.say(entry.why_not)
        elif not entry.is_whole:
            self.do_complete()
        else:
            self.dismiss()
            self.call_later(self._do, entry)

    def _do(self, entry: Entry) -> None:
        app, target = self.ward_app, entry.target
        match entry.verb.name:
            case "why":
                app.go(HOME)
            case "call":
                app.go(CONTACTS)
            case "device":
                cast("DeviceScreen", app.get_screen(DEVICE)).choose(target)
                app.go(DEVICE)
            case "playbook":
                cast("PlaybookScreen", app.get_screen(PLAYBOOK)).choose(target)
                app.go(PLAYBOOK)
            case "incident" | "ack" | "note" | "escalate" | "hand_over" | "cannot_fix" | "close":
                self._on_incident(entry)
            case "probe" | "maintenance" as deed:
                {"probe": self._probe, "maintenance": self._maintain}[deed](target)
            case "theme":
                app.use_theme(target)
            case "unaccented":
                words = app.settings.words
                app.use_words(replace(words, unaccented=not words.unaccented))
            case "ascii":
                words = app.settings.words
                app.use_words(replace(words, ascii=not words.ascii))
            case name:
                {
                    "lang": app.do_language,
                    "meeting": app.do_meeting,
                    "machines": app.do_machines,
                    "help": app.do_help,
                    "quit": app.do_quit,
                }[name]()

    def _on_incident(self, entry: Entry) -> None:
        app = self.ward_app
        screen = cast("IncidentScreen", app.get_screen(INCIDENT))
        screen.choose(entry.target)
        app.go(INCIDENT)
        doing = {
            "ack": screen.do_take,
            "note": screen.do_note,
            "escalate": screen.do_escalate,
            "hand_over": screen.do_hand_over,
            "cannot_fix": screen.do_cannot_fix,
            "close": screen.do_close,
        }
        if entry.verb.name in doing:
            app.call_later(doing[entry.verb.name])

    def _maintain(self, device: str) -> None:
        """A window from now on, asked in a form."""
        app = self.ward_app
        ward = app.showing().ward

        def send(args: dict[str, Any], reason: str) -> None:
            said = app.settings.words.say("screen.maintenance.done", device=device)
            found = {"device": device, **args, **({"ward": ward.code} if ward is not None else {})}
            app.command("maintenance_set", found, reason=reason, then=lambda _: app.say(said))

        ask_for(app, maintenance_form(app, device, send))

    def _probe(self, device: str) -> None:
        app = self.ward_app
        ward = app.showing().ward
        args = {"device": device, **({"ward": ward.code} if ward is not None else {})}
        said = app.settings.words.say("screen.palette.probed", device=device)
        app.command("probe_now", args, then=lambda _: app.say(said))
