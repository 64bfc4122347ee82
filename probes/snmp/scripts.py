"""How the reading of a table went the last time, PDU by PDU, so that the next one goes faster.

A script decides nothing: a plan follows a step only while the answers have the form that they had,
and otherwise works out by itself what to ask and what came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from probes.snmp.asks import Ask
    from probes.snmp.ber import Message
    from probes.snmp.layouts import Layout, Layouts
    from probes.snmp.types import Oid

_MAX_STEPS = 64  # of a table that takes more PDUs the rest is read without
_MAX_MISSES = 6

Basis: TypeAlias = tuple[int | None, int | None]


@dataclass(slots=True)
class Block:
    """What an answer was: whole new rows of all columns, each column moved on to `cursors`.

    `following` came next in a plan that had begun on the same `basis`.
    """

    indexes: tuple[bytes, ...]
    cursors: tuple[Oid, ...]
    basis: Basis = (None, None)
    following: Step | None = None


@dataclass(slots=True, eq=False)
class Step:
    """One PDU of a script: what was asked, and the form of the answer once it is known.

    Making a layout costs more than it saves once: where forms do not last, it is made more seldom.
    """

    ask: Ask
    layout: Layout | None = None
    block: Block | None = None
    misses: int = 0
    wait: int = 0

    def hit(self) -> None:
        """An answer had the form that the layout knows."""
        self.misses = 0

    def learn(self, message: Message, block: Block | None, layouts: Layouts) -> None:
        """Take an answer that was read by every rule."""
        if self.wait:
            self.wait -= 1
            return
        known, self.layout, self.block = self.layout, None, None
        if known is None:
            self.layout, self.block = layouts.of(message), block
        if self.layout is None:
            self.misses = min(self.misses + 1, _MAX_MISSES)
            self.wait = (1 << self.misses) - 2


@dataclass(slots=True, eq=False)
class Script:
    """The steps of one table of one device; `read_at` is when it was read last, loop seconds."""

    read_at: float
    layouts: Layouts
    steps: list[Step] = field(default_factory=list)

    def step(self, place: int, ask: Ask) -> Step | None:
        """The step at a place, new where another question stood there; None beyond the last."""
        if place < len(self.steps) and self.steps[place].ask == ask:
            return self.steps[place]
        del self.steps[place:]
        if place != len(self.steps) or place >= _MAX_STEPS:
            return None
        self.steps.append(Step(ask))
        return self.steps[place]
