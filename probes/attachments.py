"""Which device hangs on which, by what tables tell: MAC and ARP tables, default routes. Pure.

A MAC table alone tells that a device is somewhere behind a port. It hangs on that very port when no
other known device is behind it, no other known device says by LLDP or CDP that it is the neighbour
there, and no other switch sees it among fewer addresses.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from probes.discover import Seen
    from probes.snmp.bridge import Learned

Edge: TypeAlias = "tuple[str, str, str | None, str]"


@dataclass(frozen=True, slots=True)
class Tables:
    """What a device's tables tell: learned MACs, ARP (address, MAC), its addresses, its next hop.

    `ports` are names of interfaces by ifIndex.
    """

    fdb: tuple[Learned, ...] = ()
    arp: tuple[tuple[str, str], ...] = ()
    ports: Mapping[int, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    gateway: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """One device seen behind another, on its port where the source names one."""

    child: str
    parent: str
    port: str | None
    source: Literal["fdb+arp", "route"]


def attachments(
    found: Sequence[Seen], names: Mapping[str, str], neighbours: Iterable[Edge]
) -> tuple[Attachment, ...]:
    """Who hangs on whom. `names` are devices by address, `neighbours` what LLDP and CDP say."""
    return (*_learned(found, names, tuple(neighbours)), *_routed(found, names))


def _learned(
    found: Sequence[Seen], names: Mapping[str, str], neighbours: Sequence[Edge]
) -> Iterator[Attachment]:
    owners = _owners(found, names)
    around: defaultdict[tuple[str, str | None], set[str]] = defaultdict(set)
    for here, there, port, _ in neighbours:
        around[here, port].add(there)
    places: defaultdict[str, list[tuple[int, str, str | None]]] = defaultdict(list)
    for seen in found:
        here = names[seen.address]
        for port, macs in _by_port(seen.tables).items():
            behind = {owners[mac] for mac in macs if mac in owners} - {here}
            direct = around.get((here, port), behind)
            if len(behind) == 1 and behind <= direct:
                places[min(behind)].append((len(macs), here, port))
    for child, listed in sorted(places.items()):
        fewest = min(count for count, _, _ in listed)
        nearest = [(parent, port) for count, parent, port in listed if count == fewest]
        if len(nearest) == 1:
            yield Attachment(child, *nearest[0], "fdb+arp")


def _by_port(tables: Tables) -> Mapping[str | None, set[str]]:
    """Learned addresses by the port's name; a port that has none is left out."""
    found: defaultdict[str | None, set[str]] = defaultdict(set)
    for one in tables.fdb:
        name = tables.ports.get(one.if_index) if one.if_index is not None else None
        if name is not None:
            found[name].add(one.mac)
    return found


def _owners(found: Sequence[Seen], names: Mapping[str, str]) -> Mapping[str, str]:
    """Device by MAC: its ports' own, and what ARP says of its address; shared ones are nobody's."""
    listed = [(mac, names[seen.address]) for seen in found for mac in seen.macs]
    listed += [
        (mac, names[address])
        for seen in found
        for address, mac in seen.tables.arp
        if address in names
    ]
    held: defaultdict[str, set[str]] = defaultdict(set)
    for mac, name in listed:
        held[mac].add(name)
    return {mac: min(owners) for mac, owners in held.items() if len(owners) == 1}


def _routed(found: Sequence[Seen], names: Mapping[str, str]) -> Iterator[Attachment]:
    """Default routes that lead to a known device."""
    at = {own: names[seen.address] for seen in found for own in seen.tables.own} | dict(names)
    for seen in found:
        child, parent = names[seen.address], at.get(seen.tables.gateway or "")
        if parent is not None and parent != child:
            yield Attachment(child, parent, None, "route")
