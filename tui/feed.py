"""Listens to the agent in threads of its own and tells the screen what it said.

One thread owns the client: snapshots and commands go one after the other over one connection. A
second one reads the agent's events. What they say of the objects is less than the screens show (a
verdict's event has neither its sentence nor its evidence), so news are not patched into the
snapshot: they make the feed fetch a new one, soon but never more than twice a second.
"""

from __future__ import annotations

import queue
import threading
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from inventory.errors import ActionRefused, WardopsError
from tui.freshness import retry_after_s

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agent.client import AgentClient, Followed, Following
    from agent.wire import Meta, Snapshot, Verb
    from tui.times import Times

_JOIN_S = 2.0  # a listener that was told to end is reading no more


@dataclass(frozen=True, slots=True)
class Pace:
    """How many seconds lie at least between two snapshots, by why the next one is wanted.

    `news`: something changed; `values`: something was measured, so that ages are younger; `quiet`:
    nothing was heard but heartbeats, yet time alone changes states too; `deaf`: the agent has no
    room for one more listener.
    """

    news_s: float
    values_s: float
    quiet_s: float
    deaf_s: float


ONE_WARD = Pace(news_s=0.5, values_s=5.0, quiet_s=15.0, deaf_s=1.0)
MANY_WARDS = Pace(news_s=3.0, values_s=15.0, quiet_s=15.0, deaf_s=3.0)  # it may be a megabyte


@dataclass(frozen=True, slots=True)
class Heard:
    """The agent answered with a snapshot at monotonic time `at`; `skew_s`: its clock minus ours."""

    snapshot: Snapshot
    at: float
    skew_s: float
    meta: Meta


@dataclass(frozen=True, slots=True)
class Alive:
    """The agent's heartbeat came at monotonic time `at`: what it said last still holds."""

    at: float
    skew_s: float


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


News: TypeAlias = Heard | Alive | Silent | Answered


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask the client; its value or its WardopsError goes to `then`."""

    ask: Callable[[AgentClient], Any]
    then: Callable[[Any], None]
    look_after: bool = False


@dataclass(frozen=True, slots=True)
class Overheard:
    """What a listener heard; an error, or None, when it hears no more."""

    by: Listener
    what: Followed | WardopsError | None


@dataclass(eq=False, slots=True)
class Listener:
    """Reads the agent's events in a thread and puts them into the feed's queue."""

    following: Following
    put: Callable[[Overheard], None]
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; a daemon, since a dead line would hold the program's end for a while."""
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Hear no more."""
        self.following.close()
        if self._thread is not None:
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            for what in self.following:
                self.put(Overheard(self, what))
        except WardopsError as failure:
            self.put(Overheard(self, failure))
        else:
            self.put(Overheard(self, None))


@dataclass(slots=True)
class Feed:
    """Keeps what the screens know up to date until stopped; `run` blocks and belongs into a thread.

    `find` gives a client of an agent that answers; it and the client raise WardopsError. `tell` is
    called in this thread. `missed` counts what was lost on the way, by reason.
    """

    find: Callable[[], AgentClient]
    tell: Callable[[News], None]
    times: Times
    ward: str | None = None
    missed: Counter[str] = field(default_factory=Counter)
    _jobs: queue.Queue[Question | Overheard | None] = field(default_factory=queue.Queue)
    _client: AgentClient | None = None
    _meta: Meta | None = None
    _listener: Listener | None = None
    _pace: Pace = ONE_WARD
    _looked_at: float = 0.0
    _due: float = 0.0
    _failures: int = 0
    _stopped: bool = False

    def run(self) -> None:
        """Look, take what comes in until the next look is due, look again."""
        try:
            while not self._stopped:
                self._look()
                self._take_until_due()
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
        from agent.wire import Command  # noqa: PLC0415 - loaded by the client, not before the first frame

        number = uuid.uuid4()

        def ask(client: AgentClient) -> Any:
            return client.command(
                Command(id=number, verb=verb, args=dict(args), actor=actor, reason=reason)
            )

        self._jobs.put(Question(ask, then, look_after=True))

    # ---- snapshots ----

    def _look(self) -> None:
        """Take a snapshot, and listen from there on."""
        try:
            client = self._reached()
            snapshot = client.snapshot(self.ward)
        except WardopsError as failure:
            self._fail(failure)
            return
        self._failures = 0
        self._looked_at = self.times.monotonic()
        skew_s = (snapshot.ts - self.times.now()).total_seconds()
        assert self._meta is not None  # noqa: S101 - set by _reached
        self.tell(Heard(snapshot, self._looked_at, skew_s, self._meta))
        self._pace = ONE_WARD if len(snapshot.wards) <= 1 else MANY_WARDS
        is_listening = self._listener is not None or self._listen(client, snapshot.seq)
        pause_s = self._pace.quiet_s if is_listening else self._pace.deaf_s
        self._due = self._looked_at + pause_s

    def _fail(self, failure: WardopsError) -> None:
        self._forget()
        self._failures += 1
        self._due = self.times.monotonic() + retry_after_s(self._failures)
        self.tell(Silent(failure, self._due))

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

    def _forget(self) -> None:
        self._end_listener()
        if self._client is not None:
            self._client.close()
        self._client = None

    # ---- events ----

    def _listen(self, client: AgentClient, since: int) -> bool:
        """Whether the agent lets us; of one ward of many only that one's events are wanted."""
        meta = self._meta
        has_many = meta is not None and len(meta.wards) > 1
        try:
            following = client.events(since, self.ward if has_many else None)
        except ActionRefused:
            return False  # no room for one more: look from time to time, and ask for room again
        except WardopsError:
            return False  # the next look says what is wrong
        self._listener = Listener(following, self._jobs.put)
        self._listener.start()
        return True

    def _end_listener(self) -> None:
        if self._listener is not None:
            self._listener.end()
        self._listener = None

    def _overhear(self, what: Followed | WardopsError | None) -> None:
        """News make the next look due sooner, never sooner than the pace allows."""
        from agent.client import Missed  # noqa: PLC0415 - loaded by now, but not before the first frame
        from agent.wire import Heartbeat  # noqa: PLC0415 - the same

        if isinstance(what, Heartbeat):
            skew_s = (what.ts - self.times.now()).total_seconds()
            self.tell(Alive(self.times.monotonic(), skew_s))
            return
        if what is None or isinstance(what, WardopsError):
            self._end_listener()  # the next look tells whether the agent is there at all
        elif isinstance(what, Missed):
            self.missed[what.why] += 1
        elif what.kind == "obs":
            self._look_by(self._looked_at + self._pace.values_s)
            return
        self._look_by(self._looked_at + self._pace.news_s)

    def _look_by(self, moment: float) -> None:
        self._due = min(self._due, moment)

    # ---- what comes in ----

    def _take_until_due(self) -> None:
        """Take what comes; returns when a look is due or somebody wants one."""
        while not self._stopped:
            try:
                job = self._jobs.get(timeout=max(0.0, self._due - self.times.monotonic()))
            except queue.Empty:
                return
            if job is None:
                return
            if isinstance(job, Overheard):
                if job.by is self._listener:
                    self._overhear(job.what)
                continue
            self.tell(Answered(job.then, self._answer(job)))
            if job.look_after:
                return

    def _answer(self, job: Question) -> Any:
        try:
            return job.ask(self._reached())
        except WardopsError as failure:
            return failure
