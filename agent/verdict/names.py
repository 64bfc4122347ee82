"""Whether names are resolved: by whom the ward's machines ask, and by the city's resolver. Pure.

A resolver that does not answer over a line that loses packets says nothing of itself; one that
answers wrongly does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.verdict.sight import fact_of
from agent.verdict.topology import CITY_RESOLVER, RESOLVER
from playbooks.verdict.facts import NOT_APPLICABLE, UNKNOWN, Fact, Truth
from probes.model import Reason

if TYPE_CHECKING:
    from agent.verdict.sight import Seen, Sight

# What may be the line's doing: no answer, or one that the resolver itself did not get in time.
_MAYBE_LOST = frozenset({Reason.TIMEOUT, Reason.UNREACHABLE, Reason.BUSY})
_ILL = "dns_ill"
# So many lost echoes in the last minutes may have cost a question and its repetition.
_RECENT_S = 180.0
_LOST_ECHOES = 2


def name_facts(sight: Sight, gw: Fact) -> dict[str, Fact]:
    """`dns` and `dns_city`; not applicable where the inventory names no resolver."""
    own, city = sight.of(RESOLVER), sight.of(CITY_RESOLVER)
    if own is None:
        return {"dns": NOT_APPLICABLE, "dns_city": NOT_APPLICABLE}
    if gw.truth is not Truth.TRUE and sight.vantage == "ward":
        return {"dns": Fact(Truth.UNKNOWN, source="dns"), "dns_city": UNKNOWN}
    dns = _answers(sight, own)
    if sight.vantage == "hub":
        return {"dns": dns, "dns_city": NOT_APPLICABLE}
    return {"dns": dns, "dns_city": dns if city is None else _beside(sight, city, own)}


def _beside(sight: Sight, city: Seen, own: Seen) -> Fact:
    """The city's resolver beside one that fails: what it said before that fault says nothing.

    Nor does its return, before the other was asked again: it may have failed for the city's fault.
    """
    found, since = _answers(sight, city), own.bad_since_mono
    if found.truth is not Truth.TRUE or since is None:
        return found
    began = own.last.mono - own.last.took_s if own.last is not None else since
    is_old = city.last_ok_mono is not None and city.last_ok_mono < since
    is_back = city.since_mono > since and began < city.since_mono
    return fact_of(city, Truth.UNKNOWN) if is_old or is_back else found


def _answers(sight: Sight, seen: Seen) -> Fact:
    last, truth = seen.last, seen.answers
    if last is None or truth is not Truth.FALSE:
        return fact_of(seen, truth)
    gateway = sight.of("gateway")
    came_back = gateway.since_mono if gateway is not None and sight.vantage == "ward" else 0.0
    is_old = last.mono - last.took_s < came_back
    is_doubtful = last.reason in _MAYBE_LOST or last.detail == _ILL
    if is_old or (is_doubtful and (_is_lossy(sight) or not _is_heard_since(sight, last.mono))):
        return fact_of(seen, Truth.UNKNOWN)
    return fact_of(seen, Truth.FALSE, reason=str(last.reason))


def _is_heard_since(sight: Sight, mono: float) -> bool:
    """Whether the far end has answered since; until then the line may be what just broke."""
    if sight.vantage == "hub":
        return True
    gateway = sight.of("gateway")
    echoed = gateway.last_ok_mono if gateway is not None else None
    return (echoed or 0.0) >= mono or bool(sight.line.answered_since(mono))


def _is_lossy(sight: Sight) -> bool:
    """Whether packets were lost lately on the way to the far end, or the line is poor anyway."""
    recent = [b for b in sight.far_end.bursts if sight.mono - b.mono <= _RECENT_S]
    is_poor = sight.path is Truth.FALSE or bool(sight.line.beyond)
    return is_poor or sum(b.lost for b in recent) >= _LOST_ECHOES
