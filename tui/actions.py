"""The keys: one table of what can be done on which screen, and how it is called. Pure.

A global action works on every screen and has an F-key or one with Ctrl, since an input method
(Telex, VNI) changes letters: `dd` arrives as d, Backspace, đ. Nothing is bound to w, [, ] or
Backspace. An action that is not in the table does not exist; a screen does it in a method
`do_<name>`.
"""

from __future__ import annotations

from dataclasses import dataclass

HOME, HELP, DEVICE, INCIDENT, PLAYBOOK = "home", "help", "device", "incident", "playbook"
CONTACTS, FORM, PALETTE, MEETING = "contacts", "form", "palette", "meeting"
MACHINES = "machines"
SCREENS = (HOME, DEVICE, INCIDENT, PLAYBOOK, CONTACTS, MEETING, MACHINES)
_TAKE_LETTERS = frozenset({FORM, PALETTE})


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: key names as Textual gives them, the first as the footer shows it.

    `label` is a catalogue key. No `screens`: every screen. `footer` orders the footer; 0 is not
    shown there. `is_wide` is shown at 120 columns only.
    """

    name: str
    keys: tuple[str, ...]
    shown: str
    label: str
    screens: frozenset[str] = frozenset()
    footer: int = 0
    is_wide: bool = False

    def is_on(self, screen: str) -> bool:
        """Whether it can be done on that screen; where one writes, letters belong to the field."""
        return screen in self.screens if self.screens else screen not in _TAKE_LETTERS


def _on(*screens: str) -> frozenset[str]:
    return frozenset(screens)


_LISTS = (DEVICE, INCIDENT, PLAYBOOK, MACHINES)
_MOVES = _on(*_LISTS, CONTACTS, MEETING)
ACTIONS: tuple[Action, ...] = (
    Action("language", ("v", "V", "f8"), "v", "tui.key.language", footer=70, is_wide=True),
    Action("theme", ("T", "f9"), "F9", "tui.key.theme", footer=75, is_wide=True),
    Action("help", ("question_mark", "f1"), "?", "tui.key.help", footer=90),
    Action("quit", ("q", "f10"), "q", "tui.key.quit", footer=99),
    Action(
        "back",
        ("escape",),
        "Esc",
        "tui.key.back",
        _on(DEVICE, INCIDENT, MACHINES, CONTACTS, MEETING, HELP),
        footer=25,
    ),
    Action("back_there", ("escape",), "Esc", "tui.key.back_there", _on(PLAYBOOK), footer=25),
    Action("again", ("r",), "r", "tui.key.again", _on(HOME, MACHINES), footer=50, is_wide=True),
    Action("again", ("r",), "r", "tui.key.measure", _on(MEETING), footer=14),
    Action("confirm", ("space",), "Space", "tui.key.confirm", _on(MEETING), footer=12),
    Action(
        "next_meeting",
        ("greater_than_sign", "full_stop"),
        ">",
        "tui.key.next_meeting",
        _on(MEETING),
        footer=15,
    ),
    Action(
        "previous_meeting",
        ("less_than_sign", "comma"),
        "<",
        "tui.key.previous_meeting",
        _on(MEETING),
        footer=16,
        is_wide=True,
    ),
    Action("playbook", ("p", "P", "f2"), "p", "tui.key.playbook", footer=30),
    Action("device", ("d", "D", "đ", "Đ", "f3"), "d", "tui.key.device", footer=32),
    Action("incident", ("i", "I", "f4"), "i", "tui.key.incident", footer=33),
    Action("contacts", ("g", "G", "f6"), "g", "tui.key.contacts", footer=34),
    Action("meeting", ("m", "M", "f5"), "m", "tui.key.meeting", footer=35),
    Action("palette", ("colon", "ctrl+p"), ":", "tui.key.palette", footer=60),
    Action(
        "machines",
        ("o", "O", "ô", "Ô", "ctrl+o"),
        "o",
        "tui.key.machines",
        footer=61,
        is_wide=True,
    ),
    Action("search", ("slash",), "/", "tui.key.search", _on(DEVICE), footer=13),
    Action(
        "search",
        ("slash",),
        "/",
        "tui.key.search",
        _on(INCIDENT, MACHINES),
        footer=13,
        is_wide=True,
    ),
    Action("up", ("up", "k"), "↑↓", "tui.key.move", _MOVES, footer=10, is_wide=True),
    Action("down", ("down", "j"), "↓", "tui.key.down", _MOVES),
    Action("open", ("enter",), "Enter", "tui.key.open", _on(*_LISTS), footer=11),
    Action("left", ("left", "h"), "←", "tui.key.left", _on(DEVICE)),
    Action("right", ("right", "l"), "→", "tui.key.right", _on(DEVICE)),
    Action("pages_up", ("pageup",), "PgUp", "tui.key.pages_up", _on(*_LISTS)),
    Action("pages_down", ("pagedown",), "PgDn", "tui.key.pages_down", _on(*_LISTS)),
    Action("first", ("home",), "Home", "tui.key.first", _on(MACHINES)),
    Action("last", ("end",), "End", "tui.key.last", _on(MACHINES)),
    Action("filter", ("f", "F"), "f", "tui.key.filter", _on(INCIDENT), footer=12, is_wide=True),
    Action("take", ("t",), "t", "tui.key.take", _on(INCIDENT), footer=20),
    Action("note", ("a", "A"), "a", "tui.key.note", _on(INCIDENT), footer=21),
    Action("note", ("a", "A"), "a", "tui.key.note", _on(PLAYBOOK), footer=21, is_wide=True),
    Action(
        "escalate",
        ("e", "E", "ê", "Ê"),
        "e",
        "tui.key.escalate",
        _on(INCIDENT, PLAYBOOK),
        footer=23,
    ),
    Action("close", ("f12",), "F12", "tui.key.close", _on(INCIDENT), footer=22),
    Action("answer", tuple("1234567890"), "1-9", "tui.key.answer", _on(PLAYBOOK), footer=12),
    Action("step_back", ("u", "U", "ctrl+b"), "u", "tui.key.step_back", _on(PLAYBOOK), footer=20),
    Action("skip", ("s", "S"), "s", "tui.key.skip", _on(PLAYBOOK), footer=22),
    Action("abort", ("ctrl+x",), "^X", "tui.key.abort", _on(PLAYBOOK), footer=24, is_wide=True),
    Action(
        "form_on", ("enter", "down", "tab", "f12"), "Enter", "tui.key.form_on", _on(FORM), footer=1
    ),
    Action("form_back", ("up", "shift+tab"), "↑", "tui.key.form_back", _on(FORM), footer=2),
    Action("form_leave", ("escape",), "Esc", "tui.key.form_leave", _on(FORM), footer=3),
    Action("choose", ("enter",), "Enter", "tui.key.choose", _on(PALETTE), footer=1),
    Action("up", ("up",), "↑↓", "tui.key.move", _on(PALETTE), footer=2),
    Action("down", ("down",), "↓", "tui.key.down", _on(PALETTE)),
    Action("complete", ("tab",), "Tab", "tui.key.complete", _on(PALETTE), footer=3),
    Action("back", ("escape",), "Esc", "tui.key.back", _on(PALETTE), footer=4),
    Action("language", ("f8",), "F8", "tui.key.language", _on(FORM, PALETTE), footer=70),
    Action("theme", ("f9",), "F9", "tui.key.theme", _on(FORM, PALETTE), footer=75),
)


def on_screen(screen: str) -> tuple[Action, ...]:
    """What can be done there, in the footer's order."""
    return tuple(sorted((a for a in ACTIONS if a.is_on(screen)), key=lambda action: action.footer))


def for_key(screen: str, key: str) -> Action | None:
    """What the key does there."""
    return next((action for action in on_screen(screen) if key in action.keys), None)


def key_of(name: str, screen: str) -> str:
    """The key of an action as the footer shows it; empty when it cannot be done there."""
    return next((action.shown for action in on_screen(screen) if action.name == name), "")
