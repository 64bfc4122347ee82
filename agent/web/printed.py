"""`/playbooks/<id>` and `/playbooks/who`: the pages that also hang on a wall.

A playbook's page names nobody and no address, so what may read the metrics may read it; the sheet
of who handles what has telephone numbers.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

from agent.web import query
from agent.web.problems import Refusal
from inventory.language import DEFAULT_LANGUAGE, LANGUAGES
from playbooks.page import playbook_page
from playbooks.verdict.render import LOCAL
from playbooks.who import who_page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from agent.web.access import Caller
    from agent.web.parts import Parts
    from inventory.language import Language


async def playbook(request: Request, parts: Parts) -> Response:
    """One playbook as a page; 404 for an id that is not there."""
    query.only(request, ("lang",))
    asked = request.path_params["id"]
    found = parts.paper.library.get(asked)
    if found is None:
        raise Refusal("not_found", "api.no_playbook", playbook=asked[:60])
    return HTMLResponse(playbook_page(found, _language(request)))


async def who(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """The sheet of one ward, or of all, a page each; 404 for a ward that is not there."""
    query.only(request, ("lang", "ward"))
    paper, code = parts.paper, query.one(request, "ward", query.WARD)
    if code is not None and code not in paper.inventory.wards:
        raise Refusal("not_found", "api.no_ward", ward=code)
    printed = parts.clock.now().astimezone(LOCAL).date()
    codes = [code] if code else None
    # a whole city's sheets would hold up the loop
    page = await asyncio.to_thread(
        who_page, paper.inventory, paper.escalation, _language(request), printed, codes
    )
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


def _language(request: Request) -> Language:
    asked = query.choice(request, "lang", LANGUAGES)
    return next((language for language in LANGUAGES if language == asked), DEFAULT_LANGUAGE)
