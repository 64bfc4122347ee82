"""A person's terminal on a machine: echo, editing by backspace, prompt, answers."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING

from drills.faces.shell.session import Session

if TYPE_CHECKING:
    from drills.model import Node
    from drills.world import World

_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z~]|O[A-Z]|.)")
_ERASE, _ERASE_LINE, _END, _BREAK = "\x7f\b", "\x15", "\x04", "\x03"
_MOST_TYPED = 4096


class Terminal:
    """One interactive shell. Without a terminal (`has_tty`) it neither echoes nor prompts."""

    def __init__(self, world: World, node: Node, user: str, *, has_tty: bool) -> None:
        self._shell = Session(world, node, user)
        self._has_tty = has_tty
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._typed, self._after_return = "", False
        self.status = 0

    @property
    def is_over(self) -> bool:
        """Whether the shell has ended."""
        return self._shell.is_over

    def greeting(self) -> str:
        """What it says first."""
        return self._shown(self._shell.greeting()) + self._shell.prompt if self._has_tty else ""

    def feed(self, octets: bytes) -> str:
        """What it says to what was typed."""
        said = ""
        for sign in _ESCAPE.sub("", self._decoder.decode(octets)):
            if self._shell.is_over:
                break
            said += self._sign(sign)
        return said

    def _sign(self, sign: str) -> str:
        is_second = sign == "\n" and self._after_return  # a telnet-like client sends both
        self._after_return = sign == "\r"
        if sign in "\r\n":
            return "" if is_second else self._line()
        if sign == _END and not self._typed:
            self._shell.is_over = True
            return self._echo("logout\n")
        if sign == _BREAK:
            self._typed = ""
            return self._echo(f"^C\n{self._shell.prompt}")
        if sign in _ERASE or sign == _ERASE_LINE:
            count = len(self._typed) if sign == _ERASE_LINE else min(1, len(self._typed))
            self._typed = self._typed[: len(self._typed) - count]
            return self._echo("\b \b" * count)
        if not sign.isprintable() or len(self._typed) >= _MOST_TYPED:
            return ""
        self._typed += sign
        return self._echo(sign)

    def _line(self) -> str:
        text, self._typed = self._typed, ""
        said = self._shell.run(text)
        self.status = said.status
        told = "".join(part for _stream, part in said.parts)
        prompt = "" if self._shell.is_over else self._shell.prompt
        return self._echo("\n") + self._shown(told) + (prompt if self._has_tty else "")

    def _echo(self, text: str) -> str:
        return self._shown(text) if self._has_tty else ""

    def _shown(self, text: str) -> str:
        return text.replace("\n", "\r\n") if self._has_tty else text
