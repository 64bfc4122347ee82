"""Whether a host of machines gives more memory than it has. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.language import decimal
from inventory.text import one_line
from probes.vm.hygiene.rule import Rule, failed, first_few, in_each, passed, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.vm.estate import HostState
    from probes.vm.finding import Facts, Moment, Verdict

_MOST = 1.5  # of what the host has
_SWAP = 0.01  # of its memory: pages that nobody asks for always end up there


def _overcommit(facts: Facts, _day: Moment) -> Verdict:
    """By the machines that run: one that is off takes no memory."""
    hosts = [host for host in facts.hosts or () if host.is_online is not False]
    given = {host.name: _given_ratio(host, facts) for host in hosts}
    over = [name for name in given if (given[name] or 0) > _MOST]
    if over:
        worst = sorted(over, key=lambda name: -(given[name] or 0))
        return failed("overcommit", hosts=in_each(lambda language: first_few(
            f"{one_line(name, 20)} {decimal(given[name] or 0, 1, language)}×" for name in worst
        )))  # fmt: skip
    short = list(_short(facts, hosts))
    if short:
        return failed("swapped", hosts=first_few(short))
    if not given or None in given.values():
        return unknown("no_overcommit_known")
    most = max(one or 0 for one in given.values())
    return passed("no_overcommit", ratio=in_each(lambda language: decimal(most, 1, language)))


def _given_ratio(host: HostState, facts: Facts) -> float | None:
    """What its machines that run were given, of what it has; None when one does not tell."""
    mine = [one for one in facts.guests if one.host == host.name and one.power != "off"]
    sizes = [one.memory_bytes for one in mine]
    known = sum(size for size in sizes if size is not None)
    if not host.memory_bytes:
        return None
    ratio = known / host.memory_bytes
    return ratio if None not in sizes or ratio > _MOST else None


def _short(facts: Facts, hosts: list[HostState]) -> Iterator[str]:
    for host in hosts:
        if (host.swap_used_bytes or 0) > _SWAP * (host.memory_bytes or 0) > 0:
            yield f"{one_line(host.name, 20)} (swap)"
    for guest in facts.guests:
        if guest.ballooned_bytes:
            yield f"{one_line(guest.name or guest.id, 20)} (balloon)"


HOST_RULES = (Rule("DC-13", "note", _overcommit, "PB-SEC-06"),)
