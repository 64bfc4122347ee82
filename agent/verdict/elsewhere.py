"""What is known from another vantage, beside what is seen from here at the same time. Pure.

Two vantages look at different moments. Whoever compares an answer from before a failure with that
failure blames the way here for a fault of the centre: only what was said of the same time counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from playbooks.verdict.facts import Truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agent.verdict.sight import Seen

# What was measured longer ago says nothing about now.
LIVE_S = 120.0
# So many other wards say as much as the centre itself.
WARDS_ENOUGH = 3

_KNOWN = (Truth.TRUE, Truth.FALSE)


@dataclass(frozen=True, slots=True)
class Told:
    """One check as one vantage saw it last; times are this machine's monotonic seconds.

    `truth` is true or false, `mono` when that was measured, `since` since when it is so. The
    newest failure that is remembered is `failed_at`, None without any. `values` are what sentences
    print.
    """

    truth: Truth
    mono: float
    since: float
    reason: str = ""
    failed_at: float | None = None
    values: Mapping[str, float] = field(default_factory=dict)

    def is_live(self, mono: float) -> bool:
        """Whether it still says something at this moment."""
        return mono - self.mono <= LIVE_S


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What the other vantage said last: services by id, the city's resolver, the ward's own line.

    `line` holds `path_ok` and `mtu` as the ward's agent judged them, for the hub. `failed_here` is
    when each service last failed from here (monotonic seconds), kept where the link is kept.
    """

    services: Mapping[str, Told] = field(default_factory=dict)
    resolver: Told | None = None
    line: Mapping[str, Told] = field(default_factory=dict)
    failed_here: Mapping[str, float] = field(default_factory=dict)


def told_of(seen: Seen | None, failed_at: float | None = None) -> Told | None:
    """What this agent itself saw of a target last; None while it does not know."""
    if seen is None or seen.last is None or seen.answers not in _KNOWN:
        return None
    if seen.answers is Truth.TRUE:
        return Told(Truth.TRUE, seen.last.mono, seen.since_mono, failed_at=failed_at)
    since = seen.since_mono if seen.bad_since_mono is None else seen.bad_since_mono
    reason = "" if seen.last.ok else str(seen.last.reason)
    return Told(Truth.FALSE, seen.last.mono, since, reason, seen.last.mono)


def remembered(before: Told | None, now: Told) -> Told:
    """The newest word with the failure that the one before knew of."""
    if now.truth is Truth.FALSE:
        return replace(now, failed_at=now.mono)
    return replace(now, failed_at=before.failed_at if before is not None else None)


def beside(here: Told, there: Told | None, mono: float) -> Truth:
    """What the other vantage knew at the time for which something is known here.

    Against a failure here, an answer there from before it proves nothing, nor does the return of
    what had failed there as well until it was asked again here.
    """
    if there is None or not there.is_live(mono):
        return Truth.UNKNOWN
    if here.truth is Truth.TRUE or there.truth is Truth.FALSE:
        return there.truth
    if there.mono < here.since:
        return Truth.UNKNOWN
    if here.mono < there.since:
        failed = there.failed_at
        had_failed = failed is not None and failed >= here.since - LIVE_S
        return Truth.FALSE if had_failed else Truth.UNKNOWN
    return Truth.TRUE


def agreed(wards: Iterable[Told], mono: float) -> Told | None:
    """What other wards say of one check, when enough of them say the same."""
    live = [one for one in wards if one.is_live(mono)]
    if len(live) < WARDS_ENOUGH or len({one.truth for one in live}) != 1:
        return None
    failures = [one.failed_at for one in live if one.failed_at is not None]
    return Told(
        live[0].truth,
        min(one.mono for one in live),
        max(one.since for one in live),
        live[0].reason,
        max(failures, default=None),
    )
