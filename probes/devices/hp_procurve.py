"""HPE ProCurve and Aruba switches with ArubaOS-Switch (HP-ICF MIBs)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import IF_NAME, Gauge, Memory, State, Status, When, vendor

_SWITCH = "11.2.14.11.5.1"
_SENSOR = "11.2.14.11.1.2.6.1"
_NO_LIGHT = -60_000
_OPTIC = f"{_SWITCH}.82.1.1.1.1"
_SUPPLY = f"{_SWITCH}.55.1.1.1"
# hpicfSensorStatus: unknown(1) bad(2) warning(3) good(4) notPresent(5)
_VERDICT = State(vendor(f"{_SENSOR}.4"), good=(4,), bad=(2, 3), absent=(5,))
# hpicfPsState: notPresent(1) notPlugged(2) powered(3) failed(4) permFailure(5) max(6)
_SUPPLIES = State(vendor(f"{_SUPPLY}.2"), good=(3,), bad=(4, 5), absent=(1,))


def _dbm(thousandths: float) -> float | None:
    """Thousandths of a dBm; -99999999 stands for no light at all."""
    return thousandths / 1000 if thousandths > _NO_LIGHT else None


HEALTH = (
    Gauge("cpu", vendor(f"{_SWITCH}.9.6.1"), label="cpu"),
    Memory("memory", total=vendor(f"{_SWITCH}.1.2.1.1.1.5"), free=vendor(f"{_SWITCH}.1.2.1.1.1.6")),
    Gauge("temperature", vendor(f"{_SUPPLY}.4"), label="psu", kind="psu", state=_SUPPLIES),
    Status("psu", _SUPPLIES, label="psu"),
    Status("other", _VERDICT, name=vendor(f"{_SENSOR}.7"), label="sensor"),
    Gauge(
        "temperature",
        vendor(f"{_OPTIC}.11"),
        0.001,
        name=IF_NAME,
        kind="optical",
        when=When(vendor(f"{_OPTIC}.12")),
    ),
    Gauge("optical_tx", vendor(f"{_OPTIC}.14"), name=IF_NAME, convert=_dbm),
    Gauge("optical_rx", vendor(f"{_OPTIC}.15"), name=IF_NAME, convert=_dbm),
)

DEVICE_TYPE = DeviceType(
    kind="hp_procurve",
    vendor="HPE",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=HEALTH,
)
