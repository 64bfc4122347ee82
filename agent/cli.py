"""The `wardops` command: a click group whose subcommands load when they are called.

Subcommands are entry points of the group `wardops.commands`; a dot in the name nests
(`inventory.check`), so a new one is a click command and one line in pyproject.toml.
"""

from __future__ import annotations

import os
import sys
from copy import copy
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from agent.cli_words import Words, with_option_help
from agent.installed import are_our_own, entry_points
from inventory.errors import WardopsError
from inventory.language import DEFAULT_LANGUAGE, LANGUAGES, Language, say

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
PACKAGES = ("inventory", "probes", "playbooks", "agent", "tui", "drills")
EXIT_BUG = 70


@cache
def commands() -> Mapping[str, str]:
    """Where each subcommand is (`module:attribute`) by dotted name, nothing imported yet."""
    return entry_points("wardops.commands", sys.path)


def _loaded(place: str) -> click.Command:
    module, _, attribute = place.partition(":")
    found: Any = import_module(module)
    for name in attribute.split("."):
        found = getattr(found, name)
    return cast("click.Command", found)


def clash() -> tuple[str, str] | None:
    """One of our packages that is not ours alone, with its other owner."""
    if are_our_own(PACKAGES, ROOT, sys.path, "wardops"):
        return None
    from importlib.metadata import packages_distributions  # noqa: PLC0415 - a tenth of a second

    return foreign_owner({k: list(v) for k, v in packages_distributions().items()})


def foreign_owner(owners: dict[str, list[str]]) -> tuple[str, str] | None:
    """The first of our package names that another distribution also owns, with that owner.

    pip overwrites a package of the same name silently; running on then would run foreign code. An
    editable install reports no owner, which is fine.
    """
    for package in PACKAGES:
        for owner in owners.get(package, ()):
            if owner.lower() != "wardops":
                return package, owner
    return None


LANGUAGE_META = "wardops.lang"


