"""Reads a Poly endpoint (RealPresence Group, G7500, Studio X and G62) by its REST API.

Log in, read, log out: at most once a minute, never two at a time, and not at all for a quarter of
an hour after two attempts in a row that reached the device and failed. Each read is optional, since
releases and modes differ in what they offer. Which dialect it is, and whether it is a telephone
with another API, is told by what answers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from probes.errors import (
    AuthFailed,
    Busy,
    DnsFailed,
    Forbidden,
    NotConfigured,
    ProbeError,
    ProtocolBroken,
    Refused,
    TimedOut,
    TlsExpired,
    TlsUntrusted,
    TlsWrongName,
    Unreachable,
    Unsupported,
)
from probes.model import Metric, Probe, Reading, Sample
from probes.snmp.sensor_metrics import CPU_RATIO
from probes.transports.device_api import base_of
from probes.transports.login import login_of
from probes.vc import poly_trio
from probes.vc.model import METRICS, samples_of
from probes.vc.poly_calls import media_of, talks_of
from probes.vc.poly_read import (
    CAMERAS,
    CONFERENCES,
    GATEKEEPERS,
    MICROPHONES,
    MUTED,
    SIP_SERVERS,
    STATUS,
    SYSTEM,
    Told,
    cameras_of,
    identity_of,
    is_videoos,
    microphones_of,
    status_of,
)
from probes.vc.poly_session import LEAVING_S, NoDoor, Session, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from probes.model import ProbeContext, Target

MOST_FAILURES = 2
RESTS_S = 900.0
_MICROPHONES_EVERY = 5
_MOST_TALKS = 4  # whose media is asked for
# With these nothing has reached the device's sessions.
_NO_SESSION = (
    DnsFailed, NoDoor, Refused, TlsExpired, TlsUntrusted, TlsWrongName, Unreachable,
)  # fmt: skip
_TOLD_ON = (AuthFailed, Forbidden, Unsupported)  # what a person must mend stays the reason

SESSIONS_LEFT = Metric(
    "wardops_vc_sessions_left_total",
    "counter",
    "Sessions with the endpoint that could not be closed, or may have been left open, since the "
    "agent started; each ends by itself, and enough of them hang some devices.",
)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the probe remembers of one endpoint; `rests_until` is in the clock's seconds.

    While it rests it says so with the reason `rests_as`.
    """

    failures: int = 0
    rests_until: float = -math.inf
    rests_as: type[ProbeError] = Busy
    left_open: int = 0
    polls: int = 0
    microphones: tuple[tuple[str, bool], ...] = ()
    cameras: frozenset[str] = frozenset()
    is_trio: bool = False


async def run(target: Target, context: ProbeContext) -> Reading:
    """One session: log in, read what is there, log out. A device without this API may be a Trio.

    Raises Busy while it rests or the device is out of sessions; AuthFailed, Forbidden, ParseFailed,
    ProtocolBroken by answer; Unsupported where it answers nothing that is known; NotConfigured
    without access; and what the client raises.
    """
    if _kept(context).is_trio:
        return await poly_trio.run(target, context)
    try:
        poll, told = await _visit(target, context)
    except NoDoor:
        reading = await poly_trio.run(target, context)
        context.memory.kept = replace(_kept(context), is_trio=True)
        return reading
    return _reading(told, poll, context)


async def answers_of(target: Target, context: ProbeContext) -> Mapping[str, Any]:
    """The answers of one session as they are, by path. Raises as `run` does."""
    try:
        poll, _told = await _visit(target, context)
    except NoDoor:
        return await poly_trio.answers_of(target, context)
    return {**poll.answers, **poll.media}


async def _visit(target: Target, context: ProbeContext) -> tuple[_Poll, Told]:
    access = target.https
    if access is None:
        raise NotConfigured
    user, password = login_of(context.secret(access.auth))
    async with context.transports.turns.one(target.host, access.port):
        kept = _kept(context)
        _refuse_to_disturb(kept, context)
        # Before a session is at stake: a device that is off is asked again at the next turn.
        await context.transports.tcp.connect(target.host, access.port, deadline=context.deadline)
        session = Session(
            context.transports.http, base_of(target, access), user, password,
            context.deadline - LEAVING_S, Tally(kept.left_open),
        )  # fmt: skip
        poll = _Poll(session, context, kept)
        try:
            async with session:
                told = await poll.told()
        except BaseException as error:
            context.memory.kept = replace(
                _failed(kept, error, context), left_open=session.tally.left_open
            )
            if isinstance(error, ProbeError) and session.tally.left_open:
                error.with_samples(_left_open(session.tally))
            raise
        context.memory.kept = _learned(kept, told, session.tally)
    return poll, told


def _left_open(tally: Tally) -> tuple[Sample, ...]:
    return (Sample(SESSIONS_LEFT, tally.left_open),)


