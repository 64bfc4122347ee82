"""Brocade fibre channel switches (SW-MIB): one table for all sensors."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, Memory, State, Status, When, vendor

_SENSOR = "1588.2.1.1.1.1.22.1"
_TYPE, _NAME = vendor(f"{_SENSOR}.2"), vendor(f"{_SENSOR}.5")
_TEMPERATURE, _FAN = 1, 2  # swSensorType; 3 is a power supply, which has a state alone

DEVICE_TYPE = DeviceType(
    kind="brocade",
    vendor="Brocade",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health"),
    health=(
        Gauge("cpu", vendor("1588.2.1.1.1.26.1"), label="cpu", verified=False),
        Memory("ram", percent=vendor("1588.2.1.1.1.26.6"), verified=False),
        Gauge("temperature", vendor(f"{_SENSOR}.4"), name=_NAME, when=When(_TYPE, (_TEMPERATURE,))),
        Gauge("fan", vendor(f"{_SENSOR}.4"), name=_NAME, when=When(_TYPE, (_FAN,))),
        # swSensorStatus: unknown(1) faulty(2) below-min(3) nominal(4) above-max(5) absent(6)
        Status(
            "other",
            State(vendor(f"{_SENSOR}.3"), good=(4,), bad=(2, 3, 5), absent=(6,)),
            name=_NAME,
        ),
    ),
    unverified=("cpu", "memory"),
)
