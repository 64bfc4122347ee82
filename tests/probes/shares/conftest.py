"""A file server of the inventory on loopback, asked as the agent asks it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from inventory.access import SharesAccess
from probes.clock import SystemClock
from probes.model import Target
from probes.run import observe
from probes.shares.shares import PROBE
from probes.transports.model import Transports
from probes.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from probes.model import Observation

    Ask = Callable[..., Awaitable[Observation]]


@pytest.fixture
def ask() -> Ask:
    """One run of the probe; what is named besides `within_s` stands in the inventory."""

    async def run(*, within_s: float = 20, **access: Any) -> Observation:
        nothing: Any = None
        ways = Transports(snmp=nothing, http=nothing, echo=nothing, tcp=nothing, wire=Wire())
        target = Target(
            "26740", "nas-1", "synology", "server", "127.0.0.1", shares=SharesAccess(**access)
        )
        deadline = asyncio.get_running_loop().time() + within_s
        return await observe(target, PROBE, ways, SystemClock(), deadline, nothing)

    return run


def counted(seen: Observation) -> dict[str, float]:
    """The series by kind."""
    return {sample.labels[0]: sample.value for sample in seen.reading.samples}
