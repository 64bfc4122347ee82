"""What only a history tells: idle machines, disks and quotas that will be full. Pure.

Too short a history is unknown, and says how many days there are of how many.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from inventory.text import one_line
from probes.vm.finding import Verdict
from probes.vm.hygiene.rule import Rule, failed, first_few, passed, percent, told_day, unknown
from probes.vm.trend import Forecast, NoForecast

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probes.vm.finding import Facts, Moment
    from probes.vm.trend import Count, Outlook

SOON = timedelta(days=14)
LATER = timedelta(days=90)
_IDLE_DAYS = 30
_IDLE_COVERED = 0.9  # of those days, so that an hour without the agent does not begin them anew
_BUSY_SHARE = 0.05  # below it the 95th percentile is idle
_QUOTA_SHARE = 0.9
_MORE_MACHINES = 1.2
_NEEDED = {"week": 3, "month": 14}


def foretold(
    rooms: Sequence[tuple[str, Outlook]], day: Moment, within: timedelta
) -> Verdict | None:
    """What the outlooks come to, by name: the first to be full, else what is not known of one.

    None where all is known and nothing fills within that time.
    """
    told = [(name, one) for name, one in rooms if isinstance(one, Forecast)]
    soon = [(name, one) for name, one in told if one.full_at - day.now <= within]
    if soon:
        return _fills(*min(soon, key=lambda pair: pair[1].full_at), day)
    missing = [one for _name, one in rooms if isinstance(one, NoForecast)]
    if any(one.why == "stale" for one in missing):
        return unknown("old_history")
    short = [one for one in missing if one.why == "too_little"]
    if not short:
        return None
    least = min(short, key=lambda one: one.days)
    return unknown("short_history", days=f"{int(least.days)}", needed=f"{least.needed}")


def _fills(name: str, one: Forecast, day: Moment) -> Verdict:
    """The interval in the days that people know, and by what it was told."""
    zone = day.now.tzinfo
    first, last = one.not_before.astimezone(zone).date(), one.not_after
    disk, days = one_line(name, 24), f"{round(one.days)}"
    by = ("vm_rule.foretold", (("days", days),))
    if last is None:
        at = one.full_at.astimezone(zone).date()
        told: dict[str, object] = {"disk": disk, "first": told_day(first), "at": told_day(at)}
        return Verdict("fail", "may_fill", tuple(told.items()), also=by)
    told = {"disk": disk, "first": told_day(first), "last": told_day(last.astimezone(zone).date())}
    return Verdict("fail", "fills", tuple(told.items()), also=by)


def disk_outlooks(facts: Facts, look: Literal["week", "month"]) -> list[tuple[str, Outlook]]:
    """What becomes of each disk that is there, told from so many days."""
    rooms = {room.name: room for room in facts.trends.rooms} if facts.trends is not None else {}
    nothing = NoForecast("too_little", 0.0, _NEEDED[look])
    return [
        (disk.mount, getattr(rooms[disk.mount], look) if disk.mount in rooms else nothing)
        for disk in facts.vm.filesystems
    ]


def _idle(facts: Facts, _day: Moment) -> Verdict:
    load = facts.trends.load if facts.trends is not None else None
    if load is None:
        return unknown("no_history")
    if load.days < _IDLE_DAYS * _IDLE_COVERED:
        return unknown("short_history", days=f"{int(load.days)}", needed=f"{_IDLE_DAYS}")
    is_idle = load.busy_ratio < _BUSY_SHARE
    share = percent(load.busy_ratio)
    return failed("idle") if is_idle else passed("not_idle", share=share)


def _growth(facts: Facts, day: Moment) -> Verdict:
    if not facts.vm.filesystems:
        return unknown("no_disks_known")
    if facts.trends is None:
        return unknown("no_history")
    told = foretold(disk_outlooks(facts, "month"), day, LATER)
    return told or passed("not_filling", days=LATER.days)


def _quota(facts: Facts, day: Moment) -> Verdict:
    """A ward's quota: how much is taken, when it will be, and how fast machines come."""
    trends = facts.trends
    if trends is None or not (trends.rooms or trends.count):
        return unknown("no_history")
    full = [
        (room.used_ratio, room.name)
        for room in trends.rooms
        if room.used_ratio is not None and room.used_ratio > _QUOTA_SHARE
    ]
    if full:
        share, name = max(full)
        return failed(f"quota_{name}", share=percent(share))
    told = foretold([(room.name, room.month) for room in trends.rooms], day, LATER)
    worst = _worst(told, _machines(trends.count))
    if facts.unsized and (worst is None or worst.result != "fail"):
        return unknown("unsized", machines=first_few(facts.unsized))
    return worst or passed("quota_roomy", days=LATER.days)


def _machines(count: Count | None) -> Verdict | None:
    """None where their number is known and has not grown much."""
    if count is None:
        return unknown("no_history")
    if count.now > count.before * _MORE_MACHINES:
        return failed("more_machines", before=count.before, now=count.now, days=round(count.days))
    if count.days < LATER.days - 1:
        return unknown("short_history", days=f"{int(count.days)}", needed=f"{LATER.days}")
    return None


def _worst(*told: Verdict | None) -> Verdict | None:
    known: Iterable[Verdict] = [one for one in told if one is not None]
    return min(known, key=lambda one: one.result != "fail", default=None)


RULES = (Rule("DC-02", "note", _idle), Rule("DC-19", "note", _growth, "PB-SEC-06"))
WARD_RULES = (Rule("DC-19", "note", _quota, "PB-SEC-06"),)
