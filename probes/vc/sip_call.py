"""A test call before a meeting: through baresip to the test room, some seconds, then hung up.

Nobody is rung but the one test room that the inventory or the meeting names, and never for a
meeting that the centre's bridge dials itself. It is started by a person or a drill, not by itself.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from inventory.values import TEST_URI
from probes.errors import (
    AuthFailed,
    Busy,
    Forbidden,
    NotConfigured,
    ProbeError,
    ProtocolBroken,
    Refused,
    TimedOut,
    Unreachable,
    Unsupported,
)
from probes.model import Metric, Probe, Reading, Sample
from probes.path.mos import mos, rating, with_buffer_ms
from probes.services.parts import endpoint, wish
from probes.services.sip_message import bracketed
from probes.services.sip_register import account_of
from probes.services.sip_talk import transport_of
from probes.vc.baresip import Line, started
from probes.vc.status import CanaryCall, CanaryWay

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from probes.model import ProbeContext, Target
    from probes.vc.baresip import Phone
    from probes.vc.baresip_words import Event, WayStats

SECONDS, LEAST_S, MOST_S = 20, 5, 30
_RING_S = 10.0
_MARGIN_S = 10  # to start and to end
_REPORT_S = 1.0  # the last report of a call of whole five seconds comes with its end
_AUDIO = "audio"

CANARY_SETUP = Metric(
    "wardops_vc_canary_setup_seconds",
    "gauge",
    "From dialling the test room until the call stood.",
    unit="seconds",
)
CANARY_LOSS = Metric(
    "wardops_vc_canary_loss_ratio",
    "gauge",
    "Packets of the test call lost, by direction (tx towards the room) and stream; by RTCP.",
    ("dir", "media"),
    "ratio",
)
CANARY_JITTER = Metric(
    "wardops_vc_canary_jitter_seconds",
    "gauge",
    "Mean of the jitter in the test call's RTCP reports, by direction and stream.",
    ("dir", "media"),
    "seconds",
)
CANARY_MOS = Metric(
    "wardops_vc_canary_mos_estimate",
    "gauge",
    "How speech would sound, 1 to 4.5: an estimate from loss, jitter and round trip (G.107).",
    ("dir",),
)


@dataclass(slots=True)
class _Course:
    """How far the call has come."""

    setup_s: float | None = None
    reports: tuple[Event, ...] = ()


async def run(target: Target, context: ProbeContext) -> Reading:
    """Dial the test room, listen for `?seconds=` (20), hang up, and read what RTCP told.

    Raises NotConfigured without a test room, NotPermitted without baresip, a leaf by the status
    with which the room or the server refused, TimedOut when nobody answers or no sound comes.
    """
    room, seconds = room_of(target), _seconds(target.url or "")
    course = _Course()
    try:
        async with started(
            _line(target, context), _RING_S + seconds + _MARGIN_S, context.clock
        ) as phone:
            await _call(phone, room, seconds, course, context)
    except ProbeError as error:
        if course.setup_s is not None:
            error.with_samples((Sample(CANARY_SETUP, course.setup_s),))
        raise
    call = read_call(course.setup_s or 0.0, course.reports)
    return Reading(tuple(_samples(call)), call=call, method="baresip")


def room_of(target: Target) -> str:
    """The one address that may be called; raises NotConfigured without a sound one."""
    room = target.sip.test_uri if target.sip is not None else None
    if room is None or not re.fullmatch(TEST_URI, room):
        raise NotConfigured("call_no_room")
    return room


def _seconds(url: str) -> int:
    told = wish(url, "seconds", str(SECONDS))
    if not told.isdecimal() or not LEAST_S <= int(told) <= MOST_S:
        raise NotConfigured("call_seconds", seconds=told[:10])
    return int(told)


def _line(target: Target, context: ProbeContext) -> Line:
    host, port = endpoint(target.url or "")
    transport = transport_of(target.url or "")
    if transport not in ("udp", "tcp"):
        raise Unsupported("call_tls", transport=transport[:16])
    has_account = target.sip is not None and target.sip.auth is not None
    account = account_of(target, context) if has_account else None
    return Line(f"{bracketed(host)}:{port}", transport, account)


async def _call(
    phone: Phone, room: str, seconds: int, course: _Course, context: ProbeContext
) -> None:
    begun = context.clock.monotonic()
    context.note(f"> baresip dials the test room, {seconds} s")
    phone.tell("dial", room)
    try:
        async with asyncio.timeout(_RING_S):
            await _stands(phone, context)
    except TimeoutError as error:
        raise TimedOut("call_silent") from error
    course.setup_s = context.clock.monotonic() - begun
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds + _REPORT_S):
            await _listen(phone, course, context)
    phone.tell("hangup")
    if not any(rx.sent for _tx, rx in (one.stats for one in course.reports if one.stats)):
        raise TimedOut("call_no_media")


async def _stands(phone: Phone, context: ProbeContext) -> None:
    """Wait until the call is taken; raises what it was refused with."""
    while (event := await phone.event()).kind != "CALL_ESTABLISHED":
        context.note(f"= {event.kind}")
        if event.kind == "CALL_CLOSED":
            raise refusal(event.status)


async def _listen(phone: Phone, course: _Course, context: ProbeContext) -> None:
    """Gather the reports until the time is over or the other side hangs up."""
    while (event := await phone.event()).kind != "CALL_CLOSED":
        if event.stats is not None and any(way.sent for way in event.stats):
            course.reports = (*course.reports, event)
            context.note(f"= {event.kind} {event.stats}")


# By the status of RFC 3261 section 21: what it says of the room, and what to do.
_REFUSALS: tuple[tuple[tuple[int, ...], type[ProbeError], str], ...] = (
    ((401, 407), AuthFailed, "call_401"),
    ((403,), Forbidden, "call_403"),
    ((404, 410, 484, 485, 604), NotConfigured, "call_404"),
    ((408,), TimedOut, "call_408"),
    ((480,), Unreachable, "call_480"),
    ((486, 600), Busy, "call_486"),
    ((415, 488, 606), Unsupported, "call_488"),
    ((603, 607), Refused, "call_603"),
)


def refusal(status: int | None) -> ProbeError:
    """The leaf for the status with which a call ended before it stood. Pure."""
    if status is None:
        return ProtocolBroken("call_other", status="-")
    for statuses, leaf, detail in _REFUSALS:
        if status in statuses:
            return leaf(detail, status=status)
    return ProtocolBroken("call_5xx" if status >= 500 else "call_other", status=status)


def read_call(setup_s: float, reports: Sequence[Event]) -> CanaryCall:
    """What the reports of a call come to: loss by the last, jitter as the mean of all. Pure.

    Of packets that come in RTCP counts those that arrived, of packets that leave those sent. MOS
    is absent where no report told the round trip.
    """
    stats = [one.stats for one in reports if one.stats is not None]
    rtts = [one.rtt_s for one in reports if one.rtt_s > 0]
    rtt_s = rtts[-1] if rtts else None
    tx, rx = stats[-1]
    ways = (
        _way("tx", tx.lost, tx.sent, [one for one, _ in stats], rtt_s),
        _way("rx", rx.lost, rx.sent + rx.lost, [one for _, one in stats], rtt_s),
    )
    return CanaryCall(setup_s, tuple(way for way in ways if way is not None), rtt_s)


def _way(
    name: str, lost: int, sent: int, stats: Sequence[WayStats], rtt_s: float | None
) -> CanaryWay | None:
    jitters = [one.jitter_s for one in stats if one.sent]
    if not sent or not jitters:
        return None
    loss, jitter_s = min(1.0, lost / sent), fmean(jitters)
    score = None
    if rtt_s is not None:
        score = mos(rating(with_buffer_ms(500 * rtt_s, 1000 * jitter_s), 100 * loss))
    return CanaryWay("tx" if name == "tx" else "rx", sent, loss, jitter_s, score)


def _samples(call: CanaryCall) -> Iterator[Sample]:
    yield Sample(CANARY_SETUP, call.setup_s)
    for way in call.ways:
        yield Sample(CANARY_LOSS, way.loss_ratio, (way.dir, _AUDIO))
        yield Sample(CANARY_JITTER, way.jitter_s, (way.dir, _AUDIO))
        if way.mos is not None:
            yield Sample(CANARY_MOS, way.mos, (way.dir,))


PROBE = Probe(
    name="sip-call",
    period_s=86400,
    timeout_s=55,
    run=run,
    metrics=(CANARY_SETUP, CANARY_LOSS, CANARY_JITTER, CANARY_MOS),
    on_demand=True,
)
