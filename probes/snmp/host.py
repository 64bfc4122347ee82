"""Probe "snmp-host": processors, memory and disks by HOST-RESOURCES-MIB (RFC 2790)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import oids
from probes.errors import Unsupported
from probes.model import Probe, Reading, Sample
from probes.snmp import values
from probes.snmp.ask import snmp_target
from probes.snmp.sensor_metrics import CPU_RATIO, MEMORY_USED_RATIO
from probes.snmp.stores import Store, filesystems, stores_of
from probes.vm import model as vm
from probes.vm.status import VmStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from probes.model import ProbeContext, Target
    from probes.snmp.types import TableResult, Varbind

_STORAGE = (
    oids.hrStorageType,
    oids.hrStorageDescr,
    oids.hrStorageAllocationUnits,
    oids.hrStorageSize,
    oids.hrStorageUsed,
)
_CPU = (oids.hrProcessorLoad,)
_SCALARS = (oids.hrSystemUptime,)
# net-snmp counts caches as used memory and lists them as rows of their own.
_RECLAIMABLE = ("memory buffers", "cached memory")
_MAX_CPUS = 4  # series budget; the mean stands for a machine with more


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
    stores = tuple(stores_of(storage.rows))
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
        filesystems=tuple(filesystems(stores)),
    )


def _memory(stores: Iterable[Store]) -> tuple[int, int | None]:
    """Bytes of memory in all, and how many programs can still get; (0, None) when not told."""
    stores = tuple(stores)
    ram = next((store for store in stores if store.kind == oids.hrStorageRam), None)
    if ram is None or ram.size_bytes == 0:
        return 0, None
    reclaimable = sum(s.used_bytes for s in stores if s.name.casefold() in _RECLAIMABLE)
    return ram.size_bytes, min(ram.size_bytes, ram.free_bytes + reclaimable)


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


def _loads(rows: Mapping[bytes, Sequence[Varbind | None]]) -> Iterable[float]:
    for (cell,) in rows.values():
        load = values.count(cell)
        if load is not None and load <= 100:
            yield load / 100


METRICS = (*vm.METRICS, CPU_RATIO, MEMORY_USED_RATIO)
PROBE = Probe("snmp-host", period_s=60, timeout_s=8, run=run, metrics=METRICS)
