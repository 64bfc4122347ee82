"""What is found of a ward as a whole: its quota, and how its machines grow in number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.machines.forecast import MONTH, WEEK, anew
from agent.machines.history_shelf import QUOTA
from agent.machines.judging import Audited
from agent.machines.quota import shares_of
from inventory.units import units
from probes.vm.finding import Facts
from probes.vm.hygiene.judge import judge_quota
from probes.vm.trend import Room, Trends

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agent.machines.quota import Share
    from inventory.model import Ward
    from probes.vm.finding import Moment

_NOTHING = Trends()


def judge_growth(
    ward: Ward, audited: Sequence[Audited], trends: Mapping[str, Trends], day: Moment
) -> Audited | None:
    """The ward's own row by its shares now and their history; None where neither is there."""
    known = trends.get(QUOTA, _NOTHING)
    shares = shares_of(ward, [one for one in audited if one.ward == ward.ward])
    if not shares and known.count is None:
        return None
    facts = Facts(
        trends=Trends(tuple(_room(one, known) for one in shares), count=known.count),
        unsized=tuple(dict.fromkeys(name for one in shares for name in one.unsized)),
    )
    unit = units().get(ward.ward)
    return Audited(
        ward.ward, unit.name if unit else ward.ward, judge_quota(facts, (), day.now, day.ends),
        is_measured=any(one.ratio is not None for one in shares), kind="ward", facts=facts,
    )  # fmt: skip


def _room(share: Share, known: Trends) -> Room:
    before = next((room for room in known.rooms if room.name == share.resource), None)
    if before is None:
        return Room(share.resource, share.ratio, anew(WEEK), anew(MONTH))
    return Room(share.resource, share.ratio, before.week, before.month)
