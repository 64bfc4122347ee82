"""The latest of everything that was seen.

What stands here was measured by this run of the program: nothing stored is ever put back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from probes.model import Observation, Target

Subject: TypeAlias = tuple[str, str]  # ward code, target name


def subject(target: Target) -> Subject:
    """The key of a target: its ward and its name (`gateway` exists in every ward)."""
    return (target.ward, target.name)


class Board:
    """Latest and last good observation per subject and probe."""

    def __init__(self) -> None:
        self._latest: dict[Subject, dict[str, Observation]] = {}
        self._good: dict[tuple[Subject, str], Observation] = {}

    def put(self, observation: Observation) -> None:
        """Take in one observation; one that ended before the latest known is late and dropped."""
        of_target = self._latest.setdefault(subject(observation.target), {})
        known = of_target.get(observation.probe)
        if known is not None and observation.mono < known.mono:
            return
        of_target[observation.probe] = observation
        if observation.tells:
            self._good[subject(observation.target), observation.probe] = observation

    def latest(self, key: Subject, probe: str) -> Observation | None:
        """The newest observation, good or not."""
        return self._latest.get(key, {}).get(probe)

    def last_good(self, key: Subject, probe: str) -> Observation | None:
        """The newest that tells all, or all but a part; its age says whether it may be used."""
        return self._good.get((key, probe))

    def of(self, key: Subject) -> tuple[Observation, ...]:
        """The newest observation of each probe of a subject, good or not."""
        return tuple(self._latest.get(key, {}).values())
