"""Who hangs on which port: LLDP (IEEE 802.1AB, LLDP-MIB) and CDP (CISCO-CDP-MIB) neighbours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal, TypeAlias

from probes import oids
from probes.snmp import ber, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from probes.snmp.types import SnmpClient, SnmpTarget, TableResult, Varbind

_REMOTE = (
    oids.lldpRemChassisIdSubtype,
    oids.lldpRemChassisId,
    oids.lldpRemPortIdSubtype,
    oids.lldpRemPortId,
    oids.lldpRemPortDesc,
    oids.lldpRemSysName,
    oids.lldpRemSysDesc,
)
_ADDRESS = (oids.lldpRemManAddrIfSubtype,)
_LOCAL = (oids.lldpLocPortIdSubtype, oids.lldpLocPortId, oids.lldpLocPortDesc)
_CDP = (oids.cdpCacheAddress, oids.cdpCacheDeviceId, oids.cdpCacheDevicePort, oids.cdpCachePlatform)
_NAMES = (oids.ifName, oids.ifDescr, oids.ifPhysAddress)
_MAC_CHASSIS, _NETWORK_CHASSIS = 4, 5
_MAC_PORT, _NETWORK_PORT = 3, 4
_ADDRESS_FAMILIES = {1: 4, 2: 16}  # IANA address family numbers and their octets
_WRITTEN_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")
_MAX_ROWS = 512

Cells: TypeAlias = "Sequence[Varbind | None]"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What stands at the other end of one port, as it says itself; None where it does not.

    `local_port` is the port's name (ifName, else ifDescr) and None when it cannot be told;
    `local_index` its ifIndex. `chassis` and `port` are ids: MAC addresses, network addresses or
    text. `address` is the management address.
    """

    local_port: str | None
    chassis: str | None
    port: str | None
    system_name: str | None
    address: str | None
    source: Literal["lldp", "cdp"]
    local_index: int | None = None
    port_descr: str | None = None
    system_descr: str | None = None


@dataclass(frozen=True, slots=True)
class _Port:
    index: int
    name: str
    texts: frozenset[str]
    mac: str | None


async def read_neighbours(
    client: SnmpClient, target: SnmpTarget, deadline: float
) -> tuple[Neighbour, ...]:
    """The neighbours of one device, in order of its ports; () where it tells none.

    `deadline` is loop time. Raises a ProbeError leaf. A neighbour that speaks both protocols on one
    port comes once, as LLDP tells it.
    """
    lldp = await client.table(target, _REMOTE, max_rows=_MAX_ROWS, deadline=deadline)
    cdp = await client.table(target, _CDP, max_rows=_MAX_ROWS, deadline=deadline)
    if not lldp.rows and not cdp.rows:
        return ()
    ports = _ports(await client.table(target, _NAMES, deadline=deadline))
    found: list[Neighbour] = []
    if lldp.rows:
        local = await client.table(target, _LOCAL, deadline=deadline)
        addresses = await client.table(target, _ADDRESS, max_rows=_MAX_ROWS, deadline=deadline)
        bridge = await client.table(target, (oids.dot1dBasePortIfIndex,), deadline=deadline)
        located = _bridge_ports(bridge.rows, ports) | _located(local.rows, ports)
        found.extend(lldp_neighbours(lldp.rows, located, addresses.rows))
    found.extend(cdp_neighbours(cdp.rows, ports))
    return tuple(_once(found))


def lldp_neighbours(
    rows: Mapping[bytes, Cells],
    located: Mapping[int, tuple[str, int]],
    addresses: Mapping[bytes, Cells],
) -> Iterator[Neighbour]:
    """Rows of lldpRemTable with the local ports' names and the management addresses.

    `located` holds name and ifIndex by LLDP port number. An index of fewer than three parts
    (RouterOS) leaves the local port unknown.
    """
    known = dict(_management(addresses))
    for index, cells in rows.items():
        arcs = ber.index_arcs(index)
        number = arcs[1] if len(arcs) >= 3 else None
        name, if_index = located.get(number or 0, (None, None))
        chassis_kind, chassis, port_kind, port, port_descr, system, descr = cells
        yield Neighbour(
            local_port=name,
            local_index=if_index,
            chassis=_id(chassis_kind, chassis, _MAC_CHASSIS, _NETWORK_CHASSIS),
            port=_id(port_kind, port, _MAC_PORT, _NETWORK_PORT),
            port_descr=values.text(port_descr),
            system_name=values.text(system),
            system_descr=values.text(descr),
            address=known.get(arcs[:3]),
            source="lldp",
        )


