"""What one observation led to in its ward. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.verdict.hold import Orders

if TYPE_CHECKING:
    from agent.checks import CheckState, State, Transition
    from agent.flapping import Flap
    from agent.ward_checks import CheckKey


@dataclass(frozen=True, slots=True)
class Step:
    """A check that was fed: its key, what it is now, and what changed if anything did.

    `flap` is set when it began to flap or settled.
    """

    key: CheckKey
    state: CheckState
    transition: Transition | None
    flap: Flap | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What one observation led to: check steps, orders of the hold, and when to ask it again.

    `presence` is what it says about its target's being there, None when it decides nothing.
    """

    steps: tuple[Step, ...] = ()
    orders: Orders = field(default_factory=Orders)
    retry_in_s: float | None = None
    ask_burst: bool = False
    far_end_changed: bool = False
    presence: State | None = None

    @property
    def is_news(self) -> bool:
        """Whether a verdict may read differently now than before."""
        return self.far_end_changed or any(step.transition for step in self.steps)
