"""What the configuration alone says of machines: their accounts, what must run. Reads secrets."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.credentials import resolve
from inventory.errors import InputError
from inventory.snmp_user import snmp_user
from probes.errors import NotConfigured
from probes.transports.login import login_of, shell_host_of
from probes.vm.accounts import Accounts, default_community, default_user
from probes.vm.finding import Facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from inventory.credentials import Secret
    from inventory.model import Device, Inventory
    from probes.model import Target


@dataclass(frozen=True, slots=True)
class _Account:
    """One way into one machine; the secret stands as a digest, None where it cannot be read."""

    ward: str
    name: str
    digest: str | None
    default: str | None = None


def written_facts(
    inventory: Inventory, targets: Iterable[Target]
) -> Mapping[tuple[str, str], Facts]:
    """What is known of each machine (ward, name) before it is asked.

    `targets` are all machines of all wards: whether an account is shared shows only among them.
    """
    devices = [(to.ward, inventory.wards[to.ward].device(to.name)) for to in targets]
    machines = [(ward, device) for ward, device in devices if device is not None]
    accounts = accounts_of(machines, inventory.folder)
    services = inventory.site.endpoint_protection
    keys = ((ward, device.name) for ward, device in machines)
    return {key: Facts(accounts=accounts.get(key), endpoint_protection=services) for key in keys}


def accounts_of(
    machines: Iterable[tuple[str, Device]], folder: str
) -> Mapping[tuple[str, str], Accounts]:
    """What stands out at each machine (ward, name) that is asked with any account at all."""
    found = [account for ward, device in machines for account in _accounts(ward, device, folder)]
    wards: dict[str, set[str]] = defaultdict(set)
    by_machine: dict[tuple[str, str], list[_Account]] = defaultdict(list)
    for one in found:
        by_machine[one.ward, one.name].append(one)
        if one.digest is not None:
            wards[one.digest].add(one.ward)
    return {
        key: Accounts(
            defaults=tuple(dict.fromkeys(one.default for one in mine if one.default)),
            wards=max(len(wards[one.digest]) if one.digest else 1 for one in mine),
            is_whole=all(one.digest is not None for one in mine),
        )
        for key, mine in by_machine.items()
    }


def _accounts(ward: str, device: Device, folder: str) -> Iterator[_Account]:
    ways = (("snmp", device.snmp), ("https", device.https), ("ssh", device.ssh))
    for way, access in ways:
        if access is None:
            continue
        try:
            secret = resolve(access.auth, folder)
            default = _default(way, device, secret)
        except (InputError, NotConfigured, OSError, UnicodeError):
            yield _Account(ward, device.name, None)
            continue
        yield _Account(ward, device.name, _digest(secret), default)
    if device.libvirt is not None:
        # Its key is that of the user who runs wardops: nothing to read here, and nothing shared.
        user = device.libvirt.user
        yield _Account(ward, device.name, _digest(f"{ward} {device.name}"),
                       default_user("libvirt", user))  # fmt: skip


def _default(way: str, device: Device, secret: Secret) -> str | None:
    """What of it everybody knows; raises InputError or NotConfigured for a malformed one."""
    if way == "snmp" and device.snmp is not None:
        user = snmp_user(device.snmp, secret)
        return default_user("snmp", user.name) if user else default_community(secret.reveal())
    if way == "ssh" and device.ssh is not None:
        return default_user("ssh", shell_host_of(str(device.address), device.ssh, secret).user)
    token_user, is_token, _value = secret.reveal().partition("!")
    if is_token and "@" in token_user and ":" not in token_user:
        return default_user("https", token_user)
    return default_user("https", login_of(secret)[0])


def _digest(secret: Secret | str) -> str:
    """What tells two secrets apart without keeping either."""
    text = secret if isinstance(secret, str) else secret.reveal()
    return hashlib.sha256(text.encode()).hexdigest()
