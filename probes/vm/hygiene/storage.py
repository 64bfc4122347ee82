"""Storage for files: its disks and arrays, and what it opens to people without an account. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.language import say
from inventory.text import one_line
from probes.vm.hygiene.rule import Rule, failed, first_few, in_each, passed, unknown

if TYPE_CHECKING:
    from inventory.language import Language
    from probes.shares.model import OpenShare
    from probes.vm.finding import Facts, Moment, Verdict

_SHARE_SIGNS = 50  # a name, and whether it may be written


def _shares(facts: Facts, _day: Moment) -> Verdict:
    """By the share's own permissions: what the files below allow is not looked at."""
    if facts.shares is None:
        return unknown("no_shares_known")
    if not facts.shares:
        return passed("shares_shut")
    shares = facts.shares
    told = in_each(lambda tongue: first_few((_named(one, tongue) for one in shares), _SHARE_SIGNS))
    return failed("shares_open", shares=told)


def _named(one: OpenShare, language: Language) -> str:
    name = one_line(one.name, 30)
    return say("probe.share_writable", language, name=name) if one.is_writable else name


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
