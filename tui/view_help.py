"""The keys of a screen as lines. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.text import cells, pad, unaccented
from tui.actions import on_screen
from tui.lines import BLANK, Line, Span, boxed, line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui.actions import Action
    from tui.view import Showing

_KEY_CELLS = 14
_OTHER_ROWS = 3  # first line, stripe, footer
_WAYS = {"up": "down", "left": "right", "pages_up": "pages_down"}
_KINDRED = {"language": "theme", "help": "quit", "device": "incident"}
_NAMES = {"question_mark": "?", "escape": "Esc", "enter": "Enter", "up": "↑", "down": "↓"}
_NAMES |= {"pageup": "PgUp", "pagedown": "PgDn", "home": "Home", "end": "End"}
_NAMES |= {"left": "←", "right": "→", "space": "Space", "colon": ":", "slash": "/", "tab": "Tab"}


def key_name(key: str) -> str:
    """A key as it stands on the keyboard."""
    if key in _NAMES:
        return _NAMES[key]
    return key.upper() if len(key) > 1 and key[0] == "f" and key[1:].isdigit() else key


def _is_twin(key: str, keys: tuple[str, ...]) -> bool:
    """Whether it is another key's capital, or what an input method makes of it."""
    is_capital = len(key) == 1 and key != key.lower() and key.lower() in keys
    return is_capital or unaccented(key) != key


def help_lines(showing: Showing, screen: str) -> list[Line]:
    """What can be done on that screen, and a word to who has an input method on.

    Without room for all of it the empty lines go first, then kindred keys share a line.
    """
    words, room = showing.words, showing.rows - _OTHER_ROWS - 2
    hint = line("  ", Span(words.say("tui.help.input_method"), "dim"))
    told = _told(_WAYS, screen, showing)
    rows: list[Line] = [BLANK, *told, BLANK, hint, BLANK]
    if len(rows) > room:
        rows = [*told, hint]
    if len(rows) > room:
        rows = [*_told(_WAYS | _KINDRED, screen, showing), hint]
    title = line(
        Span(words.say("tui.help.title", screen=words.say(f"tui.screen.{screen}")), "strong")
    )
    return boxed(rows, showing.columns, title=title)


def _told(pairs: Mapping[str, str], screen: str, showing: Showing) -> list[Line]:
    """A line for each action in their order, for both of a pair one."""
    known = {one.name: one for one in on_screen(screen)}
    seconds = {second for first, second in pairs.items() if first in known}
    shared = ((one, known.get(pairs.get(name, ""))) for name, one in known.items())
    return [
        _line((first,) if second is None else (first, second), showing)
        for first, second in shared
        if first.name not in seconds
    ]


def _line(actions: tuple[Action, ...], showing: Showing) -> Line:
    keys = "  ".join(
        key_name(key) for action in actions for key in action.keys if not _is_twin(key, action.keys)
    )
    if cells(keys) > _KEY_CELLS:
        keys = "  ".join(action.shown for action in actions)
    said = ", ".join(showing.words.say(f"{action.label}_long") for action in actions)
    return line("  ", Span(pad(keys, _KEY_CELLS), "accent"), said)
