"""How full disks and stores are. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from inventory.text import one_line
from probes.vm.hygiene.growth import SOON, disk_outlooks, foretold
from probes.vm.hygiene.rule import (
    Rule,
    failed_or_crit,
    first_few,
    passed,
    percent,
    sentence,
    unknown,
)

if TYPE_CHECKING:
    from probes.vm.finding import Facts, Moment, Verdict


def _disks(facts: Facts, day: Moment) -> Verdict:
    """How full they are now, and whether one will be full soon."""
    if not facts.vm.filesystems:
        return unknown("no_disks_known")
    shares = {
        f"{disk.mount}{mark}": 1 - left
        for disk in facts.vm.filesystems
        for mark, left in (("", disk.avail_ratio), (" (inode)", disk.avail_inodes_ratio))
        if left is not None
    }
    full = sorted((one for one in shares if shares[one] > 0.85), key=lambda one: -shares[one])
    told = foretold(disk_outlooks(facts, "week"), day, SOON)
    if full:
        disks = first_few(f"{one_line(one, 24)} {percent(shares[one])}" for one in full)
        found = failed_or_crit(shares[full[0]] > 0.95, "disks", disks=disks)
        is_soon = told is not None and told.result == "fail"
        return replace(found, also=sentence(told)) if told is not None and is_soon else found
    fullest = max(shares, key=lambda one: shares[one])
    used = passed("disks", disks=f"{one_line(fullest, 30)} {percent(shares[fullest])}")
    if facts.trends is None:
        return replace(unknown("no_history"), also=sentence(used))
    if told is None or told.result == "fail":
        return told or used
    return replace(told, also=sentence(used))


def _stores(facts: Facts, _day: Moment) -> Verdict:
    if not facts.stores:
        return unknown("no_stores_known")
    by_room = sorted(facts.stores, key=lambda store: store.free_ratio)
    low = [store for store in by_room if store.free_ratio < 0.15]
    told = first_few(f"{store.name} {percent(store.free_ratio)}" for store in low or by_room[:1])
    if not low:
        return passed("stores", stores=told)
    return failed_or_crit(low[0].free_ratio < 0.05, "stores", stores=told)


RULES = (Rule("DC-12", "warn", _disks, "PB-SEC-06"),)
STORE_RULES = (Rule("DC-18", "warn", _stores, "PB-SEC-06"),)
