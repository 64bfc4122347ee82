"""The kernel's stamps over real sockets on loopback, and control messages that are none."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.kernel_stamps import error_of, left_ns, stamp_ns, wall_ns
from probes.path.stamp_socket import departed, open_udp, receive

if TYPE_CHECKING:
    from probes.icmp_wire import Version

RECVERR = (socket.IPPROTO_IP, 11)


def extended(origin: int, offender: bytes = b"", info: int = 0) -> bytes:
    """A sock_extended_err with the sockaddr of who sent it behind it."""
    return struct.pack("=IBBBBII", 113, origin, 3, 1, 0, info, 0) + offender


@pytest.mark.parametrize(("version", "host"), [(4, "127.0.0.1"), (6, "::1")])
def test_a_packet_leaves_after_it_was_handed_over_and_before_it_arrives(
    version: Version, host: str
) -> None:
    sending, receiving = open_udp(version, departures=True), open_udp(version, (host, 0))
    try:
        before = wall_ns()
        sending.sendto(b"known again", (host, receiving.getsockname()[1]))
        frames = list(departed(sending))
        came = receive(receiving)
    finally:
        sending.close()
        receiving.close()
    if not frames:
        pytest.skip("this kernel does not tell when packets leave")
    assert came is not None
    [(frame, at_ns)] = frames
    assert frame.endswith(b"known again")
    assert before <= at_ns <= came.at_ns <= wall_ns()


def test_an_icmp_error_names_who_sent_it() -> None:
    router = struct.pack("=H", socket.AF_INET) + bytes(2) + bytes([192, 0, 2, 254]) + bytes(8)
    told = error_of([(*RECVERR, extended(2, router, 1300))])
    assert told is not None
    assert (told.type, told.code, told.by, told.info) == (3, 1, "192.0.2.254", 1300)
    router = struct.pack("=H", socket.AF_INET6) + bytes(6) + bytes(15) + b"\x01" + bytes(4)
    told = error_of([(socket.IPPROTO_IPV6, 25, extended(3, router))])
    assert told is not None
    assert told.by == "::1"


def test_a_stamp_is_no_error_and_an_error_is_no_stamp() -> None:
    stamp = (socket.SOL_SOCKET, 35, struct.pack("@ll", 5, 7))
    assert stamp_ns([stamp]) == 5_000_000_007
    assert left_ns([stamp, (*RECVERR, extended(4))]) == 5_000_000_007
    assert error_of([stamp, (*RECVERR, extended(4))]) is None
    assert left_ns([stamp, (*RECVERR, extended(2))]) is None
    assert error_of([(*RECVERR, extended(1))]) is None  # of this machine itself


@given(st.lists(st.tuples(st.sampled_from([0, 1, 41]), st.integers(0, 40), st.binary(max_size=48))))
def test_no_control_message_is_too_odd(extra: list[tuple[int, int, bytes]]) -> None:
    for read in (stamp_ns, left_ns, error_of):
        read(extra)
