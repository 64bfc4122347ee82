"""Network namespaces of one run of the lab, and the cables between them.

Every namespace carries the run's prefix, so that runs do not meet and left-overs can be told.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMESPACES = Path("/run/netns")
ETC = Path("/etc/netns")  # files that stand in for those of /etc, by namespace (ip-netns(8))
_COMMAND_S = 20


class LabError(RuntimeError):
    """The lab cannot be built: what was tried, and what the program said."""


def command(*argv: str, within_s: float = _COMMAND_S) -> str:
    """Run a program and return what it printed; raises LabError when it fails or hangs."""
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=within_s,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(f"{' '.join(argv)}: {error}") from error
    if done.returncode:
        raise LabError(f"{' '.join(argv)}: exit {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


@dataclass
class Net:
    """The namespaces of one run. `prefix` begins their names."""

    prefix: str
    made: list[str] = field(default_factory=list)

    def name(self, host: str) -> str:
        """The namespace of one of the lab's hosts."""
        return f"{self.prefix}-{host}"

    def path(self, host: str) -> Path:
        """Where that namespace can be opened."""
        return NAMESPACES / self.name(host)

    def inside(self, host: str, *argv: str) -> tuple[str, ...]:
        """The command line that runs a program on one of the hosts."""
        return ("ip", "netns", "exec", self.name(host), *argv)

    def run(self, host: str, *argv: str, within_s: float = _COMMAND_S) -> str:
        """Run a program on one of the hosts; what it printed. Raises LabError."""
        return command(*self.inside(host, *argv), within_s=within_s)

    def ip(self, host: str, *argv: str) -> str:
        """Run `ip` in one host's namespace. Raises LabError."""
        return command("ip", "-n", self.name(host), *argv)

    def add_host(self, host: str, *, forwards: bool = False, six: bool = False) -> None:
        """A host with loopback up; a router when it forwards, with IPv6 when it has `six`."""
        command("ip", "netns", "add", self.name(host))
        self.made.append(host)
        settings = {
            "ipv6.conf.all.disable_ipv6": int(not six),
            "ipv6.conf.default.disable_ipv6": int(not six),
            "ipv6.conf.all.forwarding": int(forwards and six),
            "ipv6.conf.default.accept_dad": 0,
            "ipv6.conf.default.accept_ra": 0,
            "ipv6.conf.default.router_solicitations": 0,
            "ipv6.conf.all.keep_addr_on_down": 1,
            "ipv6.conf.default.keep_addr_on_down": 1,
            "ipv4.ip_forward": int(forwards),
            "ipv4.conf.all.rp_filter": 0,
            "ipv4.conf.default.rp_filter": 0,
            "ipv4.ping_group_range": "0 0",
        }
        script = ";".join(
            f"echo '{value}' >/proc/sys/net/{key.replace('.', '/')}"
            for key, value in settings.items()
        )
        self.run(host, "/bin/sh", "-c", script)
        self.ip(host, "link", "set", "lo", "up")

    def cable(self, near: str, near_port: str, far: str, far_port: str) -> None:
        """Plug a cable in: a pair of ports, each in its host, both up.

        The switch passes frames on as they are, so whoever sends must finish its checksums.
        """
        command(
            "ip", "link", "add", near_port, "netns", self.name(near), "type", "veth",
            "peer", "name", far_port, "netns", self.name(far),
        )  # fmt: skip
        for host, port in ((near, near_port), (far, far_port)):
            self.run(host, "ethtool", "-K", port, "tx", "off")
            self.ip(host, "link", "set", port, "up")

    def address(self, host: str, port: str, *addresses: str) -> None:
        """Give a port its addresses (`ADDRESS/LENGTH`)."""
        for address in addresses:
            self.ip(host, "address", "add", address, "dev", port)

    def route(self, host: str, to: str, via: str) -> None:
        """Let a host reach a network through a neighbour."""
        self.ip(host, "route", "replace", to, "via", via)

    def names(self, host: str, known: dict[str, tuple[str, ...]]) -> None:
        """Let a host know names without asking anybody: addresses by name."""
        folder = ETC / self.name(host)
        folder.mkdir(parents=True, exist_ok=True)
        rows = [f"{address} {name}\n" for name, all_ in known.items() for address in all_]
        (folder / "hosts").write_text("127.0.0.1 localhost\n" + "".join(rows))

    def remove(self) -> None:
        """Take all namespaces of this run away, with whatever hangs in them."""
        for host in reversed(self.made):
            delete(self.name(host))
        self.made.clear()


def namespaces(prefix: str) -> Iterable[str]:
    """Names of the namespaces that begin with this prefix."""
    if not NAMESPACES.is_dir():
        return ()
    return sorted(path.name for path in NAMESPACES.iterdir() if path.name.startswith(f"{prefix}-"))


def delete(namespace: str) -> None:
    """Take a namespace away, also when it is gone already."""
    subprocess.run(["ip", "netns", "del", namespace], capture_output=True, check=False)
    shutil.rmtree(ETC / namespace, ignore_errors=True)
