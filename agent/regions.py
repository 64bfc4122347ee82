"""The three areas of the city as the brackets that teams and filters use."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.model import Unit

# The former provinces (NQ 1685/NQ-UBTVQH15); no unit mixes two of them.
_BRACKETS: Mapping[str, str] = MappingProxyType(
    {"TP.HCM cũ": "tphcm", "Bình Dương": "kv1", "Bà Rịa-Vũng Tàu": "kv2"}
)
REGIONS = tuple(_BRACKETS.values())


def region_of(unit: Unit) -> str:
    """`tphcm`, `kv1` or `kv2`; empty for an area that is none of the three."""
    return _BRACKETS.get(unit.area, "")
