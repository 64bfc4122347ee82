"""What a burst of STAMP packets says of the line, each direction for itself. Pure.

Loss: the reflector numbers its answers (RFC 8762 section 4.3.1), so what it never counted was lost
on the way out, and what it counted but did not come back was lost on the way in. Delay variation:
RFC 3550 section 6.4.1 and ITU-T Y.1541 appendix II. Reordering: RFC 4737 section 3.3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from probes.path.quality import jitter_s

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_NS = 1_000_000_000
# Two clocks that are further apart than this say nothing about a delay of one direction.
SANE_CLOCK_S = 0.020
# A receive clock that goes back by more than this against the sender's was set in between.
STEP_S = 0.050
_IPDV_QUANTILE = 1 - 1e-3


@dataclass(frozen=True, slots=True)
class Echo:
    """One answer: whose packet it answers, the reflector's number, and the four times of it.

    Unix nanoseconds: left here, arrived there, left there, arrived here. `rtt_s` is without the
    reflector's own time. `clocks_error_s` is how far both clocks together may be off, None when one
    of them is not synchronised; `sent_dscp` and `seen_dscp` are the mark as it left and as it
    arrived there, None when not told.
    """

    number: int
    reflected_number: int
    sent_ns: int
    received_ns: int
    reflected_ns: int
    returned_ns: int
    rtt_s: float
    clocks_error_s: float | None = None
    sent_dscp: int = 0
    seen_dscp: int | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """How many packets one direction was given and did not deliver."""

    sent: int
    lost: int

    @property
    def ratio(self) -> float | None:
        """Lost over sent; None when nothing was sent."""
        return self.lost / self.sent if self.sent else None


@dataclass(frozen=True, slots=True)
class Way:
    """One direction: loss None when it cannot be told, delays in seconds, None when not known."""

    loss: Loss | None = None
    delay_s: float | None = None
    jitter_s: float | None = None
    ipdv_s: float | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """A burst as measured. `round` has no delay of its own: that is `rtts_s`, by time of sending.

    `unplaced` are lost packets of which nobody can say in which direction. `dscp_rewritten` is None
    when the reflector did not tell the mark. `is_stepped` says that a clock was set meanwhile.
    """

    sent: int
    rtts_s: tuple[float, ...]
    round: Way
    out: Way
    back: Way
    unplaced: int = 0
    reordered: int = 0
    duplicates: int = 0
    dscp_rewritten: bool | None = None
    is_stepped: bool = False


def quality(sent: int, echoes: Sequence[Echo], *, fresh: bool = True) -> Quality:
    """What `sent` packets, numbered from 1 in order of sending, and their answers say.

    `echoes` are in order of arrival, duplicates included. `fresh` says that the reflector counts
    this burst from 0 (a session identifier of its own); else its first answer is where it begins.
    """
    first = _firsts(echoes)
    by_sending = sorted(first, key=lambda one: one.number)
    by_arrival_there = sorted(first, key=lambda one: one.received_ns)
    out, back = _losses(sent, echoes, fresh=fresh)
    lost = sent - len(first)
    placed = (out.lost if out else 0) + (back.lost if back else 0)
    stepped = _is_stepped(by_sending)
    return Quality(
        sent=sent,
        rtts_s=tuple(one.rtt_s for one in by_sending),
        round=Way(
            Loss(sent, lost),
            jitter_s=jitter_s([one.rtt_s for one in first]),
            ipdv_s=ipdv_s([one.rtt_s for one in first]),
        ),
        out=_way(out, by_arrival_there, _out_s, stepped=stepped),
        back=_way(back, first, _back_s, stepped=stepped),
        unplaced=max(0, lost - placed),
        reordered=_reordered(first),
        duplicates=len(echoes) - len(first),
        dscp_rewritten=_rewritten(first),
        is_stepped=stepped,
    )


def ipdv_s(delays_s: Sequence[float]) -> float | None:
    """Delay variation: the 1 - 10^-3 quantile less the smallest; None for fewer than two."""
    if len(delays_s) < 2:
        return None
    ordered = sorted(delays_s)
    return ordered[math.ceil(_IPDV_QUANTILE * len(ordered)) - 1] - ordered[0]


def _firsts(echoes: Sequence[Echo]) -> list[Echo]:
    """The first answer to each packet, in order of arrival."""
    seen: dict[int, Echo] = {}
    for one in echoes:
        seen.setdefault(one.number, one)
    return list(seen.values())


def _losses(sent: int, echoes: Sequence[Echo], *, fresh: bool) -> tuple[Loss | None, Loss | None]:
    """Loss out and back, up to the last packet that was answered; None where nobody can tell."""
    numbers = {one.number for one in echoes}
    if len(numbers) == sent:
        return Loss(sent, 0), Loss(sent, 0)
    if not numbers or not _counts(echoes):
        return None, None
    counted = _counted(echoes)
    start = 0 if fresh else min(numbers) - 1
    begun = 0 if fresh else min(counted)
    lost = max(numbers) - start - len(numbers)
    lost_back = max(counted) - begun + 1 - len(counted)
    if lost_back > lost and fresh:  # it goes on counting from an earlier burst
        return _losses(sent, echoes, fresh=False)
    lost_back = min(lost_back, lost)
    return (
        Loss(lost + len(numbers), lost - lost_back),
        Loss(lost_back + len(numbers), lost_back),
    )


def _counts(echoes: Sequence[Echo]) -> bool:
    """Whether the reflector counts by itself, and went on counting through the burst.

    A stateless one copies our number; one that began again uses a number twice.
    """
    owner: dict[int, int] = {}
    for one in echoes:
        if owner.setdefault(one.reflected_number, one.number) != one.number:
            return False
    return any(one.reflected_number != one.number for one in echoes)


def _counted(echoes: Sequence[Echo]) -> set[int]:
    """The reflector's numbers, unwrapped where 32 bits ran over."""
    origin = echoes[0].reflected_number
    half = 1 << 31
    return {origin + (one.reflected_number - origin + half) % (1 << 32) - half for one in echoes}


