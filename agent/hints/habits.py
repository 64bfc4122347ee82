"""Findings that several messages make: many failed logins, a loop. Each lives half an hour. Pure.

These are findings for people and playbooks; no verdict rests on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from agent.hints.model import HintKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.hints.model import Hint

LIFE_S = 1800.0
Finding: TypeAlias = Literal["login_burst", "loop_hint", "snmp_guessing"]


@dataclass(frozen=True, slots=True)
class Habit:
    """So many messages of a kind within so many seconds make a finding."""

    finding: Finding
    count: int
    within_s: float


HABITS: Mapping[HintKind, Habit] = MappingProxyType(
    {
        HintKind.LOGIN_FAILED: Habit("login_burst", 20, 300.0),
        HintKind.AUTH_FAILURE: Habit("snmp_guessing", 5, 600.0),
        HintKind.MAC_FLAP: Habit("loop_hint", 1, 60.0),
        HintKind.TOPOLOGY: Habit("loop_hint", 5, 60.0),
    }
)


class Habits:
    """Counts the messages of one ward's devices; at most as many moments as a habit needs."""

    def __init__(self) -> None:
        self._moments: dict[tuple[str, HintKind], tuple[float, ...]] = {}
        self._found_at: dict[tuple[str, Finding], float] = {}

    def take(self, hint: Hint) -> Finding | None:
        """Count one hint; the finding that begins with it, if one does."""
        habit = HABITS.get(hint.kind)
        if habit is None:
            return None
        key = (hint.device, hint.kind)
        near = (m for m in self._moments.get(key, ()) if hint.mono - m <= habit.within_s)
        self._moments[key] = (*near, hint.mono)[-habit.count :]
        if len(self._moments[key]) < habit.count:
            return None
        found = (hint.device, habit.finding)
        is_new = hint.mono - self._found_at.get(found, -LIFE_S - 1) > LIFE_S
        self._found_at[found] = hint.mono
        return habit.finding if is_new else None

    def present(self, mono: float) -> tuple[tuple[str, Finding], ...]:
        """Device and finding of all that were seen within the last half hour."""
        return tuple(key for key, at in self._found_at.items() if mono - at <= LIFE_S)
