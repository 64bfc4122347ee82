"""A grade that moves slowly: worse or better only after three windows in a row. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from enum import IntEnum

WINDOWS = 3


class Graded(Protocol):
    """What a window came to; a larger grade is worse."""

    @property
    def grade(self) -> IntEnum:
        """How good it is."""


Found = TypeVar("Found", bound=Graded)


@dataclass(frozen=True, slots=True)
class Steady(Generic[Found]):
    """What the newest windows came to; the first one decides at once."""

    judged: Found | None = None
    worse: tuple[Found, ...] = ()
    better: tuple[Found, ...] = ()

    def after(self, now: Found | None, calm: Found | None) -> Steady[Found]:
        """With one window more: `now` by the limits, `calm` what well within them allows.

        `calm` carries the grade that the window has by 80 % of the limits, so that what lies on the
        edge does not flap. None decides nothing.
        """
        if now is None:
            return self
        if self.judged is None:
            return Steady(now)
        if now.grade > self.judged.grade:
            return self._moved(worse=(*self.worse, now))
        if calm is not None and calm.grade < self.judged.grade:
            return self._moved(better=(*self.better, calm))
        return Steady(now if now.grade == self.judged.grade else self.judged)

    def _moved(
        self, *, worse: tuple[Found, ...] = (), better: tuple[Found, ...] = ()
    ) -> Steady[Found]:
        row = worse or better
        if len(row) < WINDOWS:
            return Steady(self.judged, worse, better)
        # What all three windows bear out: the least bad of worse ones, the least good of better.
        grade = min(one.grade for one in worse) if worse else max(one.grade for one in better)
        return Steady(next(one for one in reversed(row) if one.grade == grade))
