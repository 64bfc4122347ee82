"""`wardops meeting list | add | import | remove | report`: asks the agent, prints."""

from __future__ import annotations

import uuid
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import click

from agent.cli import language_of
from agent.client import find_agent, state_folder
from agent.commands import default_inventory
from agent.duty import ICT
from agent.incidents.acts_cli import local_time
from agent.incidents.cli import actor_here, reaches_agent, sent
from agent.wire import Command
from inventory.errors import InputError, StoreError
from inventory.language import LANGUAGES, say
from inventory.values import LineProfile
from probes.clock import SystemClock

if TYPE_CHECKING:
    from agent.wire import CalendarAge, Meeting
    from inventory.language import Language
    from probes.meeting.calendar import CalendarReading
    from probes.meeting.model import Meeting as Booked


@click.command()
@click.option("--ward", metavar="CODE")
@click.option("--since", metavar="YYYY-MM-DDTHH:MM")
@click.option("--json", "as_json", is_flag=True)
@reaches_agent
@click.pass_context
def meeting_list(
    ctx: click.Context, /, ward: str | None, since: str | None, as_json: bool, **where: Any
) -> None:
    """List meetings that are not over for long; exit 0 also when there is none."""
    begin = _local(since, "meeting list", "--since")
    with find_agent(where["agent"], where["state"]) as client:
        found = client.meetings(ward, begin)
    if as_json:
        click.echo(found.model_dump_json())
        return
    language = language_of(ctx)
    for one in found.items:
        click.echo(_line(one, language))
    if not found.items:
        click.echo(say("meeting.none", language))
    for calendar in found.calendars:
        click.echo(_calendar_line(calendar, language))


@click.command()
@click.option("--ward", metavar="CODE")
@click.option("--room", required=True, metavar="ROOM")
@click.option("--start", required=True, metavar="YYYY-MM-DDTHH:MM")
@click.option("--end", metavar="YYYY-MM-DDTHH:MM")
@click.option("--minutes", type=click.IntRange(min=1))
@click.option("--code", required=True, metavar="CODE")
@click.option("--join", type=click.Choice(("dial_in", "dial_out")))
@click.option("--test-uri", "test_uri", metavar="URI")
@click.option("--profile", type=click.Choice(get_args(LineProfile)), metavar="PROFILE")
@click.option("--json", "as_json", is_flag=True)
@reaches_agent
@click.pass_context
def meeting_add(ctx: click.Context, /, start: str, as_json: bool, **asked: Any) -> int:
    """Enter a meeting of one room by its order's number; titles and people are not kept."""
    if (asked["end"] is None) == (asked["minutes"] is None):
        raise InputError("meeting.how_long")
    names = ("ward", "room", "code", "join", "test_uri", "profile", "minutes")
    args = {name: asked[name] for name in names if asked[name] is not None}
    args["start"] = local_time(start, "meeting add", "--start")
    if asked["end"] is not None:
        args["end"] = local_time(asked["end"], "meeting add", "--end")
    return _done(ctx, "meeting_add", args, asked, "meeting.added", as_json=as_json)


@click.command()
@click.argument("meeting")
@click.option("--ward", metavar="CODE")
@click.option("--room", metavar="ROOM")
@click.option("--json", "as_json", is_flag=True)
@reaches_agent
@click.pass_context
def meeting_remove(ctx: click.Context, /, meeting: str, as_json: bool, **asked: Any) -> int:
    """Take a meeting off that was called off, by its number or code."""
    args = {name: asked[name] for name in ("ward", "room") if asked[name] is not None}
    args["meeting"] = meeting
    return _done(ctx, "meeting_remove", args, asked, "meeting.removed", as_json=as_json)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as", "name", default="import", metavar="NAME")