def _way(
    loss: Loss | None,
    echoes: Sequence[Echo],
    delay_s: Callable[[Echo], float],
    *,
    stepped: bool,
) -> Way:
    """One direction from its packets in order of arrival there."""
    if stepped:
        return Way(loss)
    delays_s = [delay_s(one) for one in echoes]
    return Way(
        loss,
        median(delays_s) if _is_sane(echoes) and min(delays_s) >= 0 else None,
        jitter_s(delays_s),
        ipdv_s(delays_s),
    )


def _is_sane(echoes: Sequence[Echo]) -> bool:
    errors_s = [one.clocks_error_s for one in echoes]
    return bool(errors_s) and all(error is not None and error <= SANE_CLOCK_S for error in errors_s)


def _out_s(one: Echo) -> float:
    return (one.received_ns - one.sent_ns) / _NS


def _back_s(one: Echo) -> float:
    return (one.returned_ns - one.reflected_ns) / _NS


def _is_stepped(echoes: Sequence[Echo]) -> bool:
    """Whether no single distance of the two clocks fits all packets: somebody set one of them.

    The way out took between nothing and the whole round trip, which bounds that distance.
    """
    if not echoes:
        return False
    most_s = min(_out_s(one) for one in echoes)
    least_s = max(_out_s(one) - one.rtt_s for one in echoes)
    return least_s - most_s > STEP_S


def _reordered(echoes: Sequence[Echo]) -> int:
    """Packets that arrived behind one that left later."""
    highest = count = 0
    for one in echoes:
        count += one.number < highest
        highest = max(highest, one.number)
    return count


def _rewritten(echoes: Sequence[Echo]) -> bool | None:
    told = [one.seen_dscp != one.sent_dscp for one in echoes if one.seen_dscp is not None]
    return any(told) if told else None


@dataclass(frozen=True, slots=True)
class Counters:
    """What all bursts to one reflector in one class brought since the start."""

    round: Loss = Loss(0, 0)
    out: Loss = Loss(0, 0)
    back: Loss = Loss(0, 0)
    reordered: int = 0
    duplicates: int = 0

    def plus(self, found: Quality) -> Counters:
        """The same with one burst more; what nobody can place counts in `round` only."""
        return Counters(
            _sum(self.round, found.round.loss),
            _sum(self.out, found.out.loss),
            _sum(self.back, found.back.loss),
            self.reordered + found.reordered,
            self.duplicates + found.duplicates,
        )


def _sum(all_before: Loss, more: Loss | None) -> Loss:
    if more is None:
        return all_before
    return Loss(all_before.sent + more.sent, all_before.lost + more.lost)
