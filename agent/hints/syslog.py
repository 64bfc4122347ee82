"""Syslog lines as values: RFC 5424, RFC 3164, and what switches send instead. Pure.

Nothing here raises: what is not understood is text of an unknown severity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from probes.snmp.values import clean

LONGEST_LINE = 2048  # RFC 5424, 6.1: what every receiver should take
LONGEST_TEXT = 400
SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")

_PRI = re.compile(rb"<(\d{1,3})>")
_HIGHEST_PRI = 191
_5424 = re.compile(
    r"1 (?P<time>\S+) (?P<host>\S+) (?P<app>\S+) \S+ \S+ (?:-|(?:\[[^\]]*\])+) ?(?P<text>.*)"
)
_3164 = re.compile(
    r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?P<host>\S+) (?:(?P<app>[\w./-]{1,32})(?:\[\d+\])?: )?"
    r"(?P<text>.*)"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One syslog message. `severity` is a word of SEVERITIES, "unknown" without a valid PRI.

    `host` and `app` are what the sender calls itself, never proof of who it is.
    """

    severity: str
    text: str
    host: str = ""
    app: str = ""


def read_line(data: bytes) -> Line:
    """Read one datagram; only its first line, at most 2048 octets of it."""
    data = data[:LONGEST_LINE]
    found = _PRI.match(data)
    pri = int(found[1]) if found else _HIGHEST_PRI + 1
    if found is None or pri > _HIGHEST_PRI:
        return Line("unknown", _text(data))
    severity, rest = SEVERITIES[pri % 8], _whole(data[found.end() :])
    for form in (_5424, _3164):
        read = form.fullmatch(rest)
        if read:
            app = (read["app"] or "").strip("-")
            text = read["text"].removeprefix("\ufeff")[:LONGEST_TEXT]
            return Line(severity, text, read["host"][:64], app[:48])
    return Line(severity, rest[:LONGEST_TEXT])


def _whole(octets: bytes) -> str:
    """A long line in pieces that the text rules take, joined again."""
    line = octets.split(b"\n", 1)[0]
    return "".join(clean(line[at : at + 240]) or "" for at in range(0, len(line), 240))


def _text(octets: bytes) -> str:
    return _whole(octets)[:LONGEST_TEXT]
