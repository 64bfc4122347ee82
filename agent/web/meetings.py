"""`GET /api/v1/meetings` and how a meeting is shown everywhere; nothing decided."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from agent import wire
from agent.meetings.check import shown as in_words
from agent.meetings.timeline import phase_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.view import AgentView
    from probes.meeting.model import Meeting

LOOK_AHEAD = timedelta(hours=24)


def upcoming(view: AgentView, code: str | None, judged: int = 0) -> tuple[wire.Meeting, ...]:
    """Meetings that are not over for long, the earliest first, of one ward if asked for.

    The first `judged` ones that begin within a day come with the readiness of their rooms.
    """
    return shown((one for one in view.meetings if code in {None, one.ward}), view, judged)


def shown(
    meetings: Iterable[Meeting], view: AgentView, judged: int = 0
) -> tuple[wire.Meeting, ...]:
    """Meetings as the API sends them; the first `judged` with the readiness of their rooms."""
    soon = view.now + LOOK_AHEAD
    return tuple(
        _meeting(one, view, judge=place < judged and one.start <= soon)
        for place, one in enumerate(meetings)
    )


def readiness(one: Meeting, view: AgentView) -> wire.Readiness | None:
    """Whether the meeting's room is ready; None where nobody judges rooms."""
    found = view.rooms.room(one.ward, one.room, one) if view.rooms is not None else None
    return in_words(found, one.ward) if found is not None else None


def _meeting(one: Meeting, view: AgentView, *, judge: bool) -> wire.Meeting:
    return wire.Meeting(
        readiness=readiness(one, view) if judge else None,
        id=one.id, code=one.code, ward=one.ward, room=one.room, start=one.start, end=one.end,
        phase=phase_of(one, view.now), join=one.join, profile=one.profile,
        calendar=one.calendar or None,
        report=f"/api/v1/meetings/{one.id}" if one.start <= view.now else None,
    )  # fmt: skip
