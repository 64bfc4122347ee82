"""Which guest of which hypervisor is which device. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from inventory.model import Inventory
    from probes.model import Observation
    from probes.vm.estate import Guest

Claim: TypeAlias = tuple[str, str]  # hypervisor, the guest's number there


@dataclass(frozen=True, slots=True)
class Lodged:
    """A guest, and the run of its hypervisor that told of it."""

    guest: Guest
    seen: Observation

    @property
    def claim(self) -> Claim:
        """How a device names it."""
        return self.seen.target.name, self.guest.id


@dataclass(frozen=True, slots=True)
class Claims:
    """The guests that devices name in `machine:`, by ward and device, and all of them."""

    by_ward: Mapping[str, Mapping[str, Claim]]
    every: frozenset[Claim]


def claims_of(inventory: Inventory) -> Claims:
    """What the devices of an inventory claim."""
    by_ward = {
        code: {
            device.name: (device.machine.guest.hypervisor, device.machine.guest.id)
            for device in ward.devices
            if device.machine is not None and device.machine.guest is not None
        }
        for code, ward in inventory.wards.items()
    }
    return Claims(by_ward, frozenset(one for mine in by_ward.values() for one in mine.values()))


def lodged_in(
    ward: str, names: Sequence[str], told: Iterable[Observation], claims: Claims
) -> tuple[Mapping[str, Lodged], tuple[Lodged, ...]]:
    """The guest of each of these devices of a ward; and its hypervisors' guests that are nobody's.

    `told` are the newest good runs of hypervisors, of any ward. A claimed guest is the claimer's
    alone. Of the others a device gets that of its name, else of its number, among those of the
    ward's own hypervisors.
    """
    guests = [Lodged(guest, seen) for seen in told for guest in _guests(seen)]
    claimed = claims.by_ward.get(ward, {})
    by_claim = {one.claim: one for one in guests}
    mine = {name: by_claim[claim] for name, claim in claimed.items() if claim in by_claim}
    free = [one for one in guests if one.seen.target.ward == ward and one.claim not in claims.every]
    mine |= matched([name for name in names if name not in claimed], free)
    taken = {one.claim for one in mine.values()}
    return mine, tuple(one for one in free if one.claim not in taken)


def _guests(seen: Observation) -> tuple[Guest, ...]:
    return seen.reading.estate.guests if seen.reading.estate is not None else ()


def matched(names: Sequence[str], guests: Sequence[Lodged]) -> Mapping[str, Lodged]:
    """The guest of each device: that of its name, else of its id; two of one name are neither's.

    A guest that is a device by its name is no other one by its id.
    """
    by_name = Counter(one.guest.name for one in guests)
    by_id = Counter(one.guest.id for one in guests)
    named = {one.guest.name: one for one in guests if by_name[one.guest.name] == 1}
    found = {name: named[name] for name in names if name in named}
    taken = {one.claim for one in found.values()}
    numbered = {
        one.guest.id: one for one in guests if by_id[one.guest.id] == 1 and one.claim not in taken
    }
    return {name: numbered[name] for name in names if name in numbered} | found