def _note_language(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    """`wardops --lang en …`: the commands below read it from the context."""
    if value is not None:
        ctx.meta[LANGUAGE_META] = value


class _Context(click.Context):
    """Where a command is called; its help page speaks the user's language."""

    def make_formatter(self) -> click.HelpFormatter:
        return Words(language_of(self), width=self.terminal_width, max_width=self.max_content_width)


class Lazy(click.Group):
    """A group that knows its children by entry-point name and imports one when it is called."""

    context_class = _Context

    def __init__(self, *args: Any, prefix: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prefix = prefix
        self.params.append(
            click.Option(
                ["--lang"],
                type=click.Choice(LANGUAGES),
                expose_value=False,
                callback=_note_language,
                help=say("cli.option.lang", language_of(None)),
            )
        )

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names of the direct children."""
        names = {
            name.removeprefix(self.prefix).partition(".")[0]
            for name in commands()
            if name.startswith(self.prefix)
        }
        return sorted(names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one child; a name with children of its own becomes a group."""
        place = commands().get(self.prefix + cmd_name)
        if place is not None:
            command = copy(_loaded(place))
            name, language = self.prefix + cmd_name, language_of(ctx)
            command.help = say(f"cli.help.{name}", language)
            command.context_class = _Context  # its class may be click's own
            with_option_help(command, name, language)
            return command
        nested = f"{self.prefix}{cmd_name}."
        if any(name.startswith(nested) for name in commands()):
            key = f"cli.group.{self.prefix}{cmd_name}"
            return Lazy(name=cmd_name, prefix=nested, help=say(key, language_of(ctx)))
        return None

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What the group is for; the outermost one was made before any language was known."""
        if not self.prefix:
            self.help = say("cli.root", language_of(ctx))
        super().format_help_text(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List children with their one-line help from the catalogue, so that none is imported."""
        rows = [
            (name, say(f"cli.help.{self.prefix}{name}", language_of(ctx)))
            for name in self.list_commands(ctx)
        ]
        with formatter.section(say("cli.commands", language_of(ctx))):
            formatter.write_dl(rows)


def language_of(ctx: click.Context | None) -> Language:
    """The language asked for with --lang (or $WARDOPS_LANG), Vietnamese when none was."""
    here = ctx
    while here is not None:
        found = here.params.get("lang")
        if found in LANGUAGES:
            return found  # type: ignore[no-any-return]
        here = here.parent
    noted = ctx.meta.get(LANGUAGE_META) if ctx is not None else None
    if noted in LANGUAGES:
        return noted  # type: ignore[no-any-return]
    return _language_asked(sys.argv[1:])


def _language_asked(arguments: list[str]) -> Language:
    """The language before click has parsed anything, for messages about the command line itself."""
    asked = os.environ.get("WARDOPS_LANG", "")
    for here, following in pairwise([*arguments, ""]):
        if here == "--lang":
            asked = following
        elif here.startswith("--lang="):
            asked = here.removeprefix("--lang=")
    return next((language for language in LANGUAGES if language == asked), DEFAULT_LANGUAGE)


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wardops")
def root() -> None:
    """wardops: the ward's line, switches, rooms, machines and services on one screen."""


def usage_line(error: click.ClickException, language: Language) -> str:
    """What is wrong with a command line, as one line in that language."""
    context = getattr(error, "ctx", None)
    where = context.command_path if context is not None else "wardops"
    key, values = "cli.usage.other", {"problem": " ".join(error.format_message().split())}
    match error:
        case click.exceptions.NoSuchCommand():
            key, values = "cli.usage.no_command", {"name": error.command_name}
        case click.NoSuchOption():
            key, values = "cli.usage.no_option", {"name": error.option_name}
        case click.MissingParameter():
            key, values = "cli.usage.missing", {"name": _named(error.param, context)}
        case click.exceptions.BadOptionUsage():
            key, values = "cli.usage.needs_value", {"name": error.option_name}
        case click.BadParameter() if error.param is not None:
            possible = _possible(error.param)
            key, values = "cli.usage.bad_value", {"name": _named(error.param, context)}
            if possible:
                key, values = "cli.usage.not_possible", {**values, "possible": possible}
    return say(key, language, where=where, **values)


def _usage_exit_code(error: click.ClickException) -> int:
    """2, but for a command that says otherwise (`status`, where 2 would read as "down")."""
    context = getattr(error, "ctx", None)
    return int(getattr(context.command, "usage_exit_code", 2)) if context else 2


def _possible(parameter: click.Parameter) -> str:
    """What a parameter takes: the words of a choice, the bounds of a number; else nothing."""
    match parameter.type:
        case click.Choice(choices=choices):
            return ", ".join(map(str, choices))
        case click.IntRange(min=low, max=high) | click.FloatRange(min=low, max=high):
            return " ".join(
                part
                for part in (f">= {low}" * (low is not None), f"<= {high}" * (high is not None))
                if part
            )
    return ""


def _named(parameter: click.Parameter | None, context: click.Context | None) -> str:
    """A parameter as it is typed: `--cause`, or the argument's name in capitals."""
    if isinstance(parameter, click.Option):
        return parameter.opts[0]
    return parameter.make_metavar(context) if parameter and context else ""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; no trace ever reaches a person.

    0 good, 1 checked and not good, 2 bad input, 3 cannot tell, 70 a bug (one line; the trace goes
    to standard error only with WARDOPS_TRACE=1).
    """
    language = _language_asked(sys.argv[1:] if arguments is None else arguments)
    foreign = clash()
    if foreign is not None:
        click.echo(say("cli.name_clash", language, package=foreign[0], owner=foreign[1]), err=True)
        return 2
    try:
        outcome = root.main(args=arguments, prog_name="wardops", standalone_mode=False)
        return outcome if isinstance(outcome, int) else 0
    except WardopsError as error:
        click.echo(error.text(language), err=True)
        return error.exit_code
    except click.exceptions.Abort:
        return 130
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 2
    except click.ClickException as error:
        click.echo(usage_line(error, language), err=True)
        return _usage_exit_code(error)
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001 - the seam: a bug becomes one line and exit 70
        click.echo(say("cli.bug", language, problem=f"{type(error).__name__}: {error}"), err=True)
        if os.environ.get("WARDOPS_TRACE"):
            sys.excepthook(type(error), error, error.__traceback__)
        return EXIT_BUG
