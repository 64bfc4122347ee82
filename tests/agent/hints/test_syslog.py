"""Syslog lines of switches and machines, and what they hint at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.hints.model import HintKind
from agent.hints.patterns import meaning, packaged_patterns
from agent.hints.syslog import LONGEST_TEXT, Line, read_line

SU = "'su root' failed for lonvick on /dev/pts/8"
CISCO_DOWN = (
    b"<187>2341: sw1: *Nov 21 07:20:03.123: %LINK-3-UPDOWN: Interface GigabitEthernet1/0/48,"
    b" changed state to down"
)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (  # RFC 5424, 6.5, example 1
            b"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - "
            b"\xef\xbb\xbf'su root' failed for lonvick on /dev/pts/8",
            Line("crit", SU, "mymachine.example.com", "su"),
        ),
        (  # RFC 5424, 6.5, example 3
            b'<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 '
            b'[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"] An event',
            Line("notice", "An event", "mymachine.example.com", "evntslog"),
        ),
        (  # RFC 3164, 5.4, example 1
            b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
            Line("crit", SU, "mymachine", "su"),
        ),
        (
            b"<38>Nov  2 07:20:03 vm-1 sshd[812]: Failed password for root from 192.0.2.77",
            Line("info", "Failed password for root from 192.0.2.77", "vm-1", "sshd"),
        ),
        (b"<13>Use the BFG!", Line("notice", "Use the BFG!")),  # RFC 3164, 5.4, example 2
        (b"no priority", Line("unknown", "no priority")),
        (b"<192>too high", Line("unknown", "<192>too high")),
        (b"", Line("unknown", "")),
        (b"<13>two\nlines", Line("notice", "two")),
    ],
)  # fmt: skip
def test_a_line_is_read_in_each_of_its_forms(data: bytes, line: Line) -> None:
    assert read_line(data) == line


@pytest.mark.parametrize(
    ("data", "kind", "values"),
    [
        (CISCO_DOWN, HintKind.LINK_DOWN, {"ifDescr": "GigabitEthernet1/0/48"}),
        (CISCO_DOWN.replace(b"to down", b"to up"), HintKind.LINK_UP,
         {"ifDescr": "GigabitEthernet1/0/48"}),
        (b"<188>Nov 21 2026 07:20:03 sw1 %%01IFNET/4/IF_STATE(l)[0]:Interface GigabitEthernet0/0/1"
         b" has turned into DOWN state.", HintKind.LINK_DOWN, {"ifDescr": "GigabitEthernet0/0/1"}),
        (b"<188>77: %SW_MATM-4-MACFLAP_NOTIF: Host 0200.0000.0001 in vlan 10 is flapping between"
         b" port Gi1/0/3 and port Gi1/0/4", HintKind.MAC_FLAP,
         {"mac": "0200.0000.0001", "vlan": "10", "port": "Gi1/0/3", "other_port": "Gi1/0/4"}),
        (b"<38>Nov 21 07:20:03 vm-1 sshd[8]: Failed password for invalid user x from 192.0.2.7",
         HintKind.LOGIN_FAILED, {}),
        (b"<189>9: %SYS-5-CONFIG_I: Configured from console by vty0", HintKind.CONFIG, {}),
        (b"<189>1: %SYS-5-RESTART: System restarted --", HintKind.COLD_START, {}),
        (b"<189>all is well", HintKind.OTHER, {}),
    ],
)  # fmt: skip
def test_a_line_hints_at_what_its_words_say(
    data: bytes, kind: HintKind, values: dict[str, str]
) -> None:
    said = meaning(read_line(data), packaged_patterns())
    assert (said.kind, said.values) == (kind, values)


@given(st.binary(max_size=5_000) | st.from_regex(rb"<\d{1,3}>1? ?[ -~]{0,300}", fullmatch=True))
def test_no_octets_raise_and_texts_stay_short_and_on_one_line(data: bytes) -> None:
    line = read_line(data)
    said = meaning(line, packaged_patterns())
    assert len(line.text) <= LONGEST_TEXT
    assert "\n" not in line.text
    assert said.text == line.text
