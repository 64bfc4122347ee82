"""The five stations from the desks to a service, as verdict and facts leave them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.view import PathState
from playbooks.verdict.facts import Truth

if TYPE_CHECKING:
    from playbooks.verdict.facts import Facts
    from playbooks.verdict.model import Segment, Verdict, VerdictState

STATIONS: tuple[Segment, ...] = ("lan", "switch", "metronet", "dc", "service")
NOT_MEASURED = "not_measured"

# What the inventory promises of a station when nothing is wrong but it was not measured.
_PROMISED_BY: dict[str, tuple[str, ...]] = {"lan": ("lan_ok",), "service": ("svc", "dns")}


def path_of(verdict: Verdict | None, facts: Facts | None = None) -> tuple[PathState, ...]:
    """State of each station: the faulty one, what is proven good, and "not measured" for the rest.

    What lies behind a break is never green, and nothing is green that was not proved: by the
    verdict, or by what was measured over a line that is merely poor.
    Power is no station: what it took down is not measured.
    """
    return tuple(_station(segment, verdict, facts) for segment in STATIONS)


def _station(segment: Segment, verdict: Verdict | None, facts: Facts | None) -> PathState:
    if verdict is None:
        return PathState(segment, "unknown", NOT_MEASURED)
    if segment == verdict.segment:
        return PathState(segment, verdict.state)
    if segment in {other.partition("/")[0] for other in verdict.also}:
        return PathState(segment, "degraded")
    if _is_good(segment, verdict):
        return PathState(segment, "ok")
    measured = _measured(segment, facts) if facts and verdict.state == "degraded" else None
    return PathState(segment, measured or "unknown", None if measured else NOT_MEASURED)


def _measured(segment: Segment, facts: Facts) -> VerdictState | None:
    """What was measured beyond a line that works, however poorly; None where that says nothing."""
    if facts.truth("gw") is not Truth.TRUE:
        return None
    if segment == "dc":
        return "ok" if _is_centre_good(facts) else None
    if segment != "service" or not facts.services:
        return None
    truths = {fact.truth for fact in facts.services.values()}
    if Truth.FALSE in truths:
        return "degraded"
    return "ok" if truths == {Truth.TRUE} else None


def _is_centre_good(facts: Facts) -> bool:
    """Names are resolved, and no service fails that may fail for the centre's fault."""
    failing = [key for key, fact in facts.services.items() if fact.truth is Truth.FALSE]
    is_elsewhere_good = all(facts.truth(f"svc_hub[{key}]") is Truth.TRUE for key in failing)
    return is_elsewhere_good and facts.truth("dns") in (Truth.TRUE, Truth.NA)


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
