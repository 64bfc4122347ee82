"""`wardops maintenance list | add | end`: announced work, through the running agent."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, get_args

import click

from agent.cli import language_of
from agent.client import find_agent
from agent.duty import ICT
from agent.incidents.acts_cli import local_time
from agent.incidents.cli import actor_here, reaches_agent, sent
from agent.maintenance.model import Day
from agent.wire import Command
from inventory.errors import InputError
from inventory.language import say

if TYPE_CHECKING:
    from datetime import datetime

    from agent.wire import MaintenanceWindow, WeeklyMaintenance
    from inventory.language import Language


@click.command()
@click.option("--ward", metavar="CODE")
@click.option("--json", "as_json", is_flag=True)
@reaches_agent
@click.pass_context
def maintenance_list(ctx: click.Context, /, ward: str | None, as_json: bool, **where: Any) -> None:
    """List windows that are open or to come, and weekly rules; exit 0 also when there is none."""
    with find_agent(where["agent"], where["state"]) as client:
        found = client.maintenance(ward)
    if as_json:
        click.echo(found.model_dump_json())
        return
    language = language_of(ctx)
    for window in found.windows:
        click.echo(_window_line(window, language))
    for rule in found.weekly:
        click.echo(_rule_line(rule, language))
    if not (found.windows or found.weekly):
        click.echo(say("maintenance.none", language))


@click.command()
@click.argument("device", required=False)
@click.option("--ward", metavar="CODE")
@click.option("--reason", required=True)
@click.option("--from", "start", metavar="YYYY-MM-DDTHH:MM")
@click.option("--until", "end", metavar="YYYY-MM-DDTHH:MM")
@click.option("--minutes", type=click.IntRange(min=1))
@click.option("--weekly", "days", metavar="DAY,DAY")
@click.option("--at", metavar="HH:MM")
@reaches_agent
@click.pass_context
def maintenance_add(ctx: click.Context, /, reason: str, **asked: Any) -> int:
    """Announce a window on a device, or on the whole ward when none is named."""
    args = {name: asked[name] for name in ("ward", "device") if asked[name] is not None}
    args |= _weekly(asked) if asked["days"] else _once(asked)
    command = Command(
        id=uuid.uuid4(), verb="maintenance_set", args=args, actor=actor_here(), reason=reason
    )
    result = sent(ctx, command, asked)
    if result is not None:
        click.echo(say("maintenance.added", language_of(ctx), id=result["window"]))
    return 1 if result is None else 0


@click.command()
@click.argument("window")
@reaches_agent
@click.pass_context
def maintenance_end(ctx: click.Context, /, window: str, **where: Any) -> int:
    """End a window early or call it off; with a rule's number, the rule and all its windows."""
    command = Command(
        id=uuid.uuid4(), verb="maintenance_end", args={"window": window}, actor=actor_here()
    )
    result = sent(ctx, command, where)
    if result is not None:
        click.echo(say("maintenance.ended", language_of(ctx), id=result["window"]))
    return 1 if result is None else 0


def _once(asked: dict[str, Any]) -> dict[str, object]:
    """One window: from now or `--from`, until `--until` or for `--minutes`; InputError else."""
    if (asked["end"] is None) == (asked["minutes"] is None):
        raise InputError("maintenance.how_long")
    if asked["at"] is not None:
        raise InputError("maintenance.at_is_weekly")
    named = {"start": "--from", "end": "--until"}
    times: dict[str, object] = {
        name: local_time(asked[name], "maintenance add", option)
        for name, option in named.items()
        if asked[name] is not None
    }
    return times if asked["minutes"] is None else {**times, "minutes": asked["minutes"]}


def _weekly(asked: dict[str, Any]) -> dict[str, object]:
    """A rule: days, local start and length. Raises InputError."""
    if asked["at"] is None or asked["minutes"] is None or asked["start"] or asked["end"]:
        raise InputError("maintenance.weekly_needs")
    days = [day.strip().lower() for day in asked["days"].split(",")]
    for day in days:
        if day not in get_args(Day):
            raise InputError("maintenance.rule", problem=day[:40])
    return {"weekly": {"days": days, "at": asked["at"], "minutes": asked["minutes"]}}


def _window_line(window: MaintenanceWindow, language: Language) -> str:
    key = "maintenance.open" if window.is_open else "maintenance.coming"
    return say(
        "maintenance.line", language, id=window.id, state=say(key, language), ward=window.ward,
        on=_on(window, language), start=_shown(window.start), end=_shown(window.end),
        reason=window.reason, actor=window.actor,
    )  # fmt: skip


def _rule_line(rule: WeeklyMaintenance, language: Language) -> str:
    days = ", ".join(say(f"maintenance.day.{day}", language) for day in rule.days)
    return say(
        "maintenance.weekly_line", language, id=rule.id, ward=rule.ward, on=_on(rule, language),
        days=days, at=rule.at, minutes=rule.minutes, reason=rule.reason, actor=rule.actor,
    )  # fmt: skip


def _on(one: MaintenanceWindow | WeeklyMaintenance, language: Language) -> str:
    return one.device or say("maintenance.whole_ward", language)


def _shown(at: datetime) -> str:
    return at.astimezone(ICT).strftime("%H:%M %d/%m/%Y")
