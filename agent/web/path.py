"""The five stations from the desks to a service, as a verdict leaves them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.view import PathState

if TYPE_CHECKING:
    from playbooks.verdict.model import Segment, Verdict, VerdictState

STATIONS: tuple[Segment, ...] = ("lan", "switch", "metronet", "dc", "service")
NOT_MEASURED = "not_measured"

# What the inventory promises of a station when nothing is wrong but it was not measured.
_PROMISED_BY: dict[str, tuple[str, ...]] = {"lan": ("lan_ok",), "service": ("svc", "dns")}


def path_of(verdict: Verdict | None) -> tuple[PathState, ...]:
    """State of each station: the faulty one, what is proven good, and "not measured" for the rest.

    What lies behind a break is never green, and nothing is green that the verdict did not prove.
    Power is no station: what it took down is not measured.
    """
    return tuple(_station(segment, verdict) for segment in STATIONS)


def _station(segment: Segment, verdict: Verdict | None) -> PathState:
    if verdict is None:
        return PathState(segment, "unknown", NOT_MEASURED)
    if segment == verdict.segment:
        return PathState(segment, verdict.state)
    if segment in {other.partition("/")[0] for other in verdict.also}:
        return PathState(segment, "degraded")
    state: VerdictState = "ok" if _is_good(segment, verdict) else "unknown"
    return PathState(segment, state, None if state == "ok" else NOT_MEASURED)


def _is_good(segment: Segment, verdict: Verdict) -> bool:
    if verdict.segment == "none" and verdict.state == "ok":
        promised = _PROMISED_BY.get(segment, ())
        unmeasured = {name.partition("[")[0] for name in verdict.unmeasured}
        return not unmeasured & set(promised)
    return not _is_behind(segment, verdict) and segment in {s.segment for s in verdict.ruled_out}


def _is_behind(segment: Segment, verdict: Verdict) -> bool:
    """Whether the station lies behind the one that is down."""
    if verdict.state != "down" or verdict.segment not in STATIONS:
        return False
    return STATIONS.index(segment) > STATIONS.index(verdict.segment)
