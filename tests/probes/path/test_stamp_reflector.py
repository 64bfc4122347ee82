"""The reflector: whom it answers, how much, with which numbers and marks."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.path import stamp_wire as wire
from probes.path.stamp_reflector import Reflector, ReflectorSocket
from probes.path.stamp_socket import Datagram, open_udp, receive, send
from probes.path.stamp_wire import ClassOfService, ErrorEstimate, Extension

NOW_NS = 1_795_330_000_000_000_000
CLOCK = ErrorEstimate(0.001, synchronised=True)
ANYBODY = (ip_network("0.0.0.0/0"), ip_network("::/0"))
MARKS = Extension(
    wire.CLASS_OF_SERVICE, wire.encode_class_of_service(ClassOfService(asked_dscp=46))
)


def came(
    number: int = 0,
    *extensions: Extension,
    source: tuple[str, int] = ("192.0.2.9", 5000),
    session: int = 7,
    dscp: int | None = 34,
) -> Datagram:
    """A test packet as it arrived."""
    request = wire.Request(number, NOW_NS - 20_000_000, CLOCK, session, extensions)
    octets = wire.encode_request(request)
    ecn = None if dscp is None else 1
    return Datagram(octets, source, NOW_NS, dscp, ecn, 61, None)


def reply_to(
    datagram: Datagram, reflector: Reflector | None = None, at_s: float = 0.0
) -> wire.Reply:
    """The answer, which must come."""
    answer = (reflector or Reflector(ANYBODY)).answer(datagram, at_s, CLOCK)
    assert answer is not None
    return answer.reply


def test_an_answer_tells_when_and_with_which_ttl_the_packet_arrived() -> None:
    reply = reply_to(came(5))
    assert (reply.request_number, reply.request_sent_ns) == (5, NOW_NS - 20_000_000)
    assert (reply.received_ns, reply.ttl, reply.session, reply.number) == (NOW_NS, 61, 7, 0)


def test_answers_are_numbered_per_session() -> None:
    reflector = Reflector(ANYBODY)
    numbers = [reply_to(came(n), reflector).number for n in (0, 4, 9)]
    assert numbers == [0, 1, 2]
    assert reply_to(came(10, session=8), reflector).number == 0
    assert reply_to(came(10, source=("192.0.2.9", 5001)), reflector).number == 0
    assert reply_to(came(10), reflector).number == 3


def test_a_session_silent_for_a_quarter_of_an_hour_starts_again() -> None:
    reflector = Reflector(ANYBODY)
    assert [reply_to(came(), reflector, at_s).number for at_s in (0.0, 899.0, 1800.0)] == [0, 1, 0]


def test_the_mark_of_the_way_out_is_told_and_the_one_asked_for_is_used_on_the_way_back() -> None:
    answer = Reflector(ANYBODY).answer(came(0, MARKS), 0.0, CLOCK)
    assert answer is not None
    (told,) = answer.reply.extensions
    assert wire.decode_class_of_service(told.value) == ClassOfService(46, seen_dscp=34, seen_ecn=1)
    assert (told.unrecognized, told.malformed, told.integrity_failed) == (False, False, False)
    assert answer.dscp == 46


def test_without_the_extension_the_answer_keeps_the_mark() -> None:
    answer = Reflector(ANYBODY).answer(came(0), 0.0, CLOCK)
    assert answer is not None
    assert answer.dscp == 34


def test_a_mark_the_kernel_does_not_show_is_not_invented() -> None:
    (told,) = reply_to(came(0, MARKS, dscp=None)).extensions
    assert told.unrecognized


@pytest.mark.parametrize(
    ("extension", "unrecognized", "malformed"),
    [
        (Extension(wire.EXTRA_PADDING, bytes(8)), False, False),
        (Extension(200, b"\x01\x02"), True, False),
        (Extension(wire.CLASS_OF_SERVICE, bytes(3)), False, True),
        (Extension(wire.EXTRA_PADDING, bytes(3), missing_octets=9), False, True),
    ],
)
def test_what_is_not_understood_goes_back_flagged(
    extension: Extension, unrecognized: bool, malformed: bool
) -> None:
    (told,) = reply_to(came(0, extension)).extensions
    assert (told.type, told.value) == (extension.type, extension.value)
    assert (told.unrecognized, told.malformed) == (unrecognized, malformed)


def test_only_the_networks_allowed_are_answered() -> None:
    reflector = Reflector((ip_network("192.0.2.0/28"),))
    assert reflector.answer(came(source=("192.0.2.9", 1)), 0.0, CLOCK) is not None
    assert reflector.answer(came(source=("192.0.2.99", 1)), 0.0, CLOCK) is None
    assert reflector.answer(came(source=("fe80::1%eth0", 1)), 0.0, CLOCK) is None
    assert reflector.counts.forbidden == 2


def test_one_address_is_answered_so_many_packets_a_second_others_are_not_hurt() -> None:
    reflector = Reflector(ANYBODY, rate_per_s=10)
    answered = [reflector.answer(came(n), 0.0, CLOCK) is not None for n in range(15)]
    assert answered == [True] * 10 + [False] * 5
    assert reflector.answer(came(source=("192.0.2.10", 1)), 0.0, CLOCK) is not None
    assert reflector.answer(came(), 0.1, CLOCK) is not None
    assert reflector.answer(came(), 0.1, CLOCK) is None
    assert reflector.counts.limited == 6


@given(st.binary(max_size=300), st.integers(0, 255))
def test_no_packet_is_a_bug_and_no_answer_is_longer_than_what_asked(
    tail: bytes, length: int
) -> None:
    octets = (came(1).octets + tail)[:length]
    answer = Reflector(ANYBODY).answer(replace(came(), octets=octets), 0.0, CLOCK)
    if length < wire.PACKET_OCTETS:
        assert answer is None
        return
    assert answer is not None
    assert len(wire.encode_reply(answer.reply)) <= len(octets)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_over_a_socket_the_answer_comes_from_where_it_was_asked(host: str) -> None:
    far = ReflectorSocket((host, 0), Reflector(ANYBODY), lambda: CLOCK)
    near, where = open_udp(6 if ":" in host else 4), far.address
    try:
        send(near, came(3, MARKS).octets, where, dscp=34)
        far.drain()
        back = await _next(near)
    finally:
        near.close()
        far.close()
    assert back.source == where
    assert len(back.octets) == len(came(3, MARKS).octets)
    reply = wire.decode_reply(back.octets, back.at_ns)
    (told,) = reply.extensions
    assert wire.decode_class_of_service(told.value).seen_dscp == 34
    assert (back.dscp, reply.request_number) == (46, 3)
    assert reply.ttl is not None
    assert reply.received_ns <= reply.sent_ns <= back.at_ns
    assert far.reflector.counts.answered == 1


async def _next(opened: object) -> Datagram:
    async with asyncio.timeout(20):
        while True:
            found = receive(opened)  # type: ignore[arg-type] # a socket
            if found is not None:
                return found
            await asyncio.get_running_loop().run_in_executor(None, lambda: None)
