"""What tests of runs share: a small playbook of all kinds, and a world that remembers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from playbooks.conditions import RunFact
from playbooks.load import load_playbook
from playbooks.seams import Delivery, Seams
from probes.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from playbooks.conditions import Value
    from playbooks.model import Playbook
    from playbooks.seams import Message

GOOD = Path(__file__).parent / "good"
START = datetime(2026, 11, 21, 0, 25, tzinfo=UTC)


@dataclass
class Bench:
    """A prober, a notifier and a clock for one run, and what was asked of them.

    `values` are the facts that are measured; `broken` names what raises. `told` are the messages
    that were carried out, `before` is called ahead of each.
    """

    values: dict[str, Value | None] = field(default_factory=dict)
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    told: list[Message] = field(default_factory=list)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    takes_s: float = 0.0
    before: Callable[[Message], None] = lambda _message: None

    @property
    def seams(self) -> Seams:
        """The doors that a Conductor takes."""
        return Seams(self, self, self.clock)

    async def facts(self, names: Collection[str], budget_s: float) -> Mapping[str, RunFact]:
        """What `values` holds; a slow world takes its time."""
        self.asked.append(tuple(names))
        assert budget_s > 0
        if "prober" in self.broken:
            raise RuntimeError("prober")
        await self.clock.sleep(self.takes_s)
        return {n: RunFact(self.values[n], source="bench") for n in names if n in self.values}

    async def deliver(self, message: Message) -> Delivery:
        """Remember the message."""
        self.before(message)
        self.told.append(message)
        await asyncio.sleep(0)  # noqa: TID251 - lets others run, no time passes
        if "notifier" in self.broken:
            raise RuntimeError("notifier")
        return Delivery("sent")


@pytest.fixture(scope="session")
def story() -> Playbook:
    """A playbook with every kind of step: measured, asked, told, waited for, verified."""
    return load_playbook(GOOD / "PB-OPS-90.yaml")


DOWN: Mapping[str, Value] = {"dc.loss_pct": 100.0, "dc.reachable": False, "sw.reachable": True}


@pytest.fixture
def bench() -> Bench:
    """A world in which the line is down."""
    return Bench(dict(DOWN))


@pytest.fixture(scope="session")
def new_bench() -> Callable[..., Bench]:
    """Makes worlds: `new_bench(values, clock)`; the line is down when nothing is said."""

    def make(values: Mapping[str, Value | None] = DOWN, clock: ManualClock | None = None) -> Bench:
        return Bench(dict(values), clock or ManualClock(START))

    return make
