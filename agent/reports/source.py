"""Reads what a report is made of from a state folder, also beside a running agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.incidents.law import read_law
from agent.journal.database import read_database
from agent.journal.store import incidents_in
from agent.reports.circuit import LoadRule, rule_of
from agent.reports.raw import Raw
from agent.reports.response import case_of
from agent.reports.window import WEEK
from agent.samples.shelf import FILE_NAME, expected_in, loads_in, paths_in, spans_in, wards_in
from inventory.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from agent.incidents.law import Law
    from agent.incidents.record import Incident
    from agent.journal.database import Database
    from agent.reports.window import Window

_MOST_NAMED = 12


def read_raw(folder: Path, ward: str, window: Window) -> Raw:
    """The samples and incidents of one ward for a window.

    Loads begin seven days earlier, since a window of the circuit rule that ends in the first days
    of a month reaches back. Raises InputError when the folder has no samples, StoreError when they
    cannot be read.
    """
    begin_s, end_s = (round(at.timestamp()) for at in (window.begin, window.end))
    earlier_s = begin_s - round(WEEK.total_seconds())
    database = _open(folder)
    try:
        loads = tuple(loads_in(database, ward, earlier_s, end_s))
        paths = tuple(paths_in(database, ward, begin_s, end_s))
        expected = tuple(expected_in(database, ward))
        realm = database.meta("realm") or "live"
        spans = tuple(spans_in(database, ward, begin_s * 1000, end_s * 1000))
    finally:
        database.close()
    kept = (case_of(one) for one in read_incidents(folder, ward) if one.kind != "drill")
    cases = tuple(one for one in kept if one.detected < window.end)
    return Raw(ward, window, loads, paths, spans, cases, expected, realm)


def one_ward(folder: Path, asked: str | None) -> str:
    """The ward that a report is about: as asked, else the only one. Raises InputError."""
    known = read_wards(folder)
    if asked is None and len(known) == 1:
        return known[0]
    listed = ", ".join(known[:_MOST_NAMED]) + (" …" if len(known) > _MOST_NAMED else "")
    if asked is None:
        raise InputError("report.which_ward", wards=listed or "-")
    if asked not in known:
        raise InputError("report.no_ward", ward=asked[:20], wards=listed or "-")
    return asked


def rule_in(law: Law) -> LoadRule:
    """The rule of the circuit's load, as the dated file has it."""
    item = next((one for one in law.items if one.id == "circuit_load"), None)
    return rule_of(item) if item is not None else LoadRule()


def year_starts() -> str:
    """The month and day on which a year of reports begins, as the dated file has it."""
    item = next((one for one in read_law().items if one.id == "yearly_report"), None)
    return str(item.values["window_starts"]) if item is not None else "12-15"


def read_wards(folder: Path) -> tuple[str, ...]:
    """The wards that a state folder has samples of. Raises InputError, StoreError."""
    database = _open(folder)
    try:
        return wards_in(database)
    finally:
        database.close()


def read_incidents(folder: Path, ward: str | None = None) -> tuple[Incident, ...]:
    """The incidents of a state folder, oldest first; of one ward, or all.

    Raises InputError when there is no journal, StoreError when it cannot be read.
    """
    database = read_database(folder)
    try:
        return incidents_in(database, ward)
    finally:
        database.close()


def _open(folder: Path) -> Database:
    if not (folder / FILE_NAME).is_file():
        raise InputError("report.no_samples", path=folder)
    return read_database(folder, FILE_NAME)
