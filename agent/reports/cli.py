"""`wardops report monthly | annual | uplink | overdue`: read the state folder, print or write."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from agent.cli import language_of
from agent.client import state_folder
from inventory.errors import InputError, StoreError
from inventory.language import LANGUAGES, say
from probes.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.reports.raw import Raw
    from agent.reports.summary import Summary
    from agent.reports.window import Kind
    from inventory.language import Language

Command = TypeVar("Command", bound="Callable[..., object]")
Form = Literal["html", "csv", "json"]


def _asked(command: Command) -> Command:
    """The options that every report has."""
    options = (
        click.option("--ward", metavar="CODE"),
        click.option("--format", "form", type=click.Choice(("html", "csv", "json")),
                     default="html"),
        click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
                     metavar="FILE"),
        click.option("--raw", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE"),
        click.option("--from-raw", type=click.Path(path_type=Path, dir_okay=False),
                     metavar="FILE"),
        click.option("--state", type=click.Path(path_type=Path, file_okay=False), metavar="DIR"),
        click.option("--inventory", type=click.Path(path_type=Path, file_okay=False),
                     metavar="DIR"),
        click.option("--lang", type=click.Choice(LANGUAGES)),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("period", required=False, metavar="[YYYY-MM]")
@_asked
@click.pass_context
def report_monthly(ctx: click.Context, /, period: str | None, **asked: Any) -> None:
    """The report of a month, by default of the last one that is over."""
    _report(ctx, "monthly", period, **asked)


@click.command()
@click.argument("period", required=False, metavar="[YYYY]")
@_asked
@click.pass_context
def report_annual(ctx: click.Context, /, period: str | None, **asked: Any) -> None:
    """The report of a year from 15 December to 14 December, by default the last one over."""
    _report(ctx, "annual", period, **asked)


@click.command()
@click.argument("period", required=False, metavar="[YYYY-MM-DD]")
@_asked
@click.pass_context
def report_uplink(ctx: click.Context, /, period: str | None, **asked: Any) -> None:
    """How full a circuit was over seven days, up to now or up to the end of a day."""
    _report(ctx, "uplink", period, **asked)


@click.command()
@click.option("--ward", metavar="CODE")
@click.option("--format", "form", type=click.Choice(("json", "csv")), default="json")
@click.option("--soon", type=click.IntRange(min=0), default=24, metavar="HOURS")
@click.option("--all", "every", is_flag=True)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--lang", type=click.Choice(LANGUAGES))
@click.pass_context
def report_overdue(
    ctx: click.Context, /, ward: str | None, form: Literal["json", "csv"], soon: int, every: bool,
    output: Path | None, state: Path | None, lang: str | None,  # noqa: ARG001 - read by language_of
) -> None:  # fmt: skip
    """Deadlines of incidents that have passed or come soon, for the city's task system."""
    from datetime import timedelta  # noqa: PLC0415 - beside what needs it

    from agent.reports import overdue  # noqa: PLC0415 - its weight only when asked
    from agent.reports.source import read_incidents  # noqa: PLC0415

    now = SystemClock().now()
    found = overdue.tasks(
        read_incidents(state or state_folder(), ward), now, timedelta(hours=soon), every=every
    )
    text = overdue.as_json(found, now) if form == "json" else overdue.as_csv(found)
    _give(ctx, text, output)


def _report(
    ctx: click.Context, kind: Kind, period: str | None, *, form: Form, output: Path | None,
    raw: Path | None, inventory: Path | None, **where: Any,
) -> None:  # fmt: skip
    from agent.incidents.law import read_law  # noqa: PLC0415 - its weight only when asked
    from agent.reports import raw as samples  # noqa: PLC0415
    from agent.reports.source import rule_in  # noqa: PLC0415
    from agent.reports.summary import summarise  # noqa: PLC0415

    law = read_law()
    found = _samples(kind, period, raw, **where)
    text = samples.as_csv(found)
    summary = summarise(found, rule_in(law))
    if raw is not None:
        _write(raw, text)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    _give(ctx, _in_form(summary, form, sha256, inventory, language_of(ctx)), output)


def _samples(
    kind: Kind, period: str | None, raw: Path | None, *, ward: str | None, from_raw: Path | None,
    state: Path | None, lang: str | None,  # noqa: ARG001 - read by language_of
) -> Raw:  # fmt: skip
    """From the state folder, or from a file that was exported before."""
    from agent.reports.raw import from_csv  # noqa: PLC0415
    from agent.reports.source import one_ward, read_raw, year_starts  # noqa: PLC0415
    from agent.reports.window import window_of  # noqa: PLC0415

    if from_raw is not None:
        if any(given is not None for given in (period, raw, ward, state)):
            raise InputError("report.raw_alone")
        found = from_csv(_read(from_raw), from_raw)
        if found.window.kind != kind:
            raise InputError("report.other_kind", path=from_raw, kind=found.window.kind)
        return found
    folder = state or state_folder()
    window = window_of(kind, period, SystemClock().now(), year_starts())
    return read_raw(folder, one_ward(folder, ward), window)


def _in_form(
    summary: Summary, form: Form, sha256: str, inventory: Path | None, language: Language
) -> str:
    import json  # noqa: PLC0415 - beside what needs it

    from agent.incidents.law import read_law  # noqa: PLC0415
    from agent.reports import figures  # noqa: PLC0415
    from agent.reports.page import report_page  # noqa: PLC0415

    made_by = version("wardops")
    if form == "csv":
        return figures.as_csv(summary)
    if form == "json":
        values = figures.as_values(summary, made_by)
        return json.dumps(values, ensure_ascii=False, indent=2) + "\n"
    made = (SystemClock().now(), made_by, sha256)
    return report_page(
        summary, read_law(), _names(inventory, summary.ward, language), made, language
    )


def _names(inventory: Path | None, ward: str, language: Language) -> dict[str, str]:
    """What the inventory calls its services; without one they go by their ids."""
    if inventory is None:
        return {}
    from inventory.load import load  # noqa: PLC0415
    from probes.registry import kinds  # noqa: PLC0415

    found = load(inventory, kinds()).wards.get(ward)
    services = found.services if found is not None else ()
    return {one.id: str(getattr(one.name, language)) for one in services}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        problem = error.strerror or error
        raise InputError("incident.export.not_read", path=path, problem=problem) from error
    except UnicodeDecodeError as error:
        raise InputError("report.bad_raw", path=path, line=1) from error


def _give(ctx: click.Context, text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    _write(output, text)
    click.echo(say("report.written", language_of(ctx), path=output))


def _write(path: Path, text: str) -> None:
    try:
        path.write_bytes(text.encode())
    except OSError as error:
        problem = error.strerror or error
        raise StoreError("report.not_written", path=path, problem=problem) from error
