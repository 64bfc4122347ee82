"""What the agent prints from: its playbooks, its inventory, and whom to call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.model import Inventory
    from playbooks.escalation import Escalation
    from playbooks.model import Playbook


@dataclass(frozen=True, slots=True)
class Paper:
    """The sources of the printed pages, as they were when the agent started."""

    library: Mapping[str, Playbook]
    inventory: Inventory
    escalation: Escalation
