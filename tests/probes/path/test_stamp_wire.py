"""STAMP packets as octets: what is written is read again, and nothing else is believed."""

from __future__ import annotations

import shutil
import struct
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.path import stamp_wire as wire
from probes.path.stamp_wire import BadPacket, ClassOfService, ErrorEstimate, Extension

if TYPE_CHECKING:
    from pathlib import Path

NOW_NS = 1_795_330_000_000_000_000  # November 2026
# Half an era each way is what a timestamp without an era can tell: 68 years.
TIMES = st.integers(NOW_NS - 2 * 10**18, NOW_NS + 2 * 10**18)
WORDS = st.integers(0, 0xFFFF_FFFF)
ESTIMATES = st.builds(
    ErrorEstimate,
    # Errors that the 8 bits of the multiplier hold exactly.
    st.builds(lambda m, s: m * 2.0 ** (s - 32), st.integers(128, 255), st.integers(0, 63)),
    st.booleans(),
    st.booleans(),
)
EXTENSIONS = st.lists(
    st.builds(
        Extension,
        st.integers(0, 255),
        st.binary(max_size=40),
        unrecognized=st.booleans(),
        malformed=st.booleans(),
        integrity_failed=st.booleans(),
    ),
    max_size=3,
).map(tuple)
REQUESTS = st.builds(wire.Request, WORDS, TIMES, ESTIMATES, st.integers(0, 0xFFFF), EXTENSIONS)
REPLIES = st.builds(
    wire.Reply,
    number=WORDS,
    sent_ns=TIMES,
    estimate=ESTIMATES,
    session=st.integers(0, 0xFFFF),
    received_ns=TIMES,
    request_number=WORDS,
    request_sent_ns=TIMES,
    request_estimate=ESTIMATES,
    ttl=st.integers(0, 255),
    extensions=EXTENSIONS,
)
OWN_CLOCK = ErrorEstimate(0.001, synchronised=True)


@given(REQUESTS)
def test_a_request_is_read_as_it_was_written(request: wire.Request) -> None:
    assert wire.decode_request(wire.encode_request(request), NOW_NS) == request


@given(REPLIES)
def test_a_reply_is_read_as_it_was_written(reply: wire.Reply) -> None:
    again = wire.decode_reply(wire.encode_reply(reply), NOW_NS)
    assert again == reply


@given(st.binary(max_size=120))
def test_random_octets_are_a_packet_or_a_bad_packet(octets: bytes) -> None:
    for read in (wire.decode_request, wire.decode_reply):
        try:
            again = read(octets, NOW_NS)
        except BadPacket:
            continue
        assert len(octets) >= wire.SHORTEST_REPLY_OCTETS
        assert again.estimate.error_s > 0


@given(REPLIES, st.integers(0, 200), st.integers(0, 199), st.integers(0, 255))
def test_a_cut_or_changed_packet_is_never_a_bug(
    reply: wire.Reply, length: int, place: int, octet: int
) -> None:
    octets = bytearray(wire.encode_reply(reply))
    octets[place % len(octets)] = octet
    try:
        wire.decode_reply(bytes(octets[:length]), NOW_NS)
    except BadPacket as error:
        assert str(error)  # noqa: PT017 - either outcome is right; another error is not


@given(st.floats(1e-10, 1e9), st.booleans())
def test_an_error_estimate_is_never_smaller_than_the_error_and_at_most_a_percent_larger(
    error_s: float, synchronised: bool
) -> None:
    told = wire.decode_estimate(wire.encode_estimate(ErrorEstimate(error_s, synchronised)))
    assert error_s <= told.error_s <= error_s * 1.01 + 2**-32
    assert told.synchronised is synchronised


def test_no_error_is_told_as_the_smallest_there_is() -> None:
    told = wire.decode_estimate(wire.encode_estimate(ErrorEstimate(0.0, synchronised=False)))
    assert told.error_s == 2**-32


@pytest.mark.parametrize("ptp", [False, True])
def test_a_time_after_the_timestamps_era_is_still_read_right(ptp: bool) -> None:
    """NTP's 32 bits of seconds start again in February 2036, those of Unix time in 2106."""
    for at_ns in (2_085_978_496_000_000_001, 4_294_967_296_000_000_002, NOW_NS + 7):
        assert wire.unix_ns(wire.timestamp(at_ns, ptp=ptp), at_ns + 10**9, ptp=ptp) == at_ns


