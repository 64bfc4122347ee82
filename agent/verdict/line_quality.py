"""What the bursts to a reflector say of the line: is it within its profile, and in which direction.

Loss, delay and its variation are judged for each direction by itself. A line is called poor after
three bursts in a row beyond the profile in the same direction, and good again after three well
within it; what lies between leaves everything as it was. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from playbooks.verdict.facts import Truth
from probes.path.quality import GOOD_SHARE, PROFILES, WINDOW_PACKETS
from probes.path.steady import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import Observation
    from probes.path.model import Direction, LineWay
    from probes.path.quality import Limits, Term

LOST_PACKETS = 10  # fewer lost ones, even if again and again, are no loss to speak of
KEPT_S = 600.0
# Two bursts missed, and nothing is known any more.
LIVE_S = 75.0
# Delays of one direction rest on two clocks that together may be off by so much.
CLOCKS_S = 0.020
PRESENT_SHARE = 0.5  # a burst that loses less says that the far end is there


@dataclass(frozen=True, slots=True)
class Way:
    """One direction in all classes together: packets summed up, the middle of their delays (s).

    Packets of which nobody can tell in which direction they were lost are not in it.
    """

    name: Direction
    sent: int = 0
    lost: int = 0
    delay_s: float | None = None
    jitter_s: float | None = None


@dataclass(frozen=True, slots=True)
class LineWindow:
    """One run of bursts: when it began and ended (monotonic seconds), and its directions."""

    began: float
    mono: float
    ways: tuple[Way, ...]

    def way(self, name: Direction) -> Way | None:
        """That direction, None where nobody could tell anything of it."""
        return next((way for way in self.ways if way.name == name), None)

    @property
    def is_answered(self) -> bool:
        """Whether less than half of its packets were lost on the whole way."""
        whole = self.way("round")
        return whole is not None and whole.lost < PRESENT_SHARE * whole.sent


@dataclass(frozen=True, slots=True)
class Beyond:
    """One term of one direction that is beyond the profile, since when and how far.

    `value` is a ratio or seconds over all of its windows; `lost` packets count for loss alone.
    """

    term: Term
    direction: Direction
    since: float
    windows: int
    value: float
    sent: int = 0
    lost: int = 0

    @property
    def is_proven(self) -> bool:
        """Whether it lasted long enough; for loss, whether enough packets were lost, too."""
        enough = self.term != "loss" or self.lost >= LOST_PACKETS
        return self.windows >= WINDOWS and enough


@dataclass(frozen=True, slots=True)
class LineQuality:
    """The newest windows, oldest first, and what they came to.

    `beyond` are the terms that the newest window still shows, `good_windows` how many in a row were
    well within the profile, `poor` the terms that made the line poor.
    """

    limits: Limits = PROFILES["hd-meeting"].fair
    windows: tuple[LineWindow, ...] = ()
    clean: Truth = Truth.UNKNOWN
    beyond: tuple[Beyond, ...] = ()
    poor: tuple[Beyond, ...] = ()
    good_windows: int = 0

    def add(self, window: LineWindow) -> LineQuality:
        """With one more window, old ones dropped and the line judged again."""
        kept = tuple(one for one in self.windows if window.mono - one.mono <= KEPT_S)
        grown = replace(self, windows=(*kept, window))
        if kept and window.began - kept[-1].mono > LIVE_S:
            grown = LineQuality(self.limits, (window,))  # what was before the gap is no row with it
        if not _tells(window):
            return grown
        return grown._judged(window)

    def _judged(self, window: LineWindow) -> LineQuality:
        known = {(one.term, one.direction): one for one in self.beyond}
        beyond = tuple(_grown(known.get((one.term, one.direction)), one)
                       for one in _beyond(window, self.limits))  # fmt: skip
        good = self.good_windows + 1 if _is_well_within(window, self.limits) else 0
        proven = tuple(one for one in beyond if one.is_proven)
        clean, poor = self.clean, proven or self.poor
        if proven:
            clean = Truth.FALSE
        elif good >= WINDOWS:
            clean, poor = Truth.TRUE, ()
        return replace(self, clean=clean, beyond=beyond, poor=poor, good_windows=good)

    def judged(self, mono: float) -> Truth:
        """Whether the line is within its profile now; unknown when the newest window is old."""
        newest = self.windows[-1] if self.windows else None
        is_live = newest is not None and mono - newest.mono <= LIVE_S
        return self.clean if is_live else Truth.UNKNOWN

    def since(self) -> float | None:
        """When the line began to be poor (monotonic seconds), None while it is not."""
        return min((one.since for one in self.poor), default=None)

    def answered_since(self, mono: float) -> bool | None:
        """Whether the reflector answered a run that began at that time or later; None: no run."""
        runs = [one for one in self.windows if one.began >= mono]
        return any(one.is_answered for one in runs) if runs else None


def window_of(seen: Observation) -> LineWindow | None:
    """The directions of one run; None for one that told nothing by STAMP.

    Whose clock was set meanwhile says nothing of the delay of one direction.
    """
    stamp = [one for one in seen.reading.ways if one.method == "stamp"]
    if not stamp:
        return None
    names: tuple[Direction, ...] = ("out", "in", "round")
    ways = (_summed(name, [one for one in stamp if one.direction == name]) for name in names)
    if seen.reading.clock_stepped:
        ways = (way if way.name == "round" else replace(way, delay_s=None) for way in ways)
    return LineWindow(seen.mono - seen.took_s, seen.mono, tuple(ways))


def _summed(name: Direction, each: list[LineWay]) -> Way:
    told = [one for one in each if one.sent is not None and one.lost is not None]
    return Way(
        name,
        sent=sum(one.sent or 0 for one in told),
        lost=sum(one.lost or 0 for one in told),
        delay_s=_middle([one.delay_s for one in each]),
        jitter_s=_middle([one.jitter_s for one in each]),
    )


def _middle(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _tells(window: LineWindow) -> bool:
    whole = window.way("round")
    return whole is not None and whole.sent >= WINDOW_PACKETS


def _beyond(window: LineWindow, limits: Limits) -> Iterator[Beyond]:
    """The terms of this window beyond the limits; the round trip only where no way can tell."""
    for way in _told(window):
        for term, value, limit in _terms(way, limits):
            if value > limit:
                is_loss = term == "loss"
                sent, lost = (way.sent, way.lost) if is_loss else (0, 0)
                yield Beyond(term, way.name, window.began, 1, value, sent, lost)


def _is_well_within(window: LineWindow, limits: Limits) -> bool:
    return all(
        value <= GOOD_SHARE * limit
        for way in _told(window)
        for _term, value, limit in _terms(way, limits)
    )


def _told(window: LineWindow) -> Iterator[Way]:
    """The ways that are judged, each with only what it can tell."""
    ways = [way for way in window.ways if way.name != "round"]
    whole = window.way("round")
    yield from ways
    if whole is None:
        return
    has_loss = any(way.sent for way in ways)
    has_delay = bool(ways) and all(way.delay_s is not None for way in ways)
    has_jitter = any(way.jitter_s is not None for way in ways)
    yield replace(
        whole,
        sent=0 if has_loss else whole.sent,
        lost=0 if has_loss else whole.lost,
        delay_s=None if has_delay else whole.delay_s,
        jitter_s=None if has_jitter else whole.jitter_s,
    )


def _terms(way: Way, limits: Limits) -> Iterator[tuple[Term, float, float]]:
    """Each term of a way that is known: its value and its limit.

    A round trip bears twice what one direction does.
    """
    both = 2.0 if way.name == "round" else 1.0
    clocks_s = 0.0 if way.name == "round" else CLOCKS_S
    if way.sent:
        yield "loss", way.lost / way.sent, both * limits.loss
    if way.delay_s is not None:
        yield "delay", way.delay_s, both * limits.delay + clocks_s
    if way.jitter_s is not None:
        yield "jitter", way.jitter_s, both * limits.jitter


def _grown(before: Beyond | None, now: Beyond) -> Beyond:
    """A term that was beyond in the window before as well: both together."""
    if before is None:
        return now
    windows, sent, lost = before.windows + 1, before.sent + now.sent, before.lost + now.lost
    mean = (before.value * before.windows + now.value) / windows
    value = lost / sent if sent else mean
    return Beyond(now.term, now.direction, before.since, windows, value, sent, lost)
