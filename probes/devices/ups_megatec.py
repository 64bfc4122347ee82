"""Phoenixtec, Megatec and PowerWalker UPS (their common MIB below 935)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import vendor
from probes.snmp.ups_mib import UpsMib

_UPS = "935.1.1.1"

DEVICE_TYPE = DeviceType(
    kind="ups_megatec",
    vendor="Phoenixtec",
    device_class="ups",
    probes=("icmp", "snmp-ups", "snmp-identity", "snmp-health"),
    ups=UpsMib(
        # upsBaseOutputStatus: onLine(2) onBattery(3) onBoost(4) onBypass(6) onBuck(9)
        source=vendor(f"{_UPS}.4.1.1"),
        on_battery=(3,),
        on_mains=(2, 4, 6, 9),
        charge=((vendor(f"{_UPS}.2.2.1"), 1),),
        load=((vendor(f"{_UPS}.4.2.3"), 1),),
        input_volts=((vendor(f"{_UPS}.3.2.1"), 0.1),),
        battery_volts=((vendor(f"{_UPS}.2.2.2"), 0.1),),
        temperature=((vendor(f"{_UPS}.2.2.3"), 0.1),),
        replace=(vendor(f"{_UPS}.2.2.5"), 2),
    ),
    unverified=("ups of its own MIB",),
)
