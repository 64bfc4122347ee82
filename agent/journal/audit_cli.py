"""`wardops audit verify`: whether the audit chain is what was written, read without an agent."""

from __future__ import annotations

from pathlib import Path

import click

from agent.cli import language_of
from agent.client import state_folder
from agent.journal.audit_shelf import check_chain
from inventory.language import LANGUAGES, say

EXIT_NOT_GOOD = 1


@click.command()
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--lang", type=click.Choice(LANGUAGES))
@click.pass_context
def audit_verify(
    context: click.Context,
    state: Path | None,
    lang: str | None,  # noqa: ARG001 - read by agent.cli.language_of
) -> int:
    """Verify the audit chain of a state folder and name the first bad row."""
    language = language_of(context)
    bad, head = check_chain(state or state_folder())
    values = {"rows": head.seq, "sha": head.sha.hex()[:16], "row": bad}
    click.echo(say("audit.good" if bad is None else "audit.bad", language, **values))
    return 0 if bad is None else EXIT_NOT_GOOD
