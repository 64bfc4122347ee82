"""The codec against itself, against pysnmp's, and against octets that are no SNMP."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import api, rfc1902

from probes.snmp import ber
from probes.snmp.ber import MalformedBer, Message
from probes.snmp.types import Varbind

ARCS = st.integers(0, 0xFFFFFFFF)
OIDS = st.tuples(
    st.sampled_from([(0, 0), (1, 3), (1, 39), (2, 47), (2, 999)]), st.lists(ARCS, max_size=14)
).map(lambda parts: ber.oid_from_arcs((*parts[0], *parts[1])))
UNSIGNED = st.integers(0, 0xFFFFFFFF)
VALUES: st.SearchStrategy[tuple[int, Any]] = st.one_of(
    st.tuples(st.just(ber.INTEGER), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just(ber.OCTET_STRING), st.binary(max_size=200)),
    st.tuples(st.just(ber.OID), OIDS),
    st.tuples(st.just(ber.IPADDRESS), st.binary(min_size=4, max_size=4)),
    st.tuples(st.sampled_from([ber.COUNTER32, ber.GAUGE32, ber.TIMETICKS]), UNSIGNED),
    st.tuples(st.just(ber.COUNTER64), st.integers(0, 2**64 - 1)),
    st.tuples(
        st.sampled_from([ber.NULL, ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE, ber.END_OF_MIB_VIEW]),
        st.none(),
    ),
)
NUMBERS = st.integers(0, 2**31 - 1)


def messages(
    pdus: tuple[int, ...] = (ber.GET, ber.GETNEXT, ber.RESPONSE, ber.SET, ber.GETBULK),
) -> st.SearchStrategy[Message]:
    """v2c messages with every kind of value."""
    varbinds = st.lists(st.builds(lambda o, v: Varbind(o, *v), OIDS, VALUES), max_size=12)
    return st.builds(
        Message,
        version=st.just(1),
        community=st.binary(max_size=32),
        pdu=st.sampled_from(pdus),
        request_id=st.integers(-(2**31), 2**31 - 1),
        error_status=st.integers(0, 18),
        error_index=NUMBERS,
        varbinds=varbinds.map(tuple),
    )


@given(messages())
def test_a_message_comes_back_as_it_went(message: Message) -> None:
    assert ber.decode_message(ber.encode_message(message)) == message


@given(st.lists(ARCS, min_size=1, max_size=20), st.lists(ARCS, min_size=1, max_size=20))
def test_oids_sort_by_arcs_and_not_by_octets(left: list[int], right: list[int]) -> None:
    one, other = (ber.oid_from_arcs((1, 3, *arcs)) for arcs in (left, right))
    assert ber.oid_is_after(one, other) == (left > right)
    assert (ber.oid_key(one) > ber.oid_key(other)) == (left > right)


@given(OIDS)
def test_an_oid_reads_as_it_is_written(oid: bytes) -> None:
    assert ber.oid(ber.oid_text(oid)) == oid
    assert ber.oid_from_arcs(ber.oid_arcs(oid)) == oid


@pytest.mark.parametrize(
    "text", ["", "1", "3.1", "1.40", "1.3.x", "1.3.-1", "1.3.4294967296", "1..3"]
)
def test_what_is_no_oid_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ber.oid(text)


# ---- against pysnmp, which shares no code with us ----

V2C = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]
PDU_TAGS = {
    ber.GET: V2C.GetRequestPDU,
    ber.GETNEXT: V2C.GetNextRequestPDU,
    ber.RESPONSE: V2C.ResponsePDU,
    ber.SET: V2C.SetRequestPDU,
}
MAKERS = {
    ber.INTEGER: rfc1902.Integer32,
    ber.OCTET_STRING: rfc1902.OctetString,
    ber.IPADDRESS: lambda octets: rfc1902.IpAddress(".".join(map(str, octets))),
    ber.COUNTER32: rfc1902.Counter32,
    ber.GAUGE32: rfc1902.Gauge32,
    ber.TIMETICKS: rfc1902.TimeTicks,
    ber.COUNTER64: rfc1902.Counter64,
    ber.OID: lambda oid: rfc1902.ObjectIdentifier(ber.oid_arcs(oid)),
    ber.NULL: lambda _: V2C.Null(""),
}


def _plain(value: Any) -> Any:
    """One of pysnmp's values as ours: (tag, plain value)."""
    octet = value.tagSet[-1].tagClass | value.tagSet[-1].tagId
    if octet in (ber.NULL, ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE, ber.END_OF_MIB_VIEW):
        return octet, None
    if octet == ber.OID:
        return octet, ber.oid_from_arcs(tuple(value))
    if octet in (ber.OCTET_STRING, ber.IPADDRESS, ber.OPAQUE):
        return octet, bytes(value)
    return octet, int(value)


@given(messages((ber.GET, ber.GETNEXT, ber.RESPONSE, ber.SET)))
def test_pysnmp_reads_what_we_write(message: Message) -> None:
    theirs, rest = decoder.decode(ber.encode_message(message), asn1Spec=V2C.Message())
    pdu = V2C.apiMessage.get_pdu(theirs)
    assert not rest
    assert isinstance(pdu, PDU_TAGS[message.pdu])
    assert bytes(V2C.apiMessage.get_community(theirs)) == message.community
    assert int(V2C.apiPDU.get_request_id(pdu)) == message.request_id
    pairs = V2C.apiPDU.get_varbinds(pdu)
    assert [(ber.oid_from_arcs(tuple(n)), *_plain(v)) for n, v in pairs] == list(message.varbinds)


