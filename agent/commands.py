"""`wardops agent` and `wardops incident …`: thin; the work is in `serve` and in the agent's API."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import Any

import click

from inventory.language import LANGUAGES

DEFAULT_LISTEN = "127.0.0.1:9642"


def state_folder(given: Path | None) -> Path:
    """Where the agent keeps its state: as given, else `$XDG_STATE_HOME/wardops`."""
    if given is not None:
        return given
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "wardops"


def default_inventory() -> Path:
    """`$WARDOPS_INVENTORY`, else `/etc/wardops/inventory`."""
    return Path(os.environ.get("WARDOPS_INVENTORY", "/etc/wardops/inventory"))


_lang = click.option("--lang", type=click.Choice(LANGUAGES), help="vi | en")
_agent_at = click.option(
    "--agent", "address", metavar="URL|SOCKET", help="http://… | /…/wardops.sock"
)
_state = click.option("--state", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")


@click.command()
@click.option("--inventory", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--vantage", type=click.Choice(("ward", "hub")))
@click.option("--listen", default=DEFAULT_LISTEN, show_default=True, metavar="HOST:PORT")
@click.option("--socket", type=click.Path(path_type=Path, dir_okay=False), metavar="PATH")
@_state
@_lang
def agent(
    inventory: Path | None,
    vantage: Any,
    listen: str,
    socket: Path | None,
    state: Path | None,
    lang: str | None,  # noqa: ARG001 - read by language_of
) -> None:
    """Poll an inventory, judge, serve metrics and the API."""
    from agent.serve import Options, plan_of, serve  # noqa: PLC0415 - the agent's weight, when asked

    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    folder = state_folder(state)
    options = Options(
        inventory=inventory or default_inventory(),
        state=folder,
        listen=listen,
        socket=socket or folder / "wardops.sock",
        vantage=vantage,
    )
    asyncio.run(serve(plan_of(options), options))
