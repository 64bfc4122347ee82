"""The verdict that is shown: a segment changes only when the new row wins twice in a row. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playbooks.verdict.model import Verdict

SETTLE_S = 5.0


@dataclass(frozen=True, slots=True)
class Settled:
    """What is shown, and the other verdict that has won since `since` (monotonic seconds)."""

    shown: Verdict | None = None
    rival: Verdict | None = None
    since: float = 0.0


def settle(
    before: Settled, verdict: Verdict, mono: float, *, settle_s: float = SETTLE_S
) -> Settled:
    """Take in one judgement; `shown` is what people see.

    The same segment is shown at once with its newest row. Another segment needs its row to win
    again, `settle_s` or more after it first won, with no other row between; only from `none` to a
    verdict of state down there is no wait.
    """
    shown = before.shown
    if shown is None or shown.segment == verdict.segment or _bad_news(shown, verdict):
        return Settled(verdict)
    if before.rival is None or before.rival.row != verdict.row:
        return Settled(shown, verdict, mono)
    if mono - before.since >= settle_s:
        return Settled(verdict)
    return Settled(shown, verdict, before.since)


def _bad_news(shown: Verdict, verdict: Verdict) -> bool:
    return shown.segment == "none" and verdict.state == "down"
