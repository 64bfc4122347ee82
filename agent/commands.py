"""`wardops agent`: thin; the work is in `serve`."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.client import state_folder
from inventory.language import LANGUAGES

if TYPE_CHECKING:
    from inventory.values import Vantage

DEFAULT_LISTEN = "127.0.0.1:9642"


def default_inventory() -> Path:
    """`$WARDOPS_INVENTORY`, else `/etc/wardops/inventory`."""
    return Path(os.environ.get("WARDOPS_INVENTORY", "/etc/wardops/inventory"))


@click.command()
@click.option("--inventory", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--vantage", type=click.Choice(("ward", "hub")))
@click.option("--listen", default=DEFAULT_LISTEN, show_default=True, metavar="HOST:PORT")
@click.option("--socket", type=click.Path(path_type=Path, dir_okay=False), metavar="PATH")
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--lang", type=click.Choice(LANGUAGES))
def agent(
    inventory: Path | None,
    vantage: Vantage | None,
    listen: str,
    socket: Path | None,
    state: Path | None,
    lang: str | None,  # noqa: ARG001 - read by agent.cli.language_of
) -> None:
    """Poll an inventory, judge, serve metrics and the API until told to stop."""
    from agent.serve import Options, plan_of, serve  # noqa: PLC0415 - its weight only when asked

    log_to_stderr()
    folder = state or state_folder()
    options = Options(
        inventory=inventory or default_inventory(),
        state=folder,
        listen=listen,
        socket=socket or folder / "wardops.sock",
        vantage=vantage,
    )
    asyncio.run(serve(plan_of(options), options))


def log_to_stderr() -> None:
    """One line per event, `key=value`; libraries speak only when something is wrong."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    for noisy in ("httpx", "httpcore", "uvicorn", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
