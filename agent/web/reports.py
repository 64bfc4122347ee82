"""`GET /api/v1/reports/{monthly|annual|uplink}`: the figures of one ward, from the raw samples."""

from __future__ import annotations

import asyncio
from re import compile as pattern
from typing import TYPE_CHECKING, get_args

from agent.incidents.law import read_law
from agent.reports.figures import as_values
from agent.reports.source import read_raw, rule_in, year_starts
from agent.reports.summary import summarise
from agent.reports.window import Kind, window_of
from agent.web import query
from agent.web.answers import answer
from agent.web.problems import Refusal
from agent.wire.report import Report

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from agent.reports.window import Window
    from agent.web.access import Caller
    from agent.web.parts import Parts

_PERIOD = pattern(r"\d{4}(-\d{2}){0,2}")


async def report(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """One report; 404 for a kind or ward that is not there, 400 for a period that cannot be."""
    query.only(request, ("ward", "period"))
    asked = request.path_params["kind"]
    kind: Kind | None = next((one for one in get_args(Kind) if one == asked), None)
    if kind is None:
        raise Refusal("not_found", "report.no_kind", kind=asked[:20])
    view = parts.view()
    codes = [ward.unit.code for ward in view.wards]
    code = query.one(request, "ward", query.WARD) or (codes[0] if len(codes) == 1 else None)
    if code is None:
        listed = ", ".join(codes[:3])
        raise Refusal("bad_request", "report.which_ward", wards=f"{listed}, …")
    if code not in codes:
        raise Refusal("not_found", "api.no_ward", ward=code)
    period = query.one(request, "period", _PERIOD)
    window = window_of(kind, period, parts.clock.now(), year_starts())
    # a year of samples takes seconds to read, in which others are answered
    found = await asyncio.to_thread(_made, parts.state, code, window, view.version)
    return answer(request, found)


def _made(state: Path, ward: str, window: Window, version: str) -> Report:
    summary = summarise(read_raw(state, ward, window), rule_in(read_law()))
    return Report.model_validate(as_values(summary, version))
