"""Eaton (Merlin Gerin) UPS (MG-SNMP-UPS-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, vendor
from probes.snmp.ups_mib import UpsMib

_UPS = "705.1"

DEVICE_TYPE = DeviceType(
    kind="ups_eaton_mge",
    vendor="Eaton",
    device_class="ups",
    probes=("icmp", "snmp-ups", "snmp-identity", "snmp-health"),
    ups=UpsMib(
        # upsmgOutputOnBattery: yes(1) no(2)
        source=vendor(f"{_UPS}.7.3"),
        on_battery=(1,),
        on_mains=(2,),
        charge=((vendor(f"{_UPS}.5.2"), 1),),
        runtime=((vendor(f"{_UPS}.5.1"), 1),),
        load=((vendor(f"{_UPS}.7.2.1.4"), 1),),
        input_volts=((vendor(f"{_UPS}.6.2.1.2"), 0.1),),
        battery_volts=((vendor(f"{_UPS}.5.5"), 0.1),),
        replace=(vendor(f"{_UPS}.5.11"), 1),
    ),
    health=(
        Gauge("temperature", vendor("534.1.6.1"), label="ambient", kind="ambient"),
        Gauge("temperature", vendor("534.1.6.5"), label="remote", kind="ambient"),
    ),
)
