"""How bad an incident is, S1 to S4, by rules that everybody can look up; in doubt the higher. Pure.

S1: the whole ward is cut, a public service stopped in three wards or more, or a security incident
that spreads. S2: one main service stopped, a meeting at risk, any security incident in doubt.
S3: degraded, work goes on. S4: a single device, a finding.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.incidents.record import Severity
    from playbooks.verdict.model import Verdict

WHOLE_WARD = frozenset({"power", "switch", "metronet", "dc", "unknown"})
MANY_WARDS = 3
_HIGHER: Mapping[Severity, Severity] = MappingProxyType(
    {"S4": "S3", "S3": "S2", "S2": "S1", "S1": "S1"}
)
# What a running meeting lives on beside its own room.
_CARRIES_MEETINGS = frozenset({"metronet", "lan", "switch", "dc", "power"})


def severity_of(
    verdict: Verdict, *, in_meeting: bool = False, wards_without_service: int = 1
) -> Severity:
    """The severity of what a verdict says.

    `in_meeting`: a meeting of the ward runs or begins within 30 minutes. `wards_without_service`
    counts the wards, this one included, in which the verdict's service is stopped.
    """
    found = _plain(verdict)
    if verdict.segment == "service" and verdict.state == "down":
        return "S1" if wards_without_service >= MANY_WARDS else found
    if not in_meeting:
        return found
    if verdict.segment == "meeting":
        return raised(found)
    return worse(found, "S2") if verdict.segment in _CARRIES_MEETINGS else found


def device_severity(*, children: int = 0, in_meeting: bool = False) -> Severity:
    """The severity of one silent device; one that others are reached through is more than that."""
    found: Severity = "S3" if children else "S4"
    return raised(found) if in_meeting else found


def security_severity(*, spreading: bool = False) -> Severity:
    """The severity of a security incident: in doubt S2, never lower."""
    return "S1" if spreading else "S2"


def raised(severity: Severity) -> Severity:
    """One level higher; S1 stays."""
    return _HIGHER[severity]


def worse(one: Severity, other: Severity) -> Severity:
    """The higher of two severities (S1 is the highest)."""
    return min(one, other)


def _plain(verdict: Verdict) -> Severity:
    if verdict.state != "down":
        return "S3"
    return "S1" if verdict.segment in WHOLE_WARD else "S2"
