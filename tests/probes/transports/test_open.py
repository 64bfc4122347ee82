"""Which ways out an inventory gets."""

from __future__ import annotations

import pytest

from inventory.errors import InputError
from inventory.model import Inventory, Site, Ward
from probes.clock import SystemClock
from probes.icmp import IcmpEcho
from probes.simreach import WorldEcho
from probes.transports.open import open_transports

WARD = Ward.model_validate({"schema": "wardops/inventory/1", "ward": "26740"})


def _inventory(site: Site) -> Inventory:
    return Inventory(site=site, wards={"26740": WARD}, folder="/")


async def test_a_live_inventory_and_a_url_ping_for_real() -> None:
    for inventory in (None, _inventory(Site())):
        async with open_transports(inventory, SystemClock()) as ways:
            assert isinstance(ways.echo, IcmpEcho)


async def test_a_simulated_inventory_asks_its_world() -> None:
    site = Site(realm="sim", vantage="ward", world="udp://127.0.0.1:9")
    async with open_transports(_inventory(site), SystemClock()) as ways:
        assert isinstance(ways.echo, WorldEcho)


@pytest.mark.parametrize("world", [None, "udp://127.0.0.1:99999"])
async def test_a_simulated_inventory_without_a_world_is_refused(world: str | None) -> None:
    inventory = _inventory(Site(realm="drill", world=world))
    with pytest.raises(InputError):
        async with open_transports(inventory, SystemClock()):
            pass