def test_a_short_answer_of_twamp_light_tells_no_ttl() -> None:
    reply = wire.Reply(7, NOW_NS, OWN_CLOCK, 0, NOW_NS, 9, NOW_NS, OWN_CLOCK, 64)
    octets = wire.encode_reply(reply)
    assert wire.decode_reply(octets[:38], NOW_NS).ttl is None
    assert wire.decode_reply(octets[:41], NOW_NS).ttl == 64
    with pytest.raises(BadPacket, match="37 octets"):
        wire.decode_reply(octets[:37], NOW_NS)


def test_an_extension_that_does_not_fit_keeps_what_is_there_and_says_what_is_missing() -> None:
    octets = struct.pack("!BBH", 0xE0, 4, 40) + b"\x01\x02"
    (found,) = wire.decode_extensions(octets)
    assert (found.type, found.value, found.missing_octets) == (4, b"\x01\x02", 38)
    assert wire.encode_extensions((found,)) == octets


@given(st.integers(0, 63), st.integers(0, 63), st.integers(0, 3), st.integers(0, 3))
def test_marks_are_read_as_they_were_written(asked: int, seen: int, ecn: int, refused: int) -> None:
    marks = ClassOfService(asked, seen, ecn, refused)
    assert wire.decode_class_of_service(wire.encode_class_of_service(marks)) == marks


def test_marks_of_another_length_are_refused() -> None:
    with pytest.raises(BadPacket, match="5 octets"):
        wire.decode_class_of_service(bytes(5))


def test_what_does_not_fit_its_field_is_refused() -> None:
    with pytest.raises(BadPacket):
        wire.encode_request(wire.Request(1 << 32, NOW_NS, OWN_CLOCK))
    with pytest.raises(BadPacket):
        wire.encode_extensions((Extension(300, b""),))


@pytest.mark.realtime
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_wireshark_reads_the_same_numbers_and_times(tmp_path: Path) -> None:
    """An independent reader: tshark's decoder of TWAMP test packets, whose layout STAMP keeps."""
    marks = wire.encode_class_of_service(ClassOfService(46))
    asked = wire.Request(5, NOW_NS, OWN_CLOCK, 4711, (Extension(wire.CLASS_OF_SERVICE, marks),))
    reply = wire.Reply(
        3, NOW_NS + 21_000_000, OWN_CLOCK, 4711, NOW_NS + 20_000_000, 5, NOW_NS, OWN_CLOCK, 61
    )
    capture = tmp_path / "stamp.pcap"
    capture.write_bytes(_pcap((40_000, 862, wire.encode_request(asked)),
                              (862, 40_000, wire.encode_reply(reply))))  # fmt: skip
    fields = ("seq_number", "sender_seq_number", "sender_ttl")
    lines = _tshark(capture, *(f"twamp.test.{field}" for field in fields))
    assert lines == ["5\t0\t0", "3\t5\t61"]  # it takes a request for an empty reply
    text = _tshark_text(capture)
    assert "    Timestamp: Nov 22, 2026 06:46:40.021" in text
    assert "Receive Timestamp: Nov 22, 2026 06:46:40.020" in text
    assert "Malformed" not in text


def _tshark(capture: Path, *fields: str) -> list[str]:
    wanted = [word for field in fields for word in ("-e", field)]
    return _tshark_text(capture, "-T", "fields", *wanted).splitlines()


def _tshark_text(capture: Path, *more: str) -> str:
    shown = more or ("-V",)
    done = subprocess.run(
        ["tshark", "-n", "-r", str(capture), "-d", "udp.port==862,twamp.test", *shown],
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
        env={"PATH": "/usr/bin:/bin", "HOME": str(capture.parent), "TZ": "UTC", "LC_ALL": "C"},
    )
    return done.stdout


def _pcap(*datagrams: tuple[int, int, bytes]) -> bytes:
    """A capture file (classic pcap, link type raw IPv4) of UDP datagrams: ports and payload."""
    head = struct.pack("=IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 228)
    return head + b"".join(_record(*datagram) for datagram in datagrams)


def _record(from_port: int, to_port: int, payload: bytes) -> bytes:
    udp = struct.pack("!HHHH", from_port, to_port, 8 + len(payload), 0) + payload
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 184, 20 + len(udp), 0, 0, 64, 17, 0,
                     bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2)))  # fmt: skip
    packet = ip + udp
    return struct.pack("=IIII", NOW_NS // 10**9, 0, len(packet), len(packet)) + packet
