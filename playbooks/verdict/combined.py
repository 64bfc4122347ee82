"""The facts that are made of others: services and rooms taken together, a dead switch, all is good.

They are read like plain facts by the rows' conditions, so the table stays one line a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbooks.verdict.facts import FACT_NAMES, Fact, Facts, Truth
from playbooks.verdict.reading import (
    CORE,
    HUB_ONLY,
    NEVER_PROMISED,
    OBJECTS,
    SIGNS,
    WARD_ONLY,
    Reading,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from playbooks.verdict.reading import Vantage

_KNOWN = (Truth.TRUE, Truth.FALSE)


def readings(facts: Facts, vantage: Vantage) -> dict[str, Reading]:
    """Every name that a condition may use, read once for one verdict."""
    view = {name: plain(name, facts, vantage) for name in FACT_NAMES}
    view["backup"] = _backup(facts)
    view["ce_rtt"] = _ce_round_trip(facts, view)
    view["switch_dead"] = _switch_dead(view, vantage)
    view["shared_svc"] = _shared_services(facts)
    view["one_svc"] = _one_service(facts)
    view["access_svc"] = _access_services(facts)
    view["here_only"] = _here_only(facts, view)
    view["svc_good"] = _services_good(facts)
    view["room"] = _rooms(facts)
    bad = bad_objects(facts, view)
    signs = [name for name in SIGNS if view[name].is_bad]
    is_fine = not bad and not signs and view["backup"].truth is not Truth.TRUE
    view["all_good"] = Reading(_truth(is_fine))
    view["covered"] = _covered(facts, bad)
    view["unmeasured"] = Reading(_truth(bool(unmeasured(facts, vantage))))
    return view


def bad_objects(facts: Facts, view: Mapping[str, Reading]) -> tuple[str, ...]:
    """The ward's own objects that are known to be faulty, services and rooms included.

    A CE or carrier edge that ignores ping forwards all the same while the gateway answers over the
    primary line: then it is no faulty object.
    """
    excused = ("ce", "pe") if _forwards(view) else ()
    named = (name for name in OBJECTS if view[name].is_bad and name not in excused)
    rooms = (f"vc[{key}]" for key in _those(facts.rooms, Truth.FALSE))
    return (*named, *(f"svc[{key}]" for key in _those(facts.services, Truth.FALSE)), *rooms)


def unknown_core(view: Mapping[str, Reading]) -> tuple[str, ...]:
    """Core facts without a value: without them nothing may be called fine."""
    named = (name for name in CORE if view[name].truth is Truth.UNKNOWN)
    return (*named, *view["svc_good"].unknown)


def unmeasured(facts: Facts, vantage: Vantage) -> tuple[str, ...]:
    """Facts that the inventory promises and nobody measured, core facts apart."""
    left_out = {*NEVER_PROMISED, *CORE, *(HUB_ONLY if vantage == "ward" else WARD_ONLY)}
    named = (name for name in FACT_NAMES if name not in left_out and _is_missed(facts.fact(name)))
    rooms = (f"vc[{key}]" for key, fact in facts.rooms.items() if _is_missed(fact))
    return (*named, *rooms)


def _is_missed(fact: Fact) -> bool:
    return fact.truth is Truth.UNKNOWN and fact.promised


def _truth(holds: bool) -> Truth:
    return Truth.TRUE if holds else Truth.FALSE


def _those(group: Mapping[str, Fact], truth: Truth) -> tuple[str, ...]:
    return tuple(key for key, fact in group.items() if fact.truth is truth)


def _failing(facts: Facts, elsewhere: Truth) -> tuple[str, ...]:
    """Ids of services that fail from here and have that truth from the other vantage."""
    return tuple(
        key
        for key in _those(facts.services, Truth.FALSE)
        if facts.truth(f"svc_hub[{key}]") is elsewhere
    )


def _svc(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"svc[{key}]" for key in keys)


def _svc_hub(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"svc_hub[{key}]" for key in keys)


def _backup(facts: Facts) -> Reading:
    gateway = facts.fact("gw")
    if gateway.truth is not Truth.TRUE:
        return Reading(Truth.FALSE)
    return Reading(_truth(gateway.values.get("via") == "backup"), support=("gw",), focus=("gw",))


def _forwards(view: Mapping[str, Reading]) -> bool:
    """The primary line passes traffic now."""
    return view["gw"].truth is Truth.TRUE and view["backup"].truth is not Truth.TRUE


def _ce_round_trip(facts: Facts, view: Mapping[str, Reading]) -> Reading:
    """The stretch up to the terminal device is good, as far as the device answers at all.

    Without a terminal device the switch says so for the stretch up to itself.
    """
    if view["ce"].truth is Truth.NA and facts.fact("sw").values.get("good", True) is not True:
        return _poor_stretch("sw", facts)
    if view["ce"].truth is Truth.FALSE and _forwards(view):
        return Reading(Truth.NA)
    if view["ce"].truth is Truth.TRUE and facts.fact("ce").values.get("good", True) is not True:
        return _poor_stretch("ce", facts)
    return view["ce"]


def _poor_stretch(name: str, facts: Facts) -> Reading:
    """The stretch up to that device when it is poor, or when nobody can tell."""
    if facts.fact(name).values.get("good") is False:
        return Reading(Truth.FALSE, is_bad=True, support=(name,), focus=(name,))
    return Reading(Truth.UNKNOWN, unknown=(name,), focus=(name,))


def _switch_dead(view: Mapping[str, Reading], vantage: Vantage) -> Reading:
    """From the ward: the switch and all behind it are silent, so nothing beyond may be blamed."""
    parts = ("sw", "sw_traffic")
    is_dead = vantage == "ward" and all(view[name].truth is Truth.FALSE for name in parts)
    return Reading(_truth(is_dead), is_bad=is_dead, support=parts if is_dead else ())


def _shared_services(facts: Facts) -> Reading:
    """Two or more services fail here, and the same ones fail elsewhere."""
    both = _failing(facts, Truth.FALSE)
    if len(both) >= 2:
        support = (*_svc(both), *_svc_hub(both))
        return Reading(Truth.TRUE, is_bad=True, support=support, focus=_svc(both))
    here = _failing(facts, Truth.UNKNOWN)
    unseen = [
        key
        for key in _those(facts.services, Truth.UNKNOWN)
        if facts.truth(f"svc_hub[{key}]") in (Truth.FALSE, Truth.UNKNOWN)
    ]
    if len(both) + len(here) + len(unseen) < 2:
        return Reading(Truth.FALSE)
    elsewhere = [key for key in unseen if facts.truth(f"svc_hub[{key}]") is Truth.UNKNOWN]
    return Reading(
        Truth.UNKNOWN,
        is_bad=bool(both or here),
        unknown=(*_svc(unseen), *_svc_hub((*here, *elsewhere))),
        focus=_svc((*both, *here)),
    )


def _one_service(facts: Facts) -> Reading:
    """Exactly one service is known to fail here, and it fails elsewhere too."""
    failing = _those(facts.services, Truth.FALSE)
    if len(failing) != 1:
        return Reading(Truth.FALSE)
    match facts.truth(f"svc_hub[{failing[0]}]"):
        case Truth.FALSE:
            support = (*_svc(failing), *_svc_hub(failing))
            return Reading(Truth.TRUE, is_bad=True, support=support, focus=_svc(failing))
        case Truth.UNKNOWN:
            return Reading(
                Truth.UNKNOWN, is_bad=True, unknown=_svc_hub(failing), focus=_svc(failing)
            )
        case _:
            return Reading(Truth.FALSE)


def _access_services(facts: Facts) -> Reading:
    """A service fails here and is fine elsewhere."""
    here_alone = _failing(facts, Truth.TRUE)
    if here_alone:
        support = (*_svc(here_alone), *_svc_hub(here_alone))
        return Reading(Truth.TRUE, is_bad=True, support=support, focus=_svc(here_alone))
    unsure = _failing(facts, Truth.UNKNOWN)
    if unsure:
        return Reading(Truth.UNKNOWN, is_bad=True, unknown=_svc_hub(unsure), focus=_svc(unsure))
    return Reading(Truth.FALSE)


def _here_only(facts: Facts, view: Mapping[str, Reading]) -> Reading:
    """A service or the resolver fails here and nobody knows about elsewhere."""
    failing = _those(facts.services, Truth.FALSE)
    focus = _svc(key for key in failing if facts.truth(f"svc_hub[{key}]") not in _KNOWN)
    if view["dns"].truth is Truth.FALSE and view["dns_hub"].truth not in _KNOWN:
        focus = (*focus, "dns")
    if not focus:
        return Reading(Truth.FALSE)
    return Reading(Truth.TRUE, is_bad=True, support=focus, focus=focus)


def _services_good(facts: Facts) -> Reading:
    """Every configured service is good from here; none configured is good too."""
    failing, unknown = (_those(facts.services, truth) for truth in (Truth.FALSE, Truth.UNKNOWN))
    if failing:
        return Reading(Truth.FALSE, is_bad=True, support=_svc(failing), unknown=_svc(unknown))
    if unknown:
        return Reading(Truth.UNKNOWN, unknown=_svc(unknown))
    return Reading(Truth.TRUE, support=_svc(_those(facts.services, Truth.TRUE)))


def _rooms(facts: Facts) -> Reading:
    """The equipment of every room is fine; false when one is not."""
    bad, unknown = (_those(facts.rooms, truth) for truth in (Truth.FALSE, Truth.UNKNOWN))
    if bad:
        names = tuple(f"vc[{key}]" for key in bad)
        return Reading(Truth.FALSE, is_bad=True, support=names, focus=names)
    if unknown:
        return Reading(Truth.UNKNOWN, unknown=tuple(f"vc[{key}]" for key in unknown))
    return Reading(Truth.TRUE)


def _covered(facts: Facts, bad: tuple[str, ...]) -> Reading:
    """Something is bad, and announced maintenance covers all of it."""
    if not bad:
        return Reading(Truth.FALSE)
    if facts.truth("maint") is Truth.TRUE:
        return Reading(Truth.TRUE, support=("maint",), focus=bad)
    if _is_missed(facts.fact("maint")):
        return Reading(Truth.UNKNOWN, unknown=("maint",))
    windows = tuple(f"maint[{name}]" for name in bad)
    if all(facts.truth(name) is Truth.TRUE for name in windows):
        return Reading(Truth.TRUE, support=windows, focus=bad)
    return Reading(Truth.FALSE)