@given(messages((ber.RESPONSE,)))
def test_we_read_what_pysnmp_writes(message: Message) -> None:
    kept = [v for v in message.varbinds if v.tag in MAKERS]
    pdu = V2C.ResponsePDU()
    V2C.apiPDU.set_defaults(pdu)
    V2C.apiPDU.set_request_id(pdu, message.request_id)
    pairs = [(ber.oid_arcs(v.oid), MAKERS[v.tag](v.value)) for v in kept]
    V2C.apiPDU.set_varbinds(pdu, pairs)
    theirs = V2C.Message()
    V2C.apiMessage.set_defaults(theirs)
    V2C.apiMessage.set_community(theirs, message.community)
    V2C.apiMessage.set_pdu(theirs, pdu)
    ours = ber.decode_message(encoder.encode(theirs))
    assert ours.community == message.community
    assert ours.request_id == message.request_id
    assert list(ours.varbinds) == kept


# ---- octets from hell ----


@given(messages(), st.data())
def test_broken_octets_raise_malformed_and_nothing_else(
    message: Message, data: st.DataObject
) -> None:
    octets = bytearray(ber.encode_message(message))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(octets)))
    for broken in (bytes(octets), bytes(octets[:cut]), bytes(octets) + b"\0"):
        with contextlib.suppress(MalformedBer):
            ber.decode_message(broken)


@given(st.binary(max_size=300))
def test_random_octets_raise_malformed_and_nothing_else(octets: bytes) -> None:
    with contextlib.suppress(MalformedBer):
        ber.decode_message(octets)


@given(messages(), st.integers(min_value=0))
def test_a_message_without_its_end_is_malformed(message: Message, kept: int) -> None:
    octets = ber.encode_message(message)
    with pytest.raises(MalformedBer):
        ber.decode_message(octets[: kept % len(octets)])


# ---- quirks that devices have ----


def _response_with(value: bytes) -> bytes:
    pair = b"\x30" + bytes([2 + 3 + len(value)]) + b"\x06\x03\x2b\x06\x01" + value
    head = ber.encode_message(Message(1, b"c", ber.RESPONSE, 1, 0, 0, ()))[:-2]
    octets = bytearray(head + b"\x30" + bytes([len(pair)]) + pair)
    octets[1] += len(pair)
    octets[10 - 1] += len(pair)
    return bytes(octets)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"\x41\x05\x00\xff\xff\xff\xff", (ber.COUNTER32, 0xFFFFFFFF)),
        (b"\x41\x01\xff", (ber.COUNTER32, 0xFFFFFFFF)),
        (b"\x42\x04\xff\xff\xff\xfe", (ber.GAUGE32, 0xFFFFFFFE)),
        (b"\x46\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff", (ber.COUNTER64, 2**64 - 1)),
        (b"\x02\x04\xff\xff\xff\xff", (ber.INTEGER, -1)),
        (b"\x44\x07\x9f\x78\x04\x42\x2a\x00\x00", (ber.OPAQUE, 42.5)),
        (b"\x44\x0b\x9f\x79\x08\x40\x45\x40\x00\x00\x00\x00\x00", (ber.OPAQUE, 42.5)),
        (b"\x44\x02\x01\x02", (ber.OPAQUE, b"\x01\x02")),
        (b"\x04\x81\x01a", (ber.OCTET_STRING, b"a")),
    ],
)
def test_odd_encodings_seen_on_devices_are_read(value: bytes, expected: tuple[int, Any]) -> None:
    (varbind,) = ber.decode_message(_response_with(value)).varbinds
    assert (varbind.tag, varbind.value) == expected


@pytest.mark.parametrize(
    "value",
    [
        b"\x41\x05\x01\x00\x00\x00\x00",  # wider than 32 bits
        b"\x41\x00",
        b"\x02\x05\x01\x00\x00\x00\x00",
        b"\x05\x01\x00",
        b"\x06\x02\x2b\x80",  # ends within an arc
        b"\x04\x80",  # indefinite length
        b"\x04\x84\x00\x00\x00\x00",  # four length octets
        b"\x13\x01a",  # no SNMP type
    ],
)
def test_values_that_no_type_allows_are_malformed(value: bytes) -> None:
    with pytest.raises(MalformedBer):
        ber.decode_message(_response_with(value))


@given(st.floats(allow_nan=False))
def test_an_opaque_number_comes_back(number: float) -> None:
    message = Message(1, b"", ber.RESPONSE, 1, 0, 0, (Varbind(b"\x2b", ber.OPAQUE, number),))
    (varbind,) = ber.decode_message(ber.encode_message(message)).varbinds
    assert isinstance(varbind.value, float)
    assert math.isclose(varbind.value, number, rel_tol=0)


@pytest.mark.parametrize(
    "value", [(ber.INTEGER, 2**31), (ber.GAUGE32, -1), (ber.NULL, 1), (0x47, b"")]
)
def test_a_value_that_does_not_fit_its_tag_is_not_sent(value: tuple[int, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        ber.encode_varbind(Varbind(b"\x2b", *value))
