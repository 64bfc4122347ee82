"""Asks the agent in a thread of its own and tells the screen what it said; never the screen's loop.

The thread owns the one client: looks and commands go one after the other over one connection.
"""

from __future__ import annotations

import queue
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from agent.wire import Command
from inventory.errors import WardopsError
from tui.freshness import retry_after_s

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agent.client import AgentClient
    from agent.wire import Meta, Snapshot, Verb
    from tui.times import Times

LOOK_EVERY_S = 1.0
LOOK_AT_MANY_EVERY_S = 3.0  # a hub's snapshot is a megabyte


@dataclass(frozen=True, slots=True)
class Heard:
    """The agent answered with a snapshot at monotonic time `at`; `skew_s`: its clock minus ours."""

    snapshot: Snapshot
    at: float
    skew_s: float
    meta: Meta


@dataclass(frozen=True, slots=True)
class Silent:
    """The agent did not answer; it is asked again at monotonic time `retry_at`."""

    failure: WardopsError
    retry_at: float


@dataclass(frozen=True, slots=True)
class Answered:
    """What a question came to: its value, or the error; `then` takes it on the screen's side."""

    then: Callable[[Any], None]
    value: Any


News: TypeAlias = Heard | Silent | Answered


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask the client; its value or its WardopsError goes to `then`."""

    ask: Callable[[AgentClient], Any]
    then: Callable[[Any], None]
    look_after: bool = False


@dataclass(slots=True)
class Feed:
    """Looks at the agent again and again until stopped; `run` blocks and belongs into a thread.

    `find` gives a client of an agent that answers; it and the client raise WardopsError. `tell` is
    called in this thread.
    """

    find: Callable[[], AgentClient]
    tell: Callable[[News], None]
    times: Times
    ward: str | None = None
    _jobs: queue.Queue[Question | None] = field(default_factory=queue.Queue)
    _client: AgentClient | None = None
    _meta: Meta | None = None
    _failures: int = 0
    _stopped: bool = False

    def run(self) -> None:
        """Look, answer questions until the next look is due, look again."""
        try:
            while not self._stopped:
                pause_s = self._look()
                self._answer_until(self.times.monotonic() + pause_s)
        finally:
            self._forget()

    def stop(self) -> None:
        """End `run` soon; from any thread."""
        self._stopped = True
        self._jobs.put(None)

    def look_now(self) -> None:
        """Look without waiting for the time; from any thread."""
        self._jobs.put(None)

    def ask(self, ask: Callable[[AgentClient], Any], then: Callable[[Any], None]) -> None:
        """Ask something beside the snapshot; from any thread."""
        self._jobs.put(Question(ask, then))

    def command(
        self,
        verb: Verb,
        args: Mapping[str, Any],
        then: Callable[[Any], None],
        *,
        actor: str,
        reason: str | None = None,
    ) -> None:
        """Have something done, then look; `then` gets a CommandResult or a WardopsError."""
        number = uuid.uuid4()

        def ask(client: AgentClient) -> Any:
            return client.command(
                Command(id=number, verb=verb, args=dict(args), actor=actor, reason=reason)
            )

        self._jobs.put(Question(ask, then, look_after=True))

    def _look(self) -> float:
        """One look; how many seconds until the next."""
        try:
            client = self._reached()
            snapshot = client.snapshot(self.ward)
        except WardopsError as failure:
            self._forget()
            self._failures += 1
            pause_s = retry_after_s(self._failures)
            self.tell(Silent(failure, self.times.monotonic() + pause_s))
            return pause_s
        self._failures = 0
        skew_s = (snapshot.ts - self.times.now()).total_seconds()
        assert self._meta is not None  # noqa: S101 - set by _reached
        self.tell(Heard(snapshot, self.times.monotonic(), skew_s, self._meta))
        return LOOK_EVERY_S if len(snapshot.wards) <= 1 else LOOK_AT_MANY_EVERY_S

    def _reached(self) -> AgentClient:
        if self._client is None:
            client = self.find()
            try:
                self._meta = client.meta()
            except WardopsError:
                client.close()
                raise
            self._client = client
        return self._client

    def _answer_until(self, until: float) -> None:
        """Answer questions; returns when the time is over or somebody wants a look."""
        while True:
            try:
                job = self._jobs.get(timeout=max(0.0, until - self.times.monotonic()))
            except queue.Empty:
                return
            if job is None or self._stopped:
                return
            self.tell(Answered(job.then, self._answer(job)))
            if job.look_after:
                return

    def _answer(self, job: Question) -> Any:
        try:
            return job.ask(self._reached())
        except WardopsError as failure:
            return failure

    def _forget(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None
