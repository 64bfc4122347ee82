"""Reads a machine through Prometheus' node_exporter or windows_exporter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from probes.errors import ProtocolBroken
from probes.model import Probe, Reading
from probes.transports.page import page_of
from probes.transports.status import check_status
from probes.vm.exporter_page import family, stretch, value
from probes.vm.model import MAX_MOUNTS, METRICS, samples_of
from probes.vm.status import CpuTimes, Filesystem, VmStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from probes.model import ProbeContext, Target

MAX_BYTES = 10_000_000

# File systems without a disk behind them, or that cannot fill.
_PSEUDO = frozenset(
    """autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs fuse.lxcfs
    fusectl hugetlbfs iso9660 mqueue nsfs overlay proc procfs pstore ramfs rootfs rpc_pipefs
    securityfs selinuxfs squashfs sysfs tmpfs tracefs udf""".split()  # noqa: SIM905 - a word list
)


_WINDOWS_SERVER = re.compile(r"Windows Server \d{4}(?: R2)?")


@dataclass(frozen=True, slots=True)
class _Names:
    """How an exporter calls what is needed; of several names the first that it has counts.

    Sizes of file systems stand as total, available, and inodes likewise where there are any.
    `running` matches a line of `service` that says that it runs.
    """

    time: tuple[str, ...]
    boot: tuple[str, ...]
    total: tuple[str, ...]
    available: tuple[str, ...]
    cpu: str
    size: str
    left: str
    mount: str
    system: str
    service: str
    running: bytes
    files: str = ""
    files_left: str = ""


_LINUX = _Names(
    time=("node_time_seconds",),
    boot=("node_boot_time_seconds",),
    total=("node_memory_MemTotal_bytes",),
    available=("node_memory_MemAvailable_bytes",),
    cpu="node_cpu_seconds_total",
    size="node_filesystem_size_bytes",
    left="node_filesystem_avail_bytes",
    mount="mountpoint",
    system="node_os_info",
    service="node_systemd_unit_state",
    running=rb'^[^{]*\{name="([^"]+)\.service",state="active"[^}]*\} 1\b',
    files="node_filesystem_files",
    files_left="node_filesystem_files_free",
)
# Names of 0.31, then those that earlier releases had.
_WINDOWS = _Names(
    time=("windows_time_current_timestamp_seconds", "windows_os_time"),
    boot=(
        "windows_system_boot_time_timestamp",
        "windows_system_boot_time_timestamp_seconds",
        "windows_system_system_up_time",
    ),
    total=("windows_memory_physical_total_bytes", "windows_cs_physical_memory_bytes"),
    available=("windows_memory_available_bytes", "windows_os_physical_memory_free_bytes"),
    cpu="windows_cpu_time_total",
    size="windows_logical_disk_size_bytes",
    left="windows_logical_disk_free_bytes",
    mount="volume",
    system="windows_os_info",
    service="windows_service_state",
    running=rb'^[^{]*\{(?:[^}]*,)?name="([^"]+)"[^}]*state="running"[^}]*\} 1\b',
)


async def run(target: Target, context: ProbeContext) -> Reading:
    """GET the exporter's page and read the machine's state from it.

    Raises ParseFailed with the line's number, ProtocolBroken for a page without a machine's
    metrics, and what the HTTP client raises.
    """
    answer = await page_of(target, context, MAX_BYTES)
    check_status(answer)
    before = context.memory.kept
    vm, cpu = read(
        answer.body,
        now_s=context.clock.now().timestamp(),
        before=before if isinstance(before, CpuTimes) else None,
    )
    context.memory.kept = cpu
    context.note(f"exporter: {len(answer.body)} octets, {len(vm.filesystems)} file systems")
    return Reading(samples=samples_of(vm, upkeep=target.ssh is None), vm=vm, method="node_exporter")


def read(
    page: bytes, *, now_s: float | None = None, before: CpuTimes | None = None
) -> tuple[VmStatus, CpuTimes | None]:
    """The machine's state, and its processors' times for the next look.

    `now_s` is the agent's own Unix time, `before` what the look before left. What the page does not
    say, NaN and infinity stay None. Raises ParseFailed for a needed line that is malformed,
    ProtocolBroken for a page with none.
    """
    names = _WINDOWS if b"\nwindows_" in page or page.startswith(b"windows_") else _LINUX
    cpu = _cpu_times(page, names)
    time_s = _first(page, names.time)
    total, available = _first(page, names.total), _first(page, names.available)
    boot_s = _first(page, names.boot)
    vm = VmStatus(
        memory_available_bytes=None if available is None else int(available),
        memory_used_ratio=1 - available / total if available is not None and total else None,
        load1=value(page, "node_load1"),
        cpu_ratio=cpu.busy_since(before) if cpu else None,
        uptime_s=time_s - boot_s if time_s is not None and boot_s is not None else None,
        filesystems=_filesystems(page, names),
        time_offset_s=None if time_s is None or now_s is None else time_s - now_s,
        clock_synced=_flag(page, "node_timex_sync_status"),
        failed_units=_failed_units(page),
        pending_security_updates=_security_updates(page),
        reboot_required=_flag(page, "node_reboot_required"),
        release=_release(page, names),
        release_ends=_release_ends(page),
        services=_services(page, names),
    )
    if cpu is None and time_s is None and vm == VmStatus():
        raise ProtocolBroken("not_exporter")
    return vm, cpu


def _first(page: bytes, names: tuple[str, ...]) -> float | None:
    return next((told for name in names if (told := value(page, name)) is not None), None)


def _flag(page: bytes, name: str) -> bool | None:
    told = value(page, name)
    return None if told is None else told > 0


def _cpu_times(page: bytes, names: _Names) -> CpuTimes | None:
    lines = family(page, names.cpu)
    if not lines:
        return None
    idle = (line.value for line in lines if 'mode="idle"' in line.written)
    return CpuTimes(sum(line.value for line in lines), sum(idle))


def _failed_units(page: bytes) -> int | None:
    """How many units of systemd failed; the exporter tells of each unit and state."""
    lines = family(page, "node_systemd_unit_state", b'state="failed"')
    return sum(line.value > 0 for line in lines) if lines else None


def _security_updates(page: bytes) -> int | None:
    """What Debian's collector counts by origin; a page with none at all does not say."""
    lines = family(page, "apt_upgrades_pending")
    if not lines:
        return None
    return int(
        sum(one.value for one in lines if "security" in one.labels.get("origin", "").lower())
    )


