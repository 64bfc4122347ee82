"""A device's own addresses and where its default route leads.

Sources: IP-MIB (RFC 4293) and its ipRouteTable of RFC 1213, IP-FORWARD-MIB (RFC 4292).
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from probes.snmp import ber
from probes.snmp.parts import mib2

if TYPE_CHECKING:
    from probes.snmp.types import SnmpClient, SnmpTarget

_OWN = mib2("4.20.1.2")  # ipAdEntIfIndex: the address is the index
_NEXT_HOP = mib2("4.21.1.7.0.0.0.0")  # ipRouteNextHop of 0.0.0.0
# ipCidrRouteIfIndex and inetCidrRouteIfIndex of 0.0.0.0/0: the next hop ends the index.
_NEWER = (mib2("4.24.4.1.5.0.0.0.0.0.0.0.0"), mib2("4.24.7.1.7.1.4.0.0.0.0.0"))
_MAX_ADDRESSES, _MAX_ROUTES = 256, 4
_OCTETS = 4


async def read_own_addresses(
    client: SnmpClient, target: SnmpTarget, deadline: float
) -> frozenset[str]:
    """The device's IPv4 addresses but loopback ones. Raises a ProbeError leaf."""
    table = await client.table(target, (_OWN,), max_rows=_MAX_ADDRESSES, deadline=deadline)
    found = (_address(ber.index_arcs(index)) for index in table.rows)
    return frozenset(str(one) for one in found if one is not None and not one.is_loopback)


async def read_gateway(client: SnmpClient, target: SnmpTarget, deadline: float) -> str | None:
    """Where the default route leads; None where there is none, or several that differ.

    Raises a ProbeError leaf.
    """
    (told,) = (await client.get(target, (_NEXT_HOP,), deadline=deadline)).varbinds
    octets = told.value if isinstance(told.value, bytes) else b""
    hops = {IPv4Address(octets)} if len(octets) == _OCTETS else set()
    for root in _NEWER:
        if not hops:
            walk = await client.walk(target, root, max_varbinds=_MAX_ROUTES, deadline=deadline)
            arcs = (ber.index_arcs(one.oid[len(root) :]) for one in walk.varbinds)
            hops = {hop for index in arcs if (hop := _address(index[-_OCTETS:]))}
    usable = {str(hop) for hop in hops if int(hop)}
    return min(usable) if len(usable) == 1 else None


def _address(arcs: tuple[int, ...]) -> IPv4Address | None:
    if len(arcs) != _OCTETS or max(arcs) > 255:
        return None
    return IPv4Address(bytes(arcs))
