"""What of the facts speaks of power: the UPS, its last words, and everything dark at once. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.verdict.sight import fact_of, reading_of
from inventory.model import Role
from playbooks.verdict.facts import NOT_APPLICABLE, UNKNOWN, Fact, Truth

if TYPE_CHECKING:
    from agent.verdict.sight import Seen, Sight
    from probes.model import UpsStatus

# A ward is dark when at least 3 and 80 % of its powered devices on duty fell silent
# within a minute; a hint of a power cut lives for half an hour.
DARK_DEVICES = 3
DARK_SHARE = 0.8
DARK_WITHIN_S = 60.0
HINT_LIFE_S = 1800.0
UPS_LOW_RUNTIME_S = 600.0
UPS_LOW_CHARGE = 0.30
UPS_GOOD_CHARGE = 0.80
_PLUGGED_IN = frozenset({Role.CORE, Role.ACCESS, Role.CE, Role.VC, Role.SERVER})


def power_facts(sight: Sight) -> dict[str, Fact]:
    """The facts about the ward's power that this agent can tell."""
    return {"local_dark": _local_dark(sight), **_ups(sight)}


def _ups(sight: Sight) -> dict[str, Fact]:
    names = ("ups_batt", "ups_low", "power_hint", "ups_low_before", "ups_ok_before")
    ups = next((d for d in sight.ward.devices if d.role is Role.UPS or "ups" in d.kind), None)
    seen = sight.of(ups.name if ups else None)
    if seen is None:
        no_hint = Fact(Truth.FALSE, source="inventory", promised=False)
        return {**dict.fromkeys(names, NOT_APPLICABLE), "power_hint": no_hint}
    live = reading_of(seen, lambda reading: reading.ups)
    status = live.ups if live else None
    before = _ups_before(sight, seen)
    if status is None or status.on_battery is None:
        return {"ups_batt": UNKNOWN, "ups_low": UNKNOWN, **before}
    values: dict[str, object] = {"d": seen.target.name}
    if status.runtime_s is not None:
        values["n"] = round(status.runtime_s / 60)
    on_battery = Truth.TRUE if status.on_battery else Truth.FALSE
    low = Truth.TRUE if status.on_battery and ups_is_low(status) else Truth.FALSE
    return {
        "ups_batt": fact_of(seen, on_battery, **values),
        "ups_low": fact_of(seen, low, **values),
        **before,
    }


def ups_is_low(status: UpsStatus) -> bool:
    """Whether runtime or charge is low: under 10 minutes, or under 30 %."""
    runtime, charge = status.runtime_s, status.charge_ratio
    short = runtime is not None and runtime < UPS_LOW_RUNTIME_S
    return short or (charge is not None and charge < UPS_LOW_CHARGE)


def _ups_before(sight: Sight, seen: Seen) -> dict[str, Fact]:
    """What the UPS said last, while it is silent now: was a power cut in the making?"""

    def known(*, yes: bool) -> Fact:
        return Fact(Truth.TRUE if yes else Truth.FALSE, source="snmp-ups", promised=False)

    memory = sight.ups_memory
    if memory is None or memory.status.on_battery is None:
        silent = {"power_hint": UNKNOWN, "ups_low_before": UNKNOWN, "ups_ok_before": UNKNOWN}
        return {**silent, "power_hint": known(yes=False)} if seen.ever else silent
    silent_now = seen.answers is not Truth.TRUE
    silent_since = seen.since_mono if seen.answers is Truth.FALSE else sight.mono
    status, age_s = memory.status, silent_since - memory.mono
    hint = silent_now and bool(status.on_battery) and age_s <= HINT_LIFE_S
    hint = hint and not _mains_since(sight, seen, memory.mono)
    healthy = not status.on_battery and not status.replace_battery
    charged = status.charge_ratio is not None and status.charge_ratio >= UPS_GOOD_CHARGE
    return {
        "power_hint": known(yes=hint),
        "ups_low_before": known(yes=bool(status.on_battery) and ups_is_low(status)),
        "ups_ok_before": known(yes=healthy and charged) if _is_fed(sight, seen) else UNKNOWN,
    }


def _mains_since(sight: Sight, ups: Seen, mono: float) -> bool:
    """Whether something that needs mains answered after the UPS spoke of a cut.

    Access points and cameras do not count: they may get power from a switch that the UPS carries.
    """
    own = {device.name: device for device in sight.ward.devices}
    if not own[ups.target.name].feeds:
        return False  # nobody says what hangs on it
    fed = {name for device in own.values() for name in device.feeds}
    unfed = (device for name, device in own.items() if name not in fed)
    plugged = (sight.of(d.name) for d in unfed if d.room or d.role in _PLUGGED_IN)
    return any(one.last_ok_mono is not None and one.last_ok_mono > mono for one in plugged if one)


def _is_fed(sight: Sight, ups: Seen) -> bool:
    """Whether the inventory says that this UPS carries what the centre sees the ward by.

    A good UPS speaks against a power cut only for what hangs on it.
    """
    by_name = {device.name: device for device in sight.ward.devices}
    fed = set(by_name[ups.target.name].feeds)
    core = sight.ward.core
    seen_by = {device.name for device in sight.ward.devices if device.role is Role.CE}
    if core is not None:
        seen_by.add(core.name)
    return bool(seen_by) and seen_by <= fed


def _local_dark(sight: Sight) -> Fact:
    """Nearly everything powered in the ward fell silent at once."""
    ward_devices = [d for d in sight.ward.devices if d.site == "ward"]
    members = [seen for d in ward_devices if (seen := sight.of(d.name)) and seen.on_duty]
    powered = [seen for seen in members if seen.ever]
    if len(powered) < DARK_DEVICES:
        return UNKNOWN
    silent = sorted(seen.since_mono for seen in powered if seen.answers is Truth.FALSE)
    together = _largest_group(silent, DARK_WITHIN_S)
    if len(together) < max(DARK_DEVICES, DARK_SHARE * len(powered)):
        alive = sum(seen.answers is Truth.TRUE for seen in powered)
        truth = Truth.FALSE if alive or silent else Truth.UNKNOWN
        return Fact(truth, source="icmp", values={"n": alive}, promised=False)
    took_s = max(1, round(together[-1] - together[0]))
    values = {"n": len(together), "m": len(powered), "s": took_s}
    return Fact(Truth.TRUE, source="icmp", values=values, promised=False)


def _largest_group(moments: list[float], within_s: float) -> list[float]:
    """The most of some sorted moments that lie within a span of seconds."""
    groups = ([m for m in moments if 0 <= m - first <= within_s] for first in moments)
    return max(groups, key=len, default=[])
