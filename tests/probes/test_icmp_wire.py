"""ICMP as octets: what we send, what comes back, and noise."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.icmp_wire import (
    EchoPacket,
    Failure,
    IcmpError,
    Reply,
    checksum,
    error,
    failure,
    number_of,
    parse,
    request,
    without_ip,
)

NUMBERS = st.integers(0, 2**64 - 1)


def ipv4(payload: bytes, *, to: str = "198.51.100.7", protocol: int = 1) -> bytes:
    """A minimal IPv4 packet around a payload."""
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0)
    return head + IPv4Address("192.0.2.1").packed + IPv4Address(to).packed + payload


def ipv6(payload: bytes, *, to: str, next_header: int = 58) -> bytes:
    """A minimal IPv6 packet around a payload."""
    head = struct.pack("!IHBB", 6 << 28, len(payload), next_header, 64)
    return head + IPv6Address("2001:db8::1").packed + IPv6Address(to).packed + payload


@given(NUMBERS, NUMBERS, st.integers(0, 65535))
def test_a_reply_with_our_cookie_is_told_by_run_and_number(
    run: int, number: int, identifier: int
) -> None:
    sent = request(4, identifier, run, number)
    assert parse(4, b"\x00" + sent[1:]) == Reply(run, number)
    sent = request(6, identifier, run, number)
    assert parse(6, b"\x81" + sent[1:]) == Reply(run, number)


def test_a_request_carries_56_octets_and_a_right_checksum() -> None:
    sent = request(4, 0x1234, 5, 0x1_0007)
    assert len(sent) == 8 + 56
    assert checksum(sent) == 0
    assert struct.unpack("!BBHHH", sent[:8])[3:] == (0x1234, 7)


@pytest.mark.parametrize(("kind", "code"), [(3, 0), (3, 1), (3, 13), (11, 0)])
def test_an_icmp_error_names_the_request_it_quotes(kind: int, code: int) -> None:
    quoted = ipv4(request(4, 9, 1, 77))
    for quote in (quoted, quoted[:28]):  # old routers quote eight octets and no more
        told = bytes([kind, code, 0, 0, 0, 0, 0, 0]) + quote
        wrong = IcmpError(kind, code, by="192.0.2.254")
        assert parse(4, told, "192.0.2.254") == Failure("198.51.100.7", 9, 77, wrong)


@pytest.mark.parametrize("named", [1300, 0])
def test_a_packet_that_is_too_big_has_its_limit_named_where_the_router_names_it(named: int) -> None:
    ipv4_told = struct.pack("!BBHHH", 3, 4, 0, 0, named) + ipv4(request(4, 9, 1, 77))
    ipv6_told = struct.pack("!BBHI", 2, 0, 0, named) + ipv6(request(6, 9, 1, 77), to="2001:db8::7")
    for version, told in ((4, ipv4_told), (6, ipv6_told)):
        found = parse(4 if version == 4 else 6, told, "r")
        assert isinstance(found, Failure)
        assert (found.error.by, found.error.mtu_bytes) == ("r", named or None)


@pytest.mark.parametrize("octets", [20, 21, 56, 1400])
@given(numbers=st.tuples(NUMBERS, NUMBERS))
def test_packets_of_one_flow_have_one_checksum_and_their_own_length(
    octets: int, numbers: tuple[int, int]
) -> None:
    shape = EchoPacket(payload_octets=octets, same_flow=True)
    sent = [request(4, 9, 1, number, shape) for number in numbers]
    assert {len(one) for one in sent} == {8 + octets}
    assert {checksum(one) for one in sent} == {0}
    assert len({one[2:4] for one in sent}) == 1


@given(NUMBERS, st.binary(max_size=60))
def test_a_request_is_known_again_behind_any_headers(number: int, headers: bytes) -> None:
    run = 0x0123_4567_89AB_CDEF
    assert number_of(run, headers + request(4, 9, run, number)) == number
    assert number_of(run, headers) is None
    assert number_of(run, headers + run.to_bytes(8, "big")) is None


def test_an_icmpv6_error_names_the_request_it_quotes() -> None:
    quoted = ipv6(request(6, 9, 1, 77), to="2001:db8::7")
    told = bytes([1, 3, 0, 0, 0, 0, 0, 0]) + quoted
    assert parse(6, told, "fe80::1") == Failure("2001:db8::7", 9, 77, IcmpError(1, 3, "fe80::1"))


def test_an_error_about_other_traffic_is_not_ours() -> None:
    about_udp = bytes([3, 3, 0, 0, 0, 0, 0, 0]) + ipv4(b"x" * 8, protocol=17)
    about_a_reply = bytes([3, 1, 0, 0, 0, 0, 0, 0]) + ipv4(b"\x00" * 8)
    assert parse(4, about_udp) is None
    assert parse(4, about_a_reply) is None
    redirect = error(4, 5, 0, "192.0.2.254", 0)  # which is no error
    assert failure(4, "192.0.2.1", request(4, 9, 1, 1), redirect) is None


def test_our_own_request_seen_on_loopback_is_not_an_answer() -> None:
    assert parse(4, request(4, 9, 1, 1)) is None


def test_the_ip_header_is_taken_off_with_its_options() -> None:
    packet = ipv4(b"payload!")
    with_options = bytes([0x46]) + packet[1:20] + b"\x00" * 4 + packet[20:]
    assert without_ip(packet) == b"payload!"
    assert without_ip(with_options) == b"payload!"


@given(st.binary(max_size=120))
def test_noise_is_nothing(octets: bytes) -> None:
    for version in (4, 6):
        found = parse(version, octets)
        assert found is None or isinstance(found, Reply | Failure)
    without_ip(octets)
