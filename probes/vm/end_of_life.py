"""Until when a system gets security updates: a dated table, read from the package."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


@dataclass(frozen=True, slots=True)
class EndTable:
    """The last day of updates by release (`debian 12`), as known on `as_of`."""

    as_of: date
    ends: Mapping[str, date]

    def end_of(self, release: str) -> date | None:
        """The day for that release, by its whole number, else by what stands before the dot."""
        return self.ends.get(release, self.ends.get(release.partition(".")[0]))

    def is_old(self, today: date) -> bool:
        """Whether the table was last read from its sources more than twelve months ago."""
        return (today - self.as_of).days > 365


@cache
def end_table() -> EndTable:
    """The table of this version."""
    text = (files(__package__) / "end_of_life.toml").read_text(encoding="utf-8")
    read = tomllib.loads(text)
    ends = {row["release"]: row["ends"] for row in read["system"]}
    return EndTable(read["as_of"], MappingProxyType(ends))
