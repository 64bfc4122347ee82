"""Reads a program's words as getopt_long(3) does. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class UnknownOption(Exception):
    """An option that the program does not have; its message as GNU programs say it."""


class Options(NamedTuple):
    """Flags that were set, values by their flag, and what is no option."""

    flags: frozenset[str]
    values: dict[str, str]
    operands: tuple[str, ...]


def options(args: Sequence[str], short: str, long: Sequence[str] = ()) -> Options:
    """Read the words; a letter followed by `:` and a long name with `=` take a value.

    Raises UnknownOption.
    """
    flags, values, operands = set(), {}, []
    rest = list(args)
    while rest:
        word = rest.pop(0)
        if word == "--":
            operands += rest
            break
        if word.startswith("--"):
            name, mark, value = word[2:].partition("=")
            if f"{name}=" in long and (mark or rest):
                values[name] = value if mark else rest.pop(0)
            elif name in long and not mark:
                flags.add(name)
            else:
                raise UnknownOption(f"unrecognized option '{word}'")
        elif word.startswith("-") and word != "-":
            _letters(word[1:], short, rest, flags, values)
        else:
            operands.append(word)
    return Options(frozenset(flags), values, tuple(operands))


def _letters(
    letters: str, short: str, rest: list[str], flags: set[str], values: dict[str, str]
) -> None:
    for place, letter in enumerate(letters):
        at = short.find(letter)
        if at < 0 or letter == ":":
            raise UnknownOption(f"invalid option -- '{letter}'")
        if short[at + 1 : at + 2] != ":":
            flags.add(letter)
            continue
        value = letters[place + 1 :]
        if not value and not rest:
            raise UnknownOption(f"option requires an argument -- '{letter}'")
        values[letter] = value or rest.pop(0)
        return
