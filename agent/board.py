"""The latest of everything that was seen, with its age, and a short memory of results.

What stands here was measured by this run of the program: nothing stored is ever put back.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from probes.model import EchoStats, Observation, Reason, Target

Subject: TypeAlias = tuple[str, str]  # ward code, target name

REMEMBERED = 160  # 10 min of the 5 s watch and the 30 s echoes together, with room
_STALE_UNTIL_TTLS = 3


def subject(target: Target) -> Subject:
    """The key of a target: its ward and its name (`gateway` exists in every ward)."""
    return (target.ward, target.name)


class Freshness(StrEnum):
    """How far a value may be trusted by its age alone."""

    LIVE = "live"
    STALE = "stale"
    UNKNOWN = "unknown"


def freshness(observation: Observation | None, mono: float) -> Freshness:
    """Live up to the time to live, stale up to three of them, then (or never seen) unknown."""
    if observation is None:
        return Freshness.UNKNOWN
    age_s = mono - observation.mono
    if age_s <= observation.ttl_s:
        return Freshness.LIVE
    stale = age_s <= _STALE_UNTIL_TTLS * observation.ttl_s
    return Freshness.STALE if stale else Freshness.UNKNOWN


@dataclass(frozen=True, slots=True)
class Result:
    """One remembered run: when it ended (monotonic seconds), its reason, its echoes if any."""

    mono: float
    reason: Reason
    echo: EchoStats | None = None


class Board:
    """Latest and last good observation per subject and probe, and the results before them."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._latest: dict[Subject, dict[str, Observation]] = {}
        self._good: dict[tuple[Subject, str], Observation] = {}
        self._results: dict[tuple[Subject, str], deque[Result]] = {}

    def put(self, observation: Observation) -> None:
        """Take in one observation; one that ended before the latest known is late and dropped."""
        of_target = self._latest.setdefault(subject(observation.target), {})
        known = of_target.get(observation.probe)
        if known is not None and observation.mono < known.mono:
            return
        of_target[observation.probe] = observation
        key = (subject(observation.target), observation.probe)
        if observation.ok:
            self._good[key] = observation
        ring = self._results.setdefault(key, deque(maxlen=self._remembered))
        ring.append(Result(observation.mono, observation.reason, observation.reading.echo))

    def latest(self, key: Subject, probe: str) -> Observation | None:
        """The newest observation, good or not."""
        return self._latest.get(key, {}).get(probe)

    def last_good(self, key: Subject, probe: str) -> Observation | None:
        """The newest observation with reason ok; its age says whether it may still be used."""
        return self._good.get((key, probe))

    def last(self, key: Subject, probe: str, count: int) -> tuple[Result, ...]:
        """The last `count` results, oldest first."""
        ring = self._results.get((key, probe), deque())
        return tuple(ring)[max(0, len(ring) - count) :]

    def since(self, key: Subject, probe: str, mono: float) -> tuple[Result, ...]:
        """The remembered results that ended at or after a moment, oldest first."""
        ring = self._results.get((key, probe), deque())
        return tuple(result for result in ring if result.mono >= mono)

    def of(self, key: Subject) -> tuple[Observation, ...]:
        """The newest observation of each probe of a subject, good or not."""
        return tuple(self._latest.get(key, {}).values())
