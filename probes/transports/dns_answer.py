"""What a resolver answered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """The code by its name (`NOERROR`, `NXDOMAIN`, …), the records of the type asked for as text.

    `count` counts all records of the answer, those that lead there (CNAME) too, `authority` and
    `additional` those of the other sections, without EDNS; `serial` is that of the zone (SOA).
    `is_cut` says that the rest must be asked for by TCP, `is_as_written` that the name comes back
    with the very capitals of the question.
    """

    code: str
    records: tuple[str, ...]
    count: int
    is_cut: bool
    is_as_written: bool = True
    authority: int = 0
    additional: int = 0
    serial: int | None = None