def _release(page: bytes, names: _Names) -> str | None:
    """The system's name and number: Linux by os-release, Windows Server by its product's name."""
    labels = next((line.labels for line in family(page, names.system)), {})
    product = labels.get("product", "").removeprefix("Microsoft ")
    server = _WINDOWS_SERVER.match(product)
    told = (
        server[0] if server else product or f"{labels.get('id', '')} {labels.get('version_id', '')}"
    )
    return told.strip().lower()[:40] or None


def _release_ends(page: bytes) -> date | None:
    told = value(page, "node_os_support_end_timestamp_seconds")
    return datetime.fromtimestamp(told, UTC).date() if told and 0 < told < 2**33 else None


def _services(page: bytes, names: _Names) -> tuple[str, ...] | None:
    """Names of services that run, where the collector of systemd or of Windows' services is on.

    There are a line for each service and state, hundreds: they are not read one by one.
    """
    part = stretch(page, names.service)
    if not part:
        return None
    found = re.findall(names.running, part, re.MULTILINE)
    return tuple(name.decode("utf-8", "replace").lower() for name in found)


def _filesystems(page: bytes, names: _Names) -> tuple[Filesystem, ...]:
    """The root first, then the largest disks."""
    size, left = _by_mount(page, names, names.size), _by_mount(page, names, names.left)
    real = {
        mount: (whole, left[mount, kind], kind)
        for (mount, kind), whole in size.items()
        if _is_disk(mount, kind) and whole > 0 and (mount, kind) in left
    }
    chosen = sorted(real, key=lambda mount: (mount != "/", -real[mount][0], mount))[:MAX_MOUNTS]
    inodes = dict(_inodes(page, names))
    return tuple(
        Filesystem(mount, avail / whole, avail, inodes.get((mount, kind)))
        for mount in chosen
        for whole, avail, kind in [real[mount]]
    )


def _by_mount(page: bytes, names: _Names, name: str) -> Mapping[tuple[str, str], float]:
    told = ((line.labels, line.value) for line in family(page, name))
    return {(at.get(names.mount, ""), at.get("fstype", "")): found for at, found in told}


def _inodes(page: bytes, names: _Names) -> Iterator[tuple[tuple[str, str], float]]:
    """Shares of inodes that are free; file systems without a fixed number count none."""
    if not names.files:
        return
    left = _by_mount(page, names, names.files_left)
    for place, whole in _by_mount(page, names, names.files).items():
        if whole > 0 and place in left:
            yield place, left[place] / whole


def _is_disk(mount: str, kind: str) -> bool:
    # Windows lists volumes without a letter, which nobody fills. A machine inside a container has
    # no other root than its overlay.
    if not mount or mount.startswith("HarddiskVolume"):
        return False
    return kind not in _PSEUDO or (kind == "overlay" and mount == "/")


PROBE = Probe(name="node-exporter", period_s=30, timeout_s=10, run=run, metrics=METRICS)
