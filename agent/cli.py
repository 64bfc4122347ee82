"""The `wardops` command: a click group whose subcommands load when they are called.

Subcommands are entry points of the group `wardops.commands`; a dot in the name nests
(`inventory.check`), so a new one is a click command and one line in pyproject.toml.
"""

from __future__ import annotations

import os
import sys
import traceback
from importlib.metadata import EntryPoint, entry_points, packages_distributions
from itertools import pairwise
from typing import Any

import click

from inventory.errors import WardopsError
from inventory.language import DEFAULT_LANGUAGE, LANGUAGES, Language, say

PACKAGES = ("inventory", "probes", "playbooks", "agent", "tui", "drills")
EXIT_BUG = 70


def commands() -> dict[str, EntryPoint]:
    """The subcommands by dotted name, nothing imported yet."""
    return {entry.name: entry for entry in entry_points(group="wardops.commands")}


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


class Lazy(click.Group):
    """A group that knows its children by entry-point name and imports one when it is called."""

    def __init__(self, *args: Any, prefix: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prefix = prefix

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
        entry = commands().get(self.prefix + cmd_name)
        if entry is not None:
            command: click.Command = entry.load()
            return command
        nested = f"{self.prefix}{cmd_name}."
        if any(name.startswith(nested) for name in commands()):
            key = f"cli.group.{self.prefix}{cmd_name}"
            return Lazy(name=cmd_name, prefix=nested, help=say(key, language_of(ctx)))
        return None

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
    while ctx is not None:
        found = ctx.params.get("lang")
        if found in LANGUAGES:
            return found  # type: ignore[no-any-return]
        ctx = ctx.parent
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


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; no trace ever reaches a person.

    0 good, 1 checked and not good, 2 bad input, 3 cannot tell, 70 a bug (one line; the trace goes
    to standard error only with WARDOPS_TRACE=1).
    """
    language = _language_asked(sys.argv[1:] if arguments is None else arguments)
    clash = foreign_owner({k: list(v) for k, v in packages_distributions().items()})
    if clash is not None:
        click.echo(say("cli.name_clash", language, package=clash[0], owner=clash[1]), err=True)
        return 2
    try:
        outcome = root.main(args=arguments, prog_name="wardops", standalone_mode=False)
        return outcome if isinstance(outcome, int) else 0
    except WardopsError as error:
        click.echo(error.text(language), err=True)
        return error.exit_code
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        click.echo(say("cli.usage", language, problem=error.format_message()), err=True)
        return 2
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001 - the seam: a bug becomes one line and exit 70
        click.echo(say("cli.bug", language, problem=f"{type(error).__name__}: {error}"), err=True)
        if os.environ.get("WARDOPS_TRACE"):
            traceback.print_exc()
        return EXIT_BUG
