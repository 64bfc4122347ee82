"""The agent's HTTP application: routes, who may use them, and what an error becomes."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING, Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route

from agent.web import (
    api,
    events,
    machines,
    meeting_routes,
    metrics,
    pages,
    playbooks,
    printed,
    probe,
    reports,
    rooms,
    senders,
    snmp,
)
from agent.web.commands import Desk
from agent.web.problems import STATUS, code_for_status, error_response, problem_response
from inventory.errors import WardopsError
from inventory.language import say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from agent.web.access import Caller, Need
    from agent.web.parts import Parts

    Open = Callable[[Request, Parts], Awaitable[Response]]
    Guarded = Callable[[Request, Parts, Caller], Awaitable[Response]]

_log = logging.getLogger(__name__)
_ROUTE = "wardops.route"
_OTHER = "other"


def build_app(parts: Parts) -> Starlette:
    """The application over these parts."""
    return Starlette(
        routes=_routes(parts),
        middleware=[Middleware(_Seam, parts=parts)],
        exception_handlers={WardopsError: _on_error, HTTPException: _on_http},
    )


def _routes(parts: Parts) -> list[Route]:
    desk = Desk(parts)
    unguarded: dict[str, Open] = {
        "/": pages.front,
        "/metrics": metrics.metrics,
        "/sd": metrics.service_discovery,
        "/snmp": snmp.snmp,
        "/probe": probe.probe,
        "/-/healthy": metrics.healthy,
        "/-/ready": metrics.ready,
        "/playbooks/{id}": printed.playbook,
    }
    read: dict[str, Guarded] = {
        "/playbooks/who": printed.who,
        "/api/v1/meta": api.meta,
        "/api/v1/snapshot": api.snapshot,
        "/api/v1/wards": api.wards,
        "/api/v1/wards/{code}": api.ward,
        "/api/v1/verdict": api.verdict,
        "/api/v1/devices": api.devices,
        "/api/v1/devices/{name}": api.device,
        "/api/v1/devices/{name}/interfaces": api.interfaces,
        "/api/v1/incidents": api.incidents,
        "/api/v1/incidents/{id}": api.incident,
        "/api/v1/machines": machines.machines,
        "/api/v1/maintenance": api.maintenance,
        "/api/v1/meetings": meeting_routes.meetings,
        "/api/v1/meetings/{id}": meeting_routes.meeting,
        "/api/v1/readiness": rooms.readiness,
        "/api/v1/reports/{kind}": reports.report,
        "/api/v1/unknown-senders": senders.unknown_senders,
        "/api/v1/playbooks": playbooks.playbooks,
        "/api/v1/playbooks/{id}": playbooks.playbook,
        "/api/v1/playbook-runs": playbooks.runs,
        "/api/v1/playbook-runs/{id}": playbooks.run,
        "/api/v1/events": events.events,
        "/api/v1/commands/{id:uuid}": desk.get,
    }
    return [
        # The first that fits is taken: "who" is no playbook's id.
        *(_route(path, "read", ask, parts) for path, ask in read.items()),
        *(_route(path, "open", _without_caller(ask), parts) for path, ask in unguarded.items()),
        _route("/api/v1/commands", "command", desk.post, parts, method="POST"),
    ]


def _route(path: str, need: Need, ask: Guarded, parts: Parts, method: str = "GET") -> Route:
    async def endpoint(request: Request) -> Response:
        request.scope[_ROUTE] = path
        return await ask(request, parts, parts.access.caller(request, need))

    return Route(path, endpoint, methods=[method])


def _without_caller(ask: Open) -> Guarded:
    async def guarded(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
        return await ask(request, parts)

    return guarded


async def _on_error(request: Request, error: Exception) -> Response:
    return error_response(request, cast("WardopsError", error))


async def _on_http(request: Request, error: Exception) -> Response:
    raised = cast("HTTPException", error)
    code, status = code_for_status(raised.status_code), raised.status_code
    return problem_response(request, code, status, raised.detail, raised.headers)


class _Seam:
    """One request: counts it, and turns a bug into a 500 with an id that the log has as well."""

    def __init__(self, app: ASGIApp, parts: Parts) -> None:
        self._app = app
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._count(scope, status)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:  # noqa: BLE001 - the seam: one request's bug must not end the agent
            answer = self._bug(Request(scope))
            if status == 0:  # else half of an answer is out already; the connection breaks off
                await answer(scope, receive, watched)

    def _bug(self, request: Request) -> Response:
        bug = secrets.token_hex(4)
        _log.exception("request failed id=%s path=%s", bug, request.url.path)
        self._parts.selfmetrics.bug("web")
        return problem_response(
            request, "internal", STATUS["internal"], say("api.bug", "en", bug=bug)
        )

    def _count(self, scope: Scope, status: int) -> None:
        route: Any = scope.get(_ROUTE, _OTHER)
        self._parts.selfmetrics.requests.labels(route, str(status)).inc()
