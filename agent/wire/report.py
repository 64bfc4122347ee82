"""A report as the API sends it: its figures, each with formula, inputs and coverage."""

from __future__ import annotations

from agent.wire.base import RealmName, Stamp, Wire


class ReportFigure(Wire):
    """One number; a value of None is not known. `coverage` is the share of the time that is."""

    figure: str
    subject: str
    value: float | None
    unit: str
    coverage: float | None
    state: str
    formula: str
    inputs: dict[str, float | None]


class Report(Wire):
    """The figures of one ward for one period; `running` says that the period is not over yet."""

    report: str
    realm: RealmName
    ward: str
    period: str
    begin: Stamp
    end: Stamp
    running: bool
    version: str
    figures: tuple[ReportFigure, ...]
