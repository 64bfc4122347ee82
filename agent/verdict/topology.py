"""Who is reached through whom, seen from where the agent stands. Pure.

The inventory says what hangs together; the vantage is the root from which that is walked, so one
inventory gives the ward's tree and the hub's.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inventory.model import Device, Ward
    from inventory.values import Vantage

AGENT = "agent"  # the root: where the packets start; never a device's name in a verdict
GATEWAY = "gateway"
PE = "pe"
REFLECTOR = "reflector"
RESOLVER = "resolver"
CITY_RESOLVER = "resolver-city"

_Edge: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Topology:
    """The tree of one ward from one vantage: each name with the names it is reached through.

    Several parents are redundant ways: what hangs there is cut off only when all of them are,
    except for the names `in_series`, which every one of their parents can cut off. `names` goes
    outward from the root, so parents come before their children.
    """

    parents_of: Mapping[str, tuple[str, ...]]
    in_series: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """Everything but the root, nearest first."""
        return tuple(self.parents_of)

    def parents(self, name: str) -> tuple[str, ...]:
        """What `name` is reached through directly; the root for what nothing is known of."""
        return self.parents_of.get(name, (AGENT,))

    def ancestors(self, name: str) -> tuple[str, ...]:
        """Everything between `name` and the root, nearest first, the root left out."""
        found: dict[str, None] = {}
        level = [parent for parent in self.parents(name) if parent != AGENT]
        while level:
            found |= dict.fromkeys(level)
            above = (up for parent in level for up in self.parents(parent))
            level = [up for up in above if up != AGENT and up not in found]
        return tuple(found)

    def descendants(self, name: str) -> tuple[str, ...]:
        """Everything that has `name` among its ancestors, nearest first."""
        return tuple(child for child in self.names if name in self.ancestors(child))


def tree(ward: Ward, vantage: Vantage) -> Topology:
    """The topology of a ward as the agent at that vantage reaches it.

    `behind` or `parents` of the inventory win; what has none hangs on the core switch (in the ward)
    or on the centre gateway (in the data centre). The CE hangs on the core switch, the gateway on
    the CE of every link, services on the gateway. A ward's agent starts where `agent_at` says, else
    at the core switch; the hub's at the gateway. Names that nothing connects hang on the root.
    """
    near: dict[str, list[str]] = {name: [] for name in (AGENT, *_names(ward, vantage))}
    for one, other in dict.fromkeys(_edges(ward, _ends(ward, vantage), vantage)):
        if one in near and other in near and one != other:
            near[one].append(other)
            near[other].append(one)
    several = {device.name: device for device in ward.devices if len(device.above) > 1}
    ways = {name: _ways_in(device, near) for name, device in several.items()}
    for name, above in ways.items():
        # Nothing above is reached through what hangs there, however near that is.
        near[name] = [other for other in near[name] if other not in above]
    found = _walk(near)
    for name, above in ways.items():
        found[name] = tuple(up for up in above if not _leads_to(up, name, found)) or found[name]
    in_series = frozenset(n for n, device in several.items() if device.needs_all and ways[n])
    return Topology(MappingProxyType(_outward(found)), in_series)


def _ways_in(device: Device, near: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Which of a device's written parents are reached without it; the others hang on it."""
    reached, level = {AGENT, device.name}, [AGENT]
    while level:
        level = [n for n in dict.fromkeys(n for at in level for n in near[at]) if n not in reached]
        reached.update(level)
    return tuple(name for name in device.above if name in reached and name != device.name)


def _leads_to(name: str, wanted: str, parents_of: Mapping[str, tuple[str, ...]]) -> bool:
    return name == wanted or wanted in Topology(parents_of).ancestors(name)


