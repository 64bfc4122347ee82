"""One session with a Poly endpoint: logged in, used, and logged out whatever happens.

A session that is left open has hung such devices until somebody pulled their plug. So the log-in
runs on its own: who is cancelled while it is under way still learns of the session and closes it,
within a second. What could not be closed in that time is counted, and left to expire.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from probes.errors import (
    AuthFailed,
    Busy,
    LimitExceeded,
    ParseFailed,
    ProbeError,
    ProtocolBroken,
    TimedOut,
    Unsupported,
)
from probes.transports.json_tree import as_dict, first, json_of, text_of, truth_of
from probes.transports.status import check_status

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from inventory.credentials import Secret
    from probes.transports.model import HttpAnswer, HttpClient, HttpRequest

LEAVING_S = 1.0  # for the log-out, also of one who is cancelled
_DOOR = "/rest/session"
_JSON = ("Content-Type", "application/json")
_NOT_THERE = frozenset({404, 405, 410, 501})
_DONE = frozenset({201, 204})
_CLOSED = frozenset({200, 201, 202, 204, 401})  # 401: the session has ended already
_FULL = ("session", "max", "limit", "busy", "many")
_TRIES = 3
_CARRIED = re.compile(r"[!-:<-~]{1,4096}")  # RFC 6265, 4.1.1, and what devices add to it
# How a log-in ends that may have counted; where the device has answered, it says itself.
_LOST = (TimedOut, ProtocolBroken, ParseFailed, LimitExceeded, asyncio.CancelledError)
_ANSWERED = frozenset({"http_status", "login_page"})


class NoDoor(Unsupported):
    """There is no such API on this device."""


@dataclass(slots=True)
class Tally:
    """How many sessions could not be closed, or may have been opened without our hearing of it."""

    left_open: int = 0


@dataclass(slots=True)
class Session:
    """A session with one endpoint; `base` says address and trust, `until` is loop time.

    Use it as `async with`: entering logs in, leaving logs out.
    """

    http: HttpClient
    base: HttpRequest
    user: str
    password: Secret
    until: float
    tally: Tally
    _keys: dict[str, str] = field(default_factory=dict, repr=False)

    async def __aenter__(self) -> Session:
        """Log in. Raises NoDoor, AuthFailed, Forbidden, Busy, ProtocolBroken, and as the client."""
        log_in = asyncio.get_running_loop().create_task(self._log_in())
        try:
            await asyncio.shield(log_in)
        except BaseException as error:
            await _in_spite_of_all(self._leave(log_in))
            if isinstance(error, ProbeError):
                raise _as_told(error) from error
            raise
        return self

    async def __aexit__(self, *_why: object) -> None:
        """Log out within a second, also when cancelled again meanwhile."""
        await _in_spite_of_all(self._log_out())

    async def get(self, path: str) -> Any:
        """The JSON at a path. Raises Unsupported where there is none, and what `check` raises."""
        answer = await self._send("GET", path, deadline=self.until)
        if answer.status in _NOT_THERE:
            raise Unsupported
        check_status(answer)
        return json_of(answer.body, answer.content_type)

    async def _log_in(self) -> None:
        words = {"action": "Login", "user": self.user, "password": self.password.reveal()}
        request = replace(
            self.base,
            url=f"{self.base.url}{_DOOR}",
            method="POST",
            body=json.dumps(words).encode(),
            headers=(_JSON,),
            repeatable=False,
            heard=self._hear,
        )
        answer = await self.http.send(request, deadline=self.until)
        if answer.status in _NOT_THERE:
            raise NoDoor
        check_status(replace(answer, status=200) if answer.status in _DONE else answer)
        told = self._said(answer)
        if truth_of(told.get("success")) is False:
            raise _refusal(told)
        named = first(text_of, as_dict(told.get("session")), "sessionId", "sessionID", "id")
        named = named or first(text_of, told, "sessionId", "sessionID")
        if named and not self._has_cookie:
            self._keep("session_id", named)
        if not self._has_cookie:
            raise ProtocolBroken("vc_no_session")

    def _said(self, answer: HttpAnswer) -> Mapping[str, Any]:
        """What the log-in was answered; where the session came by a cookie, nothing need be."""
        try:
            return as_dict(json_of(answer.body, answer.content_type))
        except ParseFailed:
            if not self._has_cookie:
                raise
            return {}

    @property
    def _has_cookie(self) -> bool:
        return any(key.startswith("cookie ") for key in self._keys)

    def _hear(self, headers: tuple[tuple[str, str], ...]) -> None:
        """Keep what later requests must bring: cookies, and a token against forged requests.

        VideoOS 4.6.2 and later want that token back in `X-XSRF-TOKEN`, wherever it came from.
        """
        for name, value in headers:
            if name == "set-cookie":
                key, _, told = value.partition(";")[0].partition("=")
                self._keep(key.strip(), told.strip())
            elif "xsrf" in name or "csrf" in name:
                self._keep("", value)

    def _keep(self, name: str, value: str) -> None:
        """A cookie, or without a name the token; what no header can carry is left."""
        if not _CARRIED.fullmatch(value):
            return
        if name:
            self._keys[f"cookie {name}"] = value
        if not name or "xsrf" in name.lower() or "csrf" in name.lower():
            self._keys["token"] = value

    def _headers(self) -> tuple[tuple[str, str], ...]:
        cookies = "; ".join(
            f"{key.removeprefix('cookie ')}={told}"
            for key, told in self._keys.items()
            if key.startswith("cookie ")
        )
        token = self._keys.get("token")
        return (
            *([("Cookie", cookies)] if cookies else []),
            *([("X-XSRF-TOKEN", token)] if token else []),
        )

    async def _send(
        self, method: str, path: str, *, deadline: float, body: bytes = b""
    ) -> HttpAnswer:
        request = replace(
            self.base,
            url=f"{self.base.url}{path}",
            method=method,
            body=body,
            headers=(*self._headers(), *([_JSON] if body else [])),
        )
        return await self.http.send(request, deadline=deadline)

    async def _leave(self, log_in: asyncio.Task[None]) -> None:
        """Close what a log-in that went wrong, or was not waited for, has opened all the same."""
        _done, late = await asyncio.wait([log_in], timeout=LEAVING_S / 2)
        for task in late:
            task.cancel()
        (error,) = await asyncio.gather(log_in, return_exceptions=True)
        if self._has_cookie:
            await self._log_out(LEAVING_S / 2)
        elif isinstance(error, _LOST) and getattr(error, "detail_code", "") not in _ANSWERED:
            self.tally.left_open += 1  # it was sent, and nobody can tell whether it counted

    async def _log_out(self, within_s: float = LEAVING_S) -> None:
        until = asyncio.get_running_loop().time() + within_s
        for _ in range(_TRIES):
            try:
                answer = await self._send(
                    "POST", _DOOR, deadline=until, body=b'{"action": "Logout"}'
                )
            except TimedOut:
                break
            except ProbeError:
                continue
            if answer.status in _CLOSED:
                return
        self.tally.left_open += 1


def _refusal(told: Any) -> ProbeError:
    """A log-in that was answered with `success: false`: out of sessions, or wrong credentials."""
    why = (first(text_of, told, "reason", "loginResult") or "").lower()
    return Busy("vc_sessions") if any(word in why for word in _FULL) else AuthFailed()


def _as_told(error: ProbeError) -> ProbeError:
    """A full device says so with 503 or 429: in a person's words."""
    plain = isinstance(error, Busy) and error.detail_code == Busy.reason.value
    return Busy("vc_sessions") if plain else error


async def _in_spite_of_all(closing: Coroutine[Any, Any, None]) -> None:
    """Run to the end, which its own time limits bring; a cancellation waits until then."""
    task = asyncio.get_running_loop().create_task(closing)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    task.result()
    if cancelled:
        raise asyncio.CancelledError
