"""What runs on a machine: systemctl(1), ss(8), journalctl(1), last(1), sshd(8), sudo(8), apt-get.

Only looking: what would change something is refused as to an account without rights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drills import machine as state
from drills.faces.shell.clock import ago, month, weekday
from drills.faces.shell.host import Ran
from drills.faces.shell.options import UnknownOption, options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drills.faces.shell.host import Host
    from drills.machine import Unit

_UNITS_SHOWN = frozenset({"list-units", ""})
_CHANGES = frozenset("start stop restart reload enable disable mask unmask kill edit".split())  # noqa: SIM905


def systemctl(host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """The services: all, those that failed, or one."""
    asked = options(args, "alt:", ("failed", "no-legend", "plain", "no-pager", "all", "full",
                                   "state=", "type="))  # fmt: skip
    verb, names = (asked.operands[0], asked.operands[1:]) if asked.operands else ("", ())
    if verb in _CHANGES and names:
        why = "Interactive authentication required.\nSee system logs and"
        told = f"Failed to {verb} {_unit_name(names[0])}: {why}"
        return Ran(err=f"{told} 'systemctl status {_unit_name(names[0])}' for details.\n", status=1)
    if verb in _UNITS_SHOWN:
        only_failed = "failed" in asked.flags or asked.values.get("state") == "failed"
        return Ran(_listed(host, asked.flags, only_failed=only_failed))
    if verb in ("status", "is-active", "is-failed") and names:
        return _about(host, verb, _unit_name(names[0]))
    raise UnknownOption(f"unknown operation '{verb}'")


def _unit_name(name: str) -> str:
    return name if "." in name else f"{name}.service"


def _listed(host: Host, flags: frozenset[str], *, only_failed: bool) -> str:
    failed = state.failed_units(host.world, host.node)
    shown = [unit for unit in state.UNITS if not only_failed or unit.name in failed]
    width = max((len(unit.name) for unit in shown), default=4)
    bullet = "" if "plain" in flags else "  "

    def row(unit: Unit) -> str:
        mark = "● " if bullet and unit.name in failed else bullet
        ends = "failed failed " if unit.name in failed else "active running"
        return f"{mark}{unit.name:<{width}} loaded {ends} {unit.says}\n"

    rows = "".join(map(row, shown))
    if "no-legend" in flags:
        return rows
    head = f"{bullet}{'UNIT':<{width}} LOAD   ACTIVE SUB     DESCRIPTION\n" if shown else ""
    return f"{head}{rows}\n{len(shown)} loaded units listed.\n"


def _about(host: Host, verb: str, name: str) -> Ran:
    unit = next((one for one in state.UNITS if one.name == name), None)
    is_failed = name in state.failed_units(host.world, host.node)
    if verb != "status":
        told = "inactive" if unit is None else "failed" if is_failed else "active"
        is_good = told == ("active" if verb == "is-active" else "failed")
        return Ran(f"{told}\n", status=0 if is_good else 3 if verb == "is-active" else 1)
    if unit is None:
        return Ran(err=f"Unit {name} could not be found.\n", status=4)
    since_s = _failed_for_s(host, name) if is_failed else host.uptime_s
    at = host.local(host.now_s - since_s)
    word = "failed (Result: exit-code)" if is_failed else "active (running)"
    mark = "×" if is_failed else "●"
    return Ran(
        f"{mark} {name} - {unit.says}\n"
        f"     Loaded: loaded (/lib/systemd/system/{name}; enabled; preset: enabled)\n"
        f"     Active: {word} since {weekday(at)} {at:%Y-%m-%d %H:%M:%S} +07; {ago(since_s)}\n",
        status=3 if is_failed else 0,
    )


def _failed_for_s(host: Host, name: str) -> float:
    """Seconds since the change that let the service fail."""
    changes = (
        one.t for one in reversed(host.world.mutations)
        if (one.kind, one.on, one.params["value"]) == ("unit_failed", host.node.name, name)
    )  # fmt: skip
    return host.t - next(changes, host.t)


def ss(host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """Who waits for whom; connections that stand are not told of this machine."""
    flags = options(args, "lntupaH4r", ("listening", "numeric", "tcp", "udp", "no-header")).flags
    kinds = {"tcp": bool(flags & {"t", "tcp"}), "udp": bool(flags & {"u", "udp"})}
    if not any(kinds.values()):
        kinds = {"tcp": True, "udp": True}
    out = ""
    if not flags & {"H", "no-header"}:
        out = f"{'Netid':<6}{'State':<7}{'Recv-Q':<7}{'Send-Q':<7}{'Local Address:Port':>20}"
        out += f"{'Peer Address:Port':>20}\n"
    if not flags & {"l", "listening", "a"}:
        return Ran(out)
    for door in state.listening(host.world, host.node):
        kind, _, port = door.partition("/")
        if kinds[kind]:
            word, queue = ("LISTEN", 128) if kind == "tcp" else ("UNCONN", 0)
            place = f"0.0.0.0:{port}"
            out += f"{kind:<6}{word:<7}{0:<7}{queue:<7}{place:>20}{'0.0.0.0:*':>20}\n"
    return Ran(out)


def last(host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """Who logged in. This machine notes starts alone."""
    options(args, "n:axiFw")
    at = host.local(host.now_s - host.uptime_s)
    day = f"{weekday(at)} {month(at)} {at.day:2d}"
    row = f"reboot   system boot  {state.KERNEL:<16} {day} {at:%H:%M}   still running\n"
    return Ran(f"{row}\nwtmp begins {day} {at:%H:%M:%S %Y}\n")


def journalctl(host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """The log: what happened to this machine in this world."""
    asked = options(args, "n:u:xeqr", ("no-pager", "lines=", "unit=", "reverse", "quiet"))
    count = asked.values.get("lines", asked.values.get("n", ""))
    if count and not count.isdecimal():
        return Ran(err=f"Failed to parse lines '{count}'\n", status=1)
    unit = asked.values.get("unit", asked.values.get("u"))
    lines = [
        text for at_s, said, text in sorted(_log(host))
        if at_s <= host.t and (unit is None or _unit_name(unit) in said)
    ]  # fmt: skip
    lines = lines[len(lines) - int(count) :] if count and int(count) < len(lines) else lines
    if asked.flags & {"r", "reverse"}:
        lines.reverse()
    return Ran("".join(lines) or "-- No entries --\n")


def _log(host: Host) -> Iterator[tuple[float, str, str]]:
    """When (in the world's seconds), which service, the line."""
    booted_at = host.world.booted_at(host.node.name)
    yield _line(host, booted_at, "kernel", f"Linux version {state.KERNEL}", "")
    for unit in state.UNITS:
        told = f"Started {unit.name} - {unit.says}."
        yield _line(host, booted_at, "systemd[1]", told, unit.name)
    failed = ""
    for change in host.world.mutations:
        if change.on != host.node.name or change.t < booted_at:
            continue
        if change.kind == "unit_failed":
            value = change.params["value"]
            told = f"{value}: Failed with result 'exit-code'." if value else f"Started {failed}."
            yield _line(host, change.t, "systemd[1]", told, value or failed)
            failed = value or failed
        if change.kind == "time" and change.params["value"] != "right":
            name = "systemd-timesyncd.service"
            yield _line(host, change.t, "systemd-timesyncd", "No server suitable for use.", name)


def _line(host: Host, t: float, who: str, text: str, unit: str) -> tuple[float, str, str]:
    at = host.local(host.now_s - (host.t - t))
    stamp = f"{month(at)} {at.day:02d} {at:%H:%M:%S}"
    return t, unit, f"{stamp} {host.node.name} {who}: {text}\n"


def sshd(_host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """The SSH server's settings are for root alone: others may not read its keys."""
    options(args, "Tt")
    return Ran(err="sshd: no hostkeys available -- exiting.\n", status=1)


def sudo(host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """One thing is allowed without a password, where the machine's settings say so."""
    words = [word for word in args if word != "-n"]
    is_sshd = [word.rpartition("/")[2] for word in words] == ["sshd", "-T"]
    if not is_sshd or not host.world.fact("sudo", host.node.name):
        return Ran(err="sudo: a password is required\n", status=1)
    settings = state.sshd_settings(host.world, host.node)
    return Ran("".join(f"{name} {told}\n" for name, told in settings.items()))


def apt_get(host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """With -s what an upgrade would do; without, nothing but root may."""
    asked = options(args, "sqo:y", ("simulate", "dry-run"))
    if not asked.flags & {"s", "simulate", "dry-run"}:
        told = "E: Could not open lock file /var/lib/dpkg/lock-frontend"
        return Ran(err=f"{told} - open (13: Permission denied)\n", status=100)
    if asked.operands not in (("upgrade",), ("dist-upgrade",)):
        return Ran(err=f"E: Invalid operation {' '.join(asked.operands)}\n", status=100)
    origin = "Debian-Security:12/stable-security [amd64]"
    count = host.world.fact("updates", host.node.name)
    return Ran("".join(f"Inst simulated-{n + 1} [1.0] (1.1 {origin})\n" for n in range(count)))
