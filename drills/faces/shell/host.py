"""A machine as its own programs see it, at one moment: figures, files, the words of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from drills import machine as state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from drills.model import Machine, Node
    from drills.world import World

_ZONE = timezone(timedelta(seconds=state.ZONE_S), "+07")
_TICKS_PER_S = 100  # USER_HZ
_STAT = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


class Ran(NamedTuple):
    """What a program wrote, and its exit status."""

    out: str = ""
    err: str = ""
    status: int = 0


@dataclass(frozen=True, slots=True)
class Host:
    """The machine, who is logged in, and when (seconds since the world began)."""

    world: World
    node: Node
    user: str
    t: float

    @property
    def machine(self) -> Machine:
        """Its resources now."""
        return state.machine_at(self.world, self.node)

    @property
    def now_s(self) -> float:
        """Its clock, in seconds since 1970."""
        return state.unix_s(self.world, self.node, self.t)

    @property
    def uptime_s(self) -> float:
        """Seconds since it started."""
        return state.uptime_s(self.world, self.node, self.t)

    def local(self, unix_s: float) -> datetime:
        """A time as its clock's zone says it."""
        return self.utc(unix_s).astimezone(_ZONE)

    def utc(self, unix_s: float) -> datetime:
        """The same in universal time."""
        return datetime.fromtimestamp(unix_s, UTC)

    def read(self, path: str) -> str | None:
        """The file's content; None where there is none that this account may read."""
        if path == _RESTART and self.world.fact("restart_due", self.node.name):
            return "*** System restart required ***\n"
        found = _FILES.get(path)
        return found(self) if found else None

    def names(self, folder: str) -> tuple[str, ...]:
        """What stands in a folder, as far as this machine has it."""
        paths = [*_FILES, "/run/lock", f"/home/{self.user}", *self._mounts()]
        if self.world.fact("restart_due", self.node.name):
            paths.append(_RESTART)
        top = folder.rstrip("/") + "/"
        inside = {path[len(top) :].partition("/")[0] for path in paths if path.startswith(top)}
        return tuple(sorted(inside - {""}))

    def _mounts(self) -> tuple[str, ...]:
        return tuple(disk.mount for disk in self.machine.disks)

    def is_folder(self, path: str) -> bool:
        """Whether a folder of that name is there."""
        is_empty = path.rstrip("/") in {f"/home/{self.user}", "/run/lock", *self._mounts()}
        return path == "/" or is_empty or bool(self.names(path))

    def stat(self) -> str:
        """/proc/stat, proc(5)."""
        spent = state.cpu_seconds(self.world, self.node, self.t)
        rows = [[int(one[mode] * _TICKS_PER_S) for mode in _STAT] for one in spent]
        total = [sum(column) for column in zip(*rows, strict=True)]
        lines = [_ticks("cpu ", total), *(_ticks(f"cpu{n}", row) for n, row in enumerate(rows))]
        return "\n".join(lines) + f"\nbtime {int(self.now_s - self.uptime_s)}\n"

    def meminfo(self) -> str:
        """/proc/meminfo, proc(5)."""
        return "".join(
            f"{name + ':':<15} {octets // 1024:>8} kB\n" for name, octets in self.memory()
        )

    def memory(self) -> Iterator[tuple[str, int]]:
        """What /proc/meminfo says, in octets."""
        machine = self.machine
        yield "MemTotal", machine.memory_bytes
        yield (
            "MemFree",
            machine.available_bytes - machine.buffers_bytes - machine.cached_bytes,
        )
        yield "MemAvailable", machine.available_bytes
        yield "Buffers", machine.buffers_bytes
        yield "Cached", machine.cached_bytes
        yield "SwapTotal", machine.swap_bytes
        yield "SwapFree", machine.swap_bytes - machine.swap_used_bytes

    def loadavg(self) -> str:
        """/proc/loadavg, proc(5)."""
        # How many programs run, and the last one's number, are not known of this machine.
        load = f"{self.machine.load1:.2f}"
        return f"{load} {load} {load} 1/100 1000\n"

    def uptime(self) -> str:
        """/proc/uptime, proc(5)."""
        idle_s = sum(one["idle"] for one in state.cpu_seconds(self.world, self.node, self.t))
        return f"{self.uptime_s:.2f} {idle_s:.2f}\n"


def _ticks(name: str, ticks: Sequence[int]) -> str:
    return f"{name} {' '.join(map(str, ticks))} 0 0"


def _os_release(_host: Host) -> str:
    return "".join(f"{name}={told}\n" for name, told in state.RELEASE.items())


_RESTART = "/run/reboot-required"
_FILES: Mapping[str, Callable[[Host], str]] = MappingProxyType(
    {
        "/proc/stat": Host.stat,
        "/proc/meminfo": Host.meminfo,
        "/proc/loadavg": Host.loadavg,
        "/proc/uptime": Host.uptime,
        "/etc/os-release": _os_release,
        "/usr/lib/os-release": _os_release,
        "/etc/hostname": lambda host: f"{host.node.name}\n",
        "/etc/timezone": lambda _host: "Asia/Ho_Chi_Minh\n",
        "/dev/null": lambda _host: "",
    }
)
