"""A world of one ward on a clock that a test moves, and questions to its SNMP face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from drills.faces import snmp
from drills.topology import ward_standard
from drills.world import World
from probes.clock import ManualClock
from probes.snmp import ber
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from drills.model import Node

CODE = "26740"


@pytest.fixture
def clock() -> ManualClock:
    """The clock of the world."""
    return ManualClock()


@pytest.fixture
def world(clock: ManualClock) -> World:
    """A world of one ward, well in all its parts."""
    return World(ward_standard((CODE,)), 1, clock)


class Snmp(Protocol):
    """Asks a device of a world one PDU and gives the answer's message, None for silence."""

    def __call__(
        self,
        node: Node,
        pdu: int,
        *oids: str,
        first: int = 0,
        second: int = 0,
        community: bytes | None = None,
        version: int = 1,
        asker: str = f"ward:{CODE}",
    ) -> ber.Message | None: ...


@pytest.fixture
def ask(world: World) -> Snmp:
    """Questions to the SNMP face of that world."""

    def asked(
        node: Node,
        pdu: int,
        *oids: str,
        first: int = 0,
        second: int = 0,
        community: bytes | None = None,
        version: int = 1,
        asker: str = f"ward:{CODE}",
    ) -> ber.Message | None:
        varbinds = tuple(Varbind(ber.oid(oid), ber.NULL, None) for oid in oids)
        known = world.community.encode() if community is None else community
        request = ber.encode_message(ber.Message(version, known, pdu, 77, first, second, varbinds))
        answer = snmp.respond(world, asker, node, request, world.time())
        if answer is None:
            return None
        assert len(answer) <= snmp.MAX_OCTETS
        return ber.decode_message(answer)

    return asked
