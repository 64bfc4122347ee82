"""Which engine asks a device: as the inventory says, the fast one where it does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from probes.snmp.types import Oid, SnmpClient, SnmpResult, SnmpTarget, TableResult


class ChosenEngine:
    """SnmpClient that picks an engine per device. pysnmp is made when the first device needs it.

    `auto` is the fast engine, except for v1, which the fast engine does not speak yet.
    """

    def __init__(self, fast: SnmpClient, make_pysnmp: Callable[[], SnmpClient]) -> None:
        self._fast = fast
        self._make_pysnmp = make_pysnmp
        self._pysnmp: SnmpClient | None = None

    async def get(self, target: SnmpTarget, oids: Sequence[Oid], *, deadline: float) -> SnmpResult:
        """GET instances with the device's engine; raises a ProbeError leaf."""
        return await self._engine(target).get(target, oids, deadline=deadline)

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
        return await self._engine(target).table(
            target, columns, scalars=scalars, max_rows=max_rows, deadline=deadline
        )

    async def walk(
        self, target: SnmpTarget, root: Oid, *, max_varbinds: int = 20_000, deadline: float
    ) -> SnmpResult:
        """Walk with the device's engine; raises a ProbeError leaf."""
        return await self._engine(target).walk(
            target, root, max_varbinds=max_varbinds, deadline=deadline
        )

    def close(self) -> None:
        """Close both engines."""
        self._fast.close()
        if self._pysnmp:
            self._pysnmp.close()

    def _engine(self, target: SnmpTarget) -> SnmpClient:
        is_plain = target.engine == "auto" and target.version != "1"
        if target.engine == "fast" or is_plain:
            return self._fast
        self._pysnmp = self._pysnmp or self._make_pysnmp()
        return self._pysnmp
