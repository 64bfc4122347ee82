"""Splits what is typed into commands, as sh(1) reads its simplest words. Pure.

Known are quotes, `\\`, `$NAME` and `$?`, comments, `;`, `|`, `&&`, `||`, lines, and redirections.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OPERATOR = re.compile(r"&&|\|\||[;|\n]")
_REDIRECTION = re.compile(r"([012]?)(>>|>&|>|<)")
_NAME = re.compile(r"\$(?:\{([A-Za-z_]\w*|\?)\}|([A-Za-z_]\w*|\?))")
_UNKNOWN = ("&", "(", ")", "`", "<<", "$(")
_STARTERS = frozenset({"if", "for", "while", "until", "case", "function", "{", "!"})


class BadWords(Exception):
    """What is typed is more than this shell can read; says what, and on which line."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(line, what)
        self.line, self.what = line, what


class Piece(NamedTuple):
    """A part of a word; one that `is_open` has its variables filled in."""

    text: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Command:
    """One program with its words. `joined_by` is the operator before it, `line` counts from 1.

    `redirections` are (stream, sign, target).
    """

    joined_by: str
    line: int
    words: tuple[tuple[Piece, ...], ...]
    redirections: tuple[tuple[str, str, str], ...]


def commands(text: str) -> tuple[Command, ...]:
    """The commands in their order. Raises BadWords."""
    return tuple(_Reader(text).commands())


def filled(word: tuple[Piece, ...], variables: Mapping[str, str]) -> str:
    """The word with the variables' values."""
    return "".join(
        _NAME.sub(lambda found: variables.get(found[1] or found[2], ""), piece.text)
        if piece.is_open
        else piece.text
        for piece in word
    )


class _Reader:
    """Reads one text from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line = text, 0, 1

    def commands(self) -> Iterator[Command]:
        joined_by = ";"
        while True:
            line = self._line
            words, redirections = self._simple()
            if words and words[0] and words[0][0].text in _STARTERS:
                raise BadWords(line, words[0][0].text)
            operator = self._operator()
            if words:
                yield Command(joined_by, line, tuple(words), tuple(redirections))
            elif redirections or (operator not in ("", "\n") and joined_by != ";"):
                raise BadWords(line, operator or redirections[0][1])
            if not operator:
                return
            if operator == "\n":
                self._line += 1
            if words or operator != "\n":
                joined_by = ";" if operator == "\n" else operator

    def _simple(self) -> tuple[list[tuple[Piece, ...]], list[tuple[str, str, str]]]:
        words, redirections = [], []
        while self._skip_blanks():
            found = _REDIRECTION.match(self._text, self._at)
            if found and not self._text.startswith("<<", self._at):
                self._at = found.end()
                self._skip_blanks()
                stream = found[1] or ("0" if found[2] == "<" else "1")
                redirections.append((stream, found[2], filled(self._word(), {})))
            else:
                words.append(self._word())
        return words, redirections

    def _skip_blanks(self) -> bool:
        """Go to the next word; whether there is one before an operator or the end."""
        while self._text.startswith((" ", "\t", "\r", "\\\n"), self._at):
            self._at += 2 if self._text[self._at] == "\\" else 1
        if self._text.startswith("#", self._at):
            end = self._text.find("\n", self._at)
            self._at = len(self._text) if end < 0 else end
        return self._at < len(self._text) and not _OPERATOR.match(self._text, self._at)

    def _operator(self) -> str:
        found = _OPERATOR.match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[0]

    def _word(self) -> tuple[Piece, ...]:
        pieces: list[Piece] = []
        while self._at < len(self._text):
            sign = self._text[self._at]
            if sign in " \t\r<>" or _OPERATOR.match(self._text, self._at):
                if sign == "<" and self._text.startswith("<<", self._at):
                    raise BadWords(self._line, "<<")
                break
            if self._text.startswith(_UNKNOWN, self._at):
                raise BadWords(self._line, sign)
            pieces.append(self._piece(sign))
        return tuple(pieces)

    def _piece(self, sign: str) -> Piece:
        if sign in "'\"":
            end = self._text.find(sign, self._at + 1)
            while sign == '"' and end > 0 and self._text[end - 1] == "\\":
                end = self._text.find(sign, end + 1)
            if end < 0:
                raise BadWords(self._line, "Unterminated quoted string")
            inside = self._text[self._at + 1 : end]
            self._line += inside.count("\n")
            self._at = end + 1
            if sign == "'":
                return Piece(inside, is_open=False)
            if "$(" in inside or "`" in inside:
                raise BadWords(self._line, "$(" if "$(" in inside else "`")
            return Piece(re.sub(r'\\(["\\$`])', r"\1", inside), is_open=True)
        if sign == "\\" and self._at + 1 < len(self._text):
            self._at += 2
            return Piece(self._text[self._at - 1], is_open=False)
        begun = self._at
        self._at += 1
        while self._at < len(self._text) and self._is_plain():
            self._at += 1
        return Piece(self._text[begun : self._at], is_open=True)

    def _is_plain(self) -> bool:
        sign = self._text[self._at]
        is_end = sign in " \t\r<>'\"\\" or _OPERATOR.match(self._text, self._at) is not None
        return not is_end and not self._text.startswith(_UNKNOWN, self._at)
