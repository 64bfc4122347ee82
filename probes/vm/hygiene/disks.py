"""How full disks and stores are. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.text import one_line
from probes.vm.hygiene.rule import Rule, failed_or_crit, first_few, passed, percent, unknown

if TYPE_CHECKING:
    from probes.vm.finding import Facts, Moment, Verdict


def _disks(facts: Facts, _day: Moment) -> Verdict:
    if not facts.vm.filesystems:
        return unknown("no_disks_known")
    shares = {
        f"{disk.mount}{mark}": 1 - left
        for disk in facts.vm.filesystems
        for mark, left in (("", disk.avail_ratio), (" (inode)", disk.avail_inodes_ratio))
        if left is not None
    }
    full = sorted((one for one in shares if shares[one] > 0.85), key=lambda one: -shares[one])
    if not full:
        fullest = max(shares, key=lambda one: shares[one])
        return passed("disks", disks=f"{one_line(fullest, 30)} {percent(shares[fullest])}")
    told = first_few(f"{one_line(one, 24)} {percent(shares[one])}" for one in full)
    return failed_or_crit(shares[full[0]] > 0.95, "disks", disks=told)


def _stores(facts: Facts, _day: Moment) -> Verdict:
    if not facts.stores:
        return unknown("no_stores_known")
    by_room = sorted(facts.stores, key=lambda store: store.free_ratio)
    low = [store for store in by_room if store.free_ratio < 0.15]
    told = first_few(f"{store.name} {percent(store.free_ratio)}" for store in low or by_room[:1])
    if not low:
        return passed("stores", stores=told)
    return failed_or_crit(low[0].free_ratio < 0.05, "stores", stores=told)


RULES = (Rule("DC-12", "warn", _disks),)
STORE_RULES = (Rule("DC-18", "warn", _stores),)
