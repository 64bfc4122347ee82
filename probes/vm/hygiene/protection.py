"""Whether a machine is guarded against malware, by the city's own list of services. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.vm.hygiene.rule import Rule, failed, first_few, passed, unknown

if TYPE_CHECKING:
    from probes.vm.finding import Facts, Moment, Verdict


def _protection(facts: Facts, _day: Moment) -> Verdict:
    """One of the list is enough; names are compared whole, without case and `.service`."""
    if not facts.endpoint_protection:
        return unknown("no_protection_list")
    if facts.vm.services is None:
        return unknown("no_services_known")
    wanted = {name.lower().removesuffix(".service"): name for name in facts.endpoint_protection}
    running = [wanted[name] for name in facts.vm.services if name in wanted]
    if running:
        return passed("protected", services=first_few(running))
    return failed("unprotected", services=first_few(facts.endpoint_protection))


RULES = (Rule("DC-16", "note", _protection),)
