"""`GET /api/v1/events`: the bus as server-sent events, with a heartbeat every two seconds."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, get_args

from starlette.responses import StreamingResponse

from agent.events import MAX_CLIENTS, TooManyClients
from agent.web import query
from agent.web.problems import Refusal
from agent.wire import EventKind, Heartbeat

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from agent.events import Subscription
    from agent.web.access import Caller
    from agent.web.parts import Parts
    from agent.wire import Event

HEARTBEAT_S = 2.0
_SEQ = re.compile(r"\d{1,18}")


async def events(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """Follow the changes from now on, or from `Last-Event-ID` / `since` on."""
    query.only(request, ("ward", "kinds", "since"))
    wards = query.many(request, "ward", query.WARD)
    try:
        client = parts.bus.subscribe(_since(request), wards, _kinds(request))
    except TooManyClients as error:
        raise Refusal(
            "busy", "api.too_many_clients", headers={"Retry-After": "10"}, count=MAX_CLIENTS
        ) from error
    parts.selfmetrics.sse_clients.set(parts.bus.clients)
    return _Following(client, parts)


class _Following(StreamingResponse):
    """The stream; the client leaves the bus however it ends."""

    def __init__(self, client: Subscription, parts: Parts) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(stream(client, parts), media_type="text/event-stream", headers=headers)
        self._client = client
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._client.leave()
            self._parts.selfmetrics.sse_clients.set(self._parts.bus.clients)


async def stream(client: Subscription, parts: Parts) -> AsyncIterator[str]:
    """Heartbeat first, then events as they come; ends when the bus closes."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        if loop.time() >= due:
            yield _heartbeat(parts, lag_s=loop.time() - due)
            due = loop.time() + HEARTBEAT_S
        event = await client.next_event(due)
        if event is not None:
            yield _event(event)
        elif client.closed:
            return


def _event(event: Event) -> str:
    data = event.model_dump_json(by_alias=True)
    return f"id: {event.seq}\nevent: {event.kind}\ndata: {data}\n\n"


def _heartbeat(parts: Parts, *, lag_s: float) -> str:
    """Without an `id:`: a heartbeat is nothing to go on from."""
    beat = Heartbeat(ts=parts.clock.now(), lag_ms=round(lag_s * 1000, 1), seq=parts.bus.seq)
    return f"event: hb\ndata: {beat.model_dump_json()}\n\n"


def _since(request: Request) -> int | None:
    """Where to go on: the header that browsers send by themselves wins over the parameter."""
    header = request.headers.get("last-event-id", "")
    if _SEQ.fullmatch(header):
        return int(header)
    text = query.one(request, "since", _SEQ)
    return int(text) if text else None


def _kinds(request: Request) -> frozenset[str]:
    text = query.one(request, "kinds", re.compile(r"[a-z]+(,[a-z]+)*"))
    kinds = frozenset(text.split(",")) if text else frozenset()
    for unknown in kinds - set(get_args(EventKind)):
        raise Refusal("bad_request", "api.malformed", name="kinds", value=unknown)
    return kinds
