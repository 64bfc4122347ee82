"""What a run keeps to from step to step: its machine and its service. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.errors import InputError
from inventory.text import one_line
from playbooks.certificate_facts import services_with_certificate
from playbooks.conditions import RunFact
from playbooks.machine_facts import machines_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.model import Ward


def about(ward: Ward) -> tuple[str, ...]:
    """What a run can be begun for: the ward's machines, and its services with a certificate."""
    machines = (one.name for one in machines_in(ward))
    return (*machines, *(one.id for one in services_with_certificate(ward)))


def begun_for(ward: Ward, name: str | None) -> dict[str, RunFact]:
    """The fact that a run is begun for this machine or service; nothing for None.

    Raises InputError for what the ward does not have.
    """
    if name is None:
        return {}
    named = about(ward)
    if name not in named:
        known = one_line(", ".join(named), 80) or "-"
        raise InputError("playbook.no_device", device=one_line(name, 40), known=known)
    return {"run.device": RunFact(name, source="run")}


@dataclass(frozen=True, slots=True)
class Pins:
    """The machine and the service that a run is about; None until one is chosen."""

    machine: str | None = None
    service: str | None = None

    def joined(self, facts: Mapping[str, RunFact]) -> Pins:
        """These after what a run measured, else what it was begun for."""
        begun_for = _text(facts, "run.device")
        return Pins(
            _text(facts, "vm.name") or self.machine or begun_for,
            _text(facts, "cert.service") or self.service or begun_for,
        )


def subject(facts: Mapping[str, RunFact]) -> str | None:
    """The machine or service that a run is about; None while it is about none.

    What it was begun for comes first, then the machine and the service that it measured.
    """
    named = (_text(facts, name) for name in ("run.device", "vm.name", "cert.service"))
    return next((one for one in named if one), None)


def _text(facts: Mapping[str, RunFact], name: str) -> str | None:
    value = facts[name].value if name in facts else None
    return value if isinstance(value, str) else None
