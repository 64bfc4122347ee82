"""How good a call is, in each direction: its worst term decides and is named. Pure.

The endpoint's own figures of its streams and the line's of the same direction are weighed together:
loss, jitter and delay by the limits of the line, and for people's pictures lines and pictures a
second. There is no estimate of how a picture looks: the coefficients of the codecs are not known.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from inventory.language import decimal, say
from probes.path.mos import mos, rating, with_buffer_ms
from probes.path.quality import GOOD_SHARE, PROFILES, WINDOW_PACKETS, Grade
from probes.path.quality import judge as judge_line
from probes.path.steady import Steady

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from inventory.language import Language
    from inventory.values import LineProfile
    from probes.path.model import LineWay
    from probes.path.quality import Profile
    from probes.vc.status import VcMedia

Dir: TypeAlias = Literal["tx", "rx"]
Term: TypeAlias = Literal["loss", "jitter", "delay", "height", "fps"]
DIRS: tuple[Dir, ...] = ("tx", "rx")
# What leaves the room goes out of the ward.
_LINE_DIRECTION: Mapping[Dir, str] = MappingProxyType({"tx": "out", "rx": "in"})


@dataclass(frozen=True, slots=True)
class Picture:
    """The least that people's pictures need: lines, pictures a second."""

    height: float
    fps: float


# Configuration of practice, no norm: 720p and 1080p as calls agree them, half of it while degraded.
PICTURES: Mapping[LineProfile, tuple[Picture, Picture] | None] = MappingProxyType(
    {
        "hd-meeting": (Picture(720, 24), Picture(480, 15)),
        "telepresence": (Picture(1080, 24), Picture(720, 20)),
        "audio-only": None,
    }
)


@dataclass(frozen=True, slots=True)
class CallGrade:
    """How good one direction of a call is, and the term that decided it.

    The value is a ratio for `loss`, seconds for `jitter` and `delay` (half a round trip), lines or
    pictures a second for the others. `media` is the stream, None where the line's figure decided.
    """

    grade: Grade
    term: Term
    dir: Dir
    value: float
    media: Literal["audio", "main", "content"] | None = None


@dataclass(frozen=True, slots=True)
class _Measured:
    """One term of one stream, and how much of its limits it uses (over 1 is beyond)."""

    term: Term
    value: float
    good: float
    fair: float
    media: Literal["audio", "main", "content"] | None = None
    is_least: bool = False

    def use(self, limit: float) -> float:
        """How far it is out: above 1 is beyond the limit."""
        if self.is_least:
            return limit / self.value if self.value > 0 else float("inf")
        return self.value / limit

    def grade(self, share: float) -> Grade:
        """By so much of the limits. Pictures come in steps: 720 lines cannot be well above 720."""
        share = 1.0 if self.is_least else share
        if self.use(self.good) <= share:
            return Grade.GOOD
        return Grade.FAIR if self.use(self.fair) <= share else Grade.POOR


def judge(
    media: Iterable[VcMedia],
    ways: Iterable[LineWay],
    profile: LineProfile,
    dir_: Dir,
    share: float = 1.0,
) -> CallGrade | None:
    """The grade of one direction in one window; None when nothing was measured that decides.

    `ways` are the line's newest burst in one class. A stream with fewer than 20 packets and a burst
    of fewer decide nothing. `share` of the limits is what it is judged by.
    """
    streams = [one for one in media if one.dir == dir_]
    found = [
        (one.grade(share), one.use(one.fair), one)
        for one in (*_streams(streams, profile), *_line(tuple(ways), profile, dir_))
    ]
    if not found:
        return None
    grade, _use, worst = max(found, key=lambda one: one[:2])
    return CallGrade(grade, worst.term, dir_, worst.value, worst.media)


