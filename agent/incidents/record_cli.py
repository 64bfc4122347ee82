"""`wardops incident report | fill | clock-met | evidence | resolve | unack`: ask, print."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.incidents.cli import actor_here, carry_out, reaches_agent, sent, told
from agent.wire import Command
from inventory.errors import InputError

if TYPE_CHECKING:
    from agent.wire import Verb


@click.command()
@click.argument("text")
@click.option("--kind", type=click.Choice(("security", "technical")), default="security")
@click.option("--ward", metavar="CODE")
@click.option("--incident", metavar="INCIDENT")
@click.option("--spreading", is_flag=True)
@reaches_agent
@click.pass_context
def incident_report(
    ctx: click.Context, /, text: str, kind: str, ward: str | None, incident: str | None,
    spreading: bool, **where: Any,
) -> int:  # fmt: skip
    """Report an incident that a person has seen; --incident names the one it was begun from."""
    args: dict[str, Any] = {"kind": kind, "text": text, "spreading": spreading}
    args |= {name: value for name, value in (("ward", ward), ("incident", incident)) if value}
    result = sent(ctx, _command("incident_report", None, **args), where)
    if result is None:
        return 1
    told(ctx, str(result.get("incident", "")), result)
    return 0


@click.command()
@click.argument("incident")
@click.argument("name", metavar="NAME")
@click.argument("value", metavar="VALUE")
@reaches_agent
@click.pass_context
def incident_fill(ctx: click.Context, /, incident: str, name: str, value: str, **where: Any) -> int:
    """Fill in what only people know: serious, personal_data, abnormal_signs, workaround …"""
    command = _command("incident_fill", None, incident=incident, name=name, value=value)
    return carry_out(ctx, command, where)


@click.command()
@click.argument("incident")
@click.argument("clock", metavar="CLOCK")
@reaches_agent
@click.pass_context
def incident_clock_met(ctx: click.Context, /, incident: str, clock: str, **where: Any) -> int:
    """Say that what a clock of an incident asks for was done."""
    return carry_out(ctx, _command("clock_met", None, incident=incident, clock=clock), where)


@click.command()
@click.argument("incident")
@click.option("--text", default="")
@click.option("--file", "path", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@reaches_agent
@click.pass_context
def incident_evidence(
    ctx: click.Context, /, incident: str, text: str, path: Path | None, **where: Any
) -> int:
    """Add a remark, or a file by its name and hash; the file itself stays where it is."""
    args = {"incident": incident, "text": text, **(_named(path) if path else {})}
    return carry_out(ctx, _command("evidence_add", None, **args), where)


@click.command()
@click.argument("incident")
@click.option("--reason", required=True)
@reaches_agent
@click.pass_context
def incident_resolve(ctx: click.Context, /, incident: str, reason: str, **where: Any) -> int:
    """Say that an incident is over that no measuring can end: a security one, a reported one."""
    return carry_out(ctx, _command("resolve", reason, incident=incident), where)


@click.command()
@click.argument("incident")
@click.option("--reason", required=True)
@reaches_agent
@click.pass_context
def incident_unack(ctx: click.Context, /, incident: str, reason: str, **where: Any) -> int:
    """Lift an acknowledgement: nobody works on the incident after all."""
    return carry_out(ctx, _command("unack", reason, incident=incident), where)


def _named(path: Path) -> dict[str, object]:
    """A file as evidence names it. Raises InputError when it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        problem = error.strerror or str(error)
        raise InputError("incident.export.not_read", path=path, problem=problem) from error
    digest = hashlib.sha256(content).hexdigest()
    return {"name": path.name, "sha256": digest, "size": len(content)}


def _command(verb: Verb, reason: str | None, **args: Any) -> Command:
    return Command(id=uuid.uuid4(), verb=verb, args=args, actor=actor_here(), reason=reason)
