"""The 168 wards, communes and special zone of the city, and the former units they were made of.

The tables are package data; `inventory/data/SOURCES.md` says where they come from.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from inventory.model import Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class FormerName:
    """A unit before 1 July 2025 that went into today's unit `code`, as a whole or in part.

    `name` is empty where a former district had no units below it (Huyện Côn Đảo).
    """

    code: str
    name: str
    district: str
    area: str
    whole: bool


@cache
def units() -> Mapping[str, Unit]:
    """The 168 units by code, in the order of their codes."""
    rows = _rows("hcmc_wards.csv")
    return MappingProxyType({row["code"]: Unit.model_validate(row) for row in rows})


@cache
def former_names() -> tuple[FormerName, ...]:
    """The 493 rows of former names, by today's code."""
    return tuple(
        FormerName(
            code=row["code"],
            name=row["former_name"],
            district=row["former_district"],
            area=row["area"],
            whole=row["extent"] == "toàn bộ",
        )
        for row in _rows("hcmc_ward_aliases.csv")
    )


def _rows(file: str) -> list[dict[str, str]]:
    with (_DATA / file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
