"""Who sent a message: devices of the inventory by address, with their communities and users."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from inventory.errors import InputError
from inventory.snmp_user import snmp_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from inventory.access import SnmpAccess
    from inventory.credentials import Secret
    from inventory.model import Device
    from inventory.snmp_user import SnmpUser

_SECRET_LIFE_S = 60.0


@dataclass(frozen=True, slots=True)
class Sender:
    """A device of the inventory that may send messages."""

    ward: str
    device: str
    snmp: SnmpAccess | None = None


class Senders:
    """The inventory's devices by address. `secret` resolves a reference, as for polling.

    A community is looked up at most once a minute, so that a flood does not read files.
    """

    def __init__(
        self, devices: Iterable[tuple[str, Device]], secret: Callable[[str], Secret]
    ) -> None:
        self._by_host: dict[str, list[Sender]] = {}
        for ward, device in devices:
            sender = Sender(ward, device.name, device.snmp)
            self._by_host.setdefault(plain(str(device.address)), []).append(sender)
        self._secret = secret
        self._known: dict[str, tuple[float, Secret | None]] = {}

    def of(self, host: str) -> tuple[Sender, ...]:
        """The devices at an address, none for a stranger."""
        return tuple(self._by_host.get(plain(host), ()))

    def has_community(self, sender: Sender, community: bytes, mono: float) -> bool:
        """Whether a v1 or v2c message's community is the one that this device is polled with."""
        if sender.snmp is None or self.user(sender, mono) is not None:
            return False
        known = self._looked_up(sender.snmp.auth, mono)
        if known is None or sender.snmp.version == "3":
            return False
        return hmac.compare_digest(known.reveal().encode(), community)

    def user(self, sender: Sender, mono: float) -> SnmpUser | None:
        """The SNMPv3 user that this device is polled as; None for none, or one not readable."""
        known = self._looked_up(sender.snmp.auth, mono) if sender.snmp else None
        if sender.snmp is None or known is None:
            return None
        try:
            return snmp_user(sender.snmp, known)
        except InputError:
            return None

    def _looked_up(self, reference: str, mono: float) -> Secret | None:
        known = self._known.get(reference)
        if known is not None and mono - known[0] < _SECRET_LIFE_S:
            return known[1]
        try:
            found: Secret | None = self._secret(reference)
        except InputError:
            found = None
        self._known[reference] = (mono, found)
        return found


def plain(host: str) -> str:
    """An address as the inventory writes it: an IPv4 one that came over IPv6 is IPv4."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
