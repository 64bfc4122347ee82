"""Cisco's own MIBs for health, shared by IOS, IOS-XE and NX-OS."""

from __future__ import annotations

from probes.snmp.parts import CISCO_ENTITY_SENSORS, Gauge, Memory, State, Status, vendor

_ENVMON = "9.9.13.1"
# CiscoEnvMonState: normal, warning, critical, shutdown, notPresent, notFunctioning
_GOOD, _BAD, _ABSENT = (1,), (2, 3, 4, 6), (5,)


def _state(column: str) -> State:
    return State(vendor(f"{_ENVMON}.{column}"), _GOOD, _BAD, _ABSENT)


CPU = Gauge("cpu", vendor("9.9.109.1.1.1.1.8"), label="cpu")  # CISCO-PROCESS-MIB, 5 minutes
POOLS = Memory(
    "pool",
    used=vendor("9.9.48.1.1.1.5"),
    free=vendor("9.9.48.1.1.1.6"),
    name=vendor("9.9.48.1.1.1.2"),
)
ENHANCED_POOLS = Memory(  # CISCO-ENHANCED-MEMPOOL-MIB, the 64-bit columns
    "pool",
    used=vendor("9.9.221.1.1.1.1.18"),
    free=vendor("9.9.221.1.1.1.1.20"),
    name=vendor("9.9.221.1.1.1.1.3"),
    verified=False,
)
ENVMON = (  # CISCO-ENVMON-MIB
    Gauge(
        "temperature",
        vendor(f"{_ENVMON}.3.1.3"),
        name=vendor(f"{_ENVMON}.3.1.2"),
        state=_state("3.1.6"),
        critical=vendor(f"{_ENVMON}.3.1.4"),
    ),
    Status("fan", _state("4.1.3"), name=vendor(f"{_ENVMON}.4.1.2")),
    Status("psu", _state("5.1.3"), name=vendor(f"{_ENVMON}.5.1.2")),
)
HEALTH = (CPU, POOLS, *ENVMON, CISCO_ENTITY_SENSORS)
