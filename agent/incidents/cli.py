"""`wardops incident list | show | ack | note | close`: asks the agent, prints, decides nothing."""

from __future__ import annotations

import getpass
import json
import re
import uuid
from datetime import timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli import language_of
from agent.client import find_agent
from agent.hop_words import called
from agent.incidents.record import MACHINE
from agent.wire import Command
from inventory.language import LANGUAGES, has, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from agent.wire import Incident
    from inventory.language import Language

_LOCAL = timezone(timedelta(hours=7))
_UNFIT = re.compile(r"[^A-Za-z0-9._-]")


def reaches_agent(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every incident command has."""
    for option in (
        click.option("--lang", type=click.Choice(LANGUAGES)),
        click.option("--state", type=click.Path(path_type=Path, file_okay=False), metavar="DIR"),
        click.option("--agent", metavar="URL|SOCKET"),
    ):
        command = option(command)
    return command


@click.command()
@click.option("--ward", metavar="CODE")
@click.option("--open", "open_only", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@reaches_agent
@click.pass_context
def incident_list(
    ctx: click.Context, /, ward: str | None, agent: str | None, state: Path | None, **flags: Any
) -> None:
    """List incidents, newest first; exit 0 also when there is none."""
    with find_agent(agent, state) as client:
        found = client.incidents(ward, is_open=True if flags["open_only"] else None)
    if flags["as_json"]:
        click.echo(json.dumps([one.model_dump(mode="json") for one in found], ensure_ascii=False))
        return
    language = language_of(ctx)
    for one in found:
        click.echo(line_of(one, language))
    if not found:
        click.echo(say("incident.none", language))


@click.command()
@click.argument("incident")
@click.option("--json", "as_json", is_flag=True)
@reaches_agent
@click.pass_context
def incident_show(
    ctx: click.Context, /, incident: str, agent: str | None, state: Path | None, **flags: Any
) -> None:
    """Show one incident with its timeline."""
    with find_agent(agent, state) as client:
        found = client.incident(incident)
    if flags["as_json"]:
        click.echo(found.model_dump_json())
        return
    language = language_of(ctx)
    click.echo(line_of(found, language))
    for entry in found.timeline:
        key = f"incident.verb.{entry.verb}"
        verb = say(key, language) if has(key) else entry.verb
        actor = say("incident.machine", language) if entry.actor == MACHINE else entry.actor
        text = getattr(entry.said, language) if entry.said else entry.text or ""
        click.echo(f"  {_time(entry.at)}  {actor}  {verb}  {text}".rstrip())
    for part in found.children:
        part_state = say(f"incident.state.{part.state}", language)
        values = {"id": part.id, "state": part_state, "ward": part.ward}
        click.echo(say("incident.common.child", language, **values))
    for child in found.held:
        if child.until is not None:
            continue
        device, by = called(child.device, language), called(child.by, language)
        click.echo(say("incident.held_line", language, device=device, by=by))


@click.command()
@click.argument("incident")
@click.option("--reason", required=True)
@reaches_agent
@click.pass_context
def incident_ack(ctx: click.Context, /, incident: str, reason: str, **where: Any) -> int:
    """Acknowledge an incident, saying why or how."""
    return carry_out(ctx, Command(id=uuid.uuid4(), verb="ack", args={"incident": incident},
                            actor=actor_here(), reason=reason), where)  # fmt: skip


@click.command()
@click.argument("incident")
@click.argument("text")
@reaches_agent
@click.pass_context
def incident_note(ctx: click.Context, /, incident: str, text: str, **where: Any) -> int:
    """Add a note to an incident."""
    args = {"incident": incident, "text": text}
    return carry_out(
        ctx, Command(id=uuid.uuid4(), verb="note", args=args, actor=actor_here()), where
    )


@click.command()
@click.argument("incident")
@click.option("--cause", required=True)
@click.option("--note", required=True)
@reaches_agent
@click.pass_context
def incident_close(
    ctx: click.Context, /, incident: str, cause: str, note: str, **where: Any
) -> int:
    """Close a resolved incident with its cause and a note."""
    args = {"incident": incident, "cause": cause, "note": note}
    return carry_out(
        ctx, Command(id=uuid.uuid4(), verb="close", args=args, actor=actor_here()), where
    )


def line_of(incident: Incident, language: Language) -> str:
    """One incident on one line: number, state, severity, since, headline."""
    state = say(f"incident.state.{incident.state}", language)
    headline = getattr(incident.headline, language) if incident.headline else ""
    where = f"{incident.ward} ({incident.group})" if incident.group else incident.ward or "*"
    return (
        f"{incident.id}  {state}  {incident.severity}  {_time(incident.t_started)}  "
        f"{where}  {headline}"
    ).rstrip()


def carry_out(ctx: click.Context, command: Command, where: dict[str, Any]) -> int:
    """Send a command to the agent and say where the incident stands; 1 when it was refused."""
    result = sent(ctx, command, where)
    if result is None:
        return 1
    told(ctx, command.args["incident"], result)
    return 0


def told(ctx: click.Context, incident: str, result: dict[str, Any]) -> None:
    """Say where an incident stands after a command."""
    language = language_of(ctx)
    shown = say(f"incident.state.{result.get('state', '')}", language)
    click.echo(say("incident.done", language, id=incident, state=shown))


def sent(ctx: click.Context, command: Command, where: dict[str, Any]) -> dict[str, Any] | None:
    """What the agent answers to a command; None when it refused, which was said then."""
    language = language_of(ctx)
    with find_agent(where["agent"], where["state"]) as client:
        result = client.command(command)
    if result.accepted:
        return result.result
    said = getattr(result.message, language) if result.message else str(result.code)
    click.echo(said, err=True)
    return None


def actor_here() -> str:
    """Who types, as the system says; the audit marks it as stated, not proven."""
    return f"local:{_UNFIT.sub('_', getpass.getuser())[:40]}"


def _time(at: datetime) -> str:
    return at.astimezone(_LOCAL).strftime("%H:%M %d/%m/%Y")
