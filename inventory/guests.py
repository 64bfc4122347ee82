"""Where machines run: a device may say which guest of which hypervisor it is."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from inventory.validate import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inventory.errors import Problem
    from inventory.sheet import Sheet

# The kinds of devices that tell of the machines on them.
HYPERVISOR_KINDS = frozenset({"proxmox", "libvirt", "vsphere"})


def guests(sheets: Sequence[Sheet]) -> Iterator[Problem]:
    """A named hypervisor is a device of some ward and is one, and no guest is two devices."""
    kinds = {device.name: device.kind for sheet in sheets for _keys, device in sheet.devices()}
    names = kinds.keys()
    unread = frozenset(name for sheet in sheets for name in sheet.unread)
    first: dict[tuple[str, str], str] = {}
    for sheet in sheets:
        for keys, device in sheet.devices():
            place = device.machine.guest if device.machine is not None else None
            if place is None:
                continue
            where = (*keys, "machine", "guest")
            others = names - {device.name}
            if place.hypervisor not in others | unread:
                nearest = get_close_matches(place.hypervisor, others, n=1, cutoff=0.0)
                yield sheet.document.problem(
                    (*where, "hypervisor"), "inventory.unknown_hypervisor",
                    name=shown(place.hypervisor), nearest=(nearest or ["-"])[0],
                )  # fmt: skip
            elif place.hypervisor in kinds and kinds[place.hypervisor] not in HYPERVISOR_KINDS:
                hosts = sorted(name for name, kind in kinds.items() if kind in HYPERVISOR_KINDS)
                nearest = get_close_matches(place.hypervisor, hosts, n=1, cutoff=0.0)
                yield sheet.document.problem(
                    (*where, "hypervisor"), "inventory.no_hypervisor",
                    name=shown(place.hypervisor), kind=shown(kinds[place.hypervisor]),
                    nearest=(nearest or ["-"])[0],
                )  # fmt: skip
            claimed = first.setdefault((place.hypervisor, place.id), device.name)
            if claimed != device.name:
                yield sheet.document.problem(
                    (*where, "id"), "inventory.doubled_guest", id=shown(place.id), first=claimed
                )
