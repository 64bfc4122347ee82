"""What is written down of hints, and what several of them come to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.hints.lore import Lore
from agent.hints.model import Channel, Hint, HintKind
from agent.hints.polls import HintedPolls

AT = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)


def hint(
    kind: HintKind, mono: float = 0.0, *, name: str = "notice", channel: Channel = "syslog"
) -> Hint:
    return Hint("26740", "sw-1", channel, kind, mono, "words", {}, name)


def told(lore: Lore, *hints: Hint) -> list[str]:
    return [event.kind for one in hints for event in lore.lines(one, AT)]


def test_a_hint_is_one_line_with_what_it_said() -> None:
    (line,) = Lore().lines(hint(HintKind.CONFIG), AT)
    assert (line.kind, line.ward, line.device) == ("hint", "26740", "sw-1")
    assert line.data == {"kind": "config", "channel": "syslog", "text": "words", "values": {}}


@pytest.mark.parametrize(("name", "lines"), [("info", 0), ("debug", 0), ("notice", 1), ("err", 1)])
def test_chatter_that_says_nothing_known_is_not_written(name: str, lines: int) -> None:
    assert len(told(Lore(), hint(HintKind.OTHER, name=name))) == lines
    assert told(Lore(), hint(HintKind.LOGIN_FAILED, name=name)) == ["hint"]


@pytest.mark.parametrize(
    ("kind", "gap_s", "needed", "finding"),
    [
        (HintKind.LOGIN_FAILED, 15.0, 20, "login_burst"),
        (HintKind.AUTH_FAILURE, 120.0, 5, "snmp_guessing"),
        (HintKind.TOPOLOGY, 12.0, 5, "loop_hint"),
        (HintKind.MAC_FLAP, 500.0, 1, "loop_hint"),
    ],
)
def test_enough_messages_of_a_kind_are_a_finding_said_once(
    kind: HintKind, gap_s: float, needed: int, finding: str
) -> None:
    lore = Lore()
    hints = [hint(kind, n * gap_s) for n in range(needed + 3)]
    lines = told(lore, *hints)
    assert lines.count(finding) == 1
    assert lines.index(finding) == needed
    last_s = hints[-1].mono
    assert lore.present("26740", last_s + 1_800) == (("sw-1", finding),)
    assert lore.present("26740", last_s + 1_801) == ()


def test_the_same_too_slowly_is_no_finding() -> None:
    lore = Lore()
    assert set(told(lore, *(hint(HintKind.LOGIN_FAILED, n * 16.0) for n in range(100)))) == {"hint"}


def test_a_device_is_polled_for_hints_at_most_every_five_seconds() -> None:
    polls = HintedPolls()
    asked = [
        (probe, at)
        for n in range(200)
        for _name, probe, at in polls.ask(hint(HintKind.LINK_UP, n / 10))
    ]
    moments = sorted({at for _probe, at in asked})
    assert moments == [0.0, 5.0, 10.0, 15.0, 20.0]
    assert {probe for probe, _at in asked} == {"snmp-interfaces"}


def test_the_last_of_a_burst_is_read_too() -> None:
    polls = HintedPolls()
    found = [next(polls.ask(hint(HintKind.LINK_UP, mono)))[2] for mono in (0.0, 1.0, 2.0, 30.0)]
    assert found == [0.0, 5.0, 5.0, 30.0]


def test_the_lines_own_port_does_not_wait_for_a_pcs() -> None:
    polls = HintedPolls()
    assert [at for *_poll, at in polls.ask(hint(HintKind.LINK_DOWN, 0.0))] == [0.0]
    proofs = (("sw-1", "snmp-interfaces"), ("gateway", "icmp"))
    assert list(polls.ask(hint(HintKind.LINK_DOWN, 1.0), proofs)) == [
        ("sw-1", "snmp-interfaces", 1.0),
        ("gateway", "icmp", 1.0),
    ]


@pytest.mark.parametrize("kind", [HintKind.OTHER, HintKind.LOGIN_FAILED, HintKind.FLOOD])
def test_what_no_poll_can_tell_asks_for_none(kind: HintKind) -> None:
    assert list(HintedPolls().ask(hint(kind))) == []
