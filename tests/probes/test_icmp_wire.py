"""ICMP as octets: what we send, what comes back, and noise."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.icmp_wire import Failure, Reply, checksum, failure, parse, request, without_ip

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
        error = bytes([kind, code, 0, 0, 0, 0, 0, 0]) + quote
        assert parse(4, error) == Failure("198.51.100.7", 9, 77, kind, code)


def test_an_icmpv6_error_names_the_request_it_quotes() -> None:
    quoted = ipv6(request(6, 9, 1, 77), to="2001:db8::7")
    error = bytes([1, 3, 0, 0, 0, 0, 0, 0]) + quoted
    assert parse(6, error) == Failure("2001:db8::7", 9, 77, 1, 3)


def test_an_error_about_other_traffic_is_not_ours() -> None:
    about_udp = bytes([3, 3, 0, 0, 0, 0, 0, 0]) + ipv4(b"x" * 8, protocol=17)
    about_a_reply = bytes([3, 1, 0, 0, 0, 0, 0, 0]) + ipv4(b"\x00" * 8)
    assert parse(4, about_udp) is None
    assert parse(4, about_a_reply) is None
    assert failure(4, "192.0.2.1", request(4, 9, 1, 1), 5, 0) is None  # a redirect is no error


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
