"""What a resolver answered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """The code by its name (`NOERROR`, `NXDOMAIN`, …), the records of the type asked for as text.

    `count` counts all records of the answer, those that lead there (CNAME) too; `is_cut` says that
    the rest must be asked for by TCP.
    """

    code: str
    records: tuple[str, ...]
    count: int
    is_cut: bool
