"""`GET /api/v1/meetings` and one of them with its minutes; nothing decided."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from agent import wire
from agent.meetings.record import GRADES
from agent.web import query
from agent.web.answers import answer
from agent.web.meetings import shown
from agent.web.problems import Refusal
from probes.vc.quality import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from agent.meetings.calendars import CalendarState
    from agent.meetings.record import MeetingMinute
    from agent.view import AgentView
    from agent.web.access import Caller
    from agent.web.parts import Parts
    from probes.vc.quality import CallStanding

JUDGED = 20  # meetings of a list whose rooms are judged: each costs a look at all of the room


async def meetings(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """Meetings by their start, `from` and `to` as times; without them those not over for long."""
    query.only(request, ("ward", "from", "to"))
    view = parts.view()
    code = query.one(request, "ward", query.WARD)
    begin, end = (_time(request, name) for name in ("from", "to"))
    found = view.meetings if begin is None and end is None else parts.meetings.all()
    chosen = (
        one for one in found
        if code in {None, one.ward}
        and (begin is None or one.end > begin) and (end is None or one.start < end)
    )  # fmt: skip
    calendars = tuple(_calendar(one, view) for one in view.calendars)
    return answer(
        request, wire.Meetings(items=shown(chosen, view, JUDGED), calendars=calendars, seq=view.seq)
    )


async def meeting(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """One meeting by its id, with its minutes so far."""
    query.only(request, ())
    asked = request.path_params["id"]
    found = next((one for one in parts.meetings.all() if one.id == asked), None)
    if found is None:
        raise Refusal("not_found", "meeting.unknown", name=asked[:60])
    view, minutes = parts.view(), parts.meetings.minutes(found.id)
    detail = wire.MeetingDetail(
        **next(iter(shown([found], view, 1))).model_dump(exclude={"live"}),
        live=_live(minutes, parts.meetings.standing(found.id)),
        minutes=tuple(wire.MeetingMinute.model_validate(asdict(one)) for one in minutes),
    )
    return answer(request, detail)


def _live(minutes: Sequence[MeetingMinute], stands: CallStanding | None) -> wire.LiveQuality | None:
    """The newest minute of a running meeting and how its call stands; None when it does not run."""
    if stands is None:
        return None
    newest, grade = minutes[-1] if minutes else None, stands.worst
    losses = [] if newest is None else [newest.loss_out, newest.loss_in, newest.loss_round]
    return wire.LiveQuality(
        grade=GRADES[grade.grade] if grade else None,
        text=wire.Text(vi=sentence(grade, "vi"), en=sentence(grade, "en")) if grade else None,
        loss=max((loss for loss in losses if loss is not None), default=None),
        jitter_ms=_ms(newest.jitter_s if newest else None),
        delay_ms=_ms(newest.delay_s if newest else None),
        as_of=datetime.fromisoformat(newest.at) if newest else None,
    )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000


def _calendar(one: CalendarState, view: AgentView) -> wire.CalendarAge:
    age_s = (view.now - one.read_at).total_seconds() if one.read_at else None
    problem = None
    if one.problem is not None:
        problem = wire.Text(vi=one.problem.text("vi"), en=one.problem.text("en"))
    return wire.CalendarAge(
        name=one.name, read_at=one.read_at, age_s=age_s, problem=problem, left_out=one.left_out
    )


def _time(request: Request, name: str) -> datetime | None:
    """An aware time of the query. Raises Refusal."""
    text = query.one(request, name, re.compile(r"[0-9TZ:.+-]{10,35}"))
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refusal("bad_request", "api.malformed", name=name, value=text[:60])
    return moment
