"""The services as the ward sees them, and the same ones from the other vantage. Pure.

Seen from the hub, a ward whose own agent speaks is judged by that agent's word: it stands where the
users are, and the hub's own look is then the other vantage. So both agents judge the same pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.verdict.elsewhere import Told, beside, told_of
from agent.verdict.sight import fact_of
from agent.verdict.topology import RESOLVER
from playbooks.verdict.facts import UNKNOWN, Fact, Truth

if TYPE_CHECKING:
    from agent.verdict.sight import Seen, Sight
    from inventory.model import Service

LINK = "link"
_KNOWN = (Truth.TRUE, Truth.FALSE)


def service_facts(sight: Sight, *, measured: bool) -> dict[str, Fact]:
    """`svc[i]` by id; all unknown where the way to them is not `measured`."""
    return {one.id: _from_the_ward(sight, one, measured=measured) for one in sight.ward.services}


def services_elsewhere(sight: Sight, services: dict[str, Fact]) -> dict[str, Fact]:
    """`svc_hub[i]` by id, as far as the other vantage has told of it."""
    found = {one.id: _elsewhere(sight, one, services[one.id]) for one in sight.ward.services}
    return {key: fact for key, fact in found.items() if fact is not None}


def dns_elsewhere(sight: Sight, dns: Fact) -> Fact:
    """`dns_hub`: the city's resolver from the other vantage, at the time of what is known here."""
    there, here = sight.elsewhere.resolver, told_of(sight.of(RESOLVER))
    if there is None or here is None:
        return UNKNOWN
    if dns.truth not in _KNOWN:
        truth = there.truth if there.is_live(sight.mono) else Truth.UNKNOWN
    else:
        truth = beside(here, there, sight.mono)
    return Fact(truth, LINK, {"reason": there.reason}, promised=False)


def line_told(sight: Sight, name: str) -> Fact | None:
    """Hub: `path_ok` or `mtu` as the ward's agent judges its own line; None while it is silent."""
    told = sight.elsewhere.line.get(name)
    if sight.vantage != "hub" or told is None or not told.is_live(sight.mono):
        return None
    return Fact(told.truth, LINK, dict(told.values), promised=False)


def told_by_ward(sight: Sight, service_id: str) -> Told | None:
    """Hub: the ward agent's own word on a service, while it is live."""
    if sight.vantage != "hub":
        return None
    told = sight.elsewhere.services.get(service_id)
    return told if told is not None and told.is_live(sight.mono) else None


def _from_the_ward(sight: Sight, service: Service, *, measured: bool) -> Fact:
    name = {"vi": service.name.vi, "en": service.name.en}
    seen, told = sight.of(service.id), told_by_ward(sight, service.id)
    if not measured:
        return Fact(Truth.UNKNOWN, values={"s": name})
    if told is not None:
        return Fact(told.truth, LINK, {"s": name, "reason": told.reason})
    if seen is None or (seen.answers is Truth.FALSE and _is_from_the_break(sight, seen)):
        return Fact(Truth.UNKNOWN, values={"s": name})
    reason = str(seen.last.reason) if seen.last and not seen.last.ok else ""
    return fact_of(seen, seen.answers, s=name, reason=reason)


def _is_from_the_break(sight: Sight, seen: Seen) -> bool:
    """Whether a failure was measured before the far end came back: it was the line's then."""
    gateway = sight.of("gateway")
    if sight.vantage == "hub" or gateway is None or seen.last is None:
        return False
    return seen.last.mono - seen.last.took_s < gateway.since_mono


def _elsewhere(sight: Sight, service: Service, here: Fact) -> Fact | None:
    told, own = told_by_ward(sight, service.id), sight.of(service.id)
    at_hub = sight.vantage == "hub"
    if at_hub and told is None:
        return None
    failed = sight.elsewhere.failed_here.get(service.id)
    nearer = told if at_hub else told_of(own)
    there = told_of(own, failed) if at_hub else sight.elsewhere.services.get(service.id)
    if there is None:
        return None
    if here.truth not in _KNOWN or nearer is None:
        truth = there.truth if there.is_live(sight.mono) else Truth.UNKNOWN
    else:
        truth = beside(nearer, there, sight.mono)
    values = {"s": here.values.get("s"), "reason": there.reason}
    return Fact(truth, LINK, values, promised=False)
