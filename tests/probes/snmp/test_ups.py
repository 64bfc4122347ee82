"""The UPS-MIB to a status: what a card does not know is unknown, not zero."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from probes import oids
from probes.errors import Unsupported
from probes.snmp import ber, ups

if TYPE_CHECKING:
    from probes.model import Reading
    from tests.probes.snmp.conftest import Lab

M = "1.3.6.1.2.1.33.1"
ON_MAINS: dict[str, tuple[int, Any]] = {
    f"{M}.2.3.0": (ber.INTEGER, 22),
    f"{M}.2.4.0": (ber.INTEGER, 80),
    f"{M}.2.5.0": (ber.INTEGER, 412),
    f"{M}.2.7.0": (ber.INTEGER, 23),
    f"{M}.3.3.1.2.1": (ber.INTEGER, 500),
    f"{M}.3.3.1.3.1": (ber.INTEGER, 231),
    f"{M}.4.1.0": (ber.INTEGER, 3),
    f"{M}.4.4.1.2.1": (ber.INTEGER, 230),
    f"{M}.4.4.1.5.1": (ber.INTEGER, 35),
    f"{M}.6.1.0": (ber.GAUGE32, 0),
}


def read(lab: Lab, values: dict[str, tuple[int, Any]]) -> Reading:
    """A reading of a UPS with these values."""
    engine, _ = lab.engine(lab.honest(lab.Agent(values)))

    async def story() -> Reading:
        return await ups.run(lab.device(), lab.context(engine))

    reading: Reading = lab.on_virtual_time(story)
    return reading


def named(reading: Reading) -> dict[tuple[str, ...], float]:
    """Samples by name and labels."""
    return {(s.metric.name, *s.labels): s.value for s in reading.samples}


def test_a_ups_on_mains_is_read_in_base_units(lab: Lab) -> None:
    reading = read(lab, ON_MAINS)
    assert reading.ups
    assert reading.ups.on_battery is False
    assert not reading.ups.is_scale_fixed
    assert (reading.ups.charge_ratio, reading.ups.runtime_s) == (0.8, 1320)
    assert (reading.ups.load_ratio, reading.ups.replace_battery) == (0.35, False)
    assert named(reading) == {
        ("wardops_ups_on_battery",): 0,
        ("wardops_ups_charge_ratio",): 0.8,
        ("wardops_ups_runtime_seconds",): 1320,
        ("wardops_ups_replace_battery",): 0,
        ("wardops_ups_battery_volts",): 41.2,
        ("wardops_ups_temperature_celsius",): 23,
        ("wardops_ups_load_ratio", "1"): 0.35,
        ("wardops_ups_input_volts", "1"): 231,
    }


@pytest.mark.parametrize(
    ("source", "on_battery"), [(1, None), (2, None), (3, False), (4, False), (5, True), (6, False)]
)
def test_the_output_source_says_whether_the_battery_carries_the_load(
    lab: Lab, source: int, *, on_battery: bool | None
) -> None:
    reading = read(lab, ON_MAINS | {f"{M}.4.1.0": (ber.INTEGER, source)})
    assert reading.ups
    assert reading.ups.on_battery is on_battery


def test_standing_alarms_are_told_by_name(lab: Lab) -> None:
    alarms = {
        f"{M}.6.1.0": (ber.GAUGE32, 2),
        f"{M}.6.2.1.2.1": (ber.OID, oids.upsAlarmBatteryBad),
        f"{M}.6.2.1.2.2": (ber.OID, ber.oid(f"{M}.6.3.99")),
    }
    reading = read(lab, ON_MAINS | alarms)
    assert reading.ups
    assert reading.ups.replace_battery is True
    assert named(reading)["wardops_ups_alarm_active", "battery_bad"] == 1
    assert sum(name[0] == "wardops_ups_alarm_active" for name in named(reading)) == 1


def test_scalars_without_their_last_zero_are_read_too(lab: Lab) -> None:
    """A recorded Delta card leaves it out for some."""
    bare = {name.removesuffix(".0"): cell for name, cell in ON_MAINS.items()}
    assert read(lab, bare).ups == read(lab, ON_MAINS).ups


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({f"{M}.2.4.0": (ber.INTEGER, -1)}, "charge_ratio"),
        ({f"{M}.2.3.0": (ber.INTEGER, -1)}, "runtime_s"),
        ({f"{M}.2.3.0": (ber.INTEGER, 65535)}, "runtime_s"),
        ({f"{M}.2.4.0": (ber.INTEGER, 0)}, "charge_ratio"),  # yet it lasts 22 minutes
        ({f"{M}.2.3.0": (ber.INTEGER, 0)}, "runtime_s"),  # yet it is charged
    ],
)
def test_what_a_card_does_not_know_is_unknown(
    lab: Lab, change: dict[str, tuple[int, Any]], field: str
) -> None:
    reading = read(lab, ON_MAINS | change)
    assert getattr(reading.ups, field) is None


def test_lines_that_the_unit_does_not_have_are_left_out(lab: Lab) -> None:
    absent = {
        f"{M}.3.3.1.2.2": (ber.INTEGER, 0),
        f"{M}.3.3.1.3.2": (ber.INTEGER, 0),
        f"{M}.4.4.1.2.2": (ber.INTEGER, 0),
        f"{M}.4.4.1.5.2": (ber.INTEGER, 0),
    }
    assert named(read(lab, ON_MAINS | absent)) == named(read(lab, ON_MAINS))


def test_a_mains_failure_reads_zero_volts_and_not_unknown(lab: Lab) -> None:
    dark = {f"{M}.3.3.1.2.1": (ber.INTEGER, 0), f"{M}.3.3.1.3.1": (ber.INTEGER, 0)}
    assert named(read(lab, ON_MAINS | dark))["wardops_ups_input_volts", "1"] == 0


def test_volts_told_in_tenths_are_put_right(lab: Lab) -> None:
    tenths = {f"{M}.3.3.1.3.1": (ber.GAUGE32, 2369)}
    reading = read(lab, ON_MAINS | tenths)
    assert named(reading)["wardops_ups_input_volts", "1"] == 236.9
    assert reading.ups
    assert reading.ups.is_scale_fixed


def test_a_device_without_the_ups_mib_is_unsupported(lab: Lab) -> None:
    with pytest.raises(Unsupported):
        read(lab, {"1.3.6.1.2.1.1.5.0": (ber.OCTET_STRING, b"sw-1")})


APC = "1.3.6.1.4.1.318.1.1.1"
APC_ON_BATTERY: dict[str, tuple[int, Any]] = {
    "1.3.6.1.2.1.1.1.0": (ber.OCTET_STRING, b"APC Web/SNMP Management Card"),
    "1.3.6.1.2.1.1.2.0": (ber.OID, ber.oid("1.3.6.1.4.1.318.1.3.27")),
    f"{APC}.2.2.3.0": (ber.TIMETICKS, 90_000),
    f"{APC}.2.2.4.0": (ber.INTEGER, 2),
    f"{APC}.2.3.1.0": (ber.GAUGE32, 875),
    f"{APC}.4.1.1.0": (ber.INTEGER, 3),
    f"{APC}.4.3.3.0": (ber.GAUGE32, 227),
}


def test_a_card_without_the_ups_mib_is_read_by_its_vendors_own(lab: Lab) -> None:
    reading = read(lab, APC_ON_BATTERY)
    assert reading.ups
    assert reading.ups.on_battery is True
    assert (reading.ups.charge_ratio, reading.ups.runtime_s) == (0.875, 900)
    assert reading.ups.load_ratio == pytest.approx(0.227)
    assert reading.ups.replace_battery is True


def test_three_phases_of_a_large_ups_are_three_lines(lab: Lab) -> None:
    phases = {f"{APC}.9.3.3.1.10.1.{n}": (ber.INTEGER, 20 + n) for n in (1, 2, 3)}
    volts = {f"{APC}.9.2.3.1.3.1.{n}": (ber.INTEGER, 228 + n) for n in (1, 2, 3)}
    alone = {oid: cell for oid, cell in APC_ON_BATTERY.items() if not oid.endswith(".4.3.3.0")}
    told = named(read(lab, alone | phases | volts))
    assert [told["wardops_ups_load_ratio", str(n)] for n in (1, 2, 3)] == [0.21, 0.22, 0.23]
    assert [told["wardops_ups_input_volts", str(n)] for n in (1, 2, 3)] == [229, 230, 231]


def test_the_vendors_mib_fills_only_what_rfc_1628_leaves_open(lab: Lab) -> None:
    """Huawei says -1 for charge and runtime in RFC 1628 and the truth in its own MIB."""
    both = ON_MAINS | APC_ON_BATTERY | {f"{M}.2.3.0": (ber.INTEGER, -1)}
    reading = read(lab, both)
    assert reading.ups
    assert (reading.ups.on_battery, reading.ups.charge_ratio) == (False, 0.8)
    assert reading.ups.runtime_s == 900


def test_a_ups_that_the_inventory_calls_by_the_standard_is_asked_by_its_brand_too(lab: Lab) -> None:
    engine, _ = lab.engine(lab.honest(lab.Agent(APC_ON_BATTERY)))

    async def story() -> Reading:
        target = replace(lab.device(), kind="ups_rfc1628")
        return await ups.run(target, lab.context(engine))

    reading: Reading = lab.on_virtual_time(story)
    assert reading.ups
    assert reading.ups.on_battery is True