def _outward(parents_of: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The same in an order in which parents come before their children."""
    left, ordered = dict(parents_of), dict[str, tuple[str, ...]]()
    while left:
        free = [n for n, above in left.items() if not any(up in left for up in above)]
        ordered |= {name: left.pop(name) for name in free or list(left)}
    return ordered


def _names(ward: Ward, vantage: Vantage) -> Iterator[str]:
    yield from (device.name for device in ward.devices)
    if ward.path is not None:
        yield GATEWAY
        if ward.path.pe is not None:
            yield PE
        far = ward.path.reflector if vantage == "ward" else ward.path.ward_reflector
        if far is not None:
            yield REFLECTOR
    if ward.dns is not None:
        yield RESOLVER
        if vantage == "ward" and ward.dns.ward is not None:
            yield CITY_RESOLVER
    yield from (name for service in ward.services for name in service.names)


@dataclass(frozen=True, slots=True)
class _Ends:
    """The two ends of the line: the ward's switch, its terminal devices, and the centre."""

    inner: str
    outer: tuple[str, ...]
    centre: str


def _ends(ward: Ward, vantage: Vantage) -> _Ends:
    """What stands at each end; the next best thing where the inventory has no such device."""
    ces = _terminals(ward)
    named = ward.core.name if ward.core is not None else next(iter(ces), None)
    beyond = GATEWAY if ward.path is not None else None
    if vantage == "hub":
        centre = beyond or AGENT
        inner = named or centre
    else:
        inner = named or AGENT
        centre = beyond or next(iter(ces), inner)
    return _Ends(inner, ces or (inner,), centre)


def _edges(ward: Ward, ends: _Ends, vantage: Vantage) -> Iterator[_Edge]:
    """What hangs together; the walk gives it a direction."""
    here = ward.agent_at or ends.inner
    yield (AGENT, here if vantage == "ward" else ends.centre)
    for device in ward.devices:
        usual = ends.centre if device.site == "dc" else ends.inner
        yield from ((name, device.name) for name in device.above or (usual,))
    for terminal in ends.outer:
        yield (terminal, ends.centre)
    # The far reflector: behind the centre gateway, or seen from there behind the ward's switch.
    yield (ends.inner if vantage == "hub" else ends.centre, REFLECTOR)
    yield (ends.centre, CITY_RESOLVER)
    yield (_resolver_stands(ward, ends, vantage), RESOLVER)
    for service in ward.services:
        yield from ((ends.centre, name) for name in service.names)
    # The carrier's edge may ignore ping, so it holds nothing back: a leaf on the agent's side.
    yield (ends.centre if vantage == "hub" else ends.outer[0], PE)


def _resolver_stands(ward: Ward, ends: _Ends, vantage: Vantage) -> str:
    """What the resolver of the ward's machines hangs on: a device of its address, else the centre.

    A resolver of the ward's own that is no device hangs on the switch.
    """
    own = ward.dns.ward if ward.dns is not None and vantage == "ward" else None
    if own is None:
        return ends.centre
    same = (device.name for device in ward.devices if device.address == own.address)
    return next(same, ends.inner)


def _terminals(ward: Ward) -> tuple[str, ...]:
    """The terminal device of each link, else the ward's CE, else none."""
    vias = (ward.device(link.via) for link in ward.links if link.via)
    named = tuple(dict.fromkeys(device.name for device in vias if device is not None))
    return named or ((ward.ce.name,) if ward.ce is not None else ())


def _walk(near: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """Parents by breadth: a name's parents are all its neighbours one step nearer to the root."""
    depth = {AGENT: 0}
    level = [AGENT]
    while level:
        reached = dict.fromkeys(
            other for name in level for other in near[name] if other not in depth
        )
        depth |= dict.fromkeys(reached, depth[level[0]] + 1)
        level = list(reached)
    lost = [name for name in near if name not in depth]
    found = {
        name: tuple(other for other in near[name] if depth[other] == depth[name] - 1)
        for name in depth
        if name != AGENT
    }
    return found | dict.fromkeys(lost, (AGENT,))
