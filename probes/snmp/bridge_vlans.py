"""MAC tables of Cisco switches that hold one for each VLAN, each under a name of its own.

Such a switch shows the BRIDGE-MIB of VLAN 10 to the community `name@10` (SNMP v1 and v2c) or in the
context `vlan-10` (v3); which VLANs its access ports have, CISCO-VLAN-MEMBERSHIP-MIB says. Source:
Cisco, "SNMP Community String Indexing".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from inventory.credentials import Secret
from probes import oids
from probes.errors import ProbeError
from probes.snmp import bridge, values

if TYPE_CHECKING:
    from probes.snmp.bridge import Learned
    from probes.snmp.types import SnmpClient, SnmpTarget

_VLANS = range(2, 4095)  # VLAN 1 is what everybody is shown; 1002 to 1005 are never Ethernet's
_MAX_VLANS, _MAX_ROWS = 16, 4096


async def read_fdb_of_vlans(
    client: SnmpClient, target: SnmpTarget, deadline: float
) -> tuple[Learned, ...]:
    """The MAC tables of the VLANs that access ports have, the busiest 16; () for other switches.

    A switch that is silent to such a name, or refuses it, has shown all that it shows: what came
    before stands. Raises a ProbeError leaf only when it does not tell its VLANs.
    """
    table = await client.table(target, (oids.vmVlan,), max_rows=_MAX_ROWS, deadline=deadline)
    members = [values.number(cell) for (cell,) in table.rows.values()]
    listed = {vlan for vlan in members if vlan in _VLANS and vlan is not None}
    found: list[Learned] = []
    for vlan in sorted(listed, key=lambda one: (-members.count(one), one))[:_MAX_VLANS]:
        try:
            found += await _read(client, _within(target, vlan), vlan, deadline)
        except ProbeError:
            break
    return tuple(found)


async def _read(
    client: SnmpClient, target: SnmpTarget, vlan: int, deadline: float
) -> list[Learned]:
    ports = await bridge.base_ports(client, target, deadline)
    plain = await client.table(
        target, (oids.dot1dTpFdbPort,), max_rows=_MAX_ROWS, deadline=deadline
    )
    return [replace(one, vlan=vlan) for one in bridge.learned(plain.rows, ports)]


def _within(target: SnmpTarget, vlan: int) -> SnmpTarget:
    """The same switch as it shows one VLAN."""
    if target.user is not None or target.community is None:
        return replace(target, context=f"vlan-{vlan}")
    return replace(target, community=Secret(f"{target.community.reveal()}@{vlan}"))
