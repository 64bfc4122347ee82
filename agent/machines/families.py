"""The metric families of machines that no single probe fills."""

from __future__ import annotations

from probes.model import Metric

POWERS = ("on", "off", "suspended", "unknown")
TOOLS = ("running", "stopped", "absent", "unknown")
HOSTINGS = ("onsite", "dc", "cloud")
SEVERITIES = ("crit", "warn", "note")
RESULTS = ("pass", "fail", "accepted", "unknown")

POWER = Metric(
    "wardops_vm_power_state",
    "gauge",
    "Whether the machine is on, as its hypervisor says: exactly one series is 1.",
    ("state",),
)
TOOLS_STATE = Metric(
    "wardops_vm_tools_state",
    "gauge",
    "The machine's guest agent, as its hypervisor says: exactly one series is 1.",
    ("state",),
)
SNAPSHOTS = Metric("wardops_vm_snapshots", "gauge", "Snapshots that people made of the machine.")
SNAPSHOT_OLDEST = Metric(
    "wardops_vm_snapshot_oldest_seconds",
    "gauge",
    "Age of the oldest of them when the hypervisor was asked.",
    (),
    "seconds",
)
BACKUP = Metric(
    "wardops_vm_backup_timestamp_seconds",
    "gauge",
    "The newest backup known; a day written by hand counts to its end.",
    (),
    "seconds",
)
RESTORE_TEST = Metric(
    "wardops_vm_restore_test_timestamp_seconds",
    "gauge",
    "Beginning of the day on which a backup was last restored to try it, as written by hand.",
    (),
    "seconds",
)
OPEN_PORTS = Metric(
    "wardops_vm_open_ports",
    "gauge",
    "Ports that the machine listens on beyond loopback, by whether the inventory allows them.",
    ("allowed",),
)
END_OF_LIFE = Metric(
    "wardops_vm_eol_timestamp_seconds",
    "gauge",
    "When the machine's system gets no more security updates.",
    (),
    "seconds",
)
RULES = Metric(
    "wardops_vm_rules",
    "gauge",
    "Rules of hygiene by result; an accepted failure is apart, a rule without data is unknown.",
    ("severity", "result"),
)
QUOTA = Metric(
    "wardops_vm_quota_ratio",
    "gauge",
    "Share of the ward's quota that its machines are given; absent while a size is unknown.",
    ("resource",),
    "ratio",
)
MACHINES = Metric(
    "wardops_vms",
    "gauge",
    "Machines of the inventory by where they stand, as written.",
    ("hosting",),
)

DEVICE_FAMILIES = (
    POWER, TOOLS_STATE, SNAPSHOTS, SNAPSHOT_OLDEST, BACKUP, RESTORE_TEST, OPEN_PORTS, END_OF_LIFE,
    RULES,
)  # fmt: skip
WARD_FAMILIES = (QUOTA, MACHINES)
