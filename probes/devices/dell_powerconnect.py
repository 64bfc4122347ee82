"""Dell PowerConnect and Networking N switches (RADLAN or FASTPATH below their name)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.families import fastpath, fastpath_switching, radlan

DEVICE_TYPE = DeviceType(
    kind="dell_powerconnect",
    vendor="Dell",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(
        *radlan("89", temperature=9, verified=True),
        *fastpath_switching("674.10895.5000.2.6132.1.1.1.1"),
        *fastpath("674.10895.5000.2.6132.1.1"),
    ),
    unverified=("cpu", "fans", "power supplies", "health of the N series"),
)
