"""The hub's door for its wards' agents: one route over TLS, small requests, nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from agent.link.model import BEAT_PATH, LARGEST, Beat
from agent.web.problems import Refusal, code_for_status, error_response, problem_response
from agent.wire import API_VERSION
from inventory.errors import WardopsError

if TYPE_CHECKING:
    from starlette.requests import Request

    from agent.link.desk import LinkDesk

_PATIENCE_S = 10.0
_HEADERS = {"Wardops-API": API_VERSION, "Cache-Control": "no-store"}


def build_link_app(desk: LinkDesk) -> Starlette:
    """The application that a hub shows to its wards' agents."""

    async def beat(request: Request) -> Response:
        peer = request.client.host if request.client else ""
        ward = desk.ward_of(request.headers.get("authorization"), peer)
        answer = desk.take(ward, await _beat(request))
        return Response(answer.model_dump_json(), media_type="application/json", headers=_HEADERS)

    return Starlette(
        routes=[Route(BEAT_PATH, beat, methods=["POST"])],
        exception_handlers={WardopsError: _on_error, HTTPException: _on_http},
    )


async def _beat(request: Request) -> Beat:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refusal("bad_request", "link.needs_json")
    try:
        async with asyncio.timeout(_PATIENCE_S):
            body = await _body(request)
        return Beat.model_validate_json(body)
    except TimeoutError as error:
        raise Refusal("bad_request", "link.too_slow", status=408) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise Refusal("bad_request", "link.bad_beat", where=where[:80]) from error


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Refusal("bad_request", "link.too_large", status=413, limit=LARGEST)
    return body


async def _on_error(request: Request, error: Exception) -> Response:
    return error_response(request, cast("WardopsError", error))


async def _on_http(request: Request, error: Exception) -> Response:
    raised = cast("HTTPException", error)
    code = code_for_status(raised.status_code)
    return problem_response(request, code, raised.status_code, raised.detail, raised.headers)
