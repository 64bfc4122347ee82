"""What the script's sections say of a machine. Pure.

proc(5), df(1) of POSIX, ss(8), systemctl(1), timedatectl(1), os-release(5), sshd(8), apt-get(8),
dnf(8).
"""

from __future__ import annotations

import math
import re
from datetime import date
from typing import TYPE_CHECKING

from probes.vm.status import CpuTimes, Filesystem, Listener, VmStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from probes.vm.script import Section

MAX_MOUNTS = 12
_MOST_LISTENERS, _MOST_SETTINGS = 256, 256
_TICKS_PER_S = 100  # USER_HZ, the same on every Linux
_IDLE = 3  # the fourth number of a cpu line
_PSEUDO = frozenset(
    """autofs devtmpfs efivarfs fuse.lxcfs fuse.snapfuse iso9660 overlay proc ramfs squashfs sysfs
    tmpfs udf""".split()  # noqa: SIM905 - a word list
)
_PORT = re.compile(r"(?P<address>.*):(?P<port>\d{1,5})")
_SECURITY = re.compile(r"^Inst .*\([^)]*[Ss]ecurity", re.MULTILINE)
# Advice, its kind, package: dnf 4 joins severity and kind, dnf 5 has a column for each.
_ADVICE = re.compile(r"\S+ +(?:\S+/Sec\.|security +\S+) +(?P<package>\S+)-[^-\s]+-[^-\s]+(?: .*)?")
_MOST_SERVICES = 1000


def status_of(
    found: Mapping[str, Section], *, now_s: float, before: CpuTimes | None = None
) -> tuple[VmStatus, CpuTimes | None]:
    """The machine, and its processors' times for the next look; what it does not say stays None."""
    cpu = _cpu(found)
    memory = dict(_memory(found))
    total, available = memory.get("MemTotal"), memory.get("MemAvailable")
    time_s = _number(_first(found, "time"))
    vm = VmStatus(
        memory_available_bytes=available,
        memory_used_ratio=1 - available / total if available is not None and total else None,
        load1=_number(_word(_first(found, "load"))),
        cpu_ratio=cpu.busy_since(before) if cpu else None,
        uptime_s=_number(_word(_first(found, "uptime"))),
        filesystems=_filesystems(found),
        time_offset_s=None if time_s is None else time_s - now_s,
        clock_synced=_synced(found),
        failed_units=_count(found, "failed"),
        pending_security_updates=_updates(found),
        reboot_required=_reboot(found),
        release=_release(found),
        release_ends=_release_ends(found),
        services=_services(found),
        listening=_listening(found),
        sshd=_settings(found),
    )
    return vm, cpu


def _lines(found: Mapping[str, Section], name: str) -> tuple[str, ...]:
    section = found.get(name)
    return section.lines if section is not None and section.is_good else ()


def _first(found: Mapping[str, Section], name: str) -> str:
    return next(iter(_lines(found, name)), "")


def _word(line: str) -> str:
    return line.split(maxsplit=1)[0] if line.split() else ""


def _number(text: str) -> float | None:
    try:
        told = float(text)
    except ValueError:
        return None
    return told if math.isfinite(told) and abs(told) < 1e15 else None


def _cpu(found: Mapping[str, Section]) -> CpuTimes | None:
    words = _first(found, "cpu").split()
    ticks = [int(word) for word in words[1:9] if word.isascii() and word.isdecimal()]
    if len(ticks) < 4 or words[0] != "cpu":
        return None
    return CpuTimes(sum(ticks) / _TICKS_PER_S, ticks[_IDLE] / _TICKS_PER_S)


def _memory(found: Mapping[str, Section]) -> Iterator[tuple[str, int]]:
    for line in _lines(found, "memory"):
        name, _, told = line.partition(":")
        words = told.split()
        if len(words) == 2 and words[0].isdecimal() and words[1] == "kB":
            yield name, int(words[0]) * 1024


def _filesystems(found: Mapping[str, Section]) -> tuple[Filesystem, ...]:
    """The root first, then the largest disks; the two tables are told apart by their mounts."""
    inodes = {mount: left / whole for mount, _kind, whole, left in _table(found, "inodes") if whole}
    disks = [row for row in _table(found, "disks") if row[1] not in _PSEUDO and row[2]]
    chosen = sorted(disks, key=lambda row: (row[0] != "/", -row[2], row[0]))[:MAX_MOUNTS]
    return tuple(
        Filesystem(mount, min(1.0, left / whole), left * 1024.0, inodes.get(mount))
        for mount, _kind, whole, left in chosen
    )


