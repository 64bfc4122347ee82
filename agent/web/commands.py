"""`POST /api/v1/commands`: each command once, however often it is sent."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.responses import Response

from agent.web import query
from agent.web.answers import answer
from agent.web.problems import STATUS, Refusal, code_of, text_of
from agent.wire import API_VERSION, Command, CommandResult
from inventory.errors import ActionRefused, InputError, StoreError

if TYPE_CHECKING:
    from uuid import UUID

    from starlette.requests import Request

    from agent.web.access import Caller
    from agent.web.parts import Parts
    from inventory.errors import WardopsError

_log = logging.getLogger(__name__)
REMEMBERED_S = 24 * 3600.0
_REMEMBERED = 20_000
_LARGEST = 64 * 1024

# Verbs that change a device; the policy is `changes: off` until there is another.
_CHANGES = frozenset({"run_capability", "approve", "deny"})
_LOCAL_ACTOR = "local:"


@dataclass(frozen=True, slots=True)
class _Asked:
    mono: float
    result: asyncio.Future[CommandResult]


class Desk:
    """Takes commands, remembers for a day what became of each, and answers again the same."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._asked: OrderedDict[UUID, _Asked] = OrderedDict()
        self._running: set[asyncio.Task[CommandResult]] = set()

    async def post(self, request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG002
        """202 when accepted; 400, 403, 404, 409, 422 or 503 with code and message when not."""
        query.only(request, ())
        command = await _command(request)
        result = await self._once(command, caller, _source(request))
        status = 202 if result.accepted else STATUS[result.code or "internal"]
        return Response(
            result.model_dump_json(by_alias=True),
            status_code=status,
            media_type="application/json",
            headers={"Wardops-API": API_VERSION},
        )

    async def get(self, request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG002
        """What became of a command."""
        query.only(request, ())
        asked = self._asked.get(request.path_params["id"])
        if asked is None:
            raise Refusal("not_found", "api.no_command", command=request.path_params["id"])
        if not asked.result.done():
            running = CommandResult(id=request.path_params["id"], accepted=True, state="running")
            return answer(request, running)
        return answer(request, asked.result.result())

    async def _once(self, command: Command, caller: Caller, source: str) -> CommandResult:
        """The answer to this id: carried out now, or whatever it was the first time.

        A client that hangs up does not stop a command half-way.
        """
        self._forget()
        asked = self._asked.get(command.id)
        if asked is None:
            task = asyncio.create_task(self._execute(command, caller, source))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            asked = _Asked(self._parts.clock.monotonic(), task)
            self._asked[command.id] = asked
            task.add_done_callback(lambda done: self._unless_bug(command.id, done))
        return await asyncio.shield(asked.result)

    async def _execute(self, command: Command, caller: Caller, source: str) -> CommandResult:
        try:
            _check(command)
            return await self._parts.commands.execute(
                command, actor=command.actor, role=caller.role, source=source
            )
        except (Refusal, ActionRefused, InputError, StoreError) as error:
            return _refused(command, error)

    def _unless_bug(self, command: UUID, done: asyncio.Task[CommandResult]) -> None:
        """A command that ended in a bug was not carried out for sure: it may be sent again.

        It is logged here, since its client may have hung up and then nobody else sees it.
        """
        if done.cancelled() or (error := done.exception()) is not None:
            self._asked.pop(command, None)
            if not done.cancelled():
                _log.error("command failed id=%s", command, exc_info=error)

    def _forget(self) -> None:
        now = self._parts.clock.monotonic()
        while self._asked:
            oldest = next(iter(self._asked.values()))
            if now - oldest.mono <= REMEMBERED_S and len(self._asked) < _REMEMBERED:
                return
            self._asked.popitem(last=False)


def _check(command: Command) -> None:
    if command.verb in _CHANGES:
        raise Refusal("changes_off", "api.changes_off", verb=command.verb)
    if command.verb.startswith("drill_"):
        raise Refusal("role_denied", "api.role_denied", verb=command.verb)
    if not command.actor.startswith(_LOCAL_ACTOR):
        # accounts come with the login; until then nobody can prove to be one
        raise Refusal("role_denied", "api.actor_not_proven", actor=command.actor)


def _refused(command: Command, error: WardopsError) -> CommandResult:
    return CommandResult(
        id=command.id,
        accepted=False,
        state="refused",
        code=code_of(error),
        message=text_of(error),
    )


async def _command(request: Request) -> Command:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refusal("bad_request", "api.needs_json")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            raise Refusal("bad_request", "api.too_large", limit=_LARGEST)
    try:
        return Command.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise Refusal(
            "bad_request", "api.bad_command", where=where, problem=first["msg"]
        ) from error


def _source(request: Request) -> str:
    return f"tcp:{request.client.host}" if request.client and request.client.host else "unix"
