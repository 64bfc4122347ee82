"""What one agent tells the other: its own measurements, as far as it stands behind them. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from agent.link.model import said
from agent.verdict.elsewhere import Told, told_of
from agent.verdict.facts import facts_of
from agent.verdict.services import told_by_ward
from agent.verdict.topology import CITY_RESOLVER, RESOLVER
from playbooks.verdict.facts import Truth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.link.model import Seen
    from agent.verdict.sight import Sight
    from playbooks.verdict.facts import Facts
    from probes.model import Target

_KNOWN = (Truth.TRUE, Truth.FALSE)
_LINE = ("path_ok", "mtu")
RESOLVER_QUESTION = "resolver"


def questions_of(targets: Mapping[str, Target]) -> dict[str, str]:
    """What each service is asked, as a digest; the city's resolver under `resolver`."""
    found = {name: _digest(one) for name, one in targets.items() if one.role == "service"}
    city = targets.get(CITY_RESOLVER) or targets.get(RESOLVER)
    return found if city is None else {**found, RESOLVER_QUESTION: _digest(city)}


def _digest(target: Target) -> str:
    asked = f"{target.kind} {target.url} {target.expect or ''}"
    return hashlib.sha256(asked.encode()).hexdigest()[:16]


def own_services(sight: Sight) -> dict[str, Told]:
    """The services as this agent itself asked them; those it does not know are left out."""
    found = {one.id: told_of(sight.of(one.id)) for one in sight.ward.services}
    return {name: told for name, told in found.items() if told is not None}


def from_ward(sight: Sight, facts: Facts) -> dict[str, Told]:
    """The services that the ward's agent can tell of: none while the line itself is in doubt."""
    known = {name for name, fact in facts.services.items() if fact.truth in _KNOWN}
    return {name: told for name, told in own_services(sight).items() if name in known}


def from_hub(sight: Sight) -> tuple[dict[str, Told], Told | None]:
    """The services and the city's resolver as the hub sees them; nothing while it may be blind."""
    facts = facts_of(sight)
    if facts.truth("hub_ok") is not Truth.TRUE:
        return {}, None
    return own_services(sight), resolver_told(sight, facts)


def resolver_told(sight: Sight, facts: Facts) -> Told | None:
    """The city's resolver as seen from here; None while that is in doubt."""
    has_own = sight.of(CITY_RESOLVER) is not None
    name, fact = (CITY_RESOLVER, "dns_city") if has_own else (RESOLVER, "dns")
    told = told_of(sight.of(name))
    return told if told is not None and facts.truth(fact) is told.truth else None


def line_seen(sight: Sight, facts: Facts) -> dict[str, Seen]:
    """How the ward's agent judges its own line, as it is at this moment."""
    return {
        name: said(_of_now(sight, fact.truth, fact.values), sight.mono)
        for name in _LINE
        if (fact := facts.fact(name)).truth in _KNOWN
    }


def _of_now(sight: Sight, truth: Truth, values: Mapping[str, object]) -> Told:
    numbers = {name: float(one) for name, one in values.items() if isinstance(one, int | float)}
    return replace(Told(truth, sight.mono, sight.mono), values=numbers)


def asked_again(sight: Sight, others: Mapping[str, Told]) -> tuple[str, ...]:
    """Services to be asked at once: the other vantage saw them change after the last look here."""
    own = own_services(sight)
    return tuple(
        name
        for name, there in others.items()
        if (here := own.get(name)) is not None
        and here.truth is not there.truth
        and here.mono < there.since
    )


def is_speaking(sight: Sight) -> bool:
    """Hub: whether the ward's own agent is heard now."""
    return any(told_by_ward(sight, one.id) is not None for one in sight.ward.services)
