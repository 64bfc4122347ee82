"""`wardops link token`: makes the token of one ward's agent, to be kept at both ends."""

from __future__ import annotations

from datetime import timedelta

import click

from agent.cli import language_of
from agent.duty import ICT
from agent.link.tokens import digest, fresh_ward_token
from inventory.errors import InputError
from inventory.language import LANGUAGES, say
from inventory.units import units
from probes.clock import SystemClock

_VALID_FOR = timedelta(days=180)


@click.command()
@click.argument("ward")
@click.option("--lang", type=click.Choice(LANGUAGES))
@click.pass_context
def link_token(ctx: click.Context, /, ward: str, lang: str | None) -> None:  # noqa: ARG001 - read by language_of
    """Make a token for the link of one ward's agent; shown once, the hub keeps its digest.

    Exit 2 for a code that is no ward's.
    """
    if ward not in units():
        raise InputError("link.no_unit", ward=ward)
    token, language = fresh_ward_token(), language_of(ctx)
    expires = (SystemClock().now().astimezone(ICT) + _VALID_FOR).date()
    click.echo(say("link.token_shown", language, ward=ward))
    click.echo(f"  {token}")
    click.echo(say("link.token_line", language))
    click.echo(
        f"  - {{id: link-{ward}, sha256: {digest(token)}, role: link,"
        f' wards: ["{ward}"], expires: {expires}}}'
    )
