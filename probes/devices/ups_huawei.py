"""Huawei UPS5000 and UPS2000 (their MIB below 2011.6.174)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import vendor
from probes.snmp.ups_mib import UpsMib

_UPS = "2011.6.174.1"

DEVICE_TYPE = DeviceType(
    kind="ups_huawei",
    vendor="Huawei",
    device_class="ups",
    probes=("icmp", "snmp-ups", "snmp-identity", "snmp-health"),
    ups=UpsMib(
        charge=((vendor(f"{_UPS}.6.100.1.3"), 1),),
        runtime=((vendor(f"{_UPS}.6.100.1.4"), 1),),
        input_volts=((vendor(f"{_UPS}.3.100.1.1"), 0.1),),
        battery_volts=((vendor(f"{_UPS}.6.100.1.1"), 0.1),),
    ),
)