def _table(found: Mapping[str, Section], name: str) -> Iterator[tuple[str, str, int, int]]:
    """Mount, type, whole and left of each row of `df -PT`; a mount may hold blanks.

    df ends with a failure where one mount of many cannot be read, and prints the others.
    """
    section, seen = found.get(name), set()
    for line in section.lines[1:] if section is not None else ():
        cells = line.split(maxsplit=6)
        if len(cells) != 7 or not (cells[2].isdecimal() and cells[4].isdecimal()):
            continue
        mount = cells[6].strip()
        if mount not in seen:
            seen.add(mount)
            yield mount, cells[1], int(cells[2]), int(cells[4])


def _synced(found: Mapping[str, Section]) -> bool | None:
    return {"yes": True, "no": False}.get(_first(found, "clock").partition("=")[2].strip())


def _count(found: Mapping[str, Section], name: str) -> int | None:
    section = found.get(name)
    return len(section.lines) if section is not None and section.is_good else None


def _updates(found: Mapping[str, Section]) -> int | None:
    """By the list that the machine itself fetched last; without good words of either, unknown.

    CentOS publishes no word on which of its updates are of security, so that none is told there.
    """
    section = found.get("updates")
    if section is not None and section.is_good:
        return len(_SECURITY.findall("\n".join(section.lines)))
    section = found.get("dnf")
    if section is None or not section.is_good or _os_words(found).get("ID") in {None, "centos"}:
        return None
    advised = filter(None, map(_ADVICE.fullmatch, section.lines))
    return len({one["package"] for one in advised})


def _reboot(found: Mapping[str, Section]) -> bool | None:
    """Debian and its kin leave a file; elsewhere its absence says nothing, and a program tells.

    That one ends with 1 both for yes and for an error, so its words count (dnf-plugins-core).
    """
    words = found.get("restart")
    told = " ".join(words.lines) if words is not None else ""
    if words is not None and words.status in (0, 1) and "Reboot " in told:
        return "Reboot is required" in told
    section = found.get("reboot")
    if section is None or section.status is None:
        return None
    if section.is_good:
        return True
    return False if _os_words(found).get("ID") in {"debian", "ubuntu"} else None


def _release(found: Mapping[str, Section]) -> str | None:
    words = _os_words(found)
    told = f"{words.get('ID', '')} {words.get('VERSION_ID', '')}".strip()
    return told or None


def _release_ends(found: Mapping[str, Section]) -> date | None:
    try:
        return date.fromisoformat(_os_words(found).get("SUPPORT_END", ""))
    except ValueError:
        return None


def _services(found: Mapping[str, Section]) -> tuple[str, ...] | None:
    section = found.get("services")
    if section is None or not section.is_good:
        return None
    rows = (line.split() for line in section.lines)
    names = (row[0].lower().removesuffix(".service") for row in rows if row[3:4] == ["running"])
    return tuple(names)[:_MOST_SERVICES]


def _os_words(found: Mapping[str, Section]) -> dict[str, str]:
    pairs = (line.partition("=") for line in _lines(found, "release"))
    return {name.strip(): told.strip().strip("\"'")[:40] for name, _mark, told in pairs}


def _listening(found: Mapping[str, Section]) -> tuple[Listener, ...] | None:
    """Who waits for whom: protocol, own address, port; each once."""
    section = found.get("listening")
    if section is None or not section.is_good:
        return None
    seen = dict.fromkeys(filter(None, map(_listener, section.lines)))
    return tuple(seen)[:_MOST_LISTENERS]


def _listener(line: str) -> Listener | None:
    cells = line.split()
    if len(cells) < 5 or cells[0] not in {"tcp", "udp"}:
        return None
    place = _PORT.fullmatch(cells[4])
    if place is None or not 0 < int(place["port"]) <= 65535:
        return None
    address = place["address"].partition("%")[0].strip("[]")
    return Listener(cells[0], "*" if address in {"*", "0.0.0.0", "::"} else address,  # noqa: S104
                    int(place["port"]))  # fmt: skip


def _settings(found: Mapping[str, Section]) -> tuple[tuple[str, str], ...] | None:
    """The SSH server's settings as it says them itself; None where it may not be asked."""
    section = found.get("sshd")
    if section is None or not section.is_good or not section.lines:
        return None
    pairs = (line.partition(" ") for line in section.lines)
    return tuple((name.lower(), told.strip()) for name, _mark, told in pairs)[:_MOST_SETTINGS]
