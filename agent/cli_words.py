"""Click's own words and every option's description, from the catalogue in the user's language."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

import click

from inventory.language import has, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.language import Language

# What click writes by itself, and the key of what stands there instead.
_OWN = {
    "Options": "cli.word.options",
    "Show this message and exit.": "cli.word.help",
    "Show the version and exit.": "cli.word.version",
    "[OPTIONS]": "cli.word.any_options",
    "COMMAND [ARGS]...": "cli.word.command",
    "[required]": "cli.word.required",
    "[default: ": "cli.word.default",
}


class Words(click.HelpFormatter):
    """A help page in one language."""

    def __init__(self, language: Language, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._language = language

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The first line, its prefix and places in that language."""
        word = prefix or say("cli.word.usage", self._language)
        super().write_usage(prog, self._said(args), f"{word.rstrip()} ")

    def write_heading(self, heading: str) -> None:
        """A heading; click's own in that language."""
        super().write_heading(self._said(heading))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Names and what they are for, with click's own words in that language."""
        said = [(name, self._said(text)) for name, text in rows]
        super().write_dl(said, col_max, col_spacing)

    def _said(self, text: str) -> str:
        for word, key in _OWN.items():
            text = text.replace(word, say(key, self._language))
        return text


def with_option_help(command: click.Command, name: str, language: Language) -> None:
    """Describe a command's options: by `cli.option.<command>.<name>`, else `cli.option.<name>`.

    `name` is the command's dotted name. The options are copied: a command may be shown twice.
    """
    command.params = [_described(one, name, language) for one in command.params]


def _described(parameter: click.Parameter, name: str, language: Language) -> click.Parameter:
    if not isinstance(parameter, click.Option):
        return parameter
    option = max(parameter.opts, key=len).lstrip("-")
    keys = (f"cli.option.{name}.{option}", f"cli.option.{option}")
    key = next((one for one in keys if has(one)), None)
    if key is None:
        return parameter
    described = copy(parameter)
    described.help = say(key, language)
    return described
