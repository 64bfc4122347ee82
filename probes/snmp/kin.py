"""Which device type reads a device whose own kind has no module: one that shares its MIBs."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

STORAGE = "generic_storage"
_SAME_MIBS: Mapping[str, str] = MappingProxyType(
    {
        "apc_ats": "ups_apc",
        "apc_environment": "ups_apc",
        "apc_pdu": "ups_apc",
        "axis": "axis_camera",
        "cisco_cat1900": "cisco_ios",
        "cisco_fxos": "cisco_asa",
        "cisco_ftd": "cisco_asa",
        "cisco_iosxr": "cisco_iosxe",
        "cyberpower_pdu": "ups_cyberpower",
        "dell_drac": "dell_idrac",
        "h3c_wlan": "h3c_comware",
        "huawei_wlan": "huawei_vrp",
        "junose": "junos",
        "liebert_cooling": "ups_liebert",
        "linux_appliance": "linux",
        "planet_router": "planet",
        "ubnt_unifi_os": "ubnt_edgeos",
        "ups_eaton": "ups_eaton_xups",
        "ups_phoenixtec": "ups_megatec",
        "ups_powerwalker": "ups_cyberpower",
        "ups_schneider": "ups_apc",
        "vertiv_pdu": "ups_liebert",
        "zyxel_nas": "linux",
    }
)


_OF_CLASS: Mapping[str, str] = MappingProxyType({"ups": "ups_rfc1628", "storage": STORAGE})


def kin_of(kind: str | None, device_class: str, known: Collection[str]) -> str | None:
    """The kind to ask as: its own, or one with the same MIBs; None when none of `known` fits.

    A UPS of any brand is asked as RFC 1628 has it, storage for its volumes.
    """
    own = _SAME_MIBS.get(kind or "", kind)
    if own in known:
        return own
    return _OF_CLASS.get(device_class)
