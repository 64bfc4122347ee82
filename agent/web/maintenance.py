"""Announced maintenance from the agent's view to the API's types; nothing decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent import wire

if TYPE_CHECKING:
    from agent.maintenance.model import WeeklyRule, Window
    from agent.view import AgentView


def windows(view: AgentView, code: str | None) -> tuple[wire.MaintenanceWindow, ...]:
    """Windows that are open or to come, the earliest first, of one ward if asked for."""
    return tuple(_window(one, view) for one in view.windows if code in {None, one.ward})


def weekly(view: AgentView, code: str | None) -> tuple[wire.WeeklyMaintenance, ...]:
    """Weekly rules in force, of one ward if asked for."""
    return tuple(_rule(one) for one in view.weekly if code in {None, one.ward})


def _window(one: Window, view: AgentView) -> wire.MaintenanceWindow:
    return wire.MaintenanceWindow(
        id=one.id, ward=one.ward, device=one.device, start=one.start, end=one.until,
        is_open=one.is_open(view.now), reason=one.reason, actor=one.actor, rule=one.rule,
    )  # fmt: skip


def _rule(one: WeeklyRule) -> wire.WeeklyMaintenance:
    return wire.WeeklyMaintenance(
        id=one.id, ward=one.ward, device=one.device, days=one.days, at=one.at,
        minutes=one.minutes, reason=one.reason, actor=one.actor,
    )  # fmt: skip
