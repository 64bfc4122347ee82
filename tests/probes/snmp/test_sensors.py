"""Columns to sensors: the MIB's scales, the device's own verdict, nothing that is no reading."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from probes.model import Memory
from probes.snmp import ber, health

if TYPE_CHECKING:
    from probes.model import Reading, Sensor
    from tests.probes.snmp.conftest import Lab

ENTITY = "1.3.6.1.2.1.99.1.1.1"
NAME = "1.3.6.1.2.1.47.1.1.1.1.7"
ENVMON = "1.3.6.1.4.1.9.9.13.1.3.1"
CISCO = {
    "1.3.6.1.2.1.1.1.0": (ber.OCTET_STRING, b"Cisco IOS Software, C2960X Software"),
    "1.3.6.1.2.1.1.2.0": (ber.OID, ber.oid("1.3.6.1.4.1.9.1.1")),
}


def entity(index: int, value: int, *, kind: int = 8, scale: int = 9, precision: int = 0,
           status: int = 1) -> dict[str, tuple[int, Any]]:  # fmt: skip
    """A row of entPhySensorTable."""
    cells = (kind, scale, precision, value, status)
    return {f"{ENTITY}.{n}.{index}": (ber.INTEGER, cell) for n, cell in enumerate(cells, start=1)}


def envmon(index: int, value: int, *, state: int = 1, limit: int = 68) -> dict[str, Any]:
    """A row of ciscoEnvMonTemperatureStatusTable."""
    return {
        f"{ENVMON}.2.{index}": (ber.OCTET_STRING, b"SW, Sensor"),
        f"{ENVMON}.3.{index}": (ber.GAUGE32, value),
        f"{ENVMON}.4.{index}": (ber.INTEGER, limit),
        f"{ENVMON}.6.{index}": (ber.INTEGER, state),
    }


def read(lab: Lab, values: dict[str, tuple[int, Any]]) -> Reading:
    """What the probe makes of a device with these values."""
    engine, _ = lab.engine(lab.honest(lab.Agent({"1.3.6.1.2.1.1.3.0": (67, 1)} | values)))

    async def story() -> Reading:
        return await health.run(lab.device(), lab.context(engine))

    found: Reading = lab.on_virtual_time(story)
    return found


def read_often(lab: Lab, *states: dict[str, tuple[int, Any]]) -> list[Reading]:
    """What the probe makes of a device that changes from run to run."""

    async def story() -> list[Reading]:
        found, memory = [], Memory()
        for values in states:
            engine, _ = lab.engine(lab.honest(lab.Agent({"1.3.6.1.2.1.1.3.0": (67, 1)} | values)))
            found.append(await health.run(lab.device(), lab.context(engine, memory=memory)))
        return found

    readings: list[Reading] = lab.on_virtual_time(story)
    return readings


def only(reading: Reading) -> Sensor:
    """The one sensor of a reading."""
    (sensor,) = reading.sensors
    return sensor


@pytest.mark.parametrize(
    ("scale", "precision", "value", "celsius"),
    [(9, 0, 31, 31.0), (8, 0, 21_625, 21.625), (9, 1, 346, 34.6), (10, 0, 0, None)],
)
def test_scale_and_precision_are_those_of_rfc_3433(
    lab: Lab, scale: int, precision: int, value: int, celsius: float | None
) -> None:
    found = read(lab, entity(7, value, scale=scale, precision=precision)).sensors
    assert [sensor.value for sensor in found] == [celsius if celsius is not None else 0]


def test_a_sensor_that_does_not_work_is_absent_not_zero(lab: Lab) -> None:
    assert read(lab, entity(7, 0, status=2)).sensors == ()


@pytest.mark.parametrize("value", [-1, 127, 255, 32767, 65535, 2_147_483_647, 151, -41])
def test_what_cannot_be_a_temperature_is_none(lab: Lab, value: int) -> None:
    assert read(lab, entity(7, value)).sensors == ()


def test_zeros_in_several_rows_are_places_without_a_sensor(lab: Lab) -> None:
    rows = entity(1, 0) | entity(2, 0) | entity(3, 30)
    assert [sensor.value for sensor in read(lab, rows).sensors] == [30]


def test_one_zero_is_shown_and_suspect(lab: Lab) -> None:
    assert only(read(lab, entity(1, 0))).state == "suspect"


def test_the_name_comes_from_the_entity_and_says_where_the_sensor_sits(lab: Lab) -> None:
    values = entity(7, 30) | {f"{NAME}.7": (ber.OCTET_STRING, b"Inlet Temp")}
    sensor = only(read(lab, values))
    assert (sensor.name, sensor.kind, sensor.unit) == ("Inlet Temp", "inlet", "°C")


def test_equal_names_are_told_apart(lab: Lab) -> None:
    names = {f"{NAME}.{n}": (ber.OCTET_STRING, b"Temp") for n in (1, 2)}
    found = read(lab, entity(1, 30) | entity(2, 31) | names)
    assert [sensor.name for sensor in found.sensors] == ["Temp", "Temp#2"]
    labels = [(sample.metric.name, *sample.labels) for sample in found.samples]
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize(("state", "verdict"), [(1, "ok"), (2, "bad"), (3, "bad"), (6, "bad")])
def test_the_devices_own_state_decides(lab: Lab, state: int, verdict: str) -> None:
    found = read(lab, CISCO | envmon(1, 44, state=state))
    assert only(found).state == verdict
    told = {sample.metric.name: sample.value for sample in found.samples}
    assert told["wardops_sensor_ok"] == (verdict == "ok")
    assert told["wardops_sensor_threshold_celsius"] == 68


def test_a_sensor_that_is_not_there_is_no_sensor(lab: Lab) -> None:
    assert read(lab, CISCO | envmon(1, 44, state=5)).sensors == ()


def test_without_a_state_its_own_limit_decides_after_three_readings(lab: Lab) -> None:
    cool, hot = CISCO | envmon(1, 67, state=99), CISCO | envmon(1, 68, state=99)
    told = read_often(lab, cool, hot, hot, hot, hot, cool, hot)
    assert [only(one).state for one in told] == ["ok", None, None, "bad", "bad", "ok", None]


def test_an_inlet_without_a_limit_of_its_own_has_that_of_a_warm_room(lab: Lab) -> None:
    inlet = {f"{NAME}.7": (ber.OCTET_STRING, b"Inlet Temp")}
    told = read_often(lab, *[entity(7, 45) | inlet] * 3, entity(7, 44) | inlet)
    assert [only(one).state for one in told] == [None, None, "bad", "ok"]


def test_ciscos_thresholds_are_the_sensors_own_limits(lab: Lab) -> None:
    """CISCO-ENTITY-SENSOR-MIB: severity 2, relation 3, value 4; relation 1 is a lower limit."""
    rows = {
        (1, 20, 4, 500), (2, 30, 3, 600), (3, 10, 4, 450), (4, 30, 1, 50),
    }  # fmt: skip
    limits = {
        f"1.3.6.1.4.1.9.9.91.1.2.1.1.{column}.7.{index}": (ber.INTEGER, cell)
        for index, *cells in rows
        for column, cell in zip((2, 3, 4), cells, strict=True)
    }
    cells = zip((1, 2, 3, 4, 5), (8, 9, 1, 346, 1), strict=True)
    sensor = {f"1.3.6.1.4.1.9.9.91.1.1.1.1.{n}.7": (ber.INTEGER, cell) for n, cell in cells}
    found = read(lab, CISCO | limits | sensor)
    told = {s.labels[1]: s.value for s in found.samples if "threshold" in s.metric.name}
    assert told == {"high": 45.0, "critical": 60.0}
    assert only(found).state == "ok"


def test_thresholds_are_read_seldom(lab: Lab) -> None:
    engine, wire = lab.engine(lab.honest(lab.Agent(CISCO | entity(7, 30))))
    limits = ber.oid("1.3.6.1.4.1.9.9.91.1.2.1.1")

    async def story() -> list[int]:
        memory, asked = Memory(), []
        for _ in range(3):
            await health.run(lab.device(), lab.context(engine, memory=memory))
            asked.append(sum(v.oid.startswith(limits) for one in wire.sent for v in one.varbinds))
        return asked

    first, *others = lab.on_virtual_time(story)
    assert (first > 0, others) == (True, [first, first])


@pytest.mark.parametrize(
    ("name", "direction"),
    [(b"Te1/1/1 Receive Power Sensor", "rx"), (b"Te1/1/1 Transmit Power Sensor", "tx")],
)
def test_light_goes_the_way_that_its_name_says(lab: Lab, name: bytes, direction: str) -> None:
    values = entity(7, -52, kind=14, precision=1) | {f"{NAME}.7": (ber.OCTET_STRING, name)}
    (sample,) = read(lab, values).samples
    assert sample.labels[1] == direction
    assert sample.value == pytest.approx(-5.2)


@pytest.mark.parametrize(("scale", "precision"), [(0, 0), (99, 0), (9, 200), (-3, -99)])
def test_a_scale_that_no_mib_knows_is_none(lab: Lab, scale: int, precision: int) -> None:
    assert only(read(lab, entity(7, 31, scale=scale, precision=precision))).value == 31


def test_a_hot_chip_without_state_and_limit_is_shown_and_never_judged(lab: Lab) -> None:
    found = read(lab, entity(7, 95))
    assert only(found).state is None
    assert "wardops_sensor_ok" not in {sample.metric.name for sample in found.samples}


def test_a_device_that_tells_nothing_gives_an_empty_reading(lab: Lab) -> None:
    found = read(lab, {})
    assert (found.sensors, found.samples) == ((), ())


def test_processor_and_memory_are_ratios(lab: Lab) -> None:
    values = CISCO | {
        "1.3.6.1.4.1.9.9.109.1.1.1.1.8.1": (ber.GAUGE32, 25),
        "1.3.6.1.4.1.9.9.48.1.1.1.2.1": (ber.OCTET_STRING, b"Processor"),
        "1.3.6.1.4.1.9.9.48.1.1.1.5.1": (ber.GAUGE32, 30),
        "1.3.6.1.4.1.9.9.48.1.1.1.6.1": (ber.GAUGE32, 90),
    }
    told = {(s.metric.name, *s.labels): s.value for s in read(lab, values).samples}
    assert told["wardops_cpu_ratio", "cpu 1"] == 0.25
    assert told["wardops_memory_used_ratio", "Processor"] == 0.25


def test_power_over_ethernet_is_summed_over_its_groups(lab: Lab) -> None:
    poe = "1.3.6.1.2.1.105.1.3.1.1"
    values = {f"{poe}.2.{n}": (ber.GAUGE32, 370) for n in (1, 2)} | {
        f"{poe}.4.{n}": (ber.GAUGE32, 20 * n) for n in (1, 2)
    }
    told = {s.metric.name: s.value for s in read(lab, values).samples}
    assert told == {"wardops_poe_budget_watts": 740, "wardops_poe_used_watts": 60}


HR = "1.3.6.1.2.1.25.2.3.1"
SYNOLOGY = {
    "1.3.6.1.2.1.1.1.0": (ber.OCTET_STRING, b"Linux nas 4.4.302+"),
    "1.3.6.1.2.1.1.2.0": (ber.OID, ber.oid("1.3.6.1.4.1.8072.3.2.10")),
    "1.3.6.1.4.1.6574.1.1.0": (ber.INTEGER, 1),
}
QNAP = {
    "1.3.6.1.2.1.1.1.0": (ber.OCTET_STRING, b"Linux TS-X41 5.2.5"),
    "1.3.6.1.2.1.1.2.0": (ber.OID, ber.oid("1.3.6.1.4.1.24681")),
}


def volume(index: int, name: str, used: int, *, size: int = 100) -> dict[str, tuple[int, Any]]:
    """A fixed disk of hrStorageTable, in units of 4 KiB."""
    return {
        f"{HR}.2.{index}": (ber.OID, ber.oid("1.3.6.1.2.1.25.2.1.4")),
        f"{HR}.3.{index}": (ber.OCTET_STRING, name.encode()),
        f"{HR}.4.{index}": (ber.INTEGER, 4096),
        f"{HR}.5.{index}": (ber.INTEGER, size),
        f"{HR}.6.{index}": (ber.INTEGER, used),
    }


def disk(index: int, state: int = 1, told: int = 1) -> dict[str, tuple[int, Any]]:
    """A row of Synology's diskTable: status and health."""
    table = "1.3.6.1.4.1.6574.2.1.1"
    return {
        f"{table}.2.{index}": (ber.OCTET_STRING, f"Disk {index}".encode()),
        f"{table}.5.{index}": (ber.INTEGER, state),
        f"{table}.13.{index}": (ber.INTEGER, told),
    }


