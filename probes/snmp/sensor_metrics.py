"""The series of a device's health."""

from __future__ import annotations

from probes.model import Metric

CPU_RATIO = Metric(
    "wardops_cpu_ratio", "gauge", "Busy share of a processor, 0 to 1", ("cpu",), "ratio"
)
MEMORY_USED_RATIO = Metric(
    "wardops_memory_used_ratio", "gauge", "Used share of a memory pool", ("pool",), "ratio"
)
_SENSOR = "wardops_sensor_"
TEMPERATURE = Metric(
    f"{_SENSOR}temperature_celsius", "gauge", "Temperature of a sensor", ("sensor",), "celsius"
)
VOLTAGE = Metric(f"{_SENSOR}voltage_volts", "gauge", "Voltage of a sensor", ("sensor",), "volts")
CURRENT = Metric(
    f"{_SENSOR}current_amperes", "gauge", "Current of a sensor", ("sensor",), "amperes"
)
POWER = Metric(f"{_SENSOR}power_watts", "gauge", "Power of a sensor", ("sensor",), "watts")
FAN = Metric(f"{_SENSOR}fan_rpm", "gauge", "Revolutions per minute of a fan", ("sensor",))
HUMIDITY = Metric(
    f"{_SENSOR}humidity_ratio", "gauge", "Relative humidity, 0 to 1", ("sensor",), "ratio"
)
FREQUENCY = Metric(
    f"{_SENSOR}frequency_hertz", "gauge", "Frequency of a sensor", ("sensor",), "hertz"
)
OPTICAL = Metric(
    f"{_SENSOR}optical_dbm", "gauge", "Light received or sent by a module", ("sensor", "dir")
)
SENSOR_OK = Metric(
    "wardops_sensor_ok",
    "gauge",
    "1 good, 0 bad, by the device's own verdict, its own limit or 45 C at an inlet; else absent",
    ("sensor", "kind"),
)
THRESHOLD = Metric(
    "wardops_sensor_threshold_celsius",
    "gauge",
    "The device's own limit of a temperature",
    ("sensor", "level"),
    "celsius",
)
DISK_OK = Metric(
    "wardops_storage_disk_ok", "gauge", "1 when the storage calls the disk good", ("disk",)
)
RAID_OK = Metric(
    "wardops_storage_raid_ok", "gauge", "1 when the storage calls the array good", ("volume",)
)
STORAGE_USED = Metric(
    "wardops_storage_used_ratio", "gauge", "Used share of a volume", ("volume",), "ratio"
)
STORAGE_AVAIL = Metric(
    "wardops_storage_avail_bytes", "gauge", "Octets free on a volume", ("volume",), "bytes"
)
POE_BUDGET = Metric("wardops_poe_budget_watts", "gauge", "Watts that may be given", unit="watts")
POE_USED = Metric("wardops_poe_used_watts", "gauge", "Watts that are given", unit="watts")
METRICS = (
    CPU_RATIO, MEMORY_USED_RATIO, TEMPERATURE, VOLTAGE, CURRENT, POWER, FAN, HUMIDITY, FREQUENCY,
    OPTICAL, SENSOR_OK, THRESHOLD, DISK_OK, RAID_OK,
    STORAGE_USED, STORAGE_AVAIL, POE_BUDGET, POE_USED,
)  # fmt: skip
