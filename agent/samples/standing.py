"""How a thing stands at one moment, in the words of a report. Pure.

What is doubted but not yet beyond doubt stands as it stood, so that a single lost answer is
nobody's downtime.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.checks import State

if TYPE_CHECKING:
    from datetime import datetime

    from agent.checks import CheckState
    from agent.samples.model import Standing
    from playbooks.verdict.model import Verdict


@dataclass(frozen=True, slots=True)
class Stand:
    """A standing, what more is known of it, and since when it is so where that is known.

    A state of None is not known: not measured, behind a break, or too old.
    """

    state: Standing | None
    why: str = ""
    since: datetime | None = None


UNKNOWN = Stand(None)
MAINTAINED = Stand("maintenance")


@dataclass(frozen=True, slots=True)
class Around:
    """What else counts for a thing besides its own check."""

    maintained: bool = False
    held: bool = False
    fresh: bool = True
    on_duty: bool = True


def stand_of(check: CheckState, around: Around, before: Stand) -> Stand:
    """How a device or service stands by its check of reachability; `before` is how it stood."""
    if around.maintained:
        return MAINTAINED
    if around.held:
        return Stand(None, since=check.bad_since)
    if check.state is State.OK:
        return Stand("good", since=check.since) if around.fresh else UNKNOWN
    if not around.on_duty:
        return Stand("off")
    if not around.fresh or not check.is_bad:
        return UNKNOWN
    return Stand("down", since=check.bad_since) if check.hard else before


def ward_stand(verdict: Verdict | None, *, maintained: bool) -> Stand:
    """How a ward stands by the verdict that people see."""
    if maintained or (verdict is not None and verdict.state == "maintenance"):
        return MAINTAINED
    if verdict is None or verdict.state == "unknown":
        return UNKNOWN
    if verdict.state == "ok":
        return Stand("good")
    why = f"{verdict.segment}/{verdict.part}" if verdict.part else verdict.segment
    return Stand("down" if verdict.state == "down" else "degraded", why)
