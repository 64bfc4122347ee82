"""Asks a time server for the time by SNTP (RFC 5905 section 14): four samples, the quickest counts.

A server that says itself that it is not synchronised, or that asks to be left alone, is told apart
from one that is silent.
"""

from __future__ import annotations

import math
import os
import struct
from typing import TYPE_CHECKING, NamedTuple

from probes.errors import Busy, ProtocolBroken, TimedOut
from probes.model import Probe, Reading
from probes.services.model import NTP_DELAY, NTP_LEAP, NTP_OFFSET, NTP_STRATUM
from probes.services.parts import COMMON, SILENCE, advised, check_samples, endpoint, sample, wire_of
from probes.transports.tls import as_leaves
from probes.wire import Course

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.clock import Clock
    from probes.model import ProbeContext, Sample, Target
    from probes.wire import Post

_PERIOD_S = 300.0
_REST_S = 8 * _PERIOD_S  # after a kiss-of-death (RFC 5905 section 7.4: less often, or not at all)
_SAMPLES = 4
_EACH_S = 1.0  # for one answer; what comes later would have a useless delay anyway
_LENGTH = 48
_ASK = bytes([0b00_100_011]) + bytes(39)  # no leap, version 4, mode client; the rest unsaid
_SERVER_MODE = 4
_UNSYNCHRONISED = 3  # leap indicator
_MOST_STRATUM = 15
_ERA_S = 1 << 32
_UNIX_IN_NTP_S = 2_208_988_800  # 1970 in seconds since 1900


class _Answer(NamedTuple):
    """What one answer says, with offset and delay in seconds."""

    leap: int
    stratum: int
    code: str
    offset_s: float
    delay_s: float


class _Rest(NamedTuple):
    """A server that asked to be left alone: with which code, and until when it is (monotonic)."""

    code: str
    until: float


async def run(target: Target, context: ProbeContext) -> Reading:
    """How far the server's clock is from the agent's.

    Raises ProtocolBroken when it is not synchronised, Busy for a kiss-of-death and for eight
    periods after it, in which nothing is sent, TimedOut when not one of four questions is
    answered, and what sockets raise.
    """
    begun, course = context.clock.monotonic(), Course()
    rest = context.memory.kept
    if isinstance(rest, _Rest) and begun < rest.until:
        minutes = math.ceil((rest.until - begun) / 60)
        raise Busy("ntp_resting", code=rest.code, minutes=minutes)
    try:
        answers = await _asked(target, context, course)
    except Busy as error:
        context.memory.kept = _Rest(str(error.values["code"]), begun + _REST_S)
        raise
    took_s = context.clock.monotonic() - begun
    if not answers:
        raise TimedOut("ntp_silent")
    best = min(answers, key=lambda answer: answer.delay_s)
    return Reading(samples=tuple(_samples(target, best, took_s, course)), method="sntp")


async def _asked(target: Target, context: ProbeContext, course: Course) -> list[_Answer]:
    url = target.url or ""
    way = wire_of(context).post(*endpoint(url), family=target.family, course=course)
    with as_leaves(url):
        async with way as post:
            asked = [await _sample(post, context.clock) for _ in range(_SAMPLES)]
    return [answer for answer in asked if answer is not None]


async def _sample(post: Post, clock: Clock) -> _Answer | None:
    """One question and its answer; None when none comes in time."""
    nonce = os.urandom(8)  # the server copies it; the own time is nobody's business
    sent = clock.now().timestamp()
    post.send(_ASK + nonce)
    ends = clock.monotonic() + _EACH_S
    while (left_s := ends - clock.monotonic()) > 0:
        octets = await post.receive(left_s)
        if octets is None:
            return None
        if len(octets) >= _LENGTH and octets[24:32] == nonce and octets[0] & 7 == _SERVER_MODE:
            return _checked(_read(octets, sent, clock.now().timestamp()))
    return None


def _read(octets: bytes, sent: float, came: float) -> _Answer:
    received, answered = (_unix(octets[at : at + 8], near=sent) for at in (32, 40))
    return _Answer(
        leap=octets[0] >> 6,
        stratum=octets[1],
        code=octets[12:16].rstrip(b"\0").decode("ascii", "replace"),
        offset_s=((received - sent) + (answered - came)) / 2,
        delay_s=(came - sent) - (answered - received),
    )


def _unix(stamp: bytes, *, near: float) -> float:
    """Unix time of an NTP timestamp, in the era that is nearest to `near` (RFC 5905 section 6)."""
    whole, part = struct.unpack("!II", stamp)
    seconds: float = whole - _UNIX_IN_NTP_S + part / _ERA_S
    return seconds + round((near - seconds) / _ERA_S) * _ERA_S


def _checked(answer: _Answer) -> _Answer:
    """Raise for a server that says that its time is not to be used (RFC 5905 section 7.4)."""
    if answer.stratum == 0 and answer.code.isalpha():
        raise Busy("ntp_kiss", code=answer.code)
    if answer.leap == _UNSYNCHRONISED or not 0 < answer.stratum <= _MOST_STRATUM:
        raise ProtocolBroken("ntp_unsynchronised")
    return answer


def _samples(target: Target, best: _Answer, took_s: float, course: Course) -> Iterator[Sample]:
    yield from check_samples(target, took_s, course)
    yield sample(NTP_OFFSET, best.offset_s, target)
    yield sample(NTP_DELAY, best.delay_s, target)
    yield sample(NTP_STRATUM, best.stratum, target)
    yield sample(NTP_LEAP, best.leap, target)


PROBE = Probe(
    name="ntp",
    period_s=_PERIOD_S,
    timeout_s=5,
    run=advised(run),
    silence=SILENCE,
    metrics=(*COMMON, NTP_OFFSET, NTP_DELAY, NTP_STRATUM, NTP_LEAP),
)
