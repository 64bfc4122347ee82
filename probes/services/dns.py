"""Asks one resolver one question: silent, ill, refusing, not knowing and lying are told apart.

The URL is that of RFC 4501: `dns://RESOLVER[:PORT]/NAME[?type=AAAA]`.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probes.errors import DnsFailed, Forbidden, NotConfigured, ProtocolBroken, TimedOut
from probes.model import Probe, Reading
from probes.services.model import (
    DNS_MATCH,
    PROBE_DNS_ANSWERS,
    PROBE_DNS_DURATION,
    PROBE_DNS_SERIAL,
    PROBE_DNS_SUCCEEDED,
)
from probes.services.parts import (
    COMMON,
    SILENCE,
    advised,
    asked_name,
    check_samples,
    endpoint,
    sample,
    streams_of,
    wire_of,
    wish,
)
from probes.transports.tls import as_leaves
from probes.wire import Course

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import ProbeContext, Sample, Target
    from probes.transports.dns_answer import DnsAnswer
    from probes.transports.question import Question

_AGAIN_S = (1.0, 1.5)  # one lost datagram is no finding; the whole stays under the deadline
_TCP_S = 1.5
_SHOWN = 60


@dataclass(slots=True)
class Inquiry:
    """How far one question to a resolver has come; `request_s` is from the question to the answer.

    `answer` is the last one that came, `way` how it was asked for (`udp` or `tcp`).
    """

    course: Course = field(default_factory=Course)
    request_s: float | None = None
    answer: DnsAnswer | None = None
    way: str = "udp"


async def run(target: Target, context: ProbeContext) -> Reading:
    """Ask by UDP, and by TCP when the answer does not fit; `expect` must match a record.

    Raises DnsFailed for a name that does not exist, Forbidden for a refusing resolver, TimedOut for
    a silent one, ProtocolBroken for an ill one or a wrong answer, and what sockets raise.
    """
    url = target.url or ""
    begun, inquiry = context.clock.monotonic(), Inquiry()
    answer = await inquire(target, context, inquiry)
    took_s = context.clock.monotonic() - begun
    context.note(f"{answer.code}, {answer.count} records")
    _refuse(answer, asked_name(url))
    _refuse_wrong(answer, asked_name(url), target.expect)
    samples = tuple(_samples(target, inquiry, answer, took_s))
    return Reading(samples=samples, method=f"dns {inquiry.way}")


async def inquire(target: Target, context: ProbeContext, inquiry: Inquiry) -> DnsAnswer:
    """Ask the resolver and return what it said, whatever that is; the inquiry is filled as it goes.

    An answer that was cut, or whose name is spelled other than asked, is asked for again by TCP.
    Raises TimedOut for silence, ProtocolBroken where TCP is closed, and what sockets raise.
    """
    url = target.url or ""
    question = question_of(url)
    with as_leaves(url):
        answer = await _by_udp(target, question, context, inquiry)
        if answer.is_cut or not answer.is_as_written:
            inquiry.way = "tcp"
            answer = await _once_more(target, question, context, answer)
        inquiry.answer = answer
    return answer


def question_of(url: str) -> Question:
    """The question that a `dns:` URL names; raises NotConfigured."""
    from probes.transports.question import Question  # noqa: PLC0415 - costs 0.15 s; only to ask

    if not asked_name(url):
        raise NotConfigured("dns_question", name="-", kind=wish(url, "type", "a"))
    return Question(asked_name(url), wish(url, "type", "a"))


async def _by_udp(
    target: Target, question: Question, context: ProbeContext, inquiry: Inquiry
) -> DnsAnswer:
    clock, at = context.clock, endpoint(target.url or "")
    async with wire_of(context).post(*at, family=target.family, course=inquiry.course) as post:
        begun = clock.monotonic()
        for wait_s in _AGAIN_S:
            post.send(question.octets)
            ends = clock.monotonic() + wait_s
            while (left_s := ends - clock.monotonic()) > 0:
                octets = await post.receive(left_s)
                answer = question.read(octets) if octets is not None else None
                if answer is not None:
                    inquiry.request_s = clock.monotonic() - begun
                    return answer
    raise TimedOut("dns_silent")


async def _once_more(
    target: Target, question: Question, context: ProbeContext, first: DnsAnswer
) -> DnsAnswer:
    try:
        async with asyncio.timeout(_TCP_S):
            return await _by_tcp(target, question, context)
    except OSError as error:  # a time that ran out is one too
        raise ProtocolBroken("dns_no_tcp" if first.is_cut else "dns_case") from error


async def _by_tcp(target: Target, question: Question, context: ProbeContext) -> DnsAnswer:
    """RFC 7766: each message is led by its length in two octets."""
    at = endpoint(target.url or "")
    async with streams_of(context).stream(*at, family=target.family) as stream:
        stream.writer.write(len(question.octets).to_bytes(2, "big") + question.octets)
        try:
            length = int.from_bytes(await stream.reader.readexactly(2), "big")
            answer = question.read(await stream.reader.readexactly(length))
        except EOFError as error:  # asyncio's IncompleteReadError is one
            raise ProtocolBroken("reset") from error
    if answer is None:
        raise ProtocolBroken("dns_other")
    return answer


def _refuse(answer: DnsAnswer, name: str) -> None:
    if answer.code == "NXDOMAIN":
        raise DnsFailed("dns_nxdomain", name=name)
    if answer.code == "REFUSED":
        raise Forbidden("dns_refused")
    if answer.code != "NOERROR":
        raise ProtocolBroken("dns_ill", code=answer.code)
    if not answer.records:
        raise ProtocolBroken("dns_empty", name=name)


def _refuse_wrong(answer: DnsAnswer, name: str, expect: str | None) -> None:
    if expect is None or any(re.search(expect, record) for record in answer.records):
        return
    seen = ", ".join(answer.records)[:_SHOWN]
    raise ProtocolBroken("dns_wrong", name=name, seen=seen, expect=expect)


def phases(inquiry: Inquiry) -> dict[str, float | None]:
    """Seconds by phase, None for one that was not finished."""
    course = inquiry.course
    return {
        "resolve": course.resolve_s,
        "connect": course.connect_s,
        "request": inquiry.request_s,
    }


def _samples(
    target: Target, inquiry: Inquiry, answer: DnsAnswer, took_s: float
) -> Iterator[Sample]:
    yield from check_samples(target, took_s, inquiry.course)
    yield sample(PROBE_DNS_ANSWERS, answer.count, target)
    yield sample(PROBE_DNS_SUCCEEDED, 1, target)
    for phase, seconds in phases(inquiry).items():
        if seconds is not None:
            yield sample(PROBE_DNS_DURATION, seconds, target, phase)
    if answer.serial is not None:
        yield sample(PROBE_DNS_SERIAL, answer.serial, target)
    if target.expect is not None:
        yield sample(DNS_MATCH, 1, target)


PROBE = Probe(
    name="dns",
    period_s=60,
    timeout_s=5,
    run=advised(run),
    silence=SILENCE,
    metrics=(
        *COMMON,
        PROBE_DNS_DURATION,
        PROBE_DNS_ANSWERS,
        PROBE_DNS_SUCCEEDED,
        PROBE_DNS_SERIAL,
        DNS_MATCH,
    ),
)