@dataclass(frozen=True, slots=True)
class CallStanding:
    """How good a call is in both directions, by the newest windows; see `Steady`."""

    profile: LineProfile
    of: Mapping[Dir, Steady[CallGrade]] = field(default_factory=dict)

    def after(self, media: Sequence[VcMedia], ways: Sequence[LineWay]) -> CallStanding:
        """With one window more."""
        stood: dict[Dir, Steady[CallGrade]] = {}
        for dir_ in DIRS:
            now = judge(media, ways, self.profile, dir_)
            calm = judge(media, ways, self.profile, dir_, GOOD_SHARE)
            if now is not None and calm is not None:
                calm = replace(now, grade=calm.grade)
            stood[dir_] = self.of.get(dir_, Steady()).after(now, calm)
        return CallStanding(self.profile, stood)

    def grade(self, dir_: Dir) -> CallGrade | None:
        """How good that direction is; None before anything decided it."""
        return self.of[dir_].judged if dir_ in self.of else None

    @property
    def worst(self) -> CallGrade | None:
        """The worse of the two directions."""
        known = [one for dir_ in DIRS if (one := self.grade(dir_)) is not None]
        return max(known, key=lambda one: one.grade, default=None)


def speech_mos(media: Iterable[VcMedia], dir_: Dir) -> float | None:
    """The E-model's estimate for the sound of one direction; None without loss or round trip.

    ITU-T G.107, narrow band: for speech alone, never for pictures.
    """
    for one in media:
        known = one.loss_ratio is not None and one.rtt_s is not None
        if one.dir == dir_ and one.media == "audio" and known:
            delay_ms = with_buffer_ms((one.rtt_s or 0.0) * 500, (one.jitter_s or 0.0) * 1000)
            return mos(rating(delay_ms, (one.loss_ratio or 0.0) * 100))
    return None


def sentence(found: CallGrade, language: Language) -> str:
    """`Kém: mất gói 2,4 % chiều đến`: the grade, the term that decided it, whither."""
    grade = say(f"vc_quality.grade_{found.grade.name.lower()}", language)
    if found.grade is Grade.GOOD:
        return grade
    scale, digits = _SHOWN[found.term]
    said = say(
        f"vc_quality.{found.term}", language, value=decimal(found.value * scale, digits, language),
        dir=say(f"vc_quality.{found.dir}", language),
    )  # fmt: skip
    media = say(f"vc_quality.of_{found.media or 'line'}", language)
    return f"{grade}: {said} ({media})"


_SHOWN: Mapping[Term, tuple[float, int]] = MappingProxyType(
    {"loss": (100, 1), "jitter": (1000, 0), "delay": (1000, 0), "height": (1, 0), "fps": (1, 0)}
)


def _streams(streams: Iterable[VcMedia], profile: LineProfile) -> Iterator[_Measured]:
    limits, pictures = PROFILES[profile], PICTURES[profile]
    for one in streams:
        if one.packets is None or one.packets >= WINDOW_PACKETS:
            yield from _transport(one, limits)
        if one.media == "main" and pictures is not None:
            yield from _picture(one, *pictures)


def _transport(one: VcMedia, limits: Profile) -> Iterator[_Measured]:
    delay_s = one.rtt_s / 2 if one.rtt_s is not None else None
    told: tuple[tuple[Literal["loss", "jitter", "delay"], float | None], ...] = (
        ("loss", one.loss_ratio), ("jitter", one.jitter_s), ("delay", delay_s),
    )  # fmt: skip
    for term, value in told:
        if value is not None:
            good, fair = getattr(limits.good, term), getattr(limits.fair, term)
            yield _Measured(term, value, good, fair, one.media)


def _picture(one: VcMedia, good: Picture, fair: Picture) -> Iterator[_Measured]:
    if one.height_px is not None:
        yield _Measured("height", one.height_px, good.height, fair.height, "main", is_least=True)
    if one.fps is not None:
        yield _Measured("fps", one.fps, good.fps, fair.fps, "main", is_least=True)


def _line(ways: tuple[LineWay, ...], profile: LineProfile, dir_: Dir) -> Iterator[_Measured]:
    """The term that decides the line's grade in this direction."""
    mine = (_LINE_DIRECTION[dir_], "round")
    limits = PROFILES[profile]
    found = judge_line((way for way in ways if way.direction in mine), limits)
    if found is not None:
        good, fair = getattr(limits.good, found.term), getattr(limits.fair, found.term)
        yield _Measured(found.term, found.value, good, fair)
