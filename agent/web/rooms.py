"""`GET /api/v1/readiness`: whether one room is ready, with or without a meeting."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from agent.meetings.check import shown
from agent.web import query
from agent.web.answers import answer
from agent.web.problems import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from agent.web.access import Caller
    from agent.web.parts import Parts

_ROOM = re.compile(r"[^\x00-\x1f]{1,80}")
_MEETING = re.compile(r"[A-Za-z0-9._-]{1,60}")
_SINCE = re.compile(r"[0-9T:.+Z-]{10,40}")


async def readiness(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """One room of one ward; `meeting` is an id, `since` what measurements must be younger than."""
    query.only(request, ("room", "ward", "meeting", "since"))
    room, ward = query.one(request, "room", _ROOM), query.one(request, "ward", query.WARD)
    asked = query.one(request, "meeting", _MEETING)
    since = _moment(query.one(request, "since", _SINCE))
    view = parts.view()
    meeting = next((one for one in view.meetings if one.id == asked), None)
    if asked is not None and meeting is None:
        raise Refusal("not_found", "meeting.unknown", name=asked)
    if room is None or ward is None:
        raise Refusal("bad_request", "api.which_ward")
    found = view.rooms.room(ward, room, meeting) if view.rooms is not None else None
    if found is None or view.rooms is None:
        raise Refusal("not_found", "api.no_ward", ward=ward)
    pending = view.rooms.pending(ward, room, since) if since is not None else 0
    return answer(request, shown(found, ward, pending))


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Refusal("bad_request", "api.malformed", name="since", value=text)
    return found
