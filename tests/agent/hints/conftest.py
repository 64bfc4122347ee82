"""A desk with a switch and a UPS behind it; what it hands on and counts can be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from agent.hints.desk import HintDesk
from agent.hints.patterns import packaged_patterns
from agent.hints.senders import Senders
from agent.hints.v3 import authority
from inventory.access import SnmpAccess
from inventory.credentials import Secret
from inventory.model import Device
from probes import oids
from probes.snmp import ber
from probes.snmp.notifications import INFORM, TRAP_V2
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from agent.hints.model import Channel, Hint, Outcome

WARD, SWITCH_AT, UPS_AT, OTHER_AT = "26740", "192.0.2.10", "192.0.2.20", "192.0.2.30"
COMMUNITY = b"ward-community"
STARTED = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
ON_BATTERY = "1.3.6.1.2.1.33.2.1"


def device(name: str, address: str, *, snmp: bool = True) -> Device:
    access = SnmpAccess(auth="env:COMMUNITY") if snmp else None
    return Device(name=name, kind="cisco_ios", address=ip_address(address), snmp=access)


def trap(
    oid: str, *extra: Varbind, community: bytes = COMMUNITY, inform: bool = False, number: int = 1
) -> bytes:
    head = (
        Varbind(oids.sysUpTime, ber.TIMETICKS, 4711),
        Varbind(ber.oid("1.3.6.1.6.3.1.1.4.1.0"), ber.OID, ber.oid(oid)),
    )
    pdu = INFORM if inform else TRAP_V2
    return ber.encode_message(ber.Message(1, community, pdu, number, 0, 0, (*head, *extra)))


def link_down(index: int, number: int = 1) -> bytes:
    row = ber.index_from_arcs((index,))
    return trap(LINK_DOWN, Varbind(oids.ifIndex + row, ber.INTEGER, index), number=number)


@dataclass
class Desk:
    """The desk and everything that left it."""

    hints: list[Hint] = field(default_factory=list)
    counted: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    desk: HintDesk = field(init=False)

    def __post_init__(self) -> None:
        devices = (
            (WARD, device("sw-1", SWITCH_AT)),
            (WARD, device("ups-1", UPS_AT)),
            (WARD, device("pc-1", OTHER_AT, snmp=False)),
        )
        senders = Senders(devices, lambda _ref: Secret(COMMUNITY.decode()))
        engine = authority("agent-of-the-tests", STARTED, 0.0)
        self.desk = HintDesk(senders, self.hints.append, self.tally, packaged_patterns(), engine)

    def tally(
        self, channel: Channel, device: str, what: str, outcome: Outcome, count: int = 1
    ) -> None:
        self.counted[channel, device, what, outcome.value] += count

    def results(self, channel: str = "trap") -> dict[str, int]:
        found: Counter[str] = Counter()
        for (of, _device, _what, result), count in self.counted.items():
            found[result] += count if of == channel else 0
        return {result: count for result, count in found.items() if count}


@pytest.fixture
def desk() -> Desk:
    return Desk()
