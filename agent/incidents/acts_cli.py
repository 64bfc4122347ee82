"""`wardops incident take | cannot-fix | hand-over | severity | report | export`: ask, print."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from agent.cli import language_of
from agent.client import state_folder
from agent.duty import ICT
from agent.incidents.cli import actor_here, carry_out, reaches_agent
from agent.wire import Command
from inventory.errors import InputError, StoreError
from inventory.language import LANGUAGES, say

if TYPE_CHECKING:
    from agent.incidents.record import Incident
    from agent.wire import Verb
    from inventory.language import Language


@click.command()
@click.argument("incident")
@reaches_agent
@click.pass_context
def incident_take(ctx: click.Context, /, incident: str, **where: Any) -> int:
    """Say that somebody works on an acknowledged incident."""
    return carry_out(ctx, _command("take", None, incident=incident), where)


@click.command()
@click.argument("incident")
@click.option("--reason", required=True)
@click.option("--until", required=True, metavar="YYYY-MM-DDTHH:MM")
@click.option("--workaround", required=True)
@reaches_agent
@click.pass_context
def incident_cannot_fix(
    ctx: click.Context, /, incident: str, reason: str, until: str, workaround: str, **where: Any
) -> int:
    """State that an incident cannot be fixed now: why, until when, how work goes on."""
    args = {
        "expected_restore": local_time(until, "cannot-fix", "--until"),
        "workaround": workaround,
    }
    return carry_out(ctx, _command("cannot_fix_now", reason, incident=incident, **args), where)


@click.command()
@click.argument("incident")
@click.option("--to", required=True, metavar="ROLE")
@click.option("--text", default="")
@click.option("--ref", default="")
@click.option("--taken", is_flag=True)
@reaches_agent
@click.pass_context
def incident_hand_over(
    ctx: click.Context, /, incident: str, to: str, text: str, ref: str, taken: bool, **where: Any
) -> int:
    """Hand an incident over to a role, or say with --taken that it was taken over."""
    verb: Verb = "handover_taken" if taken else "hand_over"
    args = {"to": to, "text": text, "ref": ref}
    return carry_out(ctx, _command(verb, None, incident=incident, **args), where)


@click.command()
@click.argument("incident")
@click.argument("severity", type=click.Choice(("S1", "S2", "S3", "S4")))
@click.option("--reason", required=True)
@reaches_agent
@click.pass_context
def incident_severity(
    ctx: click.Context, /, incident: str, severity: str, reason: str, **where: Any
) -> int:
    """Change an incident's severity, saying why."""
    command = _command("severity_set", reason, incident=incident, severity=severity)
    return carry_out(ctx, command, where)


@click.command()
@click.argument("incident")
@click.option("--format", "form", type=click.Choice(("json", "html", "csv", "zip")), default="json")
@click.option("--public", is_flag=True)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--lang", type=click.Choice(LANGUAGES))
@click.pass_context
def incident_export(
    ctx: click.Context, /, incident: str, form: Literal["json", "html", "csv", "zip"], public: bool,
    output: Path | None, state: Path | None, lang: str | None,  # noqa: ARG001 - read by language_of
) -> None:  # fmt: skip
    """Write one incident as JSON, CSV, a page or a .zip with its evidence; no agent is needed."""
    from agent.journal.database import read_database  # noqa: PLC0415 - its weight only when asked
    from agent.journal.store import incident_in  # noqa: PLC0415

    if form == "zip" and (public or output is None):
        raise InputError("incident.export.zip_alone")
    folder = state or state_folder()
    database = read_database(folder)
    try:
        found = incident_in(database, incident)
    finally:
        database.close()
    if found is None:
        raise InputError("store.no_incident", id=incident)
    language = language_of(ctx)
    if form == "zip" and output is not None:
        _write_bundle(found, folder, output, language)
        return
    text = exported(found, "json" if form == "zip" else form, language, public=public)
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text.encode())


def _write_bundle(incident: Incident, state: Path, output: Path, language: Language) -> None:
    """Write the `.zip` and say its hash, which goes into the ticket."""
    from agent.incidents.bundle import bundle_of, in_fours  # noqa: PLC0415
    from agent.incidents.evidence import FOLDER  # noqa: PLC0415 - its weight only when asked

    made = bundle_of(incident, state / FOLDER)
    _write(output, made)
    digest = in_fours(hashlib.sha256(made).hexdigest())
    click.echo(say("incident.export.zip_written", language, path=output, digest=digest))


def _write(output: Path, content: bytes) -> None:
    try:
        output.write_bytes(content)
    except OSError as error:
        raise StoreError(
            "incident.export.not_written", path=output, problem=error.strerror or error
        ) from error


def exported(
    incident: Incident, form: Literal["json", "html", "csv"], language: Language, *, public: bool
) -> str:
    """The incident in one of the three forms."""
    from agent.incidents import export as leaving  # noqa: PLC0415 - its weight only when asked
    from agent.incidents.page import incident_page  # noqa: PLC0415

    if form == "html":
        return incident_page(incident, language, public=public)
    write = leaving.as_csv if form == "csv" else leaving.as_json
    return write(incident, public=public)


def _command(verb: Verb, reason: str | None, **args: Any) -> Command:
    return Command(id=uuid.uuid4(), verb=verb, args=args, actor=actor_here(), reason=reason)


def local_time(text: str, command: str, option: str) -> str:
    """A time as typed: in Viet Nam unless it says its offset. Raises InputError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        values = {"verb": command, "name": option, "value": text[:40]}
        raise InputError("incident.not_a_time", **values) from None
    return (at if at.tzinfo else at.replace(tzinfo=ICT)).isoformat()
