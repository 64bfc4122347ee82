"""What the hypervisor says of a machine on it: power, snapshots, guest tools. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from inventory.text import one_line
from probes.vm.finding import NOTHING_SAID
from probes.vm.hygiene.rule import (
    Rule,
    failed,
    failed_or_crit,
    passed,
    sentence,
    to_come,
    unknown,
)

if TYPE_CHECKING:
    from probes.vm.finding import Facts, Moment, Verdict


def _off(facts: Facts, day: Moment) -> Verdict:
    power = facts.guest.power if facts.guest else None
    if power == "on" or (power is None and facts.vm != NOTHING_SAID):
        return passed("on")
    since = facts.care.off_since if facts.care else None
    if power is None:
        return _nobody_says(facts, "no_power")
    ahead = to_come(since, day)
    if since is None or ahead is not None:
        told = unknown("off_unknown")
        return told if ahead is None else replace(told, also=sentence(ahead))
    days = day.days_since(since)
    return failed("off", days=days) if days > 30 else passed("off", days=days)


def _snapshots(facts: Facts, day: Moment) -> Verdict:
    count = facts.guest.snapshots if facts.guest else None
    if facts.guest is None or count is None:
        return _nobody_says(facts, "no_snapshots_known")
    if count == 0:
        return passed("no_snapshot")
    oldest = facts.guest.oldest_snapshot_at
    if oldest is None:
        return failed("many_snapshots", count=count) if count > 2 else unknown("undated_snapshots")
    days = (day.now - oldest) / timedelta(days=1)
    told: dict[str, object] = {"count": count, "days": max(0, int(days))}
    if days > 14:
        return failed_or_crit(True, "snapshots", **told)
    return failed("snapshots", **told) if days > 3 or count > 2 else passed("snapshots", **told)


def _tools(facts: Facts, _day: Moment) -> Verdict:
    tools = facts.guest.tools if facts.guest else None
    if facts.guest is not None and facts.guest.power == "off" and tools != "absent":
        return unknown("tools_off")
    if tools is None:
        return _nobody_says(facts, "no_tools_known")
    return passed("tools_running") if tools == "running" else failed(f"tools_{tools}")


def _nobody_says(facts: Facts, said: str) -> Verdict:
    """Unknown; because the number in the inventory is wrong, where it is."""
    if facts.amiss is None:
        return unknown(said)
    hypervisor, number = facts.amiss
    return unknown("no_such_guest", hypervisor=hypervisor, id=one_line(number, 24))


RULES = (
    Rule("DC-01", "note", _off),
    Rule("DC-03", "warn", _snapshots, "PB-SEC-06"),
    Rule("DC-06", "note", _tools),
)
