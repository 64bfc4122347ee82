"""Opens the agent's end of the link, as far as its settings name one."""

from __future__ import annotations

import random
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from agent.link.client import LinkClient, hub_address
from agent.link.desk import LinkDesk
from agent.link.settings import read_access
from agent.link.tokens import Tokens

if TYPE_CHECKING:
    from agent.engine import Engine
    from agent.plan import Plan
    from agent.selfmetrics import SelfMetrics
    from probes.clock import Clock
    from probes.transports.model import HttpClient


def open_client(plan: Plan, engine: Engine, http: HttpClient, clock: Clock) -> LinkClient | None:
    """A ward's end. Raises InputError when the token or the CA file is not there."""
    hub = plan.config.hub
    if hub is None or plan.inventory.vantage != "ward":
        return None
    code, case = next(iter(engine.cases.items()))
    address = hub_address(hub, Path(plan.inventory.folder))
    chance = random.Random(crc32(code.encode())).random  # noqa: S311 - spreads load, no secret
    return LinkClient(address, engine, case, http, clock, chance, version("wardops"))


def open_desk(plan: Plan, engine: Engine, clock: Clock) -> LinkDesk | None:
    """A hub's end. Raises InventoryError with every problem of `access.yaml`."""
    if plan.config.link is None or plan.inventory.vantage != "hub":
        return None
    access = read_access(Path(plan.inventory.folder), plan.inventory)
    return LinkDesk(engine, Tokens(access.tokens), clock)


def show_link(metrics: SelfMetrics, client: LinkClient | None, desk: LinkDesk | None) -> None:
    """Hand the link's state on to the exported gauges."""
    if client is not None:
        metrics.show_link(up=client.standing.state == "linked")
    if desk is not None:
        for ward, heard in desk.wards.items():
            metrics.link_last_beat.labels(ward).set(heard.last_at.timestamp())
