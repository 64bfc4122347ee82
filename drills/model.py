"""What a simulated world is made of, as frozen values; and what one change of it looks like."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Source: TypeAlias = Literal["trainee", "inject", "rollback", "background"]
Value: TypeAlias = Any
"""A root fact's value: whatever JSON can say."""


@dataclass(frozen=True, slots=True)
class Port:
    """One port of a node; `index` is its ifIndex, `name` its ifName."""

    index: int
    name: str
    descr: str
    alias: str
    speed_bps: int
    mac: bytes


@dataclass(frozen=True, slots=True)
class Battery:
    """What a UPS carries: seconds at full charge, seconds to recharge, share of its power used."""

    runtime_s: float
    recharge_s: float
    load_ratio: float


@dataclass(frozen=True, slots=True)
class Disk:
    """One file system of a machine, in bytes."""

    mount: str
    device: str
    size_bytes: int
    used_bytes: int
    files: int
    files_free: int


@dataclass(frozen=True, slots=True)
class Machine:
    """A virtual machine's resources, in bytes; `busy` is the busy share of each processor."""

    memory_bytes: int
    used_bytes: int
    buffers_bytes: int
    cached_bytes: int
    swap_bytes: int
    swap_used_bytes: int
    busy: tuple[float, ...]
    load1: float
    disks: tuple[Disk, ...]

    @property
    def available_bytes(self) -> int:
        """What programs can still get: caches and buffers are given back when asked for."""
        return self.memory_bytes - self.used_bytes


@dataclass(frozen=True, slots=True)
class Chassis:
    """What a switch says of itself: busy share of its processor, octets, one sensor, one fan.

    `poe_budget_w` are the watts it may give over its ports, 0 for a switch without; each device it
    feeds takes `poe_port_w`.
    """

    busy: float
    memory_bytes: int
    used_bytes: int
    celsius: int
    fan_rpm: int
    poe_budget_w: int = 0
    poe_port_w: int = 0


@dataclass(frozen=True, slots=True)
class Hypervisor:
    """What a host of machines is made of."""

    processors: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Node:
    """A thing with ports. `address` is empty for what nobody asks.

    `feed` is the name of the node it draws power from, `mains:<ward>`, or empty for power that
    never fails. `forwards` says whether traffic of others passes through it. `service` is the id of
    the shared service it runs. City nodes have no `ward`.
    """

    name: str
    role: str
    ward: str = ""
    kind: str = ""
    address: str = ""
    feed: str = ""
    forwards: bool = False
    ports: tuple[Port, ...] = ()
    sys_descr: str = ""
    sys_object_id: str = ""
    model: str = ""
    location: str = ""
    battery: Battery | None = None
    machine: Machine | None = None
    chassis: Chassis | None = None
    hypervisor: Hypervisor | None = None
    service: str = ""


@dataclass(frozen=True, slots=True)
class Cable:
    """Joins port `a` and port `b`, both `node:port`; its id is `a`.

    `delay_ms` is one way; the rates are octets per second when everything is well.
    """

    a: str
    b: str
    delay_ms: float = 0.1
    a_to_b: float = 0.0
    b_to_a: float = 0.0

    @property
    def id(self) -> str:
        """The cable's name in mutations."""
        return self.a

    def far_end(self, ref: str) -> str:
        """The other end."""
        return self.b if ref == self.a else self.a


@dataclass(frozen=True, slots=True)
class Topology:
    """Nodes and cables, with the look-ups that everything else needs."""

    codes: tuple[str, ...]
    nodes: Mapping[str, Node]
    cables: Mapping[str, Cable]
    at_port: Mapping[str, Cable]
    of_node: Mapping[str, tuple[Cable, ...]]
    by_address: Mapping[str, Node]
    by_ward: Mapping[str, tuple[Node, ...]]

    @classmethod
    def of(cls, codes: Iterable[str], nodes: Iterable[Node], cables: Iterable[Cable]) -> Topology:
        """Put nodes and cables together."""
        named = {node.name: node for node in nodes}
        known = {cable.id: cable for cable in cables}
        of_node: defaultdict[str, list[Cable]] = defaultdict(list)
        by_ward: defaultdict[str, list[Node]] = defaultdict(list)
        for cable in known.values():
            of_node[node_of(cable.a)].append(cable)
            of_node[node_of(cable.b)].append(cable)
        for node in named.values():
            by_ward[node.ward].append(node)
        return cls(
            codes=tuple(codes),
            nodes=MappingProxyType(named),
            cables=MappingProxyType(known),
            at_port=MappingProxyType(
                {ref: cable for cable in known.values() for ref in (cable.a, cable.b)}
            ),
            of_node=MappingProxyType({name: tuple(found) for name, found in of_node.items()}),
            by_address=MappingProxyType({n.address: n for n in named.values() if n.address}),
            by_ward=MappingProxyType({code: tuple(found) for code, found in by_ward.items()}),
        )

    def of_role(self, code: str, role: str) -> Node | None:
        """The ward's first node of that role."""
        return next((node for node in self.by_ward.get(code, ()) if node.role == role), None)

    def device(self, code: str, role: str) -> Node:
        """The same where the template promises one; LookupError for a ward or role it has not."""
        found = self.of_role(code, role)
        if found is None:
            raise LookupError(f"{code}: no {role}")
        return found

    def port(self, ref: str) -> Port | None:
        """The port that `node:port` names."""
        node = self.nodes.get(node_of(ref))
        name = ref.partition(":")[2]
        return next((port for port in node.ports if port.name == name), None) if node else None

    def standing_place(self, asker: str) -> Node | None:
        """The node from which `ward:<code>` or `hub` looks at the world; None for other words."""
        if asker == "hub":
            return self.nodes.get("hub-host")
        return self.of_role(asker.removeprefix("ward:"), "host")


def node_of(ref: str) -> str:
    """The node in `node:port`."""
    return ref.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change of one root fact: which kind of fact, of what, to which `params["value"]`.

    `t` is seconds since the world began; `cause` is the id of the fault it belongs to, if any.
    """

    seq: int
    t: float
    who: str
    source: Source
    kind: str
    on: str
    params: Mapping[str, Value]
    cause: str = ""

    def as_json(self) -> dict[str, Value]:
        """The mutation as JSON values, as a line of a log holds it."""
        return {
            "seq": self.seq,
            "t": self.t,
            "who": self.who,
            "source": self.source,
            "kind": self.kind,
            "on": self.on,
            "params": dict(self.params),
            "cause": self.cause,
        }


class Quality(NamedTuple):
    """A path both ways: round trip in milliseconds and the share of echoes that get lost.

    A round trip takes up to `jitter_ms` more.
    """

    rtt_ms: float
    loss: float
    jitter_ms: float = 0.0


class OneWay(NamedTuple):
    """One direction of a path: delay, up to how much more, and the share of packets it keeps."""

    delay_ms: float
    jitter_ms: float
    kept: float


@dataclass(frozen=True, slots=True)
class Ask:
    """One HTTP request as a face sees it; header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Page:
    """One HTTP answer, `late_s` after the question; `closes` ends its connection.

    `phrase` stands behind the status in place of the usual words.
    """

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    late_s: float = 0.0
    closes: bool = False
    phrase: str = ""
