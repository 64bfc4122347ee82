"""SNMP modules read because a scraper asks: each device one read at a time, fresh ones from memory.

Devices are those of the inventory, found by name or by address and port; nothing that a caller says
is looked up or connected to.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal, TypeAlias

from probes.errors import Busy, TimedOut
from probes.model import ProbeContext
from probes.snmp.modules import MODULES, read_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from inventory.credentials import Secret
    from probes.clock import Clock
    from probes.model import Target
    from probes.snmp.modules import ModuleAnswer
    from probes.transports.model import Transports

MOST_READS = 64
_PORT = 161
_PLACE = re.compile(
    r"(?:udp://)?(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^:/\[\]]+))(?::(?P<port>\d{1,5}))?"
)
_Key: TypeAlias = tuple[str, str, str]  # ward, device, module

Missing: TypeAlias = Literal["unknown", "no_snmp"]


@dataclass(frozen=True, slots=True)
class Read:
    """One answered module: when the read ended (monotonic seconds) and how long it took."""

    answer: ModuleAnswer
    mono: float
    took_s: float


class SnmpReads:
    """Reads modules on demand and keeps the newest answer of each device and module.

    `fresh_s` is for how long an answer serves without a packet.
    """

    def __init__(
        self,
        targets: Iterable[Target],
        transports: Transports,
        clock: Clock,
        secret: Callable[[str], Secret],
        fresh_s: float,
    ) -> None:
        self._targets = tuple(targets)
        self._transports = transports
        self._clock = clock
        self._secret = secret
        self.fresh_s = fresh_s
        self._newest: dict[_Key, Read] = {}
        self._running: dict[_Key, asyncio.Task[Read]] = {}
        self._turns: dict[tuple[str, str], asyncio.Lock] = {}

    def find(self, text: str) -> Target | Missing:
        """The one device of that name, address, or address and port; why there is none else."""
        found = self._named(text) or self._at(text)
        if len(found) != 1:
            return "unknown"
        return found[0] if found[0].snmp is not None else "no_snmp"

    async def read(
        self, target: Target, module: str, *, max_age_s: float, timeout_s: float
    ) -> Read:
        """The answer to a module, from memory when it is fresh enough; raises a ProbeError leaf.

        Callers who ask for the same meanwhile share one read. Busy when too many are running.
        """
        key = (target.ward, target.name, module)
        known = self._newest.get(key)
        if known is not None and self._clock.monotonic() - known.mono <= max_age_s:
            return known
        running = self._running.get(key)
        if running is None:
            if len(self._running) >= MOST_READS:
                raise Busy("snmp_reads")
            running = asyncio.create_task(self._ask(target, key, timeout_s))
            self._running[key] = running
            running.add_done_callback(lambda done: self._over(key, done))
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.shield(running)
        except TimeoutError:
            raise TimedOut("silent") from None

    async def close(self) -> None:
        """Give up what is running."""
        running = tuple(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _over(self, key: _Key, done: asyncio.Task[Read]) -> None:
        self._running.pop(key, None)
        if not done.cancelled():
            done.exception()  # every caller may have left before: then nobody else looks at it

    async def _ask(self, target: Target, key: _Key, timeout_s: float) -> Read:
        deadline = self._clock.monotonic() + timeout_s
        async with self._turns.setdefault(key[:2], asyncio.Lock()):
            begun = self._clock.monotonic()
            context = ProbeContext(self._clock, deadline, self._transports, self._secret)
            answer = await read_module(MODULES[key[2]], target, context)
            ended = self._clock.monotonic()
        self._newest[key] = Read(answer, ended, ended - begun)
        return self._newest[key]

    def _named(self, text: str) -> list[Target]:
        return [one for one in self._targets if one.name == text]

    def _at(self, text: str) -> list[Target]:
        place = _PLACE.fullmatch(text)
        host = _address((place["v6"] or place["host"]) if place else text)
        if host is None:
            return []
        port = place["port"] if place else None
        there = [one for one in self._targets if _address(one.host) == host]
        if port is None:
            return [one for one in there if one.snmp is None or one.snmp.port == _PORT] or there
        return [one for one in there if one.snmp is not None and one.snmp.port == int(port)]


def _address(text: str) -> str | None:
    """An address in its one spelling; None for a name, which is never looked up."""
    try:
        return str(ip_address(text))
    except ValueError:
        return None
