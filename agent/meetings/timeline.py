"""Where a meeting stands: an hour before, half an hour, ten minutes, running, over. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from probes.meeting.model import Meeting

Phase: TypeAlias = Literal["booked", "t60", "t30", "t10", "running", "ended", "over"]

LEADS: tuple[tuple[Phase, timedelta], ...] = (
    ("t60", timedelta(minutes=60)),
    ("t30", timedelta(minutes=30)),
    ("t10", timedelta(minutes=10)),
    ("running", timedelta()),
)
AFTERWARDS = timedelta(minutes=15)  # for the technical minutes


def phase_of(meeting: Meeting, at: datetime) -> Phase:
    """The phase of a meeting at that moment; each begins with its own moment.

    `booked` until an hour before, `ended` for a quarter of an hour after the end, then `over`.
    """
    if at >= meeting.end:
        return "ended" if at < meeting.end + AFTERWARDS else "over"
    reached: Phase = "booked"
    for phase, lead in LEADS:
        if at >= meeting.start - lead:
            reached = phase
    return reached


def next_change(meeting: Meeting, at: datetime) -> datetime | None:
    """When the phase changes next; None once it is over."""
    moments = [meeting.start - lead for _, lead in LEADS]
    moments += [meeting.end, meeting.end + AFTERWARDS]
    return next((moment for moment in moments if moment > at), None)


def is_safe_window(meeting: Meeting, at: datetime) -> bool:
    """Whether nothing may disturb the room and the line: half an hour before until the end."""
    return meeting.start - timedelta(minutes=30) <= at < meeting.end
