"""Socomec UPS with Net Vision (SOCOMECUPS-MIB, laid out as RFC 1628)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import vendor
from probes.snmp.ups_mib import UpsMib

_UPS = "4555.1.1.1.1"

DEVICE_TYPE = DeviceType(
    kind="ups_socomec",
    vendor="Socomec",
    device_class="ups",
    probes=("icmp", "snmp-ups", "snmp-identity", "snmp-health"),
    ups=UpsMib(
        charge=((vendor(f"{_UPS}.2.4"), 1),),
        runtime=((vendor(f"{_UPS}.2.3"), 60),),  # minutes
        load=((vendor(f"{_UPS}.4.4.1.4"), 1),),
        battery_volts=((vendor(f"{_UPS}.2.5"), 0.1),),
        temperature=((vendor(f"{_UPS}.2.6"), 1),),
    ),
    unverified=("ups of its own MIB",),
)
