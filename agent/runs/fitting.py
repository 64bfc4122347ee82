"""Which incident a run belongs to that was begun without one, and which machine one is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.incidents.device_faults import device_named
from playbooks.machine_facts import machines_in
from playbooks.match import SILENT_MACHINE, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.incidents.record import Incident
    from agent.ward_case import WardCase
    from playbooks.model import Playbook


def fitting(
    case: WardCase, playbook: str, device: str | None, library: Mapping[str, Playbook]
) -> Incident | None:
    """The newest open incident of the ward's own that this playbook is for; perhaps none.

    That of the fault which the verdict sends to it for; for a silent machine that of the machine,
    of `device` where one is named.
    """
    mine = [one for one in case.incidents.values() if one.is_open and one.is_the_machines]
    if playbook == SILENT_MACHINE:
        named = [(one, machine_of(case, one)) for one in mine]
        same = [one for one, name in named if name and device in (None, name)]
    else:
        fits = suggest(case.verdict, library) if case.verdict else None
        segment = case.verdict.segment if case.verdict and fits and fits.id == playbook else None
        same = [one for one in mine if one.root.segment == segment]
    return max(same, key=lambda one: one.t_started, default=None)


def machine_of(case: WardCase, incident: Incident | None) -> str | None:
    """The machine that an incident is about, if it is about one alone."""
    device = device_named(case.watch, incident.root.fact) if incident else None
    return device.name if device in machines_in(case.watch.ward) else None
