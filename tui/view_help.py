"""The keys of a screen as lines. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.text import pad, unaccented
from tui.actions import on_screen
from tui.lines import BLANK, Line, Span, boxed, line

if TYPE_CHECKING:
    from tui.view import Showing

_KEY_CELLS = 14
_NAMES = {"question_mark": "?", "escape": "Esc", "enter": "Enter", "up": "↑", "down": "↓"}
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
    """What can be done on that screen, and a word to who has an input method on."""
    words = showing.words
    rows: list[Line] = [BLANK]
    for action in on_screen(screen):
        keys = "  ".join(key_name(key) for key in action.keys if not _is_twin(key, action.keys))
        rows.append(
            line("  ", Span(pad(keys, _KEY_CELLS), "accent"), words.say(action.label + "_long"))
        )
    rows += [BLANK, line("  ", Span(words.say("tui.help.input_method"), "dim")), BLANK]
    title = line(
        Span(words.say("tui.help.title", screen=words.say(f"tui.screen.{screen}")), "strong")
    )
    return boxed(rows, showing.columns, title=title)
