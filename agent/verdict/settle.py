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
    before: Settled,
    verdict: Verdict,
    mono: float,
    *,
    settle_s: float = SETTLE_S,
    is_proven: bool = False,
) -> Settled:
    """Take in one judgement; `shown` is what people see.

    The same segment is shown at once with its newest row. Another segment needs its row to win
    again, `settle_s` or more after it first won, with no other row between; only from `none` to a
    verdict of state down there is no wait, and, where the ward's own port `is_proven` down, from a
    verdict that claims nothing yet.
    """
    shown = before.shown
    if shown is None or shown.segment == verdict.segment or _bad_news(shown, verdict, is_proven):
        return Settled(verdict)
    if before.rival is None or before.rival.row != verdict.row:
        return Settled(shown, verdict, mono)
    if mono - before.since >= settle_s:
        return Settled(verdict)
    return Settled(shown, verdict, before.since)


def _bad_news(shown: Verdict, verdict: Verdict, is_proven: bool) -> bool:
    claims_nothing = shown.segment == "none" or (is_proven and shown.state == "unknown")
    return claims_nothing and verdict.state == "down"
