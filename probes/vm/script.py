"""The one script that is run on a machine over SSH: fixed text, no arguments, only reads.

What it prints is cut into sections by lines of its own. A program that is not there leaves its
section empty with its exit status, so that the rest is still read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.errors import ProtocolBroken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MARK, _STATUS = "#wardops section ", "#wardops status "
_END = "end"
_SECTIONS: tuple[tuple[str, str], ...] = (
    ("cpu", "head -n 1 /proc/stat"),
    ("memory", "grep -E '^(MemTotal|MemAvailable):' /proc/meminfo"),
    ("load", "cat /proc/loadavg"),
    ("uptime", "cat /proc/uptime"),
    ("disks", "df -PTk"),
    ("inodes", "df -PTi"),
    ("failed", "systemctl --failed --no-legend --plain --no-pager"),
    ("listening", "ss -lntuH"),
    ("clock", "timedatectl show --property=NTPSynchronized"),
    ("release", "cat /etc/os-release"),
    ("reboot", "ls /run/reboot-required"),
    (
        "services",
        "systemctl list-units --type=service --state=running --no-legend --plain --no-pager",
    ),
)
# Last, so that what was slow before it does not read as a clock that is behind.
_TIME = ("time", "date +%s.%N")
_SSHD, _SSHD_BY_SUDO = "sshd -T", "sudo -n sshd -T"
# Whichever is there. With -C dnf reads what the machine fetched last, and fetches nothing itself.
_UPDATES = (
    ("updates", "apt-get -s -qq -o Debug::NoLocking=1 upgrade"),
    ("dnf", "timeout 6 dnf -q -C updateinfo list --security"),
    ("restart", "timeout 6 needs-restarting -r"),
)


@dataclass(frozen=True, slots=True)
class Section:
    """What one program wrote, and its exit status; None where the script was cut."""

    lines: tuple[str, ...]
    status: int | None

    @property
    def is_good(self) -> bool:
        """Whether the program ran and found what it was asked for."""
        return self.status == 0


def script(*, sudo: bool, updates: bool) -> str:
    """The script; `sudo` asks for the SSH server's settings as root, `updates` costs a second."""
    asked = [*_SECTIONS, ("sshd", _SSHD_BY_SUDO if sudo else _SSHD)]
    if updates:
        asked += _UPDATES
    head = "export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
    return head + "".join(
        _asked(name, command) for name, command in (*asked, _TIME, (_END, "true"))
    )


def sections(text: str) -> Mapping[str, Section]:
    """The sections by name. Raises ProtocolBroken for what is not the script's own output."""
    found = dict(_sections(text))
    if not found:
        raise ProtocolBroken("vm_script")
    return found


def is_whole(found: Mapping[str, Section]) -> bool:
    """Whether the script came to its end."""
    return _END in found and found[_END].is_good


def _asked(name: str, command: str) -> str:
    return f"echo '{_MARK}{name}'\n{command} 2>/dev/null </dev/null\necho '{_STATUS}'$?\n"


def _sections(text: str) -> Iterator[tuple[str, Section]]:
    for part in text.split(_MARK)[1:]:
        name, _, rest = part.partition("\n")
        body, mark, status = rest.rpartition(_STATUS)
        told = status.strip()
        is_known = bool(mark) and told.isascii() and told.isdecimal() and len(told) <= 3
        lines = tuple(line for line in (body if mark else rest).splitlines() if line.strip())
        yield name.strip(), Section(lines, int(told) if is_known else None)
