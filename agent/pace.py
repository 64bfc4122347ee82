"""How often something slow or silent is asked: seldom enough not to hold up the others. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

SLOW_SHARE = 0.5  # of its period; a run longer than that is slow
SLOW_RUNS = 3
FAST_RUNS = 10
LARGEST_FACTOR = 4

RECHECK_S = 15.0
UNAVAILABLE_AFTER_S = 45.0
UNAVAILABLE_EVERY_S = 60.0
DEVICES_PER_SLOT = 50


@dataclass(frozen=True, slots=True)
class Pace:
    """How many times its own period lies between two runs: 1, 2 or 4.

    `slow` and `fast` count runs in a row; `longest_s` is the run that made it slower, in seconds.
    """

    factor: int = 1
    slow: int = 0
    fast: int = 0
    longest_s: float = 0.0

    def after(self, took_s: float, period_s: float, *, answers_slowly: bool = False) -> Pace:
        """The pace after one more run of a job with that period of its own.

        Three slow runs in a row double it, up to four times; ten that would be fast at the next
        quicker pace lead back one step. A device that `answers_slowly` is never asked at full pace,
        however short its runs: it would be busy with nothing but answering.
        """
        spares = answers_slowly and self.factor == 1
        if spares or took_s > SLOW_SHARE * period_s * self.factor:
            longest = max(took_s, self.longest_s)
            if self.slow + 1 < SLOW_RUNS or self.factor >= LARGEST_FACTOR:
                return replace(self, slow=min(self.slow + 1, SLOW_RUNS), fast=0, longest_s=longest)
            return Pace(self.factor * 2, longest_s=longest)
        goes_on = took_s > SLOW_SHARE * period_s * self.factor / 2
        if self.factor == 1 or goes_on or (answers_slowly and self.factor == 2):
            return replace(self, slow=0, fast=0)
        if self.fast + 1 < FAST_RUNS:
            return replace(self, slow=0, fast=self.fast + 1)
        return Pace(self.factor // 2)


@dataclass(frozen=True, slots=True)
class Slowed:
    """Why a probe of a target is asked less often than planned, for people to read."""

    probe: str
    factor: int
    period_s: float
    longest_s: float


def slots(devices: int) -> int:
    """How many runs may be under way at once among those that do not answer."""
    return max(1, devices // DEVICES_PER_SLOT)


def round_s(away: int, run_s: float, places: int) -> float:
    """How long until everything that does not answer was asked once, at least a minute."""
    return max(UNAVAILABLE_EVERY_S, away * run_s / places)
