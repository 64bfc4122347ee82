"""How much of what a ward was given in the data centre its machines take. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agent.machines.judging import Audited
    from inventory.machine import Quota
    from inventory.model import Ward
    from probes.vm.estate import Guest

Resource: TypeAlias = Literal["cpu", "memory", "disk"]
RESOURCES: tuple[Resource, ...] = ("cpu", "memory", "disk")
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Share:
    """One resource of a quota: what was given and what is taken, in cores or bytes.

    `used` is None while the size of one machine is unknown, or no machine is known at all;
    `unsized` are the names of those.
    """

    resource: Resource
    limit: float
    used: float | None
    unsized: tuple[str, ...] = ()

    @property
    def ratio(self) -> float | None:
        """What is taken of it; above 1 where more was given out."""
        return None if self.used is None else self.used / self.limit


def limits_of(quota: Quota | None) -> Mapping[Resource, float]:
    """What was given, in cores and bytes; what is not written is not in it."""
    if quota is None:
        return {}
    written: tuple[tuple[Resource, float | None, int], ...] = (
        ("cpu", quota.cpu_cores, 1),
        ("memory", quota.memory_gib, _GIB),
        ("disk", quota.disk_gib, _GIB),
    )
    return {name: value * unit for name, value, unit in written if value is not None}


def size_of(guest: Guest | None) -> Mapping[Resource, float | None]:
    """What a machine was given, also while it is off."""
    if guest is None:
        return dict.fromkeys(RESOURCES)
    return {"cpu": guest.cpu_cores, "memory": guest.memory_bytes, "disk": guest.disk_bytes}


def takes_quota(one: Audited, ward: Ward) -> bool:
    """Whether a machine takes from the data centre: so written, else by site or hypervisor."""
    if one.kind != "machine":
        return False
    device = ward.device(one.name)
    hosting = device.machine.hosting if device is not None and device.machine is not None else None
    if hosting is not None:
        return hosting == "dc"
    return one.lodged is not None or (device is not None and device.site == "dc")


def shares_of(ward: Ward, audited: Iterable[Audited]) -> tuple[Share, ...]:
    """The ward's quota by resource; empty without one."""
    limits = limits_of(ward.quota)
    if not limits:
        return ()
    sizes = {one.name: size_of(one.facts.guest) for one in audited if takes_quota(one, ward)}
    return tuple(_share(name, limit, sizes) for name, limit in limits.items())


def _share(
    name: Resource, limit: float, sizes: Mapping[str, Mapping[Resource, float | None]]
) -> Share:
    told = [size for of in sizes.values() if (size := of[name]) is not None]
    unsized = tuple(machine for machine, of in sizes.items() if of[name] is None)
    return Share(name, limit, sum(told) if told and not unsized else None, unsized)
