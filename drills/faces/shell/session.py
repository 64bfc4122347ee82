"""One shell on a machine: what it remembers between commands, and what it says to them.

It reads what `words` reads and runs what `programs` knows; nothing of the host it stands on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drills.faces.shell.host import Host, Ran
from drills.faces.shell.programs import PROGRAMS
from drills.faces.shell.words import BadWords, commands, filled

if TYPE_CHECKING:
    from drills.faces.shell.words import Command
    from drills.model import Node
    from drills.world import World

_NOT_FOUND, _SYNTAX, _REFUSED = 127, 2, 2
_MOST_OCTETS = 65_536


class Said(NamedTuple):
    """What came of a text: in order of appearance, `(1, …)` for the output, `(2, …)` for errors."""

    parts: tuple[tuple[int, str], ...]
    status: int

    def of(self, stream: int) -> str:
        """All of one stream."""
        return "".join(text for where, text in self.parts if where == stream)


class Session:
    """The shell of one login; `is_over` after `exit`."""

    def __init__(self, world: World, node: Node, user: str) -> None:
        self._world, self._node, self._user = world, node, user
        self._status = 0
        self._variables = {"HOME": f"/home/{user}", "USER": user, "SHELL": "/bin/sh"}
        self.is_over = False

    @property
    def prompt(self) -> str:
        """What it shows when it waits."""
        return f"{self._user}@{self._node.name}:~$ "

    def greeting(self) -> str:
        """What a person is told at login."""
        return f"Linux {self._node.name}, simulated by wardops: nothing here is real.\n"

    def run(self, text: str) -> Said:
        """Run what is typed, now."""
        if len(text.encode()) > _MOST_OCTETS:
            return Said(((2, "sh: 1: Argument list too long\n"),), 126)
        try:
            wanted = commands(text)
        except BadWords as bad:
            self._status = _SYNTAX
            told = f"sh: {bad.line}: {bad.what}: this simulated shell cannot read it\n"
            return Said(((2, told),), _SYNTAX)
        parts: list[tuple[int, str]] = []
        at = 0
        while at < len(wanted) and not self.is_over:
            end = at + 1
            while end < len(wanted) and wanted[end].joined_by == "|":
                end += 1
            if self._is_due(wanted[at].joined_by):
                parts += self._pipe(wanted[at:end])
            at = end
        return Said(tuple(part for part in parts if part[1]), self._status)

    def _is_due(self, joined_by: str) -> bool:
        return joined_by == ";" or (joined_by == "&&") == (self._status == 0)

    def _pipe(self, parts: tuple[Command, ...]) -> list[tuple[int, str]]:
        told: list[tuple[int, str]] = []
        stdin = ""
        for command in parts:
            ran = self._redirected(command, stdin)
            self._status = ran.status
            told.append((2, ran.err))
            stdin = ran.out
        return [*told, (1, stdin)]

    def _redirected(self, command: Command, stdin: str) -> Ran:
        for _stream, sign, target in command.redirections:
            if sign == "<":
                found = self._host().read(target)
                if found is None:
                    return _refused(command, f"cannot open {target}: No such file")
                stdin = found
            elif sign != ">&" and target != "/dev/null":
                return _refused(command, f"cannot create {target}: Permission denied")
        ran = self._ran(command, stdin)
        for stream, sign, target in command.redirections:
            ran = _turned(ran, stream, target if sign == ">&" else "") if sign != "<" else ran
        return ran

    def _host(self) -> Host:
        return Host(self._world, self._node, self._user, self._world.time())

    def _ran(self, command: Command, stdin: str) -> Ran:
        known = {**self._variables, "?": str(self._status)}
        words = [filled(word, known) for word in command.words]
        while words and _is_setting(words[0]):
            name, _, value = words.pop(0).partition("=")
            self._variables[name] = value
        if not words:
            return Ran()
        name, *args = words
        if name == "export":
            self._variables |= dict(one.split("=", 1) for one in args if "=" in one)
            return Ran()
        if name in ("exit", "logout"):
            self.is_over = True
            status = int(args[0]) % 256 if args and args[0].isdecimal() else self._status
            return Ran(status=status)
        program = PROGRAMS.get(name.rpartition("/")[2] if name.startswith("/") else name)
        if program is None:
            return Ran(err=f"sh: {command.line}: {name}: not found\n", status=_NOT_FOUND)
        return program(self._host(), args, stdin)


def _refused(command: Command, why: str) -> Ran:
    return Ran(err=f"sh: {command.line}: {why}\n", status=_REFUSED)


def _turned(ran: Ran, stream: str, to: str) -> Ran:
    """What a program wrote, with one stream led into the other, or (`to` empty) nowhere."""
    if stream == "2":
        return ran._replace(out=ran.err + ran.out if to == "1" else ran.out, err="")
    return ran._replace(err=ran.err + ran.out if to == "2" else ran.err, out="")


def _is_setting(word: str) -> bool:
    name, mark, _ = word.partition("=")
    return bool(mark) and name.isidentifier()
