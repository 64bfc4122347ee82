"""What each port draws: POWER-ETHERNET-MIB (RFC 3621) does not say it, makers' own MIBs do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.snmp import ber, values
from probes.snmp.parts import vendor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from probes.snmp.types import Oid, SnmpClient, SnmpTarget, Varbind

_MAX_ROWS, _MAX_WATTS = 1024, 100.0  # IEEE 802.3bt gives 90 W at most


@dataclass(frozen=True, slots=True)
class _Column:
    """What ports draw, by (group, port) or by ifIndex; `scale` makes it watts."""

    oid: Oid
    scale: float


_COLUMNS = (
    _Column(vendor("9.9.402.1.2.1.9"), 0.001),  # cpeExtPsePortPwrConsumption
    _Column(vendor("2011.5.25.195.3.1.10"), 0.001),  # hwPoePortConsumingPower
    _Column(vendor("14988.1.1.15.1.1.6"), 0.1),  # mtxrPOEPower
    _Column(vendor("4413.1.1.15.1.1.1.2"), 0.001),  # agentPethOutputPower of FASTPATH
)


async def read_poe_watts(
    client: SnmpClient, target: SnmpTarget, deadline: float
) -> dict[tuple[int, ...], float]:
    """Watts by (group, port) or by (ifIndex,), as the maker counts; {} where no port tells.

    Raises a ProbeError leaf.
    """
    wanted = tuple(column.oid for column in _COLUMNS)
    table = await client.table(target, wanted, max_rows=_MAX_ROWS, deadline=deadline)
    return dict(poe_watts(table.rows))


def poe_watts(
    rows: Mapping[bytes, Sequence[Varbind | None]],
) -> Iterator[tuple[tuple[int, ...], float]]:
    """Rows of the makers' columns; what no port can draw is left out."""
    for index, cells in rows.items():
        told = ((column, values.count(cell)) for column, cell in zip(_COLUMNS, cells, strict=True))
        watts = [raw * column.scale for column, raw in told if raw is not None]
        if watts and watts[0] <= _MAX_WATTS:
            yield ber.index_arcs(index), watts[0]
