"""Stands in for the application while the journal is read: whoever asks is told to come back.

A scrape that met no incident because none had been read yet would end every alert.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from agent.web.problems import Refusal, error_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

RETRY_AFTER_S = 5


class Doorway:
    """An ASGI application that answers 503 until `open` lets everybody through to the real one."""

    def __init__(self) -> None:
        self._inside: ASGIApp | None = None
        self._end_streams: Callable[[], None] = lambda: None

    def open(self, inside: ASGIApp, end_streams: Callable[[], None]) -> None:
        """From now on `inside` answers; `end_streams` lets its endless answers end."""
        self._inside = inside
        self._end_streams = end_streams

    def end_streams(self) -> None:
        """Let answers that never end by themselves end, so that the server can stop."""
        self._end_streams()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection; see the class."""
        answer = self._inside
        if answer is None and scope["type"] == "http":
            answer = _not_yet(Request(scope))
        if answer is not None:
            await answer(scope, receive, send)


def _not_yet(request: Request) -> Response:
    if request.url.path == "/-/healthy":
        return PlainTextResponse("ok\n")
    if request.url.path == "/-/ready":
        return JSONResponse({"ready": False, "reasons": ["starting"]}, status_code=503)
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return error_response(request, Refusal("unavailable", "api.not_restored", headers=headers))
