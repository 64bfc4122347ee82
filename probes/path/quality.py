"""How good a path is: arithmetic over one burst, and grades by what its use asks for. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from probes.path.steady import Steady

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from inventory.values import LineProfile
    from probes.path.model import ClassName, Direction, LineWay

Term: TypeAlias = Literal["loss", "delay", "jitter"]

WINDOW_PACKETS = 20  # fewer decide nothing
GOOD_SHARE = 0.8  # of a limit: well within it


def loss_ratio(sent: int, lost: int) -> float | None:
    """Lost packets over sent ones; None when nothing was sent."""
    return lost / sent if sent else None


def jitter_s(delays_s: Sequence[float]) -> float | None:
    """Jitter by the filter of RFC 3550 section 6.4.1 over delays in order of arrival, in seconds.

    The filter starts at the first difference instead of 0: one burst is too short for it to climb.
    None for fewer than two delays.
    """
    differences = [abs(later - earlier) for earlier, later in pairwise(delays_s)]
    if not differences:
        return None
    jitter = differences[0]
    for difference in differences[1:]:
        jitter += (difference - jitter) / 16
    return jitter


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that something bears: one-way delay and jitter in seconds, loss as a ratio."""

    delay: float
    jitter: float
    loss: float

    def times(self, share: float) -> Limits:
        """All of them made so many times as large."""
        return Limits(self.delay * share, self.jitter * share, self.loss * share)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a use of the line asks for: up to `good` it is good, up to `fair` it is fair."""

    good: Limits
    fair: Limits

    def times(self, share: float) -> Profile:
        """All limits made so many times as large."""
        return Profile(self.good.times(share), self.fair.times(share))


PROFILES: Mapping[LineProfile, Profile] = MappingProxyType(
    {
        "hd-meeting": Profile(Limits(0.100, 0.020, 0.005), Limits(0.150, 0.030, 0.010)),
        "telepresence": Profile(Limits(0.100, 0.010, 0.0005), Limits(0.150, 0.020, 0.002)),
        "audio-only": Profile(Limits(0.150, 0.030, 0.010), Limits(0.250, 0.050, 0.030)),
    }
)


class Grade(IntEnum):
    """How good a line is for its profile; larger is worse."""

    GOOD = 0
    FAIR = 1
    POOR = 2


@dataclass(frozen=True, slots=True)
class Judged:
    """A grade and the term that decided it: of which direction, and its value.

    The value is seconds for `delay` and `jitter`, a ratio for `loss`. A delay `is_halved` when it
    is half the round trip, because the clocks say nothing of one direction. `kind` is the class.
    """

    grade: Grade
    term: Term
    direction: Direction
    value: float
    is_halved: bool = False
    kind: ClassName = "be"


@dataclass(frozen=True, slots=True)
class _Measured:
    """One term of one direction."""

    term: Term
    direction: Direction
    value: float
    is_halved: bool = False


def judge(ways: Iterable[LineWay], profile: Profile) -> Judged | None:
    """The grade of one class in one window: its worst term, and of equal ones the one furthest out.

    None when fewer than 20 packets were sent: they decide nothing.
    """
    of_class = tuple(ways)
    whole = next((way for way in of_class if way.direction == "round"), None)
    if whole is None or (whole.sent or 0) < WINDOW_PACKETS:
        return None
    found = [
        Judged(_grade(one, profile), one.term, one.direction, one.value, one.is_halved, whole.kind)
        for one in _terms(of_class, whole)
    ]
    return max(found, key=lambda one: (one.grade, one.value / getattr(profile.fair, one.term)),
               default=None)  # fmt: skip


def _terms(ways: Iterable[LineWay], whole: LineWay) -> Iterator[_Measured]:
    """What each direction shows by itself; of the whole way where nobody can tell them apart."""
    directed = [way for way in ways if way.direction != "round"]
    losses = [way for way in directed if way.loss_ratio is not None] or [whole]
    jitters = [way for way in directed if way.jitter_s is not None] or [whole]
    delays = [way for way in directed if way.delay_s is not None]
    for way in losses:
        if way.loss_ratio is not None:
            yield _Measured("loss", way.direction, way.loss_ratio)
    for way in jitters:
        if way.jitter_s is not None:
            yield _Measured("jitter", way.direction, way.jitter_s)
    for way in delays:
        if way.delay_s is not None:
            yield _Measured("delay", way.direction, way.delay_s)
    if not delays and whole.delay_s is not None:
        yield _Measured("delay", "round", whole.delay_s / 2, is_halved=True)


def _grade(one: _Measured, profile: Profile) -> Grade:
    if one.value <= getattr(profile.good, one.term):
        return Grade.GOOD
    return Grade.FAIR if one.value <= getattr(profile.fair, one.term) else Grade.POOR


@dataclass(frozen=True, slots=True)
class Standing:
    """What the newest windows of one class came to; the first one decides at once.

    It gets worse after three windows in a row that are worse, and better after three in a row that
    are better even below 80 % of the limits, so that a line on the edge does not flap.
    """

    profile: Profile
    steady: Steady[Judged] = field(default_factory=Steady)

    @property
    def judged(self) -> Judged | None:
        """What it came to; None before the first window that decides."""
        return self.steady.judged

    def after(self, ways: Iterable[LineWay]) -> Standing:
        """With one window more; one that decides nothing changes nothing."""
        window = tuple(ways)
        now, calm = judge(window, self.profile), judge(window, self.profile.times(GOOD_SHARE))
        if now is not None and calm is not None:
            calm = replace(now, grade=calm.grade)
        return replace(self, steady=self.steady.after(now, calm))
