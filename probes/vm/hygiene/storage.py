"""Storage for files: its disks and arrays, and what it opens to people without an account. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.vm.hygiene.rule import Rule, failed, first_few, passed, unknown

if TYPE_CHECKING:
    from probes.vm.finding import Facts, Moment, Verdict


def _shares(facts: Facts, _day: Moment) -> Verdict:
    """By the share's own permissions: what the files below allow is not looked at."""
    if facts.shares is None:
        return unknown("no_shares_known")
    if not facts.shares:
        return passed("shares_shut")
    named = (f"{one.name} (rw)" if one.is_writable else one.name for one in facts.shares)
    return failed("shares_open", shares=first_few(named))


def _parts(facts: Facts, _day: Moment) -> Verdict:
    """By the device's own word on each of them."""
    if not facts.parts:
        return unknown("no_parts_known")
    bad = [name for name, is_good in facts.parts if not is_good]
    if bad:
        return failed("parts_bad", parts=first_few(bad))
    return passed("parts_good", count=len(facts.parts))


SHARE_RULES = (Rule("DC-21", "warn", _shares, "PB-SEC-08"),)
STORAGE_RULES = (Rule("DC-22", "crit", _parts, "PB-SEC-06"),)
