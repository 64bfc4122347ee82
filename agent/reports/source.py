"""Reads what a report is made of from a state folder, also beside a running agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.journal.database import read_database
from agent.journal.store import incidents_in
from agent.reports.raw import Raw
from agent.reports.response import case_of
from agent.reports.window import WEEK
from agent.samples.shelf import FILE_NAME, loads_in, paths_in, spans_in
from inventory.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from agent.incidents.record import Incident
    from agent.reports.window import Window


def read_raw(folder: Path, ward: str, window: Window) -> Raw:
    """The samples and incidents of one ward for a window.

    Loads begin seven days earlier, since a window of the circuit rule that ends in the first days
    of a month reaches back. Raises InputError when the folder has no samples, StoreError when they
    cannot be read.
    """
    begin_s, end_s = (round(at.timestamp()) for at in (window.begin, window.end))
    earlier_s = begin_s - round(WEEK.total_seconds())
    if not (folder / FILE_NAME).is_file():
        raise InputError("report.no_samples", path=folder)
    database = read_database(folder, FILE_NAME)
    try:
        loads = tuple(loads_in(database, ward, earlier_s, end_s))
        paths = tuple(paths_in(database, ward, begin_s, end_s))
        spans = tuple(spans_in(database, ward, begin_s * 1000, end_s * 1000))
    finally:
        database.close()
    kept = (case_of(one) for one in read_incidents(folder, ward) if one.kind != "drill")
    cases = tuple(one for one in kept if one.detected < window.end)
    return Raw(ward, window, loads, paths, spans, cases)


def read_incidents(folder: Path, ward: str | None = None) -> tuple[Incident, ...]:
    """The incidents of a state folder, oldest first; of one ward, or all.

    Raises InputError when there is no journal, StoreError when it cannot be read.
    """
    database = read_database(folder)
    try:
        return incidents_in(database, ward)
    finally:
        database.close()
