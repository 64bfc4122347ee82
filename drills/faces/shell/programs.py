"""The programs that a machine has, by name; and those that read and print text."""

from __future__ import annotations

import re
from functools import wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from drills.faces.shell import clock, disks, services
from drills.faces.shell.host import Ran
from drills.faces.shell.options import UnknownOption, options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from drills.faces.shell.host import Host

Program: TypeAlias = "Callable[[Host, Sequence[str], str], Ran]"


def cat(host: Host, args: Sequence[str], stdin: str) -> Ran:
    """Files, one after the other; without any what is written to it."""
    return _over(host, "cat", options(args, "nu").operands, stdin, lambda text: text)


def head(host: Host, args: Sequence[str], stdin: str) -> Ran:
    """The first lines."""
    count, paths = _count_of(args)
    return _over(host, "head", paths, stdin, lambda text: "".join(_lines(text)[:count]))


def tail(host: Host, args: Sequence[str], stdin: str) -> Ran:
    """The last lines."""
    count, paths = _count_of(args)
    return _over(host, "tail", paths, stdin, lambda text: "".join(_lines(text)[-count:]))


def _count_of(args: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    asked = options([re.sub(r"^-(\d+)$", r"-n\1", word) for word in args], "n:", ("lines=",))
    told = asked.values.get("lines", asked.values.get("n", "10"))
    if not told.isdecimal():
        raise UnknownOption(f"invalid number of lines: '{told}'")
    return int(told), asked.operands


def grep(host: Host, args: Sequence[str], stdin: str) -> Ran:
    """Lines that fit a pattern; 1 when there are none."""
    asked = options(args, "EFivcnqe:")
    given = asked.values.get("e")
    if given is None and not asked.operands:
        return Ran(err="Usage: grep [OPTION]... PATTERNS [FILE]...\n", status=2)
    pattern, *paths = asked.operands if given is None else (given, *asked.operands)
    if "F" in asked.flags:
        pattern = re.escape(pattern)
    try:
        wanted = re.compile(pattern, re.IGNORECASE if "i" in asked.flags else 0)
    except re.error:
        return Ran(err="grep: Invalid regular expression\n", status=2)
    is_not = "v" in asked.flags

    def found(text: str) -> str:
        return "".join(line for line in _lines(text) if (wanted.search(line) is None) == is_not)

    ran = _over(host, "grep", tuple(paths), stdin, found)
    if ran.status:
        return ran._replace(status=2)
    out = f"{len(_lines(ran.out))}\n" if "c" in asked.flags else ran.out
    return Ran("" if "q" in asked.flags else out, status=0 if ran.out else 1)


def wc(host: Host, args: Sequence[str], stdin: str) -> Ran:
    """How many lines."""
    asked = options(args, "l")
    if "l" not in asked.flags:
        raise UnknownOption("this simulated machine counts lines alone: -l")
    ran = _over(host, "wc", asked.operands, stdin, lambda text: text)
    name = f" {asked.operands[0]}" if asked.operands else ""
    return ran if ran.status else Ran(f"{len(_lines(ran.out))}{name}\n")


def ls(host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """What stands in a folder, as far as this machine has it."""
    asked = options(args, "1aA")
    out = err = ""
    for path in asked.operands or (f"/home/{host.user}",):
        if host.read(path) is not None:
            out += f"{path}\n"
        elif host.is_folder(path):
            out += "".join(f"{name}\n" for name in host.names(path))
        else:
            err += f"ls: cannot access '{path}': No such file or directory\n"
    return Ran(out, err, 2 if err else 0)


def echo(_host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """Its own words."""
    if args[:1] == ["-n"]:
        return Ran(" ".join(args[1:]))
    return Ran(" ".join(args) + "\n")


def command(_host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """With -v where a program is."""
    names = options(args, "v").operands
    known = "".join(f"/usr/bin/{name}\n" for name in names if name in PROGRAMS)
    return Ran(known, status=0 if known else 127)


def nproc(host: Host, _args: Sequence[str], _stdin: str) -> Ran:
    """How many processors."""
    return Ran(f"{len(host.machine.busy)}\n")


def cd(host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """Whether one could go there; this shell stays where it is."""
    if not args or host.is_folder(args[0]):
        return Ran()
    return Ran(err=f"sh: 1: cd: can't cd to {args[0]}\n", status=2)


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _over(
    host: Host, name: str, paths: Sequence[str], stdin: str, work: Callable[[str], str]
) -> Ran:
    """Do the work on each file, or on what is written to the program."""
    out = err = ""
    for path in paths or ("-",):
        text = stdin if path == "-" else host.read(path)
        if text is not None:
            out += work(text)
        elif host.is_folder(path):
            err += f"{name}: {path}: Is a directory\n"
        else:
            err += f"{name}: {path}: No such file or directory\n"
    return Ran(out, err, 1 if err else 0)


def _plain(text: Callable[[Host], str], status: int = 0) -> Program:
    return lambda host, _args, _stdin: Ran(text(host), status=status)


def _told(name: str, program: Program) -> Program:
    """The program, with its own word for options that it does not have."""

    @wraps(program)
    def ran(host: Host, args: Sequence[str], stdin: str) -> Ran:
        try:
            return program(host, args, stdin)
        except UnknownOption as unknown:
            told = f"{name}: {unknown}\nTry '{name} --help' for more information.\n"
            return Ran(err=told, status=2 if name in ("ls", "grep") else 1)

    return ran


_ALL: Mapping[str, Program] = MappingProxyType(
    {
        "df": disks.df, "free": disks.free,
        "date": clock.date, "uptime": clock.uptime, "timedatectl": clock.timedatectl,
        "hostname": clock.hostname, "uname": clock.uname,
        "systemctl": services.systemctl, "ss": services.ss, "last": services.last,
        "journalctl": services.journalctl, "sshd": services.sshd, "sudo": services.sudo,
        "apt-get": services.apt_get,
        "cat": cat, "head": head, "tail": tail, "grep": grep, "wc": wc, "ls": ls, "echo": echo,
        "command": command, "nproc": nproc, "cd": cd,
        "true": _plain(lambda _host: ""), ":": _plain(lambda _host: ""),
        "false": _plain(lambda _host: "", 1),
        "pwd": _plain(lambda host: f"/home/{host.user}\n"),
        "whoami": _plain(lambda host: f"{host.user}\n"),
        "id": _plain(lambda host: f"uid=1000({host.user}) gid=1000({host.user})\n"),
    }
)  # fmt: skip
PROGRAMS: Mapping[str, Program] = MappingProxyType(
    {name: _told(name, program) for name, program in _ALL.items()}
)
