"""From what the agent knows of a ward to the scene that a room is judged by. Pure."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from agent.verdict.topology import CITY_RESOLVER, GATEWAY, PE, REFLECTOR, RESOLVER
from inventory.model import Role
from probes.meeting.readiness_model import Beside, Scene
from probes.meeting.readiness_sight import chain, endpoint_of
from probes.path.model import LineWay

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from agent.ward_case import WardCase
    from probes.meeting.model import Meeting
    from probes.meeting.readiness_model import Confirmed

_ON_THE_WAY = frozenset({"power", "lan", "switch", "metronet", "dc"})
_SERIOUS = frozenset({"S1", "S2"})
ECHOES_S = 300.0  # echoes of so many seconds tell of the line where no reflector does


def scene_of(
    case: WardCase,
    room: str,
    meeting: Meeting | None,
    confirmed: Mapping[str, Confirmed],
    at: datetime,
    mono: float,
) -> Scene:
    """One room as the agent sees it now."""
    watch = case.watch
    return Scene(
        ward=watch.ward,
        targets=watch.targets,
        seen={name: watch.observations(name) for name in watch.targets},
        room=room,
        now=at,
        mono=mono,
        meeting=meeting,
        vantage=watch.vantage,
        confirmed=confirmed,
        beside=_beside(case, mono),
    )


def needed(scene: Scene) -> tuple[str, ...]:
    """The targets that have to be measured to judge the room, the room's own first."""
    return tuple(dict.fromkeys(name for name in _needed(scene) if name in scene.targets))


def _needed(scene: Scene) -> Iterator[str]:
    endpoint = endpoint_of(scene)
    if endpoint is not None:
        yield endpoint.name
        yield from (one.name for one in chain(scene, endpoint))
    ward = scene.ward
    yield from (one.name for one in (ward.core, ward.ce) if one is not None)
    yield from (one.name for one in ward.devices if one.role is Role.UPS)
    yield from (GATEWAY, PE, REFLECTOR, RESOLVER, CITY_RESOLVER)
    yield from (name for one in ward.services for name in one.names)


def _beside(case: WardCase, mono: float) -> Beside:
    watch, verdict = case.watch, case.verdict
    link = watch.ward.primary_link
    use = watch.line.use
    age_s = use.age_s(mono)
    rate = 1e6 * link.commit_mbps if link is not None and age_s is not None else None
    share = use.full(rate, None)[1] if rate is not None else None
    return Beside(
        segment=verdict.segment if verdict is not None else None,
        incident=_incident(case),
        has_book=True,
        line_share=share,
        line_share_age_s=age_s,
        echoes=_echoes(case, mono),
    )


def _incident(case: WardCase) -> str | None:
    serious = (
        one
        for one in case.incidents.values()
        if one.is_open and one.severity in _SERIOUS and one.root.segment in _ON_THE_WAY
    )
    return next((one.id or one.uid for one in serious), None)


def _echoes(case: WardCase, mono: float) -> LineWay | None:
    """The echoes to the far end of the last minutes as one window; None without any."""
    bursts = [one for one in case.watch.line.far_end.bursts if mono - one.mono <= ECHOES_S]
    sent, lost = sum(one.sent for one in bursts), sum(one.lost for one in bursts)
    trips = [one.rtt_s for one in bursts if one.rtt_s is not None]
    if not sent:
        return None
    delay_s = median(trips) if trips else None
    return LineWay("icmp", "be", "round", sent=sent, lost=lost, delay_s=delay_s)
