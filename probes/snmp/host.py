"""Probe "snmp-host": processors, memory and disks by HOST-RESOURCES-MIB (RFC 2790)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes import oids
from probes.errors import Unsupported
from probes.model import Metric, Probe, Reading, Sample, VmStatus
from probes.snmp import ber, values
from probes.snmp.ask import snmp_target
from probes.vm import model as vm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from probes.model import ProbeContext, Target
    from probes.snmp.types import TableResult, Varbind

CPU_RATIO = Metric(
    "wardops_cpu_ratio", "gauge", "Busy share of a processor, 0 to 1", ("cpu",), "ratio"
)
MEMORY_USED_RATIO = Metric(
    "wardops_memory_used_ratio", "gauge", "Used share of a memory pool", ("pool",), "ratio"
)

_STORAGE = (
    oids.hrStorageType,
    oids.hrStorageDescr,
    oids.hrStorageAllocationUnits,
    oids.hrStorageSize,
    oids.hrStorageUsed,
)
_CPU = (oids.hrProcessorLoad,)
_SCALARS = (oids.hrSystemUptime,)
_DISK_TYPES = (oids.hrStorageFixedDisk, oids.hrStorageNetworkDisk)
# net-snmp lists the kernel's own mounts as fixed disks; nobody fills those.
_KERNEL_MOUNTS = ("/dev", "/proc", "/sys", "/run", "/snap")
# net-snmp counts caches as used memory and lists them as rows of their own.
_RECLAIMABLE = ("memory buffers", "cached memory")
_MAX_CPUS = 4  # series budget; the mean stands for a machine with more


@dataclass(frozen=True, slots=True)
class Store:
    """One row of hrStorageTable in bytes; `kind` is the OID of its type."""

    kind: bytes
    name: str
    size_bytes: int
    used_bytes: int

    @property
    def free_bytes(self) -> int:
        """What is not used; never negative, whatever the agent counts."""
        return max(0, self.size_bytes - self.used_bytes)


async def run(target: Target, context: ProbeContext) -> Reading:
    """Read hrStorage, hrProcessorLoad and hrSystemUptime. Raises a ProbeError leaf.

    Unsupported when the device has none of them.
    """
    asked = snmp_target(target, context)
    client = context.transports.snmp
    storage = await client.table(asked, _STORAGE, scalars=_SCALARS, deadline=context.deadline)
    cpus = await client.table(asked, _CPU, deadline=context.deadline)
    if not storage.rows and not cpus.rows and not storage.scalars:
        raise Unsupported("host_resources")
    context.note(f"{len(storage.rows)} stores, {len(cpus.rows)} processors")
    return read(storage, cpus)


def read(storage: TableResult, cpus: TableResult) -> Reading:
    """What the two tables say of the machine, as a status and samples."""
    stores = tuple(_stores(storage.rows))
    loads = tuple(_loads(cpus.rows))
    status = _status(stores, loads, storage.scalars)
    samples = (*vm.samples_of(status), *_cpu_samples(loads), *_memory_samples(stores, status))
    complete = storage.complete and cpus.complete
    return Reading(samples=samples, vm=status, complete=complete, method="snmp")


def _status(
    stores: Sequence[Store], loads: Sequence[float], scalars: Iterable[Varbind]
) -> VmStatus:
    total, available = _memory(stores)
    ticks = next((values.count(v) for v in scalars if v.oid == oids.hrSystemUptime), None)
    return VmStatus(
        memory_available_bytes=available,
        memory_used_ratio=None if available is None else 1 - available / total,
        cpu_ratio=sum(loads) / len(loads) if loads else None,
        uptime_s=None if ticks is None else ticks / 100,
        filesystems=tuple(_filesystems(stores)),
    )


def _memory(stores: Iterable[Store]) -> tuple[int, int | None]:
    """Bytes of memory in all, and how many programs can still get; (0, None) when not told."""
    stores = tuple(stores)
    ram = next((store for store in stores if store.kind == oids.hrStorageRam), None)
    if ram is None or ram.size_bytes == 0:
        return 0, None
    reclaimable = sum(s.used_bytes for s in stores if s.name.casefold() in _RECLAIMABLE)
    return ram.size_bytes, min(ram.size_bytes, ram.free_bytes + reclaimable)


def _filesystems(stores: Iterable[Store]) -> Iterable[tuple[str, float, float]]:
    """Mount, available ratio, available bytes of the disks that people fill."""
    for store in stores:
        is_disk = store.kind in _DISK_TYPES and store.size_bytes > 0
        if is_disk and not store.name.startswith(_KERNEL_MOUNTS):
            yield store.name, store.free_bytes / store.size_bytes, float(store.free_bytes)


def _cpu_samples(loads: Sequence[float]) -> tuple[Sample, ...]:
    shown = loads if len(loads) <= _MAX_CPUS else (sum(loads) / len(loads),)
    return tuple(Sample(CPU_RATIO, load, (str(n),)) for n, load in enumerate(shown))


def _memory_samples(stores: Iterable[Store], status: VmStatus) -> tuple[Sample, ...]:
    ram = () if status.memory_used_ratio is None else (("ram", status.memory_used_ratio),)
    swap = tuple(
        ("swap", store.used_bytes / store.size_bytes)
        for store in stores
        if store.name.casefold() == "swap space" and store.size_bytes
    )
    return tuple(Sample(MEMORY_USED_RATIO, ratio, (pool,)) for pool, ratio in (*ram, *swap))


def _stores(rows: Mapping[bytes, Sequence[Varbind | None]]) -> Iterable[Store]:
    for kind, name, unit, size, used in rows.values():
        numbers = [_unsigned(cell) for cell in (unit, size, used)]
        if kind is None or kind.tag != ber.OID or not isinstance(kind.value, bytes):
            continue
        if None in numbers:
            continue
        unit_bytes, units, units_used = (number or 0 for number in numbers)
        yield Store(
            kind.value, values.text(name) or "", units * unit_bytes, units_used * unit_bytes
        )


def _unsigned(cell: Varbind | None) -> int | None:
    # Sizes beyond 2^31 units come as negative Integer32 (disks above 8 TB at 4 KiB units).
    value = values.number(cell)
    return None if value is None else value % (1 << 32)


def _loads(rows: Mapping[bytes, Sequence[Varbind | None]]) -> Iterable[float]:
    for (cell,) in rows.values():
        load = values.count(cell)
        if load is not None and load <= 100:
            yield load / 100


METRICS = (*vm.METRICS, CPU_RATIO, MEMORY_USED_RATIO)
PROBE = Probe("snmp-host", period_s=60, timeout_s=8, run=run, metrics=METRICS)