def cdp_neighbours(rows: Mapping[bytes, Cells], ports: Iterable[_Port]) -> Iterator[Neighbour]:
    """Rows of cdpCacheTable, whose index begins with the local ifIndex."""
    named = {port.index: port.name for port in ports}
    for index, (address, device, port, platform) in rows.items():
        if_index = ber.index_arcs(index)[0]
        yield Neighbour(
            local_port=named.get(if_index),
            local_index=if_index,
            chassis=None,
            port=values.text(port),
            system_name=values.text(device),
            system_descr=values.text(platform),
            address=_ip(address.value) if address is not None else None,
            source="cdp",
        )


def _once(found: Iterable[Neighbour]) -> Iterator[Neighbour]:
    seen: set[tuple[object, ...]] = set()
    for one in found:
        name = (one.system_name or "").partition(".")[0].casefold()
        key = (one.local_index, name)
        if one.source == "cdp" and name and key in seen:
            continue
        seen.add(key)
        yield one


def _ports(table: TableResult) -> tuple[_Port, ...]:
    found = []
    for index, (name, descr, mac) in table.rows.items():
        texts = tuple(text for text in (values.text(name), values.text(descr)) if text)
        arcs = ber.index_arcs(index)
        label = texts[0] if texts else f"if{arcs[0]}"
        found.append(_Port(arcs[0], label, frozenset(texts), values.mac(mac)))
    return tuple(found)


def _bridge_ports(
    rows: Mapping[bytes, Cells], ports: Iterable[_Port]
) -> dict[int, tuple[str, int]]:
    """A bridge counts its LLDP ports as its bridge ports (LLDP-MIB, LldpPortNumber)."""
    named = {port.index: port.name for port in ports}
    pairs = ((ber.index_arcs(index)[-1], values.count(cell)) for index, (cell,) in rows.items())
    return {number: (named[at], at) for number, at in pairs if at in named}


def _located(rows: Mapping[bytes, Cells], ports: Sequence[_Port]) -> dict[int, tuple[str, int]]:
    """Name and ifIndex of the local LLDP ports that say which interface they are."""
    found = (
        (ber.index_arcs(index)[-1], _local_port(index, row, ports)) for index, row in rows.items()
    )
    return {number: (port.name, port.index) for number, port in found if port is not None}


def _local_port(index: bytes, cells: Cells, ports: Sequence[_Port]) -> _Port | None:
    """The interface of a local LLDP port: by its id or description, else its MAC address.

    The LLDP port number is ifIndex only where the port of that number also bears the number as its
    id (Junos does so); elsewhere the two count differently.
    """
    kind, ident, descr = cells
    words = {text for text in (values.text(ident), values.text(descr)) if text}
    for port in ports:
        if words & port.texts:
            return port
    mac = values.mac(ident) if values.number(kind) == _MAC_PORT else None
    same = [port for port in ports if mac and port.mac == mac]
    if len(same) == 1:
        return same[0]
    number = ber.index_arcs(index)[-1]
    if str(number) in words:
        same = [port for port in ports if port.index == number]
    return same[0] if len(same) == 1 else None


def _management(rows: Mapping[bytes, Cells]) -> Iterator[tuple[tuple[int, ...], str]]:
    """First management address of each neighbour; its index says family, length, octets."""
    told = set()
    for index in rows:
        arcs = ber.index_arcs(index)
        head, family, octets = arcs[:3], arcs[3:4], arcs[5:]
        if not family or len(octets) != _ADDRESS_FAMILIES.get(family[0]) or max(octets) > 255:
            continue
        address = _ip(bytes(octets))
        if address and head not in told:
            told.add(head)
            yield head, address


def _id(kind: Varbind | None, cell: Varbind | None, mac: int, network: int) -> str | None:
    """A chassis or port id in words: MAC, network address or text, hexadecimal when neither."""
    if cell is None or not isinstance(cell.value, bytes) or not cell.value:
        return None
    subtype = values.number(kind)
    if subtype == mac and len(cell.value) == 6:
        return cell.value.hex(":")
    if subtype == network and (address := _ip(cell.value[1:])):
        return address
    text = values.clean(cell.value)
    if _WRITTEN_MAC.fullmatch(text):
        return text.lower().replace("-", ":")
    is_readable = text.isprintable() and len(text) >= len(cell.value.rstrip(b"\0 \r\n"))
    return text if text and is_readable else cell.value.hex(":")


def _ip(octets: object) -> str | None:
    if not isinstance(octets, bytes) or len(octets) not in (4, 16) or not any(octets):
        return None
    return str(ip_address(octets))
