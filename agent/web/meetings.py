"""`GET /api/v1/meetings` and how a meeting is shown everywhere; nothing decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent import wire
from agent.meetings.timeline import phase_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.view import AgentView
    from probes.meeting.model import Meeting


def upcoming(view: AgentView, code: str | None) -> tuple[wire.Meeting, ...]:
    """Meetings that are not over for long, the earliest first, of one ward if asked for."""
    return shown((one for one in view.meetings if code in {None, one.ward}), view)


def shown(meetings: Iterable[Meeting], view: AgentView) -> tuple[wire.Meeting, ...]:
    """Meetings as the API sends them."""
    return tuple(_meeting(one, view) for one in meetings)


def _meeting(one: Meeting, view: AgentView) -> wire.Meeting:
    return wire.Meeting(
        id=one.id, code=one.code, ward=one.ward, room=one.room, start=one.start, end=one.end,
        phase=phase_of(one, view.now), join=one.join, profile=one.profile,
        calendar=one.calendar or None,
    )  # fmt: skip
