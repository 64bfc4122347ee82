"""One look at one device, and the shape of an answer to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from drills import traffic
from drills.machine import machine_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drills.model import Machine, Node, Port
    from drills.traffic import Counters
    from drills.world import World

_U32 = 0xFFFFFFFF
MIB2 = "1.3.6.1.2.1"
ENTERPRISES = "1.3.6.1.4.1"


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one device: the world, the device, when (seconds since the world began)."""

    world: World
    node: Node
    t: float
    ports: Mapping[int, Port]

    @classmethod
    def at(cls, world: World, node: Node, t: float) -> Look:
        """Look at a device now."""
        return cls(world, node, t, {port.index: port for port in node.ports})

    @property
    def ticks(self) -> int:
        """sysUpTime: hundredths of a second since the device started."""
        return self.ticks_at(self.t)

    def ticks_at(self, t: float) -> int:
        """sysUpTime as it was at another time; 0 before the device started."""
        return int(max(0.0, t - self.world.booted_at(self.node.name)) * 100) & _U32

    def port(self, index: int) -> Port:
        """The port of that ifIndex."""
        return self.ports[index]

    def ref(self, index: int) -> str:
        """The port of that ifIndex, as `node:port`."""
        return f"{self.node.name}:{self.port(index).name}"

    def speed_bps(self, index: int) -> int:
        """The speed that the port of that ifIndex runs at."""
        return traffic.speed_bps(self.world, self.ref(index), self.port(index).speed_bps)

    def counters(self, index: int) -> Counters:
        """The port's counters now."""
        return self.world.counters(self.ref(index), self.t)

    def oper(self, index: int) -> bool:
        """Whether the port has link now."""
        return self.world.oper(self.ref(index), self.t)

    @property
    def machine(self) -> Machine | None:
        """The machine as it is now; None for what is none."""
        return machine_at(self.world, self.node) if self.node.machine else None

    @property
    def charge(self) -> float:
        """The battery's charge, 0 to 1."""
        return self.world.charge(self.node.name, self.t)

    @property
    def on_battery(self) -> bool:
        """Whether the UPS lives on its battery."""
        return self.world.on_battery(self.node.name)


Read: TypeAlias = "Callable[[Look, int], int | bytes]"


class Entry(NamedTuple):
    """One object: its OID, its tag, how a row is read, and the row's index."""

    oid: str
    tag: int
    read: Read
    form: str = "{}"


Rows: TypeAlias = "tuple[tuple[Entry, ...], tuple[int, ...]]"
"""Objects that share their rows, and the rows that there are."""


def text(words: str) -> bytes:
    """Words as an agent sends them."""
    return words.encode("ascii", "replace")
