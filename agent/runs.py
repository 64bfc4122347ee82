"""Conducts playbook runs inside the agent: started, answered, resumed, taken in, shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent import wire
from playbooks.escalation import contact, contacts, load_escalation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.engine import Engine
    from agent.view import WardView
    from inventory.model import Inventory
    from playbooks.escalation import Contact


class Runs:
    """All playbook runs of one agent; implements `agent.view.RunBook`."""

    def __init__(self, engine: Engine, inventory: Inventory) -> None:
        self._engine = engine
        self._escalation = load_escalation(Path(inventory.folder))

    def playbooks(self) -> Sequence[wire.PlaybookBrief]:
        """All playbooks that can be conducted here, by id."""
        return ()

    def suggested(self, ward: WardView) -> Sequence[wire.PlaybookBrief]:
        """The one that the verdict names."""
        named = ward.verdict.playbook if ward.verdict else ""
        return tuple(one for one in self.playbooks() if one.id == named)

    def contacts(self, ward: WardView) -> Sequence[wire.Contact]:
        """Whom the verdict of the ward names, else everybody that the ward may have to reach."""
        named = ward.verdict.call if ward.verdict else ()
        code = ward.unit.code
        called = (contact(self._escalation, who, code) for who in named)
        found = [one for one in called if one] or contacts(self._escalation, code)
        return tuple(_contact(one) for one in found)

    def runs(self, *, ward: str | None, is_open: bool | None) -> Sequence[wire.PlaybookRun]:  # noqa: ARG002
        """Runs without their lines, newest first."""
        return ()

    def run(self, run_id: str) -> wire.PlaybookRun | None:  # noqa: ARG002
        """One run with its lines."""
        return None


def _contact(found: Contact) -> wire.Contact:
    return wire.Contact(
        role=found.who,
        name=wire.Text.model_validate(found.name.model_dump()),
        phone=found.phone,
        hours=found.hours,
        ack_min=found.ack_min,
    )
