"""What the agent has measured of a ward's machines and certificates, for playbooks. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbooks.certificate_facts import certificate_facts, services_with_certificate
from playbooks.conditions import RunFact
from playbooks.machine_facts import (
    SOURCES,
    MachineSight,
    guest_of,
    hypervisors_in,
    machine_facts,
    machines_in,
)
from playbooks.pins import Pins
from playbooks.share_facts import PROBE as SHARES
from playbooks.share_facts import share_facts, sharers_in
from playbooks.sight import TLS_CHECKS, line_to
from playbooks.verdict.facts import Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from agent.watching import WardWatch
    from inventory.model import Device
    from playbooks.verdict.facts import Facts
    from probes.model import Observation
    from probes.vm.trend import Trends

_ECHO = "icmp"


def machine_probes(watch: WardWatch, pins: Pins) -> Iterator[tuple[str, str]]:
    """Target and probe of all that tells of the run's machine; of every one until it is chosen."""
    every = [one.name for one in machines_in(watch.ward)]
    mine = [pins.machine] if pins.machine in every else every
    yield from ((name, probe) for name in mine for probe in (_ECHO, *SOURCES))
    for host in hypervisors_in(watch.ward):
        known = watch.observations(host.name) if host.name in watch.targets else ()
        yield from ((host.name, one.probe) for one in known if one.reading.estate is not None)


def share_probes(watch: WardWatch) -> Iterator[tuple[str, str]]:
    """Target and probe of all that asks for open shares."""
    yield from ((one.name, SHARES) for one in sharers_in(watch.ward))


def certificate_probes(watch: WardWatch) -> Iterator[tuple[str, str]]:
    """Target and probe of all that sees a service's certificate."""
    for service in services_with_certificate(watch.ward):
        yield from ((service.id, probe) for probe in TLS_CHECKS)


def known_facts(
    watch: WardWatch,
    facts: Facts | None,
    trends: Mapping[str, Trends],
    at: datetime,
    mono: float,
) -> dict[str, RunFact]:
    """What is known now of the machine and the certificate in most trouble, without asking.

    Nothing of machines at which announced work goes on.
    """
    gw = facts.fact("gw").truth if facts else Truth.UNKNOWN
    line = RunFact({Truth.TRUE: True, Truth.FALSE: False}.get(gw))
    is_worked_at = watch.maintained.has
    groups = kept_facts(watch, Pins(), line, trends, at, mono, leaves_out=is_worked_at)
    return {f"{group}.{name}": one for group in groups for name, one in groups[group].items()}


def kept_facts(
    watch: WardWatch,
    pins: Pins,
    far_end: RunFact,
    trends: Mapping[str, Trends],
    at: datetime,
    mono: float,
    is_silent: Callable[[Observation], bool] = lambda _seen: False,
    leaves_out: Callable[[str], bool] = lambda _name: False,
) -> dict[str, dict[str, RunFact]]:
    """The groups `vm`, `share` and `cert` by name; what is silent was asked and has not come back.

    `trends` are what the history of the machines says, by name.
    """

    def live(name: str) -> tuple[Observation, ...]:
        """What counts now: asked, come back and not older than its time to live."""
        known = watch.observations(name) if name in watch.targets else ()
        return tuple(one for one in known if mono - one.mono <= one.ttl_s and not is_silent(one))

    told = [one for host in hypervisors_in(watch.ward) for one in live(host.name)]

    def sight(device: Device) -> MachineSight:
        guest, hypervisor = guest_of(device.name, told)
        own = tuple(one for one in live(device.name) if one.probe in SOURCES)
        way = line_to(device, watch.vantage, far_end)
        rooms = trends[device.name].rooms if device.name in trends else ()
        answers = _answers(watch, device.name, at, mono)
        return MachineSight(device, answers, way, own, guest, hypervisor, rooms)

    known = (one for one in machines_in(watch.ward) if one.name in watch.targets)
    machines = [sight(one) for one in known if not leaves_out(one.name)]
    asked = (seen for one in sharers_in(watch.ward) for seen in live(one.name))
    shares = [seen for seen in asked if seen.probe == SHARES]
    checked = {
        service.id: one
        for service in services_with_certificate(watch.ward)
        for one in sorted(live(service.id), key=lambda one: one.mono)
        if one.probe in TLS_CHECKS
    }
    return {
        "vm": machine_facts(machines, pins.machine, at),
        "share": share_facts(watch.ward, shares),
        "cert": certificate_facts(watch.ward, checked, pins.service, at),
    }


def _answers(watch: WardWatch, name: str, at: datetime, mono: float) -> RunFact:
    """Whether a machine itself answers anything."""
    seen = watch.seen(name, at, mono)
    value = {Truth.TRUE: True, Truth.FALSE: False}.get(seen.answers)
    source, when = (seen.last.probe, seen.last.started) if seen.last else ("", None)
    return RunFact(value, "" if value is not None else "not_measured", source, when)
