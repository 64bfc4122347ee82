"""Asks one resolver one question: silent, ill, refusing, not knowing and lying are told apart.

The URL is that of RFC 4501: `dns://RESOLVER[:PORT]/NAME[?type=AAAA]`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes.errors import DnsFailed, Forbidden, NotConfigured, ProtocolBroken, TimedOut
from probes.model import Probe, Reading
from probes.services.model import (
    DNS_MATCH,
    PROBE_DNS_ANSWERS,
    PROBE_DNS_SUCCEEDED,
    PROBE_DNS_TIME,
    PROBE_DURATION,
    PROBE_SUCCESS,
)
from probes.services.parts import (
    advised,
    asked_name,
    check_samples,
    endpoint,
    sample,
    wire_of,
    wish,
)
from probes.transports.tls import as_leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import ProbeContext, Sample, Target
    from probes.transports.dns_answer import DnsAnswer
    from probes.transports.question import Question

_AGAIN_S = (1.0, 1.5)  # one lost datagram is no finding; the whole stays under the deadline
_SHOWN = 60


async def run(target: Target, context: ProbeContext) -> Reading:
    """Ask by UDP, and by TCP when the answer does not fit; `expect` must match a record.

    Raises DnsFailed for a name that does not exist, Forbidden for a refusing resolver, TimedOut for
    a silent one, ProtocolBroken for an ill one or a wrong answer, and what sockets raise.
    """
    url = target.url or ""
    question = _question(url)
    begun = context.clock.monotonic()
    with as_leaves(url):
        answer, method = await _ask(url, question, context)
    took_s = context.clock.monotonic() - begun
    context.note(f"{answer.code}, {answer.count} records")
    _refuse(answer, asked_name(url))
    _refuse_wrong(answer, asked_name(url), target.expect)
    return Reading(samples=tuple(_samples(target, answer, took_s)), method=method)


def _question(url: str) -> Question:
    from probes.transports.question import Question  # noqa: PLC0415 - costs 0.15 s; only to ask

    if not asked_name(url):
        raise NotConfigured("dns_question", name="-", kind=wish(url, "type", "a"))
    return Question(asked_name(url), wish(url, "type", "a"))


async def _ask(url: str, question: Question, context: ProbeContext) -> tuple[DnsAnswer, str]:
    answer = await _by_udp(url, question, context)
    if not answer.is_cut:
        return answer, "dns udp"
    return await _by_tcp(url, question, context), "dns tcp"


async def _by_udp(url: str, question: Question, context: ProbeContext) -> DnsAnswer:
    clock = context.clock
    async with wire_of(context).post(*endpoint(url)) as post:
        for wait_s in _AGAIN_S:
            post.send(question.octets)
            ends = clock.monotonic() + wait_s
            while (left_s := ends - clock.monotonic()) > 0:
                octets = await post.receive(left_s)
                answer = question.read(octets) if octets is not None else None
                if answer is not None:
                    return answer
    raise TimedOut("dns_silent")


async def _by_tcp(url: str, question: Question, context: ProbeContext) -> DnsAnswer:
    """RFC 7766: each message is led by its length in two octets."""
    async with wire_of(context).stream(*endpoint(url)) as stream:
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


def _samples(target: Target, answer: DnsAnswer, took_s: float) -> Iterator[Sample]:
    yield from check_samples(target, took_s)
    yield sample(PROBE_DNS_TIME, took_s, target)
    yield sample(PROBE_DNS_ANSWERS, answer.count, target)
    yield sample(PROBE_DNS_SUCCEEDED, 1, target)
    if target.expect is not None:
        yield sample(DNS_MATCH, 1, target)


PROBE = Probe(
    name="dns",
    period_s=60,
    timeout_s=5,
    run=advised(run),
    metrics=(
        PROBE_SUCCESS,
        PROBE_DURATION,
        PROBE_DNS_TIME,
        PROBE_DNS_ANSWERS,
        PROBE_DNS_SUCCEEDED,
        DNS_MATCH,
    ),
)
