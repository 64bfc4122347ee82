"""Announced maintenance as the API sends it: windows that are open or to come, weekly rules."""

from __future__ import annotations

from agent.wire.base import Stamp, Wire


class MaintenanceWindow(Wire):
    """One stretch of announced work on a device or hop, on the whole ward when `device` is null.

    `rule` is the number of the weekly rule that it was laid out from, null for a single one.
    """

    id: str
    ward: str
    device: str | None = None
    start: Stamp
    end: Stamp
    is_open: bool
    reason: str
    actor: str
    rule: str | None = None


class WeeklyMaintenance(Wire):
    """A window that comes back every week: local time `at` (UTC+7) on `days`, `minutes` long."""

    id: str
    ward: str
    device: str | None = None
    days: tuple[str, ...]
    at: str
    minutes: int
    reason: str
    actor: str


class Maintenance(Wire):
    """All windows that are not over, the earliest first, and the weekly rules in force."""

    windows: tuple[MaintenanceWindow, ...] = ()
    weekly: tuple[WeeklyMaintenance, ...] = ()
    seq: int
