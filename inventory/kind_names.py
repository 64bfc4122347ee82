"""Device types by the names that people call them."""

from __future__ import annotations

from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_EVERYDAY: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("kvm", "qemu"), "libvirt"),
        **dict.fromkeys(("pve", "proxmox_ve", "proxmox-ve"), "proxmox"),
        **dict.fromkeys(("esxi", "esx", "vcenter", "vmware"), "vsphere"),
        "nas": "generic_storage",
        "windows": "generic_host",
    }
)


def nearest_kind(name: str, kinds: Collection[str]) -> str:
    """The type that a wrong name most likely means: by its everyday name, else by its letters.

    `-` where there are no types at all.
    """
    meant = _EVERYDAY.get(name.lower())
    if meant in kinds:
        return str(meant)
    return next(iter(get_close_matches(name, kinds, n=1, cutoff=0.0)), "-")
