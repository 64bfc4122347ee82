"""CyberPower UPS (CPS-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, vendor
from probes.snmp.ups_mib import UpsMib

_UPS = "3808.1.1.1"


def _celsius(tenths_fahrenheit: float) -> float | None:
    """None for the zero of a card without the sensor."""
    return (tenths_fahrenheit / 10 - 32) * 5 / 9 if tenths_fahrenheit else None


DEVICE_TYPE = DeviceType(
    kind="ups_cyberpower",
    vendor="CyberPower",
    device_class="ups",
    probes=("icmp", "snmp-ups", "snmp-identity", "snmp-health"),
    ups=UpsMib(
        source=vendor(f"{_UPS}.4.1.1"),
        on_battery=(3,),
        on_mains=(2, 4, 6, 7, 9),
        charge=((vendor(f"{_UPS}.2.2.1"), 1),),
        runtime=((vendor(f"{_UPS}.2.2.4"), 0.01),),
        load=((vendor(f"{_UPS}.4.2.3"), 1),),
        input_volts=((vendor(f"{_UPS}.3.2.1"), 0.1),),
        temperature=((vendor(f"{_UPS}.2.2.3"), 1),),
        replace=(vendor(f"{_UPS}.2.2.5"), 2),
    ),
    health=(
        # envirTemperature counts tenths of a degree Fahrenheit
        Gauge(
            "temperature",
            vendor("3808.1.1.4.2.1"),
            label="environment",
            kind="ambient",
            convert=_celsius,
        ),
        Gauge("humidity", vendor("3808.1.1.4.3.1"), label="environment", kind="ambient"),
    ),
)