def _reading(told: Told, poll: _Poll, context: ProbeContext) -> Reading:
    identity = identity_of(told.answers)
    vc = status_of(told, context.clock.now())
    context.note(
        f"poly: {identity.os}, {identity.model}, {identity.version}; {len(told.answers)} answers"
    )
    return Reading(
        samples=(*samples_of(vc, identity), *_left_open(poll.session.tally)),
        identity=identity,
        vc=vc,
        complete=not poll.missing,
        method="https /rest",
    )


def _kept(context: ProbeContext) -> _Kept:
    kept = context.memory.kept
    return kept if isinstance(kept, _Kept) else _Kept()


def _refuse_to_disturb(kept: _Kept, context: ProbeContext) -> None:
    left_s = kept.rests_until - context.clock.monotonic()
    if left_s > 0:
        raise kept.rests_as("vc_rests", minutes=math.ceil(left_s / 60))


def _failed(kept: _Kept, error: BaseException, context: ProbeContext) -> _Kept:
    """One more failure, and after the second a rest; handshakes that fail cost no session."""
    if isinstance(error, _NO_SESSION):
        return kept
    if kept.failures + 1 < MOST_FAILURES:
        return replace(kept, failures=kept.failures + 1)
    told = type(error) if isinstance(error, _TOLD_ON) else Busy
    until = context.clock.monotonic() + RESTS_S
    return replace(kept, failures=0, rests_until=until, rests_as=told)


def _learned(kept: _Kept, told: Told, tally: Tally) -> _Kept:
    plugged = {
        name for name, is_there in cameras_of(told.answers.get(CAMERAS), kept.cameras) if is_there
    }
    return replace(
        kept,
        failures=0,
        left_open=tally.left_open,
        polls=kept.polls + 1,
        microphones=told.microphones,
        cameras=kept.cameras | plugged,
    )


@dataclass(slots=True)
class _Poll:
    """The reads of one session, in order; `missing` says that one of them went wrong.

    `answers` and `media` hold what was answered, by path.
    """

    session: Session
    context: ProbeContext
    kept: _Kept
    missing: bool = False
    answers: dict[str, Any] = field(default_factory=dict)
    media: dict[str, Any] = field(default_factory=dict)
    _first: ProbeError | None = None

    async def told(self) -> Told:
        """All answers. Raises the first error where nothing was answered at all."""
        try:
            for path in self._paths():
                await self._read(path)
            for ways in self._media_paths():
                await self._first_of(ways)
        except (TimedOut, ProtocolBroken, AuthFailed):
            if not self.answers:
                raise
            self.missing = True
        if not self.answers:
            raise self._first or Unsupported()
        asked = MICROPHONES in self.answers
        return Told(
            answers=self.answers,
            media=media_of(self.media.values()),
            microphones=microphones_of(self.answers[MICROPHONES])
            if asked
            else self.kept.microphones,
            seen=self.kept.cameras,
        )

    def _paths(self) -> Iterator[str]:
        yield from (SYSTEM, STATUS)
        if is_videoos(self.answers):
            yield from (SIP_SERVERS, GATEKEEPERS)
        yield from (CONFERENCES, CAMERAS, MUTED)
        if self.kept.polls % _MICROPHONES_EVERY == 0:
            yield MICROPHONES

    def _media_paths(self) -> Iterator[tuple[str, str]]:
        """Both ways to the media of each call, the likelier one first."""
        for conference, connection in talks_of(self.answers.get(CONFERENCES)).places[:_MOST_TALKS]:
            whole = f"{CONFERENCES}/{conference}/mediastats"
            single = f"{CONFERENCES}/{conference}/connections/{connection}/mediastat"
            yield (whole, single) if is_videoos(self.answers) else (single, whole)

    async def _read(self, path: str) -> None:
        found = await self._optional(path)
        if found is not None:
            self.answers[path] = found

    async def _first_of(self, paths: tuple[str, str]) -> None:
        for path in paths:
            found = await self._optional(path)
            if found is not None:
                self.media[path] = found
                return

    async def _optional(self, path: str) -> Any:
        """The answer to one read; None where this device does not have it or does not show it.

        Raises what ends the session: silence, a cut connection, a lost log-in.
        """
        try:
            return await self.session.get(path)
        except (Unsupported, Forbidden) as error:
            self._first = self._first or error
        except (TimedOut, AuthFailed):
            raise
        except ProbeError as error:
            if error.detail_code == "reset":
                raise
            self._first = self._first or error
            self.missing = True
        return None


PROBE = Probe(
    name="poly",
    period_s=60,
    timeout_s=15,
    run=run,
    metrics=(*METRICS, SESSIONS_LEFT, CPU_RATIO),
    apart_s=60,
)