@click.option("--inventory", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--dry-run", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@reaches_agent
@click.pass_context
def meeting_import(
    ctx: click.Context, /, file: Path, name: str, inventory: Path | None, dry_run: bool,
    as_json: bool, **where: Any,
) -> int:  # fmt: skip
    """Read a calendar file and put what it says in place of what was imported by that name."""
    reading = _read(file, name, inventory or default_inventory())
    language = language_of(ctx)
    if not as_json:
        for note in reading.notes:
            click.echo(f"{note.where}: {say(note.key, language)}", err=True)
        for one in reading.meetings:
            click.echo(_booked_line(one, language))
        click.echo(say("meeting.understood", language, n=len(reading.meetings)))
    if dry_run:
        return 0
    args = {"calendar": name, "meetings": [_as_args(one) for one in reading.meetings]}
    return _done(ctx, "meeting_import", args, where, "meeting.imported", as_json=as_json)


@click.command()
@click.argument("meeting")
@click.option("--ward", metavar="CODE")
@click.option("--room", metavar="ROOM")
@click.option("--format", "form", type=click.Choice(("html", "csv")), default="html")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--lang", type=click.Choice(LANGUAGES))
@click.pass_context
def meeting_report(
    ctx: click.Context, /, meeting: str, ward: str | None, room: str | None,
    form: Literal["html", "csv"], output: Path | None, state: Path | None,
    lang: str | None,  # noqa: ARG001 - read by language_of
) -> None:  # fmt: skip
    """The record of a meeting minute by minute, from the state folder; also while it runs."""
    from agent.meetings.kept import read_record  # noqa: PLC0415 - its weight only when asked
    from agent.meetings.page import Made, meeting_csv, meeting_page  # noqa: PLC0415

    found, minutes, realm = read_record(state or state_folder(), meeting, ward, room)
    made = Made(SystemClock().now(), version("wardops"), realm)
    text = (
        meeting_csv(found, minutes)
        if form == "csv"
        else meeting_page(found, minutes, made, language_of(ctx))
    )
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise StoreError("store.failed", path=output, problem=error.strerror or error) from error


def _read(file: Path, name: str, folder: Path) -> CalendarReading:
    """What a calendar file says by the inventory's rooms. Raises InputError."""
    from agent.meetings.calendars import AHEAD, BACK, files_at, rules_of  # noqa: PLC0415 - heavy
    from inventory.load import load  # noqa: PLC0415
    from inventory.meetings import MeetingCalendar, read_meetings  # noqa: PLC0415
    from probes.meeting.calendar import read_calendar  # noqa: PLC0415
    from probes.registry import kinds  # noqa: PLC0415

    texts = list(files_at(file))
    inventory = load(folder, kinds(), with_secrets=False)
    settings = read_meetings(inventory, Path(inventory.folder))
    rules = rules_of(MeetingCalendar(id=name, file=file.name), settings, inventory)
    now = SystemClock().now()
    return read_calendar(texts, rules, now - BACK, now + AHEAD)


def _done(
    ctx: click.Context, verb: Any, args: dict[str, Any], where: dict[str, Any], key: str, *,
    as_json: bool,
) -> int:  # fmt: skip
    command = Command(id=uuid.uuid4(), verb=verb, args=args, actor=actor_here())
    result = sent(ctx, command, where)
    if result is None:
        return 1
    if as_json:
        click.echo(_json(result))
    else:
        click.echo(say(key, language_of(ctx), **result))
    return 0


def _json(result: dict[str, Any]) -> str:
    import json  # noqa: PLC0415 - beside its one use

    return json.dumps(result, ensure_ascii=False)


def _as_args(one: Booked) -> dict[str, Any]:
    told = {
        "code": one.code, "ward": one.ward, "room": one.room, "start": one.start.isoformat(),
        "end": one.end.isoformat(), "join": one.join, "profile": one.profile,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value is not None}


def _line(one: Meeting, language: Language) -> str:
    return say(
        "meeting.line", language, id=one.id, code=one.code, ward=one.ward, room=one.room,
        start=f"{one.start.astimezone(ICT):%H:%M %d/%m/%Y}",
        end=f"{one.end.astimezone(ICT):%H:%M}", phase=say(f"meeting.phase.{one.phase}", language),
        join=_joined(one.join, language),
    ).rstrip()  # fmt: skip


def _booked_line(one: Booked, language: Language) -> str:
    return say(
        "meeting.booked_line", language, code=one.code, ward=one.ward, room=one.room,
        start=f"{one.start.astimezone(ICT):%H:%M %d/%m/%Y}",
        end=f"{one.end.astimezone(ICT):%H:%M}", join=_joined(one.join, language),
    ).rstrip()  # fmt: skip


def _joined(join: str | None, language: Language) -> str:
    return say(f"meeting.join.{join}", language) if join else ""


def _calendar_line(one: CalendarAge, language: Language) -> str:
    if one.problem is not None:
        old = _age(one.age_s, language)
        problem = getattr(one.problem, language)
        return say("meeting.calendar_lost", language, name=one.name, age=old, problem=problem)
    if one.read_at is None:
        return say("meeting.calendar_waits", language, name=one.name)
    age, left = _age(one.age_s, language), one.left_out
    return say("meeting.calendar_read", language, name=one.name, age=age, left=left)


def _age(age_s: float | None, language: Language) -> str:
    if age_s is None:
        return say("meeting.never", language)
    return say("meeting.age", language, minutes=max(0, round(age_s / 60)))


def _local(value: str | None, command: str, option: str) -> Any:
    from datetime import datetime  # noqa: PLC0415 - beside its one use

    return datetime.fromisoformat(local_time(value, command, option)) if value else None
