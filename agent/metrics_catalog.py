"""The table of all families of `/metrics`: what the probes declare, and the engine's own.

The agent's own metrics (`wardops_agent_…`, `process_…`) live in `agent.selfmetrics`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.exposition.catalogue import Catalogue
from agent.machines import families as machines
from probes.model import Metric
from probes.registry import probes
from probes.services.model import PROBE_SUCCESS as SERVICE_SUCCESS
from probes.vm.model import VM_FILESYSTEM_FULL_IN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probes.model import Probe

# Every probe, every device.
PROBE_SUCCESS = Metric(
    "wardops_probe_success",
    "gauge",
    "1 when the last run of this probe was ok, else 0.",
    ("probe",),
)
PROBE_DURATION = Metric(
    "wardops_probe_duration_seconds", "gauge", "Duration of the last run.", ("probe",), "seconds"
)
PROBE_LAST_SUCCESS = Metric(
    "wardops_probe_last_success_timestamp_seconds",
    "gauge",
    "Wall time of the last run that was ok, by the agent's clock.",
    ("probe",),
    "seconds",
)
PROBE_ERROR = Metric(
    "wardops_probe_error_info",
    "info",
    "Why the last run was not ok; absent while it was.",
    ("probe", "reason"),
)
PROBE_RUNS = Metric(
    "wardops_probe_runs_total",
    "counter",
    "Runs by outcome since the agent started.",
    ("probe", "reason"),
)
DEVICE_AGE = Metric(
    "wardops_device_data_age_seconds",
    "gauge",
    "Age of the newest good result; +Inf when there was none.",
    (),
    "seconds",
)
DEVICE_STATE = Metric(
    "wardops_device_state", "gauge", "The device's state: exactly one series is 1.", ("state",)
)
DEVICE_REACHABLE = Metric(
    "wardops_device_reachable",
    "gauge",
    "1 when the device answers, 0 when not; absent when unknown or off duty.",
    ("vantage",),
)
DEVICE_ON_DUTY = Metric(
    "wardops_device_on_duty", "gauge", "1 while a silent device counts as a fault."
)
DEVICE_RESTARTS = Metric(
    "wardops_device_restarts_total", "counter", "Restarts that several signs speak for."
)
RENUMBERINGS = Metric(
    "wardops_interface_renumber_events_total",
    "counter",
    "Times that the device numbered its interfaces anew; ports and series went on.",
)
RATE_TRUSTED = Metric(
    "wardops_interface_rate_trusted",
    "gauge",
    "0 when a 32-bit counter may have wrapped more than once: poll more often. Uplink only.",
    ("ifName", "ifDescr", "ifAlias"),
)
DEVICE_INFO = Metric(
    "wardops_device_info",
    "info",
    "What the device is, from inventory and discovery.",
    ("class", "vendor", "model", "os", "firmware", "role", "uplink"),
)

# One ward.
WARD_INFO = Metric(
    "wardops_ward_info",
    "info",
    "The ward's name and place.",
    ("name", "slug", "kind", "area", "region", "carrier"),
)
WARD_STATE = Metric(
    "wardops_ward_state", "gauge", "The verdict's state: exactly one series is 1.", ("state",)
)
WARD_VERDICT = Metric(
    "wardops_ward_verdict",
    "gauge",
    "The segment that the fault is in: exactly one series is 1.",
    ("segment",),
)
WARD_CONFIDENCE = Metric(
    "wardops_ward_verdict_confidence_ratio",
    "gauge",
    "How sure the verdict is, 0 to 1.",
    (),
    "ratio",
)
WARD_SINCE = Metric(
    "wardops_ward_since_timestamp_seconds",
    "gauge",
    "When the present verdict began.",
    (),
    "seconds",
)
WARD_UNMEASURED = Metric(
    "wardops_ward_unmeasured", "gauge", "Facts that the inventory promises and nobody measured."
)
INCIDENT_OPEN = Metric(
    "wardops_incident_open",
    "gauge",
    "Open incidents; only combinations seen lately.",
    ("kind", "root_kind", "priority"),
)
INCIDENTS = Metric(
    "wardops_incidents_total", "counter", "Incidents opened.", ("kind", "root_kind", "priority")
)
INCIDENT_SUPPRESSED = Metric(
    "wardops_incident_suppressed_alerts",
    "gauge",
    "Children held under a root cause now.",
)
INCIDENT_OVERDUE = Metric(
    "wardops_incident_overdue",
    "gauge",
    "Clocks of incidents not yet closed that ran out and were not met.",
    ("clock",),
)
INCIDENT_DURATION = Metric(
    "wardops_incident_duration_seconds",
    "histogram",
    "From the first bad result to resolved.",
    ("root_kind",),
    "seconds",
)
DATA_QUALITY = Metric(
    "wardops_data_quality_ratio",
    "gauge",
    "Valid, complete, unique and fresh: shares of the ward's measurements, last 24 h.",
    ("dimension",),
    "ratio",
)
DATA_AGE = Metric(
    "wardops_data_age_seconds",
    "gauge",
    "Age that this share of the ward's expected values does not exceed; +Inf where there was none.",
    ("share",),  # a gauge may not have the label quantile
    "seconds",
)
SERIES_DROPPED = Metric(
    "wardops_series_dropped",
    "gauge",
    "Series not written because their labels were equal after cleaning.",
    ("module",),
)

VC_CALLS = Metric(
    "wardops_vc_calls_total",
    "counter",
    "Calls since the agent started: ok came up, failed rang and never came up.",
    ("result",),
)
MEETING_STARTS = Metric(
    "wardops_meeting_starts_in_seconds",
    "gauge",
    "Seconds to the room's next meeting within 24 h, negative while it runs; absent when none is.",
    ("room",),
    "seconds",
)
MEETING_READINESS = Metric(
    "wardops_meeting_readiness_ratio",
    "gauge",
    "Passed required checks of the room, of all, for its next meeting within 24 h; absent when "
    "none is.",
    ("room",),
    "ratio",
)
MEETING_GOOD = Metric(
    "wardops_meeting_good_seconds_total",
    "counter",
    "Whole minutes of meetings in which line and call were within their profile.",
    ("room",),
    "seconds",
)
MEETING_SECONDS = Metric(
    "wardops_meeting_seconds_total",
    "counter",
    "Whole minutes of meetings, measured or not.",
    ("room",),
    "seconds",
)

UPLINK_CAPACITY = Metric(
    "wardops_uplink_capacity_bits_per_second",
    "gauge",
    "Rate of the ward's primary circuit by contract; in is towards the ward.",
    ("dir", "source"),
)
UPLINK_USED = Metric(
    "wardops_uplink_used_ratio",
    "gauge",
    "Share of the capacity used in the last five minutes that are over; absent when not read.",
    ("dir",),
    "ratio",
)
UPLINK_P95 = Metric(
    "wardops_uplink_p95_7d_ratio",
    "gauge",
    "95th percentile of five-minute averages over 7 days, of the capacity (TT 06/2026/TT-BKHCN, "
    "article 5.6); absent below 90 % coverage.",
    ("dir",),
    "ratio",
)
UPLINK_COVERAGE = Metric(
    "wardops_uplink_p95_7d_coverage_ratio",
    "gauge",
    "Five-minute slots of the 7 days that were read, of all.",
    ("dir",),
    "ratio",
)
UPLINK_COMPLIANT = Metric(
    "wardops_uplink_p95_compliant",
    "gauge",
    "1 while that percentile is within the rule, 0 beyond it; absent below 90 % coverage.",
    ("dir",),
)

DEVICE_METRICS: tuple[Metric, ...] = (
    PROBE_SUCCESS, PROBE_DURATION, PROBE_LAST_SUCCESS, PROBE_ERROR, PROBE_RUNS, DEVICE_AGE,
    DEVICE_STATE, DEVICE_REACHABLE, DEVICE_ON_DUTY, DEVICE_INFO, DEVICE_RESTARTS, RENUMBERINGS,
    RATE_TRUSTED, SERIES_DROPPED, SERVICE_SUCCESS, VC_CALLS,
    VM_FILESYSTEM_FULL_IN, *machines.DEVICE_FAMILIES,
)  # fmt: skip
WARD_METRICS: tuple[Metric, ...] = (
    WARD_INFO, WARD_STATE, WARD_VERDICT, WARD_CONFIDENCE, WARD_SINCE, WARD_UNMEASURED,
    INCIDENT_OPEN, INCIDENTS, INCIDENT_SUPPRESSED, INCIDENT_OVERDUE, INCIDENT_DURATION,
    UPLINK_CAPACITY, UPLINK_USED, UPLINK_P95, UPLINK_COVERAGE, UPLINK_COMPLIANT,
    DATA_QUALITY, DATA_AGE, MEETING_STARTS, MEETING_READINESS, MEETING_GOOD, MEETING_SECONDS,
    *machines.WARD_FAMILIES,
)  # fmt: skip

DEVICE_STATES = (
    "ok", "soft_down", "down", "unreachable", "flapping", "maintenance", "off_duty", "stale",
    "unknown",
)  # fmt: skip
WARD_STATES = ("ok", "degraded", "down", "unknown", "maintenance")
SEGMENTS = (
    "none", "power", "lan", "switch", "metronet", "dc", "service", "meeting", "unknown",
)  # fmt: skip
CALL_RESULTS = ("ok", "failed")
CLOCKS = ("ack", "restore", "law")
DURATION_BOUNDS_S = (300.0, 900.0, 1800.0, 3600.0, 7200.0, 18000.0, 28800.0, 86400.0)


def catalogue_of(declared: Iterable[Probe]) -> Catalogue:
    """The catalogue for these probes: device families, theirs in order, then the ward's.

    Raises DoubledName when two different families claim one name.
    """
    theirs = (metric for probe in declared for metric in probe.metrics)
    return Catalogue((*DEVICE_METRICS, *theirs, *WARD_METRICS))


def full_catalogue() -> Catalogue:
    """The catalogue of every probe there is; imports them all."""
    return catalogue_of(probes().values())
