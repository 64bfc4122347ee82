"""Answers with an ETag, so that an unchanged one is not sent twice."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from starlette.responses import Response

from agent.wire import API_VERSION

if TYPE_CHECKING:
    from starlette.requests import Request

    from agent.wire import Wire


def tagged(
    request: Request, body: bytes, media_type: str, headers: dict[str, str] | None = None
) -> Response:
    """200 with the body and its ETag, or 304 without it when the client has this very body."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    sent = {"ETag": tag, "Cache-Control": "no-cache", **(headers or {})}
    if _matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=sent)
    return Response(body, media_type=media_type, headers=sent)


def answer(request: Request, value: Wire, headers: dict[str, str] | None = None) -> Response:
    """An API value as JSON, tagged; the header `Wardops-API` says which version spoke."""
    body = value.model_dump_json(by_alias=True).encode()
    sent = {"Wardops-API": API_VERSION, **(headers or {})}
    return tagged(request, body, "application/json", sent)


def _matches(header: str, tag: str) -> bool:
    given = [one.strip().removeprefix("W/") for one in header.split(",")]
    return tag in given or given == ["*"]
