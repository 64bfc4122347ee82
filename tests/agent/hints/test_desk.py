"""Messages come in: who may speak, what it means, and how much of it is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.hints.guard import REMEMBERED_MESSAGES, REMEMBERED_SENDERS
from agent.hints.model import HintKind
from probes import oids
from probes.snmp import ber
from probes.snmp.types import Varbind
from tests.agent.hints.conftest import (
    LINK_DOWN,
    ON_BATTERY,
    OTHER_AT,
    SWITCH_AT,
    UPS_AT,
    Desk,
    link_down,
    trap,
)

if TYPE_CHECKING:
    from agent.hints.model import Hint


def only(desk: Desk) -> Hint:
    (hint,) = desk.hints
    return hint


def test_a_trap_of_a_known_device_is_a_hint(desk: Desk) -> None:
    desk.desk.trap(link_down(10148), SWITCH_AT, 5.0)
    hint = only(desk)
    assert (hint.ward, hint.device, hint.kind, hint.mono) == (
        "26740", "sw-1", HintKind.LINK_DOWN, 5.0,
    )  # fmt: skip
    assert hint.values == {"ifIndex": 10148}
    assert desk.counted == {("trap", "sw-1", "linkDown", "accepted"): 1}


def test_a_wrong_community_is_counted_and_says_nothing(desk: Desk) -> None:
    desk.desk.trap(trap(LINK_DOWN, community=b"public"), SWITCH_AT, 0.0)
    assert (desk.hints, desk.results()) == ([], {"auth": 1})


def test_a_device_without_snmp_in_the_inventory_sends_no_trap(desk: Desk) -> None:
    desk.desk.trap(link_down(1), OTHER_AT, 0.0)
    assert (desk.hints, desk.results()) == ([], {"auth": 1})


def test_a_broken_message_of_v3_is_counted_as_such(desk: Desk) -> None:
    v3 = bytes.fromhex("3010020103300b020100020205dc04010002")
    desk.desk.trap(v3, SWITCH_AT, 0.0)
    assert (desk.hints, desk.results()) == ([], {"parse": 1})


def test_an_address_that_came_over_ipv6_is_still_the_device(desk: Desk) -> None:
    desk.desk.trap(link_down(1), f"::ffff:{SWITCH_AT}", 0.0)
    assert only(desk).device == "sw-1"


def test_strangers_are_counted_and_only_the_last_twenty_kept(desk: Desk) -> None:
    for number in range(300):
        desk.desk.trap(link_down(1), f"198.51.100.{number % 250}", 0.0)
    assert (desk.hints, desk.results()) == ([], {"unknown_sender": 300})
    assert len(desk.desk.strangers.seen) == REMEMBERED_SENDERS
    last = desk.desk.strangers.seen[-1]
    assert (last.host, last.messages, last.channel) == ("198.51.100.49", 1, "trap")
    assert desk.desk.strangers.count == 300


def test_an_inform_is_answered_with_its_own_number(desk: Desk) -> None:
    answer = desk.desk.trap(trap(LINK_DOWN, inform=True, number=77), SWITCH_AT, 0.0)
    assert answer is not None
    message = ber.decode_message(answer)
    assert (message.pdu, message.request_id) == (ber.RESPONSE, 77)
    assert desk.desk.trap(trap(ON_BATTERY), SWITCH_AT, 0.0) is None


@pytest.mark.parametrize(
    ("oid", "alarm", "kind"),
    [
        (ON_BATTERY, None, HintKind.UPS_ON_BATTERY),
        ("1.3.6.1.2.1.33.2.0.1", None, HintKind.UPS_ON_BATTERY),  # as senders of v1 have it
        ("1.3.6.1.2.1.33.2.3", oids.upsAlarmOnBattery, HintKind.UPS_ON_BATTERY),
        ("1.3.6.1.2.1.33.2.4", oids.upsAlarmOnBattery, HintKind.UPS_ON_MAINS),
        ("1.3.6.1.2.1.33.2.4", oids.upsAlarmLowBattery, HintKind.UPS_ALARM),
        ("1.3.6.1.2.1.33.2.2", None, HintKind.UPS_ALARM),
    ],
)
def test_what_a_ups_says(desk: Desk, oid: str, alarm: bytes | None, kind: HintKind) -> None:
    row = ber.oid("1.3.6.1.2.1.33.1.6.2.1.2.7")
    extra = (Varbind(row, ber.OID, alarm),) if alarm else ()
    desk.desk.trap(trap(oid, *extra), UPS_AT, 0.0)
    assert only(desk).kind is kind


def v1_trap(generic: int, specific: int = 0, enterprise: str = "1.3.6.1.4.1.9.1.1") -> bytes:
    def element(tag: int, content: bytes) -> bytes:
        return bytes((tag, len(content))) + content

    body = (
        element(0x06, ber.oid(enterprise))
        + element(0x40, bytes((192, 0, 2, 10)))
        + element(0x02, bytes((generic,)))
        + element(0x02, bytes((specific,)))
        + element(0x43, b"\x12\x34")
        + element(0x30, b"")
    )
    whole = element(0x02, b"\0") + element(0x04, b"ward-community") + element(0xA4, body)
    return element(0x30, whole)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (v1_trap(0), HintKind.COLD_START),
        (v1_trap(2), HintKind.LINK_DOWN),
        (v1_trap(6, 1, "1.3.6.1.2.1.33.2"), HintKind.UPS_ON_BATTERY),
        (v1_trap(6, 9), HintKind.OTHER),
    ],
)
def test_a_v1_trap_means_what_its_translation_means(
    desk: Desk, data: bytes, kind: HintKind
) -> None:
    desk.desk.trap(data, SWITCH_AT, 0.0)
    assert only(desk).kind is kind


def test_the_same_message_within_five_seconds_counts_once(desk: Desk) -> None:
    for at, number in ((0.0, 1), (1.0, 2), (4.9, 3), (5.0, 4)):
        desk.desk.trap(link_down(7, number), SWITCH_AT, at)
    desk.desk.trap(link_down(8), SWITCH_AT, 5.0)
    assert desk.results() == {"accepted": 3, "repeated": 2}
    assert len(desk.hints) == 3


def test_a_flood_is_one_event_and_one_in_a_hundred_is_read(desk: Desk) -> None:
    """1,000 different traps a second for a minute from one device."""
    for number in range(60_000):
        desk.desk.trap(link_down(number + 1), SWITCH_AT, number / 1000)
    kinds = [hint.kind for hint in desk.hints]
    assert kinds.count(HintKind.FLOOD) == 1
    results = desk.results()
    assert results["accepted"] == 60 * 20 + 60 * 980 // 100
    assert results["accepted"] + results["flood"] == 60_000


def test_a_flood_of_one_device_leaves_the_others_their_voice(desk: Desk) -> None:
    for number in range(1_000):
        desk.desk.trap(link_down(number + 1), SWITCH_AT, number / 1000)
    desk.desk.trap(trap(ON_BATTERY), UPS_AT, 0.999)
    assert desk.hints[-1].device == "ups-1"


def test_a_flood_that_comes_again_after_a_quiet_minute_is_said_again(desk: Desk) -> None:
    for start in (0.0, 30.0, 95.0):
        for number in range(50):
            desk.desk.trap(link_down(number + 1), SWITCH_AT, start + number / 100)
    assert [hint.kind for hint in desk.hints].count(HintKind.FLOOD) == 2


def test_ten_thousand_lines_a_second_are_read_by_the_twenty(desk: Desk) -> None:
    for number in range(10_000):
        desk.desk.syslog(b"<189>line %d" % number, SWITCH_AT, number / 10_000)
    results = desk.results("syslog")
    assert results == {"accepted": 20 + 99, "flood": 10_000 - 119}
    assert [hint.kind for hint in desk.hints].count(HintKind.FLOOD) == 1


def test_memory_stays_bounded_whatever_is_said(desk: Desk) -> None:
    for number in range(5_000):
        desk.desk.syslog(b"<189>line %d" % number, SWITCH_AT, float(number))
        desk.desk.syslog(b"<189>x", f"198.51.{number % 200}.{number % 250}", float(number))
    assert len(desk.desk._repeats._said) == REMEMBERED_MESSAGES
    assert len(desk.desk.strangers.seen) == REMEMBERED_SENDERS


@settings(max_examples=2_000, deadline=None)
@given(st.lists(st.binary(max_size=120), min_size=10, max_size=10))
def test_twenty_thousand_garbage_datagrams_never_raise(datagrams: list[bytes]) -> None:
    desk = Desk()
    for number, data in enumerate(datagrams):
        assert desk.desk.trap(data, SWITCH_AT, float(number)) is None
        desk.desk.syslog(data, SWITCH_AT, float(number))
    assert not [hint for hint in desk.hints if hint.channel == "trap"]


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_damaged_traps_never_raise(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from((link_down(10148), v1_trap(2), v1_trap(6, 3)))))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    Desk().desk.trap(bytes(whole[:cut]), SWITCH_AT, 0.0)
