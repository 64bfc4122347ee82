"""Eaton (Powerware) UPS (XUPS-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, vendor
from probes.snmp.ups_mib import UpsMib

_UPS = "534.1"

DEVICE_TYPE = DeviceType(
    kind="ups_eaton_xups",
    vendor="Eaton",
    device_class="ups",
    probes=("icmp", "snmp-ups", "snmp-identity", "snmp-health"),
    ups=UpsMib(
        # xupsOutputSource: normal(3) bypass(4) battery(5) booster(6) reducer(7)
        source=vendor(f"{_UPS}.4.5"),
        on_battery=(5,),
        on_mains=(3, 4, 6, 7),
        charge=((vendor(f"{_UPS}.2.4"), 1),),
        runtime=((vendor(f"{_UPS}.2.1"), 1),),
        load=((vendor(f"{_UPS}.4.1"), 1),),
        input_volts=((vendor(f"{_UPS}.3.4.1.2"), 1),),
        battery_volts=((vendor(f"{_UPS}.2.2"), 1),),
    ),
    health=(
        Gauge("temperature", vendor("534.1.6.1"), label="ambient", kind="ambient"),
        Gauge("temperature", vendor("534.1.6.5"), label="remote", kind="ambient"),
    ),
)
