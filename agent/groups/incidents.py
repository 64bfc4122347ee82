"""The incident of wards that fell together: begun, widened, over. Pure.

It stands beside the wards' own incidents, which are its children: those keep their clocks, their
evidence and their end. It belongs to no single ward, so its `ward` is empty and `sites` names them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.duty import ICT
from agent.groups.rules import HIT_WARDS
from agent.incidents.record import Incident, Root, changed, event_of
from inventory.language import LANGUAGES, say
from inventory.units import units
from inventory.values import Words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from agent.groups.rules import Group, Hit
    from agent.incidents.record import Step
    from inventory.language import Language

LEFT, JOINED, WIDENED = "incident.left", "incident.joined", "incident.widened"
_NAMED = 10  # wards that a summary names one by one


def is_enough(children: Collection[Incident], group: Group) -> bool:
    """Whether so many wards have an incident of their own that the group has one as well."""
    return len({one.ward for one in children}) >= min(HIT_WARDS, len(group.members))


def begun(
    hit: Hit, children: Collection[Incident], unseen: int, *, uid: str, now: datetime,
    follows: str | None = None,
) -> Step:  # fmt: skip
    """A group incident; `children` (one at least) are the open incidents of its wards.

    `unseen` counts the members that nothing fresh is known of, `follows` is the group incident of
    the same wards that ended lately.
    """
    first = min(children, key=lambda one: one.t_started)
    everybody = hit.group.kind == "all"
    root = Root(
        segment="dc" if everybody and first.root.segment == "dc" else "metronet",
        part="gateway" if everybody and first.root.segment == "dc" else "area",
        row=first.root.row,
        confidence=max(one.root.confidence for one in children),
        fact="nb_all" if everybody else "nb_pe",
    )
    incident = Incident(
        uid=uid,
        id=hit.id,
        ward="",
        severity="S1",
        severity_rule="S1",
        root=root,
        t_started=first.t_started,
        t0_detected=now,
        sites=tuple(sorted(hit.wards)),
        shared=hit.group.key,
        follows=follows,
        headline=headline(hit, unseen),
    )
    incident = changed(incident, **_touched(children))
    data = {"root": root.model_dump(), "severity": "S1", "sites": list(incident.sites)}
    return incident, event_of("incident.opened", incident, now, **data)


def widened(
    incident: Incident, hit: Hit, children: Collection[Incident], unseen: int, now: datetime
) -> Step | None:
    """The group incident with the wards that fell since; None when there are none."""
    new = sorted(hit.wards - set(incident.sites))
    if not new:
        return None
    after = changed(
        incident,
        sites=(*incident.sites, *new),
        headline=headline(hit, unseen),
        **_touched(children),
    )
    return after, event_of(WIDENED, after, now, sites=new)


def joined(incident: Incident, group: str, now: datetime) -> Step | None:
    """A ward's incident as child of a group incident; None when it is that already."""
    if incident.group == group or not incident.is_open:
        return None
    after = changed(incident, group=group)
    return after, event_of(JOINED, after, now, group=group)


def left_alone(incident: Incident, now: datetime) -> Step | None:
    """A child that goes on after its group incident has ended; None when it is over as well.

    It stays a child in its record; from now on it speaks for itself.
    """
    if not incident.is_open:
        return None
    return incident, event_of(LEFT, incident, now, group=incident.group)


def headline(hit: Hit, unseen: int) -> Words:
    """How many of how many, what they share, and of how many nothing is known."""
    values = {"n": len(hit.wards), "m": len(hit.group.members), "unknown": unseen}
    key = "incident.common.lost_unknown" if unseen else "incident.common.lost"
    return Words(
        **{one: say(key, one, shared=_shared(hit.group, one), **values) for one in LANGUAGES}
    )


def summary(incident: Incident, lost: Iterable[str], now: datetime) -> Words:
    """What came back of the group: how many, and which wards (by code) are still cut off."""
    still = sorted(set(lost) & set(incident.sites))
    count = len(incident.sites)
    values = {
        "time": f"{now.astimezone(ICT):%H:%M}",
        "back": count - len(still),
        "m": count,
        "names": ", ".join(units()[code].name for code in still[:_NAMED]),
        "more": max(0, len(still) - _NAMED),
    }
    key = "all" if not still else "some" if len(still) <= _NAMED else "many"
    return Words(**{one: say(f"incident.common.back_{key}", one, **values) for one in LANGUAGES})


def unit_of(code: str) -> Words:
    """The name of a ward by its code; for what belongs to several, what they are called."""
    if not code:
        return Words(**{one: say("incident.common.units", one) for one in LANGUAGES})
    name = units()[code].name
    return Words(vi=name, en=name)


def _shared(group: Group, language: Language) -> str:
    """What a group shares, without its address."""
    return say(f"incident.common.shared.{group.kind}", language, name=group.name)


def _touched(children: Collection[Incident]) -> dict[str, object]:
    services = tuple(sorted({name for one in children for name in one.services}))
    known = {one.public_service_impact for one in children}
    return {"services": services, "public_service_impact": True if True in known else None}
