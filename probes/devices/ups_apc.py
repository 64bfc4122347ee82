"""APC (Schneider Electric) UPS (PowerNet-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, When, vendor
from probes.snmp.ups_mib import UpsMib

_UPS = "318.1.1.1"
_UIO = "318.1.1.25.1.2.1"
_IEM = "318.1.1.10.2.3.2.1"


def _celsius(fahrenheit: float) -> float | None:
    return None if fahrenheit == -1 else (fahrenheit - 32) * 5 / 9


DEVICE_TYPE = DeviceType(
    kind="ups_apc",
    vendor="APC",
    device_class="ups",
    probes=("icmp", "snmp-ups", "snmp-identity", "snmp-health"),
    ups=UpsMib(
        # upsBasicOutputStatus: the two of the voltage regulator run on mains
        source=vendor(f"{_UPS}.4.1.1"),
        on_battery=(3,),
        on_mains=(2, 4, 6, 9, 10, 12),
        charge=((vendor(f"{_UPS}.2.3.1"), 0.1), (vendor(f"{_UPS}.2.2.1"), 1)),
        runtime=((vendor(f"{_UPS}.2.2.3"), 0.01),),
        # Symmetra and Galaxy have three phases: upsPhaseOutputPercentLoad, upsPhaseInputVoltage
        load=(
            (vendor(f"{_UPS}.4.3.3"), 0.1),
            (vendor(f"{_UPS}.4.2.3"), 1),
            (vendor(f"{_UPS}.9.3.3.1.10"), 1),
        ),
        input_volts=(
            (vendor(f"{_UPS}.3.3.1"), 0.1),
            (vendor(f"{_UPS}.3.2.1"), 1),
            (vendor(f"{_UPS}.9.2.3.1.3"), 1),
        ),
        battery_volts=((vendor(f"{_UPS}.2.3.4"), 0.1), (vendor(f"{_UPS}.2.2.8"), 1)),
        temperature=((vendor(f"{_UPS}.2.3.2"), 0.1), (vendor(f"{_UPS}.2.2.2"), 1)),
        replace=(vendor(f"{_UPS}.2.2.4"), 2),
    ),
    health=(
        # uioSensorStatusTable: the universal input of newer cards, degrees Celsius in column 6
        Gauge(
            "temperature",
            vendor(f"{_UIO}.6"),
            name=vendor(f"{_UIO}.3"),
            label="probe",
            kind="ambient",
        ),
        Gauge(
            "humidity",
            vendor(f"{_UIO}.7"),
            name=vendor(f"{_UIO}.3"),
            label="probe",
            kind="ambient",
            when=When(vendor(f"{_UIO}.7")),
        ),
        # iemStatusProbesTable: the environment card; its unit is Celsius(1) or Fahrenheit(2)
        Gauge(
            "temperature",
            vendor(f"{_IEM}.4"),
            name=vendor(f"{_IEM}.2"),
            kind="ambient",
            when=When(vendor(f"{_IEM}.5"), (1,)),
        ),
        Gauge(
            "temperature",
            vendor(f"{_IEM}.4"),
            name=vendor(f"{_IEM}.2"),
            kind="ambient",
            when=When(vendor(f"{_IEM}.5"), (2,)),
            convert=_celsius,
            verified=False,
        ),
    ),
)
