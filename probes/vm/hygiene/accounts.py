"""Whether a machine is asked with an account that anybody may guess, or many know. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from probes.vm.hygiene.rule import Rule, failed, first_few, passed, unknown

if TYPE_CHECKING:
    from probes.vm.finding import Facts, Moment, Verdict


def _accounts(facts: Facts, _day: Moment) -> Verdict:
    accounts = facts.accounts
    if accounts is None:
        return unknown("no_accounts_known")
    shared = failed("accounts_shared", wards=accounts.wards)
    if accounts.defaults:
        told = failed("accounts_default", accounts=first_few(accounts.defaults))
        also = (f"vm_rule.said.{shared.said}", shared.values)
        return replace(told, also=also) if accounts.wards > 1 else told
    if accounts.wards > 1:
        return shared
    return passed("accounts_own") if accounts.is_whole else unknown("accounts_unread")


RULES = (Rule("DC-17", "crit", _accounts),)
