"""The sorted instances of a device: one index is shared by all devices of the same shape.

Values are computed when asked.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from drills.mib import lldp
from drills.mib.chassis import chassis_rows
from drills.mib.host import (
    FIRST_PROCESSOR,
    HOST,
    LOAD,
    PROCESSORS,
    STORAGE,
    busy,
    stores,
)
from drills.mib.standard import INTERFACES, SYSTEM
from drills.mib.ups import UPS, UPS_ALARMS, UPS_LINE, alarms
from probes.snmp import ber

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drills.mib.look import Look, Read, Rows
    from probes.snmp.types import Oid

_MAX_SHAPES = 64  # kept at once; a link that goes or comes back makes another one


class Cell(NamedTuple):
    """One instance: its tag, how its value is read, and the row it stands in (0 for a scalar)."""

    tag: int
    read: Read
    row: int


class Shape(NamedTuple):
    """What decides which instances a device has; devices of one shape share one index."""

    ports: tuple[int, ...]
    stores: tuple[int, ...]
    processors: tuple[int, ...]
    has_machine: bool
    has_battery: bool
    alarms: tuple[int, ...]
    chassis: tuple[Rows, ...]
    has_lldp: bool
    neighbours: tuple[int, ...]
    is_bridge: bool
    is_cisco: bool


class Index(NamedTuple):
    """Instances in SNMP's order: sort keys, OIDs, cells; where each OID stands; object prefixes."""

    keys: tuple[tuple[int, ...], ...]
    oids: tuple[Oid, ...]
    cells: tuple[Cell, ...]
    places: dict[Oid, int]
    objects: tuple[Oid, ...]


def shape_of(look: Look) -> Shape:
    """The device's shape now; a UPS has a row per alarm, a switch one per neighbour."""
    node = look.node
    return Shape(
        tuple(port.index for port in node.ports),
        tuple(store.row for store in stores(look)),
        tuple(FIRST_PROCESSOR + n for n in range(len(busy(look)))),
        node.machine is not None,
        node.battery is not None,
        alarms(look) if node.battery else (),
        chassis_rows(look),
        lldp.speaks(node),
        lldp.neighbour_ports(look),
        node.role in lldp.BRIDGES,
        node.kind.startswith("cisco_"),
    )


@lru_cache(maxsize=_MAX_SHAPES)
def index_of(shape: Shape) -> Index:
    """The sorted instances of every device of that shape."""
    found: list[tuple[Oid, Cell]] = []
    objects: list[Oid] = []
    for entries, rows in _rows(shape):
        for entry in entries if rows else ():
            objects.append(ber.oid(entry.oid))
            found += [
                (
                    ber.oid(f"{entry.oid}.{entry.form.format(row)}"),
                    Cell(entry.tag, entry.read, row),
                )
                for row in rows
            ]
    found.sort(key=lambda pair: ber.oid_key(pair[0]))
    oids = tuple(oid for oid, _ in found)
    return Index(
        tuple(map(ber.oid_key, oids)),
        oids,
        tuple(cell for _, cell in found),
        {oid: place for place, oid in enumerate(oids)},
        tuple(objects),
    )


def _rows(shape: Shape) -> Iterator[Rows]:
    scalar = (0,)
    places = tuple(range(1, len(shape.ports) + 1))
    yield SYSTEM, scalar
    yield INTERFACES, shape.ports
    yield HOST, scalar if shape.has_machine else ()
    yield LOAD, (1,) if shape.has_machine else ()
    yield STORAGE, shape.stores
    yield PROCESSORS, shape.processors
    yield UPS, scalar if shape.has_battery else ()
    yield UPS_LINE, (1,) if shape.has_battery else ()
    yield UPS_ALARMS, shape.alarms
    yield from shape.chassis
    yield lldp.BRIDGE, scalar if shape.is_bridge else ()
    yield lldp.BRIDGE_PORTS, places if shape.is_bridge else ()
    yield lldp.PORT_VLANS, places if shape.is_bridge and not shape.is_cisco else ()
    yield lldp.MEMBER_VLANS, shape.ports if shape.is_bridge and shape.is_cisco else ()
    yield lldp.LOCAL, scalar if shape.has_lldp else ()
    yield lldp.LOCAL_PORTS, places if shape.has_lldp else ()
    yield lldp.REMOTE, shape.neighbours
