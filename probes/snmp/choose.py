"""Which engine asks a device: the fast one, or pysnmp where the fast one cannot read it.

After three polls in a row that ended `parse` or `protocol`, the same question goes to pysnmp once.
If that reads it, the device stays there for 24 hours; then the fast engine is tried again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from probes.errors import ParseFailed, ProbeError, ProtocolBroken
from probes.snmp.types import Note

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from probes.snmp.engine_fast import FastEngine
    from probes.snmp.types import Oid, SnmpClient, SnmpResult, SnmpTarget, TableResult

_T = TypeVar("_T")
_FAILURES = 3
_FALLBACK_FOR_S = 24 * 3600.0


@dataclass(slots=True)
class _Record:
    """How the fast engine fares with one device; `until` is loop seconds."""

    failures: int = 0
    until: float = 0.0
    is_told: bool = False


class ChosenEngine:
    """SnmpClient that picks an engine per device. pysnmp is made when the first device needs it.

    `tell` takes what people should hear of a device.
    """

    def __init__(
        self,
        fast: FastEngine,
        make_pysnmp: Callable[[], SnmpClient],
        tell: Callable[[Note], None] | None = None,
    ) -> None:
        self._fast = fast
        self._make_pysnmp = make_pysnmp
        self._tell = tell
        self._pysnmp: SnmpClient | None = None
        self._records: dict[tuple[str, int], _Record] = {}

    async def get(self, target: SnmpTarget, oids: Sequence[Oid], *, deadline: float) -> SnmpResult:
        """GET instances with the device's engine; raises a ProbeError leaf."""
        return await self._ask(target, lambda engine: engine.get(target, oids, deadline=deadline))

    async def table(
        self,
        target: SnmpTarget,
        columns: Sequence[Oid],
        *,
        scalars: Sequence[Oid] = (),
        max_rows: int = 4096,
        deadline: float,
    ) -> TableResult:
        """Read a table with the device's engine; raises a ProbeError leaf."""
        return await self._ask(
            target,
            lambda engine: engine.table(
                target, columns, scalars=scalars, max_rows=max_rows, deadline=deadline
            ),
        )

    async def walk(
        self, target: SnmpTarget, root: Oid, *, max_varbinds: int = 20_000, deadline: float
    ) -> SnmpResult:
        """Walk with the device's engine; raises a ProbeError leaf."""
        return await self._ask(
            target,
            lambda engine: engine.walk(target, root, max_varbinds=max_varbinds, deadline=deadline),
        )

    def close(self) -> None:
        """Close both engines."""
        self._fast.close()
        if self._pysnmp:
            self._pysnmp.close()

    def fallbacks(self, now: float) -> tuple[tuple[str, int], ...]:
        """Address and port of the devices that pysnmp reads at `now` because fast cannot."""
        return tuple(where for where, record in self._records.items() if record.until > now)

    # -- SnmpLessons --

    def remember(self, now: float) -> dict[str, dict[str, Any]]:
        """What was learned of each device, and how long pysnmp still reads it."""
        kept = self._fast.remember(now)
        for where in self.fallbacks(now):
            left_s = self._records[where].until - now
            kept.setdefault("|".join(map(str, where)), {})["pysnmp_s"] = left_s
        return kept

    def recall(self, kept: Mapping[str, Any], now: float, age_s: float) -> None:
        """Take what `remember` gave `age_s` seconds ago; what cannot be read is left out."""
        self._fast.recall(kept, now, age_s)
        for name, told in kept.items():
            host, _, port = name.rpartition("|")
            left_s = told.get("pysnmp_s") if isinstance(told, dict) else None
            if port.isdecimal() and isinstance(left_s, int | float):
                until = now + min(left_s, _FALLBACK_FOR_S) - max(0.0, age_s)
                self._records[host, int(port)] = _Record(until=until, is_told=True)

    def forget(self, host: str, port: int) -> None:
        """Drop what a device's tables taught; which engine reads it is settled once a day."""
        self._fast.forget(host, port)

    def is_slow(self, host: str, port: int) -> bool:
        """Whether the device takes more than half a second for one PDU."""
        return self._fast.is_slow(host, port)

    def listen(self, tell: Callable[[Note], None]) -> None:
        """From now on tell this one what people should hear of a device."""
        self._tell = tell
        self._fast.listen(tell)

    async def _ask(self, target: SnmpTarget, question: Callable[[SnmpClient], Awaitable[_T]]) -> _T:
        where = (target.host, target.port)
        record = self._records.get(where)
        now = asyncio.get_running_loop().time()
        if target.engine == "pysnmp" or (record is not None and record.until > now):
            return await question(self._second())
        if target.engine == "fast":
            return await question(self._fast)
        try:
            result = await question(self._fast)
        except (ParseFailed, ProtocolBroken) as failure:
            record = self._records.setdefault(where, _Record())
            record.failures += 1
            if record.failures < _FAILURES:
                raise
            return await self._fall_back(where, record, question, failure)
        if record is not None:
            record.failures, record.is_told = 0, False
        return result

    async def _fall_back(
        self,
        where: tuple[str, int],
        record: _Record,
        question: Callable[[SnmpClient], Awaitable[_T]],
        failure: ProbeError,
    ) -> _T:
        record.failures = 0
        try:
            result = await question(self._second())
        except ProbeError:
            raise failure from None
        record.until = asyncio.get_running_loop().time() + _FALLBACK_FOR_S
        if self._tell is not None and not record.is_told:
            record.is_told = True
            self._tell(Note("snmp-engine-fallback", *where))
        return result

    def _second(self) -> SnmpClient:
        self._pysnmp = self._pysnmp or self._make_pysnmp()
        return self._pysnmp
