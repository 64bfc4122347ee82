"""Builds what an agent knows of machines: their history, and the register that judges them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from agent.machines.history import History
from agent.machines.register import Register

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agent.engine import Engine, Outlets
    from agent.journal.database import Database
    from inventory.model import Inventory
    from probes.clock import Clock
    from probes.model import Observation, Sample


def open_machines(
    inventory: Inventory,
    engine: Engine,
    database: Database,
    clock: Clock,
    may_write: Callable[[], bool],
) -> tuple[History, Register]:
    """History and register; `may_write` is False while the disk is too full.

    Raises StoreError when the history cannot be read.
    """
    cases, outlets = engine.cases, engine.outlets
    targets = [target for case in cases.values() for target in case.watch.targets.values()]
    history = History(targets, database, clock, may_write, partial(_show_forecasts, outlets))
    return history, Register(inventory, cases, outlets, clock, history, engine.asking.one)


def _show_forecasts(outlets: Outlets, seen: Observation, samples: Sequence[Sample]) -> None:
    """Export when a machine's disks will be full, for as long as the look at them holds."""
    target = seen.target
    block = outlets.renderer.render_block(
        target.ward, target.name, "forecast", samples, seen.mono, seen.ttl_s
    )
    outlets.exposition.put(block)
