"""Which port is which after a device numbered its interfaces anew. Pure.

A port is known again by (ifName, ifPhysAddress, ifType), then by an ifName that is unique, then by
(ifDescr, ifPhysAddress) when unique, then by its ifIndex within the same boot. ifDescr alone is
never enough: some switches give all ports the same. All matches of one answer are made together, so
that two swapped indexes cannot collide.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from probes.model import Interface

VANISHED_AFTER = 3  # slow polls without the port
PortState: TypeAlias = Literal["present", "missing", "vanished"]


@dataclass(frozen=True, slots=True)
class Port:
    """One port as it is remembered. `if_name` is None where the device gives none.

    `missed` counts the slow polls in a row that did not have it.
    """

    port_id: str
    if_index: int
    if_name: str | None = None
    if_descr: str | None = None
    mac: str | None = None
    if_type: int | None = None
    state: PortState = "present"
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Matched:
    """What one interface table came to, all at once.

    `ports` are all that are remembered from now on, gone ones too. `renumbered` are those whose
    ifIndex changed, `renamed` those whose ifName did, `doubled` the names that several ports have.
    """

    ports: tuple[Port, ...]
    new: tuple[Port, ...] = ()
    renumbered: tuple[Port, ...] = ()
    renamed: tuple[Port, ...] = ()
    vanished: tuple[Port, ...] = ()
    returned: tuple[Port, ...] = ()
    doubled: tuple[str, ...] = ()


def match(
    known: Sequence[Port],
    found: Iterable[Interface],
    new_id: Callable[[], str],
    *,
    same_boot: bool,
    is_slow_poll: bool = True,
) -> Matched:
    """Know the ports of one whole interface table again.

    `same_boot` says that the device did not restart since `known` was written. A port that matches
    nothing is new; one that is gone for three slow polls has vanished and stays remembered.
    """
    seen = sorted((_seen(port) for port in found), key=lambda port: port.if_index)
    pairs = _pairs(known, seen, same_boot=same_boot)
    before = {port.port_id: port for port in known}
    now = [replace(port, port_id=pairs.get(port.if_index) or new_id()) for port in seen]
    is_known = [port for port in now if port.port_id in before]
    gone = [port for port in known if port.port_id not in {one.port_id for one in now}]
    counted = [_missed(port, counts=is_slow_poll) for port in gone]
    return Matched(
        ports=(*now, *counted),
        new=tuple(port for port in now if port.port_id not in before),
        renumbered=tuple(p for p in is_known if p.if_index != before[p.port_id].if_index),
        renamed=tuple(p for p in is_known if p.if_name != before[p.port_id].if_name),
        vanished=tuple(
            port
            for port, earlier in zip(counted, gone, strict=True)
            if port.state == "vanished" != earlier.state
        ),
        returned=tuple(p for p in is_known if before[p.port_id].state == "vanished"),
        doubled=_doubled(now),
    )


def _seen(port: Interface) -> Port:
    name = port.name if port.name_source == "ifName" else None
    return Port("", port.index, name, port.descr, port.mac, port.type)


def _missed(port: Port, *, counts: bool) -> Port:
    missed = port.missed + counts
    state: PortState = "vanished" if missed >= VANISHED_AFTER else "missing"
    return replace(port, missed=missed, state=state)


def _doubled(ports: Iterable[Port]) -> tuple[str, ...]:
    times = Counter(port.if_name for port in ports if port.if_name)
    return tuple(name for name, count in times.items() if count > 1)


def _pairs(known: Sequence[Port], seen: Sequence[Port], *, same_boot: bool) -> dict[int, str]:
    """Identity by ifIndex of every port that is known again; each step takes what is left."""
    pairs: dict[int, str] = {}
    for step in (_whole, _by_name, _by_mac, _by_index if same_boot else None):
        if step is None:
            continue
        taken = set(pairs.values())
        left_known = [port for port in known if port.port_id not in taken]
        left_seen = [port for port in seen if port.if_index not in pairs]
        pairs.update(step(left_known, left_seen))
    return pairs


def _whole(known: Sequence[Port], seen: Sequence[Port]) -> Iterator[tuple[int, str]]:
    """By name, address and type; several ports alike in all three keep their order."""
    theirs = _grouped(known, _all_three)
    ours = _grouped(seen, _all_three)
    for key, group in ours.items():
        others = theirs.get(key, [])
        if len(others) == len(group):
            yield from _in_order(others, group)


def _in_order(known: Sequence[Port], seen: Sequence[Port]) -> Iterator[tuple[int, str]]:
    ordered = sorted(known, key=lambda port: port.if_index)
    for old, new in zip(ordered, seen, strict=True):
        yield new.if_index, old.port_id


def _by_name(known: Sequence[Port], seen: Sequence[Port]) -> Iterator[tuple[int, str]]:
    return _unique(known, seen, lambda port: port.if_name)


def _by_mac(known: Sequence[Port], seen: Sequence[Port]) -> Iterator[tuple[int, str]]:
    return _unique(known, seen, lambda p: (p.if_descr, p.mac) if p.if_descr and p.mac else None)


def _by_index(known: Sequence[Port], seen: Sequence[Port]) -> Iterator[tuple[int, str]]:
    return _unique(known, seen, lambda port: port.if_index)


def _unique(
    known: Sequence[Port], seen: Sequence[Port], key: Callable[[Port], Hashable]
) -> Iterator[tuple[int, str]]:
    """Pairs of ports whose key is on both sides exactly once."""
    theirs, ours = _grouped(known, key), _grouped(seen, key)
    for value, group in ours.items():
        others = theirs.get(value, [])
        if len(group) == len(others) == 1:
            yield group[0].if_index, others[0].port_id


def _all_three(port: Port) -> Hashable:
    return (port.if_name, port.mac, port.if_type) if port.if_name else None


def _grouped(ports: Iterable[Port], key: Callable[[Port], Hashable]) -> dict[Hashable, list[Port]]:
    groups: dict[Hashable, list[Port]] = {}
    for port in ports:
        value = key(port)
        if value is not None:
            groups.setdefault(value, []).append(port)
    return groups
