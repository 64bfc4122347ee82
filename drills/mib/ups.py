"""What a UPS says: UPS-MIB (RFC 1628)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drills.mib.look import MIB2, Entry, text
from probes.snmp import ber

if TYPE_CHECKING:
    from drills.mib.look import Look

_ON_BATTERY = 2  # upsAlarmOnBattery, the last arc of 1.3.6.1.2.1.33.1.6.3.2
_LOW_BATTERY = 3
_LOW_CHARGE = 0.3


def alarms(look: Look) -> tuple[int, ...]:
    """upsAlarmId of what is wrong: the last arc of its well-known alarm."""
    if not look.on_battery:
        return ()
    return (_ON_BATTERY, _LOW_BATTERY) if look.charge < _LOW_CHARGE else (_ON_BATTERY,)


def _battery_status(look: Look) -> int:
    """batteryNormal(2) or batteryLow(3)."""
    return 3 if look.on_battery and look.charge < _LOW_CHARGE else 2


def _since_mains(look: Look) -> float:
    """Seconds without mains, 0 with it."""
    if not look.on_battery:
        return 0.0
    return look.t - next(
        m.t for m in reversed(look.world.mutations) if (m.kind, m.on) == ("mains", look.node.ward)
    )


def _minutes_left(look: Look) -> int:
    return int(look.charge * look.world.runtime_s(look.node.name) / 60)


def _load_percent(look: Look) -> int:
    return round(look.node.battery.load_ratio * 100) if look.node.battery else 0


_UPS_MIB = f"{MIB2}.33.1"

UPS: tuple[Entry, ...] = (
    Entry(f"{_UPS_MIB}.1.1", ber.OCTET_STRING, lambda _look, _: b"wardops simulated"),
    Entry(f"{_UPS_MIB}.1.2", ber.OCTET_STRING, lambda _look, _: b"Simulated UPS 3 kVA"),
    Entry(f"{_UPS_MIB}.1.3", ber.OCTET_STRING, lambda _look, _: b"1.0"),
    Entry(f"{_UPS_MIB}.1.5", ber.OCTET_STRING, lambda look, _: text(look.node.name)),
    Entry(f"{_UPS_MIB}.2.1", ber.INTEGER, lambda look, _: _battery_status(look)),
    Entry(f"{_UPS_MIB}.2.2", ber.INTEGER, lambda look, _: int(_since_mains(look))),
    Entry(f"{_UPS_MIB}.2.3", ber.INTEGER, lambda look, _: _minutes_left(look)),
    Entry(f"{_UPS_MIB}.2.4", ber.INTEGER, lambda look, _: int(look.charge * 100)),
    Entry(f"{_UPS_MIB}.2.5", ber.INTEGER, lambda look, _: int(480 + 60 * look.charge)),
    Entry(f"{_UPS_MIB}.2.7", ber.INTEGER, lambda _look, _: 28),
    Entry(f"{_UPS_MIB}.3.2", ber.INTEGER, lambda _look, _: 1),
    Entry(f"{_UPS_MIB}.4.1", ber.INTEGER, lambda look, _: 5 if look.on_battery else 3),
    Entry(f"{_UPS_MIB}.4.2", ber.INTEGER, lambda _look, _: 500),
    Entry(f"{_UPS_MIB}.4.3", ber.INTEGER, lambda _look, _: 1),
    Entry(f"{_UPS_MIB}.6.1", ber.GAUGE32, lambda look, _: len(alarms(look))),
)

UPS_LINE: tuple[Entry, ...] = (
    Entry(f"{_UPS_MIB}.3.3.1.2", ber.INTEGER, lambda look, _: 0 if look.on_battery else 500),
    Entry(f"{_UPS_MIB}.3.3.1.3", ber.INTEGER, lambda look, _: 0 if look.on_battery else 226),
    Entry(f"{_UPS_MIB}.4.4.1.2", ber.INTEGER, lambda _look, _: 220),
    Entry(f"{_UPS_MIB}.4.4.1.5", ber.INTEGER, lambda look, _: _load_percent(look)),
)

UPS_ALARMS: tuple[Entry, ...] = (
    Entry(f"{_UPS_MIB}.6.2.1.2", ber.OID, lambda _look, row: ber.oid(f"{_UPS_MIB}.6.3.{row}")),
    Entry(
        f"{_UPS_MIB}.6.2.1.3",
        ber.TIMETICKS,
        lambda look, _: look.ticks_at(look.t - _since_mains(look)),
    ),
)
