"""What simulated devices send by themselves: traps on links, starts and mains. It only looks.

A port's link that came or went, a device that started, a UPS that changed to its battery or back:
told by SNMPv2c traps to whoever is asked, if there is a way there from the device at that moment.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from drills.mib.look import Look
from probes import oids
from probes.snmp import ber
from probes.snmp.notifications import TRAP_V2
from probes.snmp.types import Varbind
from probes.tasks import end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from drills.model import Node
    from drills.world import World

EVERY_S = 0.2
_TRAP = "1.3.6.1.6.3.1.1.5"
_COLD_START, _LINK_DOWN, _LINK_UP = 1, 3, 4
_UPS_TRAPS = "1.3.6.1.2.1.33.2"
_SNMP_TRAP_OID = ber.oid("1.3.6.1.6.3.1.1.4.1.0")
_UPS_ALARM_DESCR = ber.oid("1.3.6.1.2.1.33.1.6.2.1.2.2")


@dataclass(frozen=True, slots=True)
class _State:
    """What of one device is told when it changes."""

    booted_at: float
    powered: bool
    links: Mapping[int, bool]
    on_battery: bool


class Listener(Protocol):
    """Where a receiver of traps really listens."""

    host: str
    port: int


class Seer(Protocol):
    """A running simulation: its world, and where the one who is told stands."""

    world: World
    asker: str


class Messenger:
    """Sends the devices' traps to one listener, which stands at `ward:<code>` or `hub`.

    `send(data, host)` is given each datagram with its sender's address.
    """

    def __init__(self, world: World, asker: str, send: Callable[[bytes, str], None]) -> None:
        self._world = world
        self._asker = asker
        self._send = send
        self._known = self._states()
        self._count = 0

    async def run(self) -> None:
        """Look five times a second until cancelled."""
        while True:
            await self._world.clock.sleep(EVERY_S)
            self.look()

    def look(self) -> None:
        """Tell what changed since the last look."""
        now = self._states()
        for name, state in now.items():
            node = self._world.topology.nodes[name]
            if state.powered and self._is_heard(name):
                for trap, extra in _changes(node, self._known[name], state):
                    self._send(self._trap(node, trap, extra), node.address)
        self._known = now

    def _is_heard(self, name: str) -> bool:
        return self._world.hears(self._asker, name, self._world.time())

    def _states(self) -> dict[str, _State]:
        world, t = self._world, self._world.time()
        return {
            name: _State(
                world.booted_at(name),
                world.powered(name, t),
                {port.index: world.oper(f"{name}:{port.name}", t) for port in node.ports},
                node.battery is not None and world.on_battery(name),
            )
            for name, node in world.topology.nodes.items()
            if node.sys_object_id and node.address
        }

    def _trap(self, node: Node, trap: str, extra: tuple[Varbind, ...]) -> bytes:
        self._count += 1
        look = Look.at(self._world, node, self._world.time())
        head = (
            Varbind(oids.sysUpTime, ber.TIMETICKS, look.ticks),
            Varbind(_SNMP_TRAP_OID, ber.OID, ber.oid(trap)),
        )
        community = self._world.community.encode()
        message = ber.Message(1, community, TRAP_V2, self._count, 0, 0, (*head, *extra))
        return ber.encode_message(message)


def _changes(node: Node, before: _State, now: _State) -> Iterator[tuple[str, tuple[Varbind, ...]]]:
    """Notification OID and varbinds of everything that is to be told."""
    if now.booted_at != before.booted_at:
        yield f"{_TRAP}.{_COLD_START}", ()
        return
    for index, up in now.links.items():
        if up is not before.links[index]:
            yield f"{_TRAP}.{_LINK_UP if up else _LINK_DOWN}", _link(index, up=up)
    if now.on_battery is not before.on_battery and node.battery is not None:
        if now.on_battery:
            yield f"{_UPS_TRAPS}.1", ()
        else:
            alarm = Varbind(_UPS_ALARM_DESCR, ber.OID, oids.upsAlarmOnBattery)
            yield f"{_UPS_TRAPS}.4", (alarm,)


def _link(index: int, *, up: bool) -> tuple[Varbind, ...]:
    """RFC 2863: ifIndex, ifAdminStatus and ifOperStatus come with linkDown and linkUp."""
    row = ber.index_from_arcs((index,))
    return (
        Varbind(oids.ifIndex + row, ber.INTEGER, index),
        Varbind(oids.ifOperStatus + row, ber.INTEGER, 1 if up else 2),
    )


@asynccontextmanager
async def messages(simulation: Seer, to: Listener) -> AsyncIterator[None]:
    """Within the block the simulated devices send their traps to a socket on loopback.

    Each sends from its own address, since that is what a device is known by.
    """
    with closing(_Sockets((to.host, to.port))) as sockets:
        messenger = Messenger(simulation.world, simulation.asker, sockets.send)
        work = asyncio.create_task(messenger.run(), name="messages")
        try:
            yield
        finally:
            await end(work)


class _Sockets:
    """One UDP socket per sending address, opened when it first speaks."""

    def __init__(self, to: tuple[str, int]) -> None:
        self._to = to
        self._opened: dict[str, socket.socket] = {}

    def send(self, data: bytes, host: str) -> None:
        """Send one datagram from an address of ours; what loopback refuses is lost."""
        with suppress(OSError):
            if host not in self._opened:
                opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                self._opened[host] = opened
                opened.setblocking(False)
                opened.bind((host, 0))
            self._opened[host].sendto(data, self._to)

    def close(self) -> None:
        """Close all of them."""
        for opened in self._opened.values():
            opened.close()
