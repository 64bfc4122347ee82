"""hrStorageTable (RFC 2790): what a machine stores in, and the disks that people fill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes import oids
from probes.snmp import ber, values
from probes.vm.status import Filesystem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from probes.snmp.types import Varbind

_DISK_TYPES = (oids.hrStorageFixedDisk, oids.hrStorageNetworkDisk)
# net-snmp lists the kernel's own mounts as fixed disks; nobody fills those.
_KERNEL_MOUNTS = ("/dev", "/proc", "/sys", "/run", "/snap")


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


def filled_by_people(stores: Iterable[Store]) -> Iterator[Store]:
    """The disks that people fill, each larger than nothing."""
    for store in stores:
        is_disk = store.kind in _DISK_TYPES and store.size_bytes > 0
        if is_disk and not store.name.startswith(_KERNEL_MOUNTS):
            yield store


def filesystems(stores: Iterable[Store]) -> Iterator[Filesystem]:
    """The disks that people fill, as a machine's file systems."""
    for store in filled_by_people(stores):
        yield Filesystem(store.name, store.free_bytes / store.size_bytes, float(store.free_bytes))


def stores_of(rows: Mapping[bytes, Sequence[Varbind | None]]) -> Iterator[Store]:
    """The rows with a type and three numbers; cells are type, name, unit, size, used."""
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
