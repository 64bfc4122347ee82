"""`/probe`: a service as blackbox_exporter shows it, for scrape jobs that were there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import Response

from agent.exposition.family import TEXT
from agent.exposition.probe_page import probe_page
from agent.web import query
from agent.web.problems import Refusal
from probes.errors import Busy
from probes.services.blackbox.look import MODULES

if TYPE_CHECKING:
    from starlette.requests import Request

    from agent.web.parts import Parts
    from probes.model import Target

_DEFAULT_TIMEOUT_S = 10.0
_SPARE_S = 0.5  # of the scraper's own patience, for the way back
_LEAST_TIMEOUT_S = 0.1
_TIMEOUT_HEADER = "x-prometheus-scrape-timeout-seconds"
_SECONDS = re.compile(r"\d{1,4}(\.\d{1,6})?")


async def probe(request: Request, parts: Parts) -> Response:
    """What a module sees of a target, good or not; 403 for what is not in the inventory."""
    query.only(request, ("target", "module"))
    target, module = _target(request, parts, _module(request))
    try:
        lines = await parts.looks.look(target, module, _timeout_s(request))
    except Busy as error:
        raise Refusal("busy", "probe_page.busy", headers={"Retry-After": "5"}) from error
    headers = {"Cache-Control": "no-store", "Content-Type": TEXT.content_type}
    return Response(probe_page(lines), headers=headers)


def _module(request: Request) -> str | None:
    given = request.query_params.getlist("module")
    if not given:
        return None
    if len(given) > 1 or given[0] not in MODULES:
        known = ", ".join(MODULES)
        raise Refusal(
            "bad_request", "probe_page.unknown_module", module=given[-1][:60], known=known
        )
    return given[0]


def _target(request: Request, parts: Parts, module: str | None) -> tuple[Target, str]:
    given = request.query_params.getlist("target")
    if len(given) != 1 or not given[0]:
        raise Refusal("bad_request", "probe_page.which_target")
    found = parts.looks.find(given[0], module)
    if found == "unknown":
        raise Refusal("not_in_inventory", "probe_page.unknown_target", target=given[0][:60])
    if found == "several":
        raise Refusal("bad_request", "probe_page.several", target=given[0][:60])
    if found == "other_module":
        key, asked = "probe_page.other_module", given[0][:60]
        raise Refusal("bad_request", key, target=asked, module=module or "-")
    return found


def _timeout_s(request: Request) -> float:
    given = request.headers.get(_TIMEOUT_HEADER)
    if given is None:
        return _DEFAULT_TIMEOUT_S
    if not _SECONDS.fullmatch(given):
        # 500, as the exporter answers.
        raise Refusal("internal", "api.malformed", name=_TIMEOUT_HEADER, value=given[:60])
    return max(_LEAST_TIMEOUT_S, float(given) - _SPARE_S)
