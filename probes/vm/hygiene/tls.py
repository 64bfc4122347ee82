"""Whether the machine's certificates last, and no TLS older than 1.2 is taken. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from probes.vm.hygiene.rule import (
    Rule,
    failed,
    failed_or_crit,
    first_few,
    passed,
    told_day,
    unknown,
)

if TYPE_CHECKING:
    from probes.vm.finding import Facts, Moment, Verdict
    from probes.vm.outside import PortSeal

_SOON_DAYS, _NOW_DAYS = 30, 7


def _tls(facts: Facts, day: Moment) -> Verdict:
    """The certificate that ends first speaks; old TLS (RFC 8996) is told with it or by itself."""
    if not facts.seals:
        return unknown("tls_not_looked" if facts.seals is None else "no_tls_known")
    old = [one for one in facts.seals if one.takes_old]
    told_old = failed("old_tls", ports=first_few(str(one.port) for one in old))
    first = min(
        (one for one in facts.seals if one.until is not None),
        key=lambda one: _days_left(one, day), default=None,
    )  # fmt: skip
    left = None if first is None else _days_left(first, day)
    if first is not None and first.until is not None and left is not None and left < _SOON_DAYS:
        until = told_day(first.until.astimezone(day.now.tzinfo).date())
        said = "certificate_over" if left < 0 else "certificate"
        values: dict[str, object] = {"port": first.port, "until": until}
        told = failed_or_crit(left < _NOW_DAYS, said, **values)
        return (
            replace(told, also=(f"vm_rule.said.{told_old.said}", told_old.values)) if old else told
        )
    if old:
        return told_old
    if left is None:
        return unknown("certificate_unread")
    if any(one.takes_old is None for one in facts.seals):
        versions = dict.fromkeys(one.version or "TLS" for one in facts.seals)
        return unknown("old_tls_unknown", days=int(left), versions=first_few(versions))
    return passed("tls_good", days=int(left))


def _host_tls(facts: Facts, day: Moment) -> Verdict:
    """A host has no ports for people to write down: its TLS is that of its API."""
    told = _tls(facts, day)
    return unknown("no_host_tls") if told.said == "no_tls_known" else told


def _days_left(seal: PortSeal, day: Moment) -> float:
    return (seal.until - day.now).total_seconds() / 86_400 if seal.until is not None else 0.0


RULES = (Rule("DC-11", "warn", _tls, "PB-SEC-05"),)
HOST_RULES = (Rule("DC-11", "warn", _host_tls, "PB-SEC-05"),)
