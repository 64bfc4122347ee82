"""One vocabulary for virtual machines: the metrics, and how a VmStatus becomes samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.model import Metric, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.vm.status import VmStatus

MAX_MOUNTS = 12  # series budget of 48 a machine

VM_UP = Metric("wardops_vm_up", "gauge", "1 when the machine answered its own status source.")
VM_CPU_RATIO = Metric(
    "wardops_vm_cpu_ratio", "gauge", "Busy share of all processors.", unit="ratio"
)
VM_MEMORY_USED_RATIO = Metric(
    "wardops_vm_memory_used_ratio", "gauge", "1 - available / total memory.", unit="ratio"
)
VM_MEMORY_AVAILABLE = Metric(
    "wardops_vm_memory_available_bytes",
    "gauge",
    "Memory that programs can still get without swapping.",
    unit="bytes",
)
VM_LOAD1 = Metric("wardops_vm_load1", "gauge", "Load average of the last minute.")
VM_UPTIME = Metric(
    "wardops_vm_uptime_seconds", "gauge", "Seconds since the machine started.", unit="seconds"
)
VM_TIME_OFFSET = Metric(
    "wardops_vm_time_offset_seconds",
    "gauge",
    "The machine's clock minus the agent's.",
    unit="seconds",
)
VM_FILESYSTEM_AVAIL_RATIO = Metric(
    "wardops_vm_filesystem_avail_ratio",
    "gauge",
    "Share of the file system that users can still fill; at most 12 mounts a machine.",
    ("mount",),
    "ratio",
)
VM_FILESYSTEM_AVAIL_BYTES = Metric(
    "wardops_vm_filesystem_avail_bytes",
    "gauge",
    "Bytes of the file system that users can still fill; at most 12 mounts a machine.",
    ("mount",),
    "bytes",
)
# Made by the agent from the history of what was left.
VM_FILESYSTEM_FULL_IN = Metric(
    "wardops_vm_filesystem_full_in_seconds",
    "gauge",
    "Seconds until the file system is full if it goes on filling as in the last 7 days; absent "
    "below 3 days of data and where it does not fill; at most 12 mounts a machine.",
    ("mount",),
    "seconds",
)
VM_INODES_AVAIL_RATIO = Metric(
    "wardops_vm_inodes_avail_ratio",
    "gauge",
    "Share of the file system's inodes that is free; absent where they are not counted.",
    ("mount",),
    "ratio",
)
VM_FAILED_UNITS = Metric("wardops_vm_failed_units", "gauge", "Units of systemd that failed.")
VM_SECURITY_UPDATES = Metric(
    "wardops_vm_pending_security_updates", "gauge", "Security updates that wait to be installed."
)
VM_REBOOT_REQUIRED = Metric(
    "wardops_vm_reboot_required", "gauge", "1 when an update waits for a restart of the machine."
)

METRICS = (
    VM_UP,
    VM_CPU_RATIO,
    VM_MEMORY_USED_RATIO,
    VM_MEMORY_AVAILABLE,
    VM_LOAD1,
    VM_UPTIME,
    VM_TIME_OFFSET,
    VM_FILESYSTEM_AVAIL_RATIO,
    VM_FILESYSTEM_AVAIL_BYTES,
    VM_INODES_AVAIL_RATIO,
    VM_FAILED_UNITS,
    VM_SECURITY_UPDATES,
    VM_REBOOT_REQUIRED,
)


def samples_of(vm: VmStatus, *, basic: bool = True, upkeep: bool = True) -> tuple[Sample, ...]:
    """Samples of what the machine said; unknown is absent.

    Where two probes ask one machine, each series comes from one: `basic` are `wardops_vm_up` 1,
    load and room, `upkeep` what waits to be mended.
    """
    return (*(_basic(vm) if basic else ()), *(_upkeep(vm) if upkeep else ()))


def _basic(vm: VmStatus) -> Iterator[Sample]:
    yield Sample(VM_UP, 1)
    plain = (
        (VM_CPU_RATIO, vm.cpu_ratio),
        (VM_MEMORY_USED_RATIO, vm.memory_used_ratio),
        (VM_MEMORY_AVAILABLE, vm.memory_available_bytes),
        (VM_LOAD1, vm.load1),
        (VM_UPTIME, vm.uptime_s),
        (VM_TIME_OFFSET, vm.time_offset_s),
    )
    yield from (Sample(metric, float(value)) for metric, value in plain if value is not None)
    for disk in vm.filesystems[:MAX_MOUNTS]:
        labels = (disk.mount,)
        yield Sample(VM_FILESYSTEM_AVAIL_RATIO, disk.avail_ratio, labels)
        yield Sample(VM_FILESYSTEM_AVAIL_BYTES, disk.avail_bytes, labels)
        if disk.avail_inodes_ratio is not None:
            yield Sample(VM_INODES_AVAIL_RATIO, disk.avail_inodes_ratio, labels)


def _upkeep(vm: VmStatus) -> Iterator[Sample]:
    told = (
        (VM_FAILED_UNITS, vm.failed_units),
        (VM_SECURITY_UPDATES, vm.pending_security_updates),
        (VM_REBOOT_REQUIRED, vm.reboot_required),
    )
    yield from (Sample(metric, float(value)) for metric, value in told if value is not None)
