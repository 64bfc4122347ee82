"""What a scrape by SNMP module asks of a device: the modules that snmp_exporter made well known.

A module is a value: instances to GET, columns of the interface tables, and which of them name the
ports. Its families carry the names of the MIB.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from probes.snmp import ber
from probes.snmp.ask import snmp_target
from probes.snmp.types import SnmpStats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.model import ProbeContext, Target
    from probes.snmp.types import Oid, Varbind

Kind: TypeAlias = Literal["gauge", "counter", "text", "mac", "oid", "if_type"]


@dataclass(frozen=True, slots=True)
class Family:
    """One object of a MIB as a family: `object` is its dotted OID, without the instance.

    `kind` says how a value becomes a sample: a number, or 1 with the text in a label.
    """

    name: str
    object: str
    kind: Kind
    help: str
    oid: Oid = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "oid", ber.oid(self.object))

    @property
    def series(self) -> str:
        """The name that its samples carry."""
        return f"{self.name}_info" if self.kind == "if_type" else self.name


@dataclass(frozen=True, slots=True)
class Module:
    """What one module reads: `scalars` (instance .0), `columns` of a table, `names` of its rows."""

    name: str
    scalars: tuple[Family, ...] = ()
    columns: tuple[Family, ...] = ()
    names: tuple[Family, ...] = ()


@dataclass(frozen=True, slots=True)
class ModuleAnswer:
    """What a device answered to a module: scalars by OID, rows by index, one cell per column.

    The cells of `module.names` stand in front of those of `module.columns`.
    """

    module: Module
    scalars: Mapping[Oid, Varbind]
    rows: Mapping[bytes, tuple[Varbind | None, ...]]
    stats: SnmpStats = field(default_factory=SnmpStats)

    @property
    def varbinds(self) -> int:
        """How many values came."""
        rows = self.rows.values()
        return len(self.scalars) + sum(len(row) - row.count(None) for row in rows)


async def read_module(module: Module, target: Target, context: ProbeContext) -> ModuleAnswer:
    """Ask a device for a module. Raises a ProbeError leaf."""
    asked, snmp = snmp_target(target, context), context.transports.snmp
    instances = tuple(family.oid + b"\0" for family in module.scalars)
    if not module.columns:
        got = await snmp.get(asked, instances, deadline=context.deadline)
        told = {one.oid: one for one in got.varbinds if one.value is not None}
        return ModuleAnswer(module, told, MappingProxyType({}), got.stats)
    columns = tuple(family.oid for family in (*module.names, *module.columns))
    table = await snmp.table(asked, columns, scalars=instances, deadline=context.deadline)
    told = {one.oid: one for one in table.scalars}
    return ModuleAnswer(module, told, table.rows, table.stats)


_IF, _IFX, _SYSTEM = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1", "1.3.6.1.2.1.1"

SYS_UP_TIME = Family(
    "sysUpTime", f"{_SYSTEM}.3", "gauge", "Time since the management part started, 1/100 s"
)
IF_NUMBER = Family("ifNumber", "1.3.6.1.2.1.2.1", "gauge", "Number of interfaces")
IF_NAMES = (
    Family("ifAlias", f"{_IFX}.18", "text", "Name that a person gave the interface"),
    Family("ifDescr", f"{_IF}.2", "text", "Text about the interface"),
    Family("ifName", f"{_IFX}.1", "text", "Name of the interface on the device's console"),
)

_IF_TABLE: tuple[tuple[int, str, Kind, str], ...] = (
    (1, "ifIndex", "gauge", "Number of the interface, which may change at a restart"),
    (3, "ifType", "if_type", "Type of the interface by IANAifType"),
    (4, "ifMtu", "gauge", "Largest packet, octets"),
    (5, "ifSpeed", "gauge", "Speed in bit/s, 4294967295 when it is more"),
    (6, "ifPhysAddress", "mac", "Address on the medium"),
    (7, "ifAdminStatus", "gauge", "Wanted state: 1 up 2 down 3 testing"),
    (
        8,
        "ifOperStatus",
        "gauge",
        "State: 1 up 2 down 3 testing 4 unknown 5 dormant 6 notPresent 7 lowerLayerDown",
    ),
    (9, "ifLastChange", "gauge", "sysUpTime at the last change of state, 1/100 s"),
    (10, "ifInOctets", "counter", "Octets received, 32 bits"),
    (11, "ifInUcastPkts", "counter", "Unicast packets received, 32 bits"),
    (12, "ifInNUcastPkts", "counter", "Other than unicast packets received (deprecated)"),
    (13, "ifInDiscards", "counter", "Received packets dropped without error"),
    (14, "ifInErrors", "counter", "Received packets with errors"),
    (15, "ifInUnknownProtos", "counter", "Received packets of an unknown protocol"),
    (16, "ifOutOctets", "counter", "Octets sent, 32 bits"),
    (17, "ifOutUcastPkts", "counter", "Unicast packets to send, 32 bits"),
    (18, "ifOutNUcastPkts", "counter", "Other than unicast packets to send (deprecated)"),
    (19, "ifOutDiscards", "counter", "Packets dropped before sending"),
    (20, "ifOutErrors", "counter", "Packets not sent because of errors"),
    (21, "ifOutQLen", "gauge", "Packets in the output queue (deprecated)"),
    (22, "ifSpecific", "oid", "MIB of the medium (deprecated)"),
)
_IF_X_TABLE: tuple[tuple[int, str, Kind, str], ...] = (
    (2, "ifInMulticastPkts", "counter", "Multicast packets received, 32 bits"),
    (3, "ifInBroadcastPkts", "counter", "Broadcast packets received, 32 bits"),
    (4, "ifOutMulticastPkts", "counter", "Multicast packets to send, 32 bits"),
    (5, "ifOutBroadcastPkts", "counter", "Broadcast packets to send, 32 bits"),
    (6, "ifHCInOctets", "counter", "Octets received, 64 bits"),
    (7, "ifHCInUcastPkts", "counter", "Unicast packets received, 64 bits"),
    (8, "ifHCInMulticastPkts", "counter", "Multicast packets received, 64 bits"),
    (9, "ifHCInBroadcastPkts", "counter", "Broadcast packets received, 64 bits"),
    (10, "ifHCOutOctets", "counter", "Octets sent, 64 bits"),
    (11, "ifHCOutUcastPkts", "counter", "Unicast packets to send, 64 bits"),
    (12, "ifHCOutMulticastPkts", "counter", "Multicast packets to send, 64 bits"),
    (13, "ifHCOutBroadcastPkts", "counter", "Broadcast packets to send, 64 bits"),
    (14, "ifLinkUpDownTrapEnable", "gauge", "Traps at a change of link: 1 enabled 2 disabled"),
    (15, "ifHighSpeed", "gauge", "Speed in Mbit/s"),
    (16, "ifPromiscuousMode", "gauge", "Takes packets for others: 1 true 2 false"),
    (17, "ifConnectorPresent", "gauge", "Has a connector: 1 true 2 false"),
    (19, "ifCounterDiscontinuityTime", "gauge", "sysUpTime when counters last broke off, 1/100 s"),
)
_SYSTEM_GROUP: tuple[tuple[int, str, Kind, str], ...] = (
    (1, "sysDescr", "text", "What the device says of itself"),
    (2, "sysObjectID", "oid", "What kind of device it is, in the maker's tree"),
    (4, "sysContact", "text", "Whom to ask about the device"),
    (5, "sysName", "text", "Name of the device"),
    (6, "sysLocation", "text", "Where the device stands"),
    (7, "sysServices", "gauge", "Layers that it works on, as a sum of powers of two"),
)


def _families(table: str, rows: tuple[tuple[int, str, Kind, str], ...]) -> tuple[Family, ...]:
    return tuple(Family(name, f"{table}.{n}", kind, told) for n, name, kind, told in rows)


IF_COLUMNS = (*_families(_IF, _IF_TABLE), *_families(_IFX, _IF_X_TABLE))
SYSTEM_SCALARS = (SYS_UP_TIME, *_families(_SYSTEM, _SYSTEM_GROUP))

MODULES: Mapping[str, Module] = MappingProxyType(
    {
        "if_mib": Module("if_mib", (SYS_UP_TIME, IF_NUMBER), IF_COLUMNS, IF_NAMES),
        "system": Module("system", SYSTEM_SCALARS),
    }
)
