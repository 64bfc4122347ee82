"""Which events of a scenario are due, from the log alone. Pure."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from drills.record import of_kind
from drills.scenario import seconds
from drills.score import expected_line, goal_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drills.record import Record
    from drills.scenario import Inject, Scenario


def due(scenario: Scenario, records: Sequence[Record], t: float) -> list[Inject]:
    """The injects whose time has come and that were not issued, in the scenario's order."""
    issued = {record.data["id"] for record in of_kind(records, "inject")}
    waiting = (one for one in scenario.injects if one.id not in issued)
    return [one for one in waiting if _is_due(one, scenario, records, t)]


def is_complete(scenario: Scenario, records: Sequence[Record], t: float) -> bool:
    """Whether nothing is left to earn: every expectation met, every goal reached and held."""
    lines = chain(
        (expected_line(item, records) for item in scenario.expected),
        (goal_line(goal, records, t) for goal in scenario.goals),
    )
    return all(line.points > 0 for line in lines)


def _is_due(inject: Inject, scenario: Scenario, records: Sequence[Record], t: float) -> bool:
    if t < seconds(inject.at):
        return False
    if inject.when is None:
        return True
    issued = {record.data["id"] for record in of_kind(records, "inject")}
    if inject.clears is not None and inject.clears not in issued:
        return False
    items = {item.id: item for item in scenario.expected}
    lines = [expected_line(items[id_], records) for id_ in inject.when.met]
    if any(line.points <= 0 or line.t is None for line in lines):
        return False
    met_at = max(line.t for line in lines if line.t is not None)
    return t >= met_at + seconds(inject.when.after)
