"""Realms keep rehearsal away from real devices: outside `live` only loopback may be asked."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, ip_address
from typing import TYPE_CHECKING

from inventory.errors import ActionRefused

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from inventory.values import Realm

SIMULATED = IPv4Network("127.0.0.0/8")
_LOOPBACK_6 = IPv6Address("::1")


def is_simulated(host: str | IPv4Address | IPv6Address) -> bool:
    """Whether a host lies in the simulated range: 127.0.0.0/8, ::1 or the name localhost.

    Other names are not: what they resolve to is not in the inventory's hands.
    """
    if isinstance(host, str):
        if host.lower() == "localhost":
            return True
        try:
            host = ip_address(host.strip("[]"))
        except ValueError:
            return False
    return host == _LOOPBACK_6 if isinstance(host, IPv6Address) else host in SIMULATED


def refuse_real(realm: Realm, host: str) -> None:
    """Raise ActionRefused when this realm must not touch that host."""
    if realm != "live" and not is_simulated(host):
        raise ActionRefused("inventory.real_address", address=host, realm=realm)