def stored(reading: Reading) -> dict[tuple[str, str], float]:
    """The series of storage, by short name and volume or disk."""
    return {
        (sample.metric.name.removeprefix("wardops_storage_"), sample.labels[0]): sample.value
        for sample in reading.samples
        if sample.metric.name.startswith("wardops_storage_")
    }


def test_a_nas_tells_its_volumes_and_disks_and_not_the_firmwares_own_mounts(lab: Lab) -> None:
    volumes = volume(31, "/", 99) | volume(45, "/volume1", 96)
    told = read(lab, SYNOLOGY | volumes | disk(1) | disk(2, told=4) | disk(3, state=5))
    assert stored(told) == {
        ("used_ratio", "/volume1"): 0.96,
        ("avail_bytes", "/volume1"): 4 * 4096,
        ("disk_ok", "Disk 1"): 1,
        ("disk_ok", "Disk 2"): 0,
        ("disk_ok", "Disk 3"): 0,
    }
    assert told.stores is not None
    assert [(one.name, one.total_bytes, one.free_ratio) for one in told.stores] == [
        ("/volume1", 409_600, 0.04)
    ]


@pytest.mark.parametrize("object_id", ["1.3.6.1.4.1.8072.3.2.10", "1.3.6.1.4.1.50536.1"])
def test_storage_of_any_maker_tells_its_volumes(lab: Lab, object_id: str) -> None:
    """One on a Linux of its own, and a maker without a type of its own."""
    itself = {
        "1.3.6.1.2.1.1.1.0": (ber.OCTET_STRING, b"Linux omv 6.1.0-18-amd64"),
        "1.3.6.1.2.1.1.2.0": (ber.OID, ber.oid(object_id)),
        "1.3.6.1.2.1.1.3.0": (67, 1),
    }
    engine, _ = lab.engine(lab.honest(lab.Agent(itself | volume(31, "/srv/data", 50))))

    async def story() -> Reading:
        named = replace(lab.device(), kind="generic_storage")
        return await health.run(named, lab.context(engine))

    told: Reading = lab.on_virtual_time(story)
    assert stored(told) == {
        ("used_ratio", "/srv/data"): 0.5,
        ("avail_bytes", "/srv/data"): 50 * 4096,
    }


