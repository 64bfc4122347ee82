"""What a machine says of its time and of itself: date(1), uptime(1), timedatectl(1), uname(1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drills import machine as state
from drills.faces.shell.host import Ran
from drills.faces.shell.options import UnknownOption, options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from drills.faces.shell.host import Host

_MINUTE_S, _HOUR_S, _DAY_S, _WEEK_S = 60, 3600, 86_400, 604_800
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 - names in a row
_DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()  # noqa: SIM905 - names in a row


def weekday(at: datetime) -> str:
    """`Mon`, whatever the language of the simulator's own process."""
    return _DAYS[at.weekday()]


def month(at: datetime) -> str:
    """`Jan`."""
    return _MONTHS[at.month - 1]


def date(host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """The time, as `+FORMAT` asks for it."""
    asked = options(args, "uR", ("utc", "rfc-email", "iso-8601"))
    unix_s = host.now_s
    at = host.local(unix_s)
    zone, offset = "+07", "+0700"
    if asked.flags & {"u", "utc"}:
        at, zone, offset = host.utc(unix_s), "UTC", "+0000"
    form = asked.operands[0] if asked.operands else "+%a %b %e %H:%M:%S %Z %Y"
    if not form.startswith("+"):
        return Ran(err=f"date: invalid date '{form}'\n", status=1)
    told = {
        "s": str(int(unix_s)), "N": f"{int(unix_s % 1 * 1e9):09d}", "Z": zone, "z": offset,
        "Y": f"{at.year:04d}", "m": f"{at.month:02d}", "d": f"{at.day:02d}", "e": f"{at.day:2d}",
        "H": f"{at.hour:02d}", "M": f"{at.minute:02d}", "S": f"{at.second:02d}",
        "F": f"{at:%Y-%m-%d}", "T": f"{at:%H:%M:%S}", "R": f"{at:%H:%M}",
        "a": weekday(at), "b": month(at), "%": "%",
    }  # fmt: skip
    return Ran(re.sub(r"%(.)", lambda found: told.get(found[1], found[0]), form[1:]) + "\n")


def uptime(host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """How long it runs, and its load."""
    asked = options(args, "ps", ("pretty", "since"))
    passed_s = int(host.uptime_s)
    if asked.flags & {"s", "since"}:
        return Ran(f"{host.local(host.now_s - passed_s):%Y-%m-%d %H:%M:%S}\n")
    if asked.flags & {"p", "pretty"}:
        return Ran(f"up {_pretty(passed_s)}\n")
    days, rest = divmod(passed_s, _DAY_S)
    hours, minutes = rest // _HOUR_S, rest % _HOUR_S // _MINUTE_S
    up = (f"{days} day{'s' if days != 1 else ''}, " if days else "") + (
        f"{hours:2d}:{minutes:02d}" if hours else f"{minutes} min"
    )
    load = f"{host.machine.load1:.2f}"
    now = f"{host.local(host.now_s):%H:%M:%S}"
    return Ran(f" {now} up {up},  1 user,  load average: {load}, {load}, {load}\n")


def _pretty(passed_s: int) -> str:
    parts: list[str] = []
    for name, size in (
        ("week", _WEEK_S),
        ("day", _DAY_S),
        ("hour", _HOUR_S),
        ("minute", _MINUTE_S),
    ):
        count, passed_s = divmod(passed_s, size)
        if count:
            parts.append(f"{count} {name}{'s' if count != 1 else ''}")
    return ", ".join(parts) or "0 minutes"


def ago(passed_s: float) -> str:
    """A span in two parts, as systemd says it: `2 weeks 6 days ago`."""
    rest, parts = int(max(0.0, passed_s)), list[str]()
    for one, many, size in (
        (" week", " weeks", _WEEK_S), (" day", " days", _DAY_S), ("h", "h", _HOUR_S),
        ("min", "min", _MINUTE_S), ("s", "s", 1),
    ):  # fmt: skip
        count, rest = divmod(rest, size)
        if count and len(parts) < 2:
            parts.append(f"{count}{one if count == 1 else many}")
    return f"{' '.join(parts) or '0s'} ago"


def timedatectl(host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """What keeps its clock, and whether that is in step."""
    asked = options(args, "p:", ("property=", "no-pager", "value"))
    is_synced = "yes" if state.is_synced(host.world, host.node) else "no"
    if asked.operands[:1] == ("show",):
        known = {
            "Timezone": "Asia/Ho_Chi_Minh", "LocalRTC": "no", "CanNTP": "yes", "NTP": "yes",
            "NTPSynchronized": is_synced,
        }  # fmt: skip
        names = asked.values.get("property", asked.values.get("p"))
        chosen = {n: v for n, v in known.items() if names is None or n in names.split(",")}
        is_bare = "value" in asked.flags
        return Ran("".join(f"{v}\n" if is_bare else f"{n}={v}\n" for n, v in chosen.items()))
    if asked.operands and asked.operands != ("status",):
        if asked.operands[0].startswith("set-"):
            return Ran(err="Failed: Interactive authentication required.\n", status=1)
        raise UnknownOption(f"unknown command verb {asked.operands[0]}")
    at, utc = host.local(host.now_s), host.utc(host.now_s)
    rows = (
        ("Local time", f"{weekday(at)} {at:%Y-%m-%d %H:%M:%S} +07"),
        ("Universal time", f"{weekday(utc)} {utc:%Y-%m-%d %H:%M:%S} UTC"),
        ("RTC time", "n/a"),
        ("Time zone", "Asia/Ho_Chi_Minh (+07, +0700)"),
        ("System clock synchronized", is_synced),
        ("NTP service", "active"),
        ("RTC in local TZ", "no"),
    )
    return Ran("".join(f"{name:>25}: {told}\n" for name, told in rows))


def hostname(host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """Its name."""
    asked = options(args, "fsI", ("fqdn", "short"))
    if asked.operands:
        return Ran(err="hostname: you must be root to change the host name\n", status=1)
    return Ran(f"{host.node.address} \n" if "I" in asked.flags else f"{host.node.name}\n")


def uname(host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """Its kernel."""
    flags = options(args, "asnrvmo").flags
    told = {
        "s": "Linux", "n": host.node.name, "r": state.KERNEL, "v": "#1 SMP simulated by wardops",
        "m": "x86_64", "o": "GNU/Linux",
    }  # fmt: skip
    chosen = told if "a" in flags else {n: v for n, v in told.items() if n in (flags or {"s"})}
    return Ran(" ".join(chosen.values()) + "\n")
