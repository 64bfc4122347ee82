"""SSH by threads: the event loop waits, the deadline closes the socket, nothing is left unseen.

The library that speaks SSH blocks, so each session has a thread of its own, sixteen at most. At the
deadline the session's socket is closed, which ends the thread; one that goes on all the same keeps
its place among the sixteen, is logged, and counted in `left_behind`.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from probes.errors import TimedOut

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from probes.transports.model import ShellAnswer, ShellHost, ShellLine
    from probes.transports.shell_session import Session

MAX_SESSIONS = 16
_GRACE_S = 1.0  # for a thread to end once its socket is closed

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class ThreadedShell:
    """The real ShellClient. Close it with `close()` when nothing asks any more."""

    def __init__(self, max_sessions: int = MAX_SESSIONS) -> None:
        self._places = asyncio.Semaphore(max_sessions)
        self._open: set[Session] = set()
        self._left: set[Session] = set()

    @property
    def left_behind(self) -> int:
        """How many threads still run whose caller has gone."""
        return len(self._left)

    async def talk(
        self,
        host: ShellHost,
        lines: Sequence[ShellLine],
        *,
        deadline: float,
        max_bytes: int = 2_000_000,
    ) -> tuple[str, ...]:
        """Type lines into one login shell, one after the other; the answer to each.

        Raises NotConfigured for a host key that is not pinned or another one, AuthFailed, TimedOut,
        LimitExceeded over `max_bytes` in all, ProtocolBroken, or what sockets raise.
        """
        return await self._run(host, deadline, lambda one: one.talk(lines, max_bytes))

    async def execute(
        self, host: ShellHost, command: str, *, deadline: float, max_bytes: int = 2_000_000
    ) -> ShellAnswer:
        """Run one command without a terminal and wait for its end; raises as `talk` does."""
        return await self._run(host, deadline, lambda one: one.execute(command, max_bytes))

    def close(self) -> None:
        """Cut every session that is open."""
        for session in tuple(self._open):
            session.close()

    async def _run(self, host: ShellHost, deadline: float, work: Callable[[Session], _T]) -> _T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(deadline):
                await self._places.acquire()
        except TimeoutError as error:
            raise TimedOut from error
        try:
            session = _new_session(host, deadline - loop.time())
            answer = self._start(session, work)
        except BaseException:
            self._places.release()
            raise
        try:
            async with asyncio.timeout_at(deadline):
                return await asyncio.shield(answer)
        except TimeoutError as error:
            raise TimedOut from error
        finally:
            if not answer.done():
                session.close()
                self._left.add(session)
                answer.add_done_callback(_heard)
                loop.call_later(_GRACE_S, self._look_after, session, host.host)

    def _start(self, session: Session, work: Callable[[Session], _T]) -> asyncio.Future[_T]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_T] = loop.create_future()

        def ended(result: _T | None, error: BaseException | None) -> None:
            self._open.discard(session)
            self._left.discard(session)
            self._places.release()
            if answer.cancelled():
                return
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(result)  # type: ignore[arg-type]  # None only with an error

        def run() -> None:
            result, problem = None, None
            try:
                result = session.run(work)
            except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the caller
                problem = error
            with suppress(RuntimeError):  # the loop is closed: nobody waits for anything
                loop.call_soon_threadsafe(ended, result, problem)

        self._open.add(session)
        Thread(target=run, name="wardops-ssh", daemon=True).start()
        return answer

    def _look_after(self, session: Session, host: str) -> None:
        if session in self._left:
            _log.warning("ssh thread left behind host=%s count=%d", host, len(self._left))


def _heard(answer: asyncio.Future[_T]) -> None:
    """Take the error of a session that nobody waits for any more, so that it is not reported."""
    if not answer.cancelled():
        answer.exception()


def _new_session(host: ShellHost, seconds: float) -> Session:
    from probes.transports.shell_session import Session  # noqa: PLC0415 - costs 0.2 s, seldom needed

    return Session(host, seconds)
