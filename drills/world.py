"""THE simulated world: root facts, one log of what changed them, and everything derived from both.

Faces look and never change anything. Changes are mutations; replaying their log gives the same
world. Between two mutations everything is a closed formula of time, so an idle world costs nothing
and is exact on a virtual clock. Times are seconds since the world began.
"""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, replace
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from drills import paths, traffic
from drills.calls import Calls
from drills.chance import between, octets
from drills.facts import KINDS, exists
from drills.model import Mutation, node_of
from drills.topology import GATEWAY, REGISTRAR, Template
from drills.traffic import PACKET_OCTETS, Counters, Meter
from drills.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from drills.model import Cable, Node, OneWay, Quality, Source, Topology, Value
    from probes.clock import Clock

_DAY_S = 86_400


class _Step(NamedTuple):
    """How a walk came to a node: from where, over which cable."""

    origin: str
    cable: Cable


class World:
    """One deterministic world. `version` grows with every mutation."""

    def __init__(self, template: Template, seed: int, clock: Clock) -> None:
        self.template = template
        self.seed = seed
        self.clock = clock
        self.topology: Topology = template.build(seed)
        self.started_at = clock.now()
        self.version = 0
        self.mutations: list[Mutation] = []
        self._origin = clock.monotonic()
        self._facts: dict[tuple[str, str], Value] = {}
        self._meters: dict[str, Meter] = {}
        self._boots: dict[str, float] = {}
        self._charges: dict[str, tuple[float, float]] = {}
        self._walks: dict[tuple[str, int], Mapping[str, _Step]] = {}
        self._power_ends: dict[str, float] = {}
        self.calls = Calls(self)
        self.work = Work(self)
        self.desks: dict[str, Value] = {}  # what faces with sessions remember, by the device

    # -- time and facts --

    def time(self) -> float:
        """Seconds since the world began."""
        return self.clock.monotonic() - self._origin

    def fact(self, kind: str, on: str) -> Value:
        """A root fact's value; its default when nothing changed it."""
        found = self._facts.get((kind, on))
        return KINDS[kind].default if found is None else found

    def facts(self) -> dict[str, Value]:
        """The root facts that are not what they were at the start, as `kind on` -> value."""
        return {f"{kind} {on}": value for (kind, on), value in sorted(self._facts.items())}

    # -- changing it --

    def change(
        self, kind: str, on: str, value: Value, *, who: str, source: Source, cause: str = ""
    ) -> Mutation:
        """Make and apply the mutation that gives a fact a value, now."""
        seq, t = len(self.mutations) + 1, max(self.time(), self._last_t())
        mutation = Mutation(seq, t, who, source, kind, on, {"value": value}, cause)
        self.mutate(mutation)
        return mutation

    def mutate(self, mutation: Mutation) -> None:
        """Apply one mutation and log it; ValueError when it does not fit this world."""
        self._check(mutation)
        kind, on, t = mutation.kind, mutation.on, mutation.t
        nodes = self._touched(kind, on)
        refs = [f"{node.name}:{port.name}" for node in nodes for port in node.ports]
        was_powered = {node.name for node in nodes if self.powered(node.name, t)}
        was_up = {ref for ref in refs if self.oper(ref, t)}
        self._settle(nodes, refs, t)
        self.calls.settle(t)
        if kind == "busy":
            self.work.settle(on, t)
        self._set(kind, on, mutation.params["value"])
        self.version += 1
        self.mutations.append(mutation)
        self._walks.clear()
        self._power_ends.clear()
        self._note_starts(nodes, was_powered, t)
        self.calls.resume(t)
        if kind == "call":
            self.calls.begin(on, t)
        for ref in refs:
            if self.oper(ref, t) != (ref in was_up):
                self._meters[ref] = replace(self.meter(ref), changed_at=t)

    def _check(self, mutation: Mutation) -> None:
        kind = KINDS.get(mutation.kind)
        if kind is None or set(mutation.params) != {"value"}:
            raise ValueError(f"no such mutation: {mutation.kind} {dict(mutation.params)}")
        if not exists(self.topology, kind, mutation.on) or not kind.fits(mutation.params["value"]):
            raise ValueError(f"{mutation.kind} {mutation.on}: {mutation.params['value']!r}")
        if mutation.seq != len(self.mutations) + 1 or mutation.t < self._last_t():
            raise ValueError(f"mutation {mutation.seq} at {mutation.t} is out of order")

    def _last_t(self) -> float:
        return self.mutations[-1].t if self.mutations else 0.0

    def _set(self, kind: str, on: str, value: Value) -> None:
        if value == KINDS[kind].default:
            self._facts.pop((kind, on), None)
        else:
            self._facts[kind, on] = value

    def _touched(self, kind: str, on: str) -> Sequence[Node]:
        """Nodes whose power, ports or traffic the change may touch."""
        about = KINDS[kind].about
        if about == "fault":
            return ()
        named = [on] if about != "cable" else [on, self.topology.cables[on].b]
        wards = {on} if about == "ward" else {self.topology.nodes[node_of(n)].ward for n in named}
        if wards == {""}:
            return tuple(self.topology.nodes.values())
        return [n for code in (*sorted(wards - {""}), "") for n in self.topology.by_ward[code]]

    def _settle(self, nodes: Iterable[Node], refs: Iterable[str], t: float) -> None:
        """Write down where counters and batteries have come to under the facts so far."""
        for node in nodes:
            if node.battery is not None:
                self._charges[node.name] = (self.charge(node.name, t), t)
        settled = {}
        for ref in refs:
            now, changed_at = self.counters(ref, t), self.changed_at(ref, t)
            settled[ref] = Meter(now.in_octets, now.out_octets, t, changed_at, now.in_errors)
        self._meters.update(settled)

    def _note_starts(self, nodes: Iterable[Node], was_powered: set[str], t: float) -> None:
        for node in nodes:
            if node.name not in was_powered and self.powered(node.name, t):
                self._boots[node.name] = t
                for port in node.ports:
                    self._meters[f"{node.name}:{port.name}"] = Meter(0, 0, t, t)

    # -- log and dump --

    def dump(self) -> dict[str, Value]:
        """Everything that makes this world what it is, as JSON values; free of the clock."""
        return {
            "template": self.template.name,
            "wards": list(self.template.codes),
            "seed": self.seed,
            "version": self.version,
            "facts": self.facts(),
            "meters": {ref: asdict(meter) for ref, meter in sorted(self._meters.items())},
            "boots": dict(sorted(self._boots.items())),
            "charges": {name: list(pair) for name, pair in sorted(self._charges.items())},
            "calls": self.calls.dump(),
            "work": self.work.dump(),
            "mutations": [mutation.as_json() for mutation in self.mutations],
        }

    @classmethod
    def replay(cls, dump: Mapping[str, Value], clock: Clock) -> World:
        """The world that a dump's template, seed and mutations lead to."""
        world = cls(Template(dump["template"], tuple(dump["wards"])), dump["seed"], clock)
        for mutation in dump["mutations"]:
            world.mutate(Mutation(**mutation))
        return world

    # -- power --

    def powered(self, name: str, t: float) -> bool:
        """Whether the node has power at that time."""
        return t < self.power_end(name)

    def power_end(self, name: str) -> float:
        """When the node's power ends under the present facts: never (inf), or long ago (-inf)."""
        if name not in self._power_ends:
            self._power_ends[name] = self._power_end(self.topology.nodes[name])
        return self._power_ends[name]

    def _power_end(self, node: Node) -> float:
        if not self.fact("power", node.name):
            return -inf
        if node.feed.startswith("mains:"):
            if self.fact("mains", node.ward):
                return inf
            return self._battery_end(node) if node.battery else -inf
        return self.power_end(node.feed) if node.feed else inf

    def _battery_end(self, node: Node) -> float:
        charge, since = self._charges.get(node.name, (1.0, 0.0))
        return since + charge * self.runtime_s(node.name) if charge > 0 else -inf

    def runtime_s(self, ups: str) -> float:
        """Seconds that the UPS lasts from full charge."""
        battery = self.topology.nodes[ups].battery
        told = self.fact("runtime_s", ups)
        return told if told is not None else (battery.runtime_s if battery else 0.0)

    def on_battery(self, ups: str) -> bool:
        """Whether the UPS has no mains; it may be empty."""
        return not self.fact("mains", self.topology.nodes[ups].ward)

    def charge(self, ups: str, t: float) -> float:
        """The battery's charge, 0 to 1."""
        battery = self.topology.nodes[ups].battery
        if battery is None:
            return 0.0
        charge, since = self._charges.get(ups, (1.0, 0.0))
        if not self.on_battery(ups):
            return min(1.0, charge + (t - since) / battery.recharge_s)
        if not self.fact("power", ups):
            return charge
        runtime_s = self.runtime_s(ups)
        return max(0.0, charge - (t - since) / runtime_s) if runtime_s else 0.0

    def booted_at(self, name: str) -> float:
        """When the node last started; before the world began (negative) for most."""
        if name in self._boots:
            return self._boots[name]
        return -self._lived_s(name)

    def _lived_s(self, name: str) -> float:
        """How long a node had been running when the world began."""
        return between(20 * _DAY_S, 200 * _DAY_S, self.seed, name, "boot")

    # -- ports --

    def admin(self, ref: str) -> bool:
        """Whether the port is switched on by its configuration."""
        return bool(self.fact("admin", ref))

    def oper(self, ref: str, t: float) -> bool:
        """Whether the port has link."""
        return t < self._link_end(ref)

    def _link_end(self, ref: str) -> float:
        """When the port loses link under the present facts; -inf when it has none now."""
        cable = self.topology.at_port.get(ref)
        if cable is None or not self.fact("cable", cable.id):
            return -inf
        if not self.admin(cable.a) or not self.admin(cable.b):
            return -inf
        return min(self.power_end(node_of(cable.a)), self.power_end(node_of(cable.b)))

    def changed_at(self, ref: str, t: float) -> float:
        """When the port's link last came or went."""
        noted, end = self.meter(ref), self._link_end(ref)
        return end if noted.t < end <= t else noted.changed_at

    def meter(self, ref: str) -> Meter:
        """The port's counters at the last change that touched it."""
        if ref in self._meters:
            return self._meters[ref]
        into, out = traffic.full_rates(self.topology, ref)
        lived_s = self._lived_s(node_of(ref))
        changed_at = -lived_s % _DAY_S - _DAY_S if ref in self.topology.at_port else -lived_s
        return Meter(int(into * lived_s), int(out * lived_s), 0.0, changed_at)

    def counters(self, ref: str, t: float) -> Counters:
        """The port's counters at a time not before the last mutation. A down port stands still."""
        meter = self.meter(ref)
        lasted_s = max(0.0, min(t, self._link_end(ref)) - meter.t)
        into, out = traffic.rates(self, ref, meter.t) if lasted_s else (0.0, 0.0)
        in_octets = meter.in_octets + int(into * lasted_s)
        out_octets = meter.out_octets + int(out * lasted_s)
        return Counters(
            in_octets,
            out_octets,
            in_octets // PACKET_OCTETS,
            out_octets // PACKET_OCTETS,
            meter.in_errors + traffic.errors_in(self, ref, into * lasted_s),
        )

    # -- paths --

    def reaches(self, origin: str, goal: str, t: float) -> bool:
        """Whether there is a path between two powered nodes."""
        return (origin == goal and self.powered(goal, t)) or goal in self._walk(origin, t)

    def path(self, origin: str, goal: str, t: float) -> tuple[Cable, ...] | None:
        """The cables from one node to another, () to itself, None when there is no way."""
        if not self.reaches(origin, goal, t):
            return None
        steps, cables = self._walk(origin, t), []
        while goal != origin:
            cables.append(steps[goal].cable)
            goal = steps[goal].origin
        return tuple(reversed(cables))

    def quality(self, origin: str, goal: str, t: float) -> Quality | None:
        """Round trip and loss between two nodes, None when there is no way."""
        cables = self.path(origin, goal, t)
        return None if cables is None else paths.round_trip(self, cables)

    def ways(self, origin: str, goal: str, t: float) -> tuple[OneWay, OneWay] | None:
        """The way from one node to another and the way back, None when there is none."""
        cables = self.path(origin, goal, t)
        return None if cables is None else paths.both_ways(self, origin, cables)

    def largest(self, origin: str, goal: str, t: float) -> int:
        """Octets of the longest packet that passes between two nodes; 0 where there is no way."""
        cables = self.path(origin, goal, t)
        if cables is None:
            return 0
        return min((self.fact("largest", cable.id) for cable in cables), default=1500)

    def line_carries(self, code: str, t: float) -> bool:
        """Whether the ward's core switch reaches the centre gateway."""
        core = self.topology.of_role(code, "core")
        return core is not None and core.name in self._walk(GATEWAY, t)

    def registered(self, vc: str, t: float) -> bool:
        """Whether the video endpoint is registered: the registrar is there and knows it."""
        is_served = self.fact("service", REGISTRAR) != "stopped"
        is_known = self.fact("account", vc) == "right"
        return is_served and is_known and self.reaches(vc, REGISTRAR, t)

    def _walk(self, origin: str, t: float) -> Mapping[str, _Step]:
        """Every node that can be reached from one, and how; kept until the facts change."""
        key = (origin, self._era(t))
        if key not in self._walks:
            self._walks[key] = self._breadth_first(origin, t)
        return self._walks[key]

    def _era(self, t: float) -> int:
        """How many batteries have run empty by then: between mutations nothing else changes."""
        ends = {self.power_end(node.name) for node in self._batteries()}
        return sum(end <= t for end in ends)

    def _batteries(self) -> Iterable[Node]:
        off = [on for kind, on in self._facts if kind == "mains"]
        return (n for code in off for n in self.topology.by_ward[code] if n.battery is not None)

    def _breadth_first(self, origin: str, t: float) -> Mapping[str, _Step]:
        if not self.powered(origin, t):
            return {}
        found: dict[str, _Step] = {}
        waiting = deque([origin])
        while waiting:
            here = waiting.popleft()
            if here != origin and not self.topology.nodes[here].forwards:
                continue
            for cable in self.topology.of_node.get(here, ()):
                near = cable.a if node_of(cable.a) == here else cable.b
                there = node_of(cable.far_end(near))
                passes = self.oper(near, t) and self._passes(cable)
                if there != origin and there not in found and passes:
                    found[there] = _Step(here, cable)
                    waiting.append(there)
        return found

    def _passes(self, cable: Cable) -> bool:
        """Whether a cable that has link also carries what is sent over it."""
        same_vlan = self.fact("vlan", cable.a) == self.fact("vlan", cable.b)
        return bool(self.fact("passes", cable.id)) and same_vlan

    # -- who may ask --

    @property
    def community(self) -> str:
        """The SNMP community of this world's devices: made up, and the same for a seed."""
        return f"sim-{octets(6, self.seed, 'community').hex()}"

    @property
    def api_password(self) -> str:
        """The password of this world's video endpoints."""
        return f"sim-{octets(6, self.seed, 'api').hex()}"

    @property
    def look_password(self) -> str:
        """The password of the account that may look at this world's machines."""
        return f"sim-{octets(6, self.seed, 'look').hex()}"

    def hears(self, asker: str, node: str, t: float) -> bool:
        """Whether what `ward:<code>` or `hub` sends comes to the node and its answer back."""
        place = self.topology.standing_place(asker)
        return place is not None and self.reaches(place.name, node, t)
