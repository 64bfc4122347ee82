"""What a meeting was like, minute by minute: the line, the endpoint, joins and drops. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from statistics import fmean
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from probes.path.quality import Grade

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from probes.path.model import LineWay
    from probes.vc.quality import CallGrade
    from probes.vc.status import VcMedia

GradeName: TypeAlias = Literal["good", "fair", "poor"]
GRADES: Mapping[Grade, GradeName] = MappingProxyType(
    {Grade.GOOD: "good", Grade.FAIR: "fair", Grade.POOR: "poor"}
)


@dataclass(frozen=True, slots=True)
class MeetingMinute:
    """One minute of a meeting; what was not measured is None.

    `at` is its begin as an ISO time. Losses are ratios, times seconds; `out` leads from the ward.
    `grade` (good, fair, poor) with the term that decided it, its direction and value. `incidents`
    are the numbers of those open in the ward.
    """

    at: str
    grade: str | None = None
    term: str | None = None
    dir: str | None = None
    value: float | None = None
    media: str | None = None
    loss_out: float | None = None
    loss_in: float | None = None
    loss_round: float | None = None
    delay_s: float | None = None
    jitter_s: float | None = None
    call_loss_tx: float | None = None
    call_loss_rx: float | None = None
    call_jitter_s: float | None = None
    call_rtt_s: float | None = None
    in_call: bool | None = None
    joins: int = 0
    drops: int = 0
    incidents: tuple[str, ...] = ()


@dataclass(slots=True)
class Gathered:
    """What came in during one minute."""

    ways: list[LineWay] = field(default_factory=list)
    media: list[VcMedia] = field(default_factory=list)
    in_call: bool | None = None
    joins: int = 0
    drops: int = 0

    def minute(self, at: str, grade: CallGrade | None, incidents: Sequence[str]) -> MeetingMinute:
        """The minute that this came to, with the grade that stood at its end."""
        counted = MeetingMinute(
            at=at, in_call=self.in_call, joins=self.joins, drops=self.drops,
            incidents=tuple(incidents),
        )  # fmt: skip
        bare = replace(counted, **_line(self.ways), **_call(self.media))
        if grade is None:
            return bare
        return replace(
            bare, grade=GRADES[grade.grade], term=grade.term, dir=grade.dir, value=grade.value,
            media=grade.media,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class MeetingFigures:
    """A meeting as a whole: whole minutes by grade, how often the room joined and dropped out."""

    minutes: int
    good: int
    fair: int
    poor: int
    unknown: int
    joins: int
    drops: int
    worst_loss: float | None
    incidents: tuple[str, ...]

    @property
    def good_ratio(self) -> float | None:
        """Good minutes over those that were measured; None when none was."""
        measured = self.minutes - self.unknown
        return self.good / measured if measured else None


def figures(minutes: Sequence[MeetingMinute]) -> MeetingFigures:
    """The sums of a record."""
    count = {grade: sum(one.grade == grade for one in minutes) for grade in GRADES.values()}
    losses = [
        loss for one in minutes for loss in (one.loss_out, one.loss_in, one.loss_round,
                                             one.call_loss_tx, one.call_loss_rx)
        if loss is not None
    ]  # fmt: skip
    return MeetingFigures(
        minutes=len(minutes), good=count["good"], fair=count["fair"], poor=count["poor"],
        unknown=sum(one.grade is None for one in minutes),
        joins=sum(one.joins for one in minutes), drops=sum(one.drops for one in minutes),
        worst_loss=max(losses, default=None),
        incidents=tuple(dict.fromkeys(name for one in minutes for name in one.incidents)),
    )  # fmt: skip


def to_record(minute: MeetingMinute) -> dict[str, Any]:
    """A minute as JSON-able values; what was not measured is left out."""
    told = {name: value for name, value in asdict(minute).items() if value not in (None, ())}
    return told | ({"incidents": list(minute.incidents)} if minute.incidents else {})


def from_record(record: Mapping[str, Any]) -> MeetingMinute:
    """The minute that was kept like that."""
    return MeetingMinute(**{**record, "incidents": tuple(record.get("incidents", ()))})


def _line(ways: Sequence[LineWay]) -> dict[str, Any]:
    """The line in one minute: of the class that carries pictures where it is told apart."""
    kinds = {way.kind for way in ways}
    kind = next((one for one in ("af41", "ef", "be") if one in kinds), None)
    mine = [way for way in ways if way.kind == kind]
    whole = [way for way in mine if way.direction == "round"]
    return {
        "loss_out": _loss(way for way in mine if way.direction == "out"),
        "loss_in": _loss(way for way in mine if way.direction == "in"),
        "loss_round": _loss(whole),
        "delay_s": _mean(way.delay_s / 2 for way in whole if way.delay_s is not None),
        "jitter_s": _mean(way.jitter_s for way in whole if way.jitter_s is not None),
    }


def _call(media: Sequence[VcMedia]) -> dict[str, Any]:
    """The endpoint's own figures: the worst stream of each interval, over the minute."""
    return {
        "call_loss_tx": _worst(one.loss_ratio for one in media if one.dir == "tx"),
        "call_loss_rx": _worst(one.loss_ratio for one in media if one.dir == "rx"),
        "call_jitter_s": _worst(one.jitter_s for one in media),
        "call_rtt_s": _worst(one.rtt_s for one in media),
    }


def _loss(ways: Iterator[LineWay] | Sequence[LineWay]) -> float | None:
    known = [(way.sent, way.lost) for way in ways if way.sent and way.lost is not None]
    sent = sum(one[0] or 0 for one in known)
    return sum(one[1] or 0 for one in known) / sent if sent else None


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return fmean(known) if known else None


def _worst(values: Iterable[float | None]) -> float | None:
    return max((one for one in values if one is not None), default=None)
