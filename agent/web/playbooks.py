"""The reading routes of playbooks and their runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.web import query
from agent.web.answers import answer
from agent.web.api import PAGING, asked_ward, page
from agent.web.problems import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from agent.web.access import Caller
    from agent.web.parts import Parts


async def playbooks(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """All playbooks, one line each."""
    query.only(request, PAGING)
    return page(request, parts.runs.playbooks(), parts.view().seq)


async def playbook(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """One playbook."""
    query.only(request, ())
    asked = request.path_params["id"]
    found = next((one for one in parts.runs.playbooks() if one.id == asked), None)
    if found is None:
        raise Refusal("not_found", "api.no_playbook", playbook=asked[:60])
    return answer(request, found)


async def runs(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """Runs without their lines, newest first; `open=true` for those that go on."""
    query.only(request, ("ward", "open", *PAGING))
    view = parts.view()
    asked = asked_ward(request, view)
    is_open = query.choice(request, "open", ("true", "false"))
    found = parts.runs.runs(
        ward=asked.unit.code if asked else None,
        is_open=None if is_open is None else is_open == "true",
    )
    return page(request, found, view.seq)


async def run(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """One run with its lines."""
    query.only(request, ())
    asked = request.path_params["id"]
    found = parts.runs.run(asked)
    if found is None:
        raise Refusal("not_found", "api.no_run", run=asked[:60])
    return answer(request, found)
