"""How old is what is shown, and may it still be believed. Pure: moments come in as seconds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from agent.wire import Snapshot
    from inventory.errors import WardopsError

Freshness: TypeAlias = Literal["live", "stale", "unknown"]
Link: TypeAlias = Literal["connecting", "live", "slow", "lost"]

SLOW_AFTER_S = 6.0
LOST_AFTER_S = 10.0
SKEW_SHOWN_S = 2.0
_RETRIES_S = (1.0, 2.0, 4.0, 8.0, 15.0)
_UNKNOWN_AFTER_TTLS = 3


def freshness(age_s: float | None, ttl_s: float) -> Freshness:
    """Live up to the time to live, stale up to three of them, then (or without an age) unknown."""
    if age_s is None or age_s > _UNKNOWN_AFTER_TTLS * ttl_s:
        return "unknown"
    return "live" if age_s <= ttl_s else "stale"


def retry_after_s(failures: int) -> float:
    """How long to wait before asking a silent agent again, by the failures so far (from 1)."""
    return _RETRIES_S[min(max(failures, 1), len(_RETRIES_S)) - 1]


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of the agent, and since when; moments are seconds of one monotonic clock.

    `heard` is when the snapshot came, `alive` when the agent was heard last after that: until then
    nothing else has happened. `is_copy`: it was read from a file, so it was `copy_age_s`
    old when it came (None: not known), and it never counts as live. `skew_s` is how far the
    agent's clock was ahead of ours at that moment. `failure` says why asking failed last.
    """

    snapshot: Snapshot | None = None
    heard: float | None = None
    alive: float | None = None
    is_copy: bool = False
    copy_age_s: float | None = None
    skew_s: float = 0.0
    failure: WardopsError | None = None
    failures: int = 0
    retry_at: float | None = None

    def link(self, mono: float) -> Link:
        """How the line to the agent is at that moment."""
        if self.heard is None or self.is_copy:
            return "connecting" if self.failure is None else "lost"
        silence_s = self.silence_s(mono) or 0.0
        if silence_s > LOST_AFTER_S:
            return "lost"
        return "slow" if silence_s > SLOW_AFTER_S else "live"

    def silence_s(self, mono: float) -> float | None:
        """How long the agent has said nothing; None when it never said anything.

        Of a copy it is the copy's age: that is when its agent spoke.
        """
        if self.is_copy or self.heard is None:
            return self.age_s(mono)
        return mono - max(self.heard, self.alive or self.heard)

    def age_s(self, mono: float) -> float | None:
        """Age of the snapshot; None without one, or when a copy's age is not known."""
        if self.heard is None or (self.is_copy and self.copy_age_s is None):
            return None
        return mono - self.heard + (self.copy_age_s or 0.0 if self.is_copy else 0.0)

    def heard_now(self, snapshot: Snapshot, mono: float, skew_s: float) -> Sight:
        """The agent answered."""
        return Sight(snapshot=snapshot, heard=mono, skew_s=skew_s)

    def alive_now(self, mono: float, skew_s: float) -> Sight:
        """The agent lives and has nothing new."""
        return self if self.is_copy else replace(self, alive=mono, skew_s=skew_s)

    def failed_now(self, failure: WardopsError, retry_at: float) -> Sight:
        """Asking failed: what was known stays, and grows old."""
        failures = self.failures + 1
        return replace(self, failure=failure, failures=failures, retry_at=retry_at)
