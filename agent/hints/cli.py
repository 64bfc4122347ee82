"""`wardops hints unknown`: who sends traps or syslog lines and is no device of the inventory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agent.cli import language_of
from agent.client import find_agent
from agent.duty import ICT
from agent.incidents.cli import reaches_agent
from inventory.language import say

if TYPE_CHECKING:
    from agent.wire.sender import UnknownSender
    from inventory.language import Language


@click.command()
@click.option("--json", "as_json", is_flag=True)
@reaches_agent
@click.pass_context
def hints_unknown(ctx: click.Context, /, as_json: bool, **where: Any) -> None:
    """List the last senders that are no device of the inventory; exit 0 also when there is none."""
    with find_agent(where["agent"], where["state"]) as client:
        found = client.unknown_senders()
    if as_json:
        click.echo(found.model_dump_json())
        return
    language = language_of(ctx)
    for one in found.senders:
        click.echo(_line(one, language))
    if not found.senders:
        click.echo(say("hints.no_senders", language))


def _line(one: UnknownSender, language: Language) -> str:
    at = one.seen_at.astimezone(ICT).strftime("%H:%M:%S %d/%m/%Y")
    return say(
        "hints.sender_line", language, address=one.address, count=one.messages,
        channel=one.channel, at=at,
    )  # fmt: skip
