"""Keeps a drill away from everything real: its inventory is its own, or nothing is started."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drills.writing import COMMUNITY, LOGIN
from inventory.credentials import resolve
from inventory.errors import InputError
from inventory.load import load
from inventory.realm import is_simulated
from probes.registry import kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drills.world import World
    from inventory.model import Device, Inventory


def refuse_folder(folder: Path, world: World) -> None:
    """Refuse an inventory folder that a drill is given, before anything of it is used.

    An absent or empty folder is fine: the drill writes its own. Raises InputError or
    InventoryError; no secret is read that is not the drill's own.
    """
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    refuse_foreign(load(folder, kinds(), with_secrets=False), world)


def refuse_foreign(inventory: Inventory, world: World) -> None:
    """Raise InputError unless realm, addresses and credentials are this drill's own."""
    if inventory.site.realm != "drill":
        raise InputError("drill.other_realm", path=inventory.folder, realm=inventory.site.realm)
    for ward in inventory.wards.values():
        for device in ward.devices:
            if not is_simulated(device.address):
                raise InputError(
                    "drill.real_address", name=device.name, address=str(device.address)
                )
            for ref in _refs(device):
                _refuse_credential(ref, device, inventory, world)


def _refuse_credential(ref: str, device: Device, inventory: Inventory, world: World) -> None:
    """Only the two files that the simulator writes, and only with what it wrote into them."""
    made_up = {f"file:{COMMUNITY}": world.community, f"file:{LOGIN}": world.api_password}
    own = made_up.get(ref)
    if own is None or own not in resolve(ref, Path(inventory.folder)).reveal():
        raise InputError("drill.credential", name=device.name, ref=ref)


def _refs(device: Device) -> Iterator[str]:
    if device.snmp is not None:
        yield device.snmp.auth
    if device.https is not None:
        yield device.https.auth