def test_a_large_storage_keeps_to_24_series_and_never_leaves_out_what_is_bad(lab: Lab) -> None:
    values = dict(SYNOLOGY)
    for number in range(1, 9):
        values |= volume(40 + number, f"/volume{number}", 10)
    for number in range(30):
        values |= disk(number, state=5 if number == 29 else 1)
    told = stored(read(lab, values))
    assert len(told) == 24
    assert told["disk_ok", "Disk 29"] == 0
    assert {name for family, name in told if family == "used_ratio"} == {
        f"/volume{number}" for number in range(1, 9)
    }


def test_a_qnaps_newest_table_counts_where_several_tell_of_the_same_disks(lab: Lab) -> None:
    old = {f"1.3.6.1.4.1.24681.1.2.11.1.4.{n}": (ber.INTEGER, n and -9) for n in (0, 1)}
    middle = {f"1.3.6.1.4.1.24681.1.4.1.1.1.1.5.2.1.4.{n}": (ber.OCTET_STRING, word)
              for n, word in ((1, b"Good"), (2, b"Abnormal"), (3, b"Migrating"))}  # fmt: skip
    new = {f"1.3.6.1.4.1.55062.1.10.2.1.7.{n}": (ber.OCTET_STRING, b"Good") for n in (1, 2, 3)}
    arrays = {"1.3.6.1.4.1.55062.1.10.5.1.4.1": (ber.OCTET_STRING, b"In degraded mode")}
    assert stored(read(lab, QNAP | old)) == {("disk_ok", "disk"): 1, ("disk_ok", "disk 1"): 0}
    # A word that means neither is unknown, so that disk is absent.
    assert stored(read(lab, QNAP | old | middle)) == {
        ("disk_ok", "disk 1"): 1, ("disk_ok", "disk 2"): 0
    }  # fmt: skip
    assert stored(read(lab, QNAP | old | middle | new | arrays)) == {
        ("disk_ok", "disk 1"): 1, ("disk_ok", "disk 2"): 1, ("disk_ok", "disk 3"): 1,
        ("raid_ok", "raid 1"): 0,
    }  # fmt: skip
