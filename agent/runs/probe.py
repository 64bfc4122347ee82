"""A run's measuring inside the agent: the planned probes asked at once, their answers as facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.runs.facts import Belief, run_facts, wanted
from playbooks.known import groups_of
from playbooks.pins import Pins

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from agent.engine import Engine
    from agent.runs.facts import Wanted
    from agent.ward_case import WardCase
    from playbooks.conditions import RunFact
    from probes.clock import Clock
    from probes.vm.trend import Trends

_LOOK_EVERY_S = 0.25
_SPARE_S = 1.0  # of the budget, so that the caller never cuts an answer off


class EngineProber:
    """Asks through the engine's own schedule; implements `playbooks.seams.Prober`."""

    def __init__(
        self,
        engine: Engine,
        ward: str,
        clock: Clock,
        pins: Pins | None = None,
        trends: Callable[[str], Mapping[str, Trends]] = lambda _ward: {},
    ) -> None:
        self._engine = engine
        self._ward = ward
        self._clock = clock
        self._pins = pins or Pins()
        self._trends = trends

    async def facts(self, names: Collection[str], budget_s: float) -> Mapping[str, RunFact]:
        """Measure anew, wait for the answers, let the verdict settle; see `Prober`."""
        case = self._engine.cases[self._ward]
        began = self._clock.monotonic()
        end = began + max(0.0, budget_s - _SPARE_S)
        asked = self._ask(wanted(case.watch, groups_of(names), self._pins), began)
        while (silent := self._silent(case, asked, began)) and self._clock.monotonic() < end:
            await self._clock.sleep(_LOOK_EVERY_S)
        if "verdict" in groups_of(names):
            while case.settled.rival is not None and self._clock.monotonic() < end:
                await self._clock.sleep(_LOOK_EVERY_S)
        at, mono = self._clock.now(), self._clock.monotonic()
        findings = self._engine.findings(self._ward, mono)
        trends = self._trends(self._ward)
        belief = Belief(case.verdict, case.unit.kind, findings, trends)
        found = run_facts(case.watch, belief, silent, at, mono, self._pins)
        facts = {name: found[name] for name in names if name in found}
        self._pins = self._pins.joined(facts)
        return facts

    def _ask(self, runs: Collection[Wanted], mono: float) -> tuple[Wanted, ...]:
        """Those of the runs that are planned, each due at once."""
        return tuple(
            one for one in runs if self._engine.asking.one(self._ward, one.target, one.probe, mono)
        )

    def _silent(
        self, case: WardCase, asked: Collection[Wanted], since: float
    ) -> tuple[Wanted, ...]:
        """Those that have not come back since they were asked."""
        board = case.watch.board

        def came(one: Wanted) -> bool:
            seen = board.latest((self._ward, one.target), one.probe)
            return seen is not None and seen.mono >= since

        return tuple(one for one in asked if not came(one))
