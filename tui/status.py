"""`wardops status`: the ward's state as a few lines of text, or JSON; never the full screen.

Exit 0 ok, 1 degraded, 2 down, 3 unknown: the convention of monitoring plug-ins. Data that is not
current is shown with its age and never counts as good. Usage errors are 3 as well.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inventory.errors import InputError
from inventory.language import DEFAULT_LANGUAGE, LANGUAGES
from tui.prepaint import state_folder
from tui.status_code import UNKNOWN, StatusUsage, exit_code
from tui.status_glance import glanced
from tui.status_text import lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from inventory.language import Language
    from tui.status_look import Report


class _Status(click.Command):
    """A wrong command line ends with 3 instead of 2, which would read as "down"."""

    usage_exit_code = UNKNOWN


@click.command(cls=_Status)
@click.option("--json", "as_json", is_flag=True)
@click.option("--agent", metavar="URL|SOCKET")
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--ward", metavar="CODE")
@click.option("--lang", type=click.Choice(LANGUAGES))
def command(
    *, as_json: bool, agent: str | None, state: Path | None, ward: str | None, lang: Any
) -> int:
    """Show the ward's state on a few lines."""
    if ward is not None and not re.fullmatch(r"\d{5}", ward):
        raise StatusUsage("status.ward_form", ward=ward[:20])
    language: Language = lang or _language()
    if not as_json:
        return tell(agent, state, ward, language)
    from tui.status_look import look  # noqa: PLC0415 - checks what it shows; takes its time

    report = look(agent, state, ward)
    click.echo(report.status.model_dump_json(by_alias=True))
    return _ended(report, language)


def tell(
    agent: str | None,
    state: Path | None,
    ward: str | None,
    language: Language,
    finish: Callable[[str], str] = str,
) -> int:
    """Say it in a few lines, each of which `finish` fits to the terminal; the exit code."""
    try:
        seen = glanced(agent, state, ward, language)
    except InputError as error:
        raise StatusUsage(error.key, **error.values) from error
    if seen is not None:
        _show(seen[0], finish)
        return seen[1]
    from tui.status_look import look  # noqa: PLC0415 - only when something is not as it should be

    report = look(agent, state, ward)
    _show(lines(report.status, language, str(state or state_folder())), finish)
    return _ended(report, language)


def _show(shown: list[str], finish: Callable[[str], str]) -> None:
    for line in shown:
        click.echo(finish(line))


def _ended(report: Report, language: Language) -> int:
    if report.trouble is not None:
        click.echo(report.trouble.text(language), err=True)
    return exit_code(report.status)


def _language() -> Language:
    """The language given before the command, else the environment's, else Vietnamese."""
    context = click.get_current_context(silent=True)
    noted = context.meta.get("wardops.lang") if context is not None else None
    wanted = noted or os.environ.get("WARDOPS_LANG")
    return next((language for language in LANGUAGES if language == wanted), DEFAULT_LANGUAGE)
