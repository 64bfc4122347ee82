"""The lab by hand, for trainers and for whoever wants to look: up, exec, impair, status, down."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from drills.impairment import Impairment
from tests.lab import ward
from tests.lab.faults import FAULTS
from tests.lab.lab import Lab, runs, sweep
from tests.lab.net import LabError

if TYPE_CHECKING:
    from collections.abc import Callable

_PERCENT = click.FloatRange(0, 100)
_MS = click.FloatRange(min=0)


@click.group()
def main() -> None:
    """A ward from real programs in network namespaces; root alone can build it."""


@main.command()
@click.option("--agent/--no-agent", default=True, help="Start `wardops agent` in the ward too.")
def up(*, agent: bool) -> None:
    """Build a ward that stays until `down`, and prove its line."""
    lab = Lab()
    try:
        lab.up(keep=True)
        click.echo(f"{lab.prefix} is up after {lab.took_s['settled']:.1f} s: {lab.prove()}")
        if agent:
            lab.start_agent()
            click.echo(f"to look at it: wardops tui --state {lab.folder}/state")
    except BaseException:
        lab.down()
        raise


@main.command()
def down() -> None:
    """Take down what `up` built, and what dead runs left."""
    sweep()
    for prefix in runs():
        lab = Lab(prefix)
        if lab.is_kept():
            lab.down()
            click.echo(f"{prefix} is gone")


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("host", type=click.Choice(ward.HOSTS))
@click.argument("argv", nargs=-1, required=True, type=click.UNPROCESSED)
def exec(host: str, argv: tuple[str, ...]) -> NoReturn:  # noqa: A001 - the command's name
    """Run a program on one of the lab's hosts."""
    command = _kept().net.inside(host, *argv)
    os.execvp(command[0], command)  # noqa: S606 - what was asked for


@main.command()
@click.option("--way", type=click.Choice(("out", "back", "both")), default="both")
@click.option("--delay", type=_MS, default=0.0, help="ms")
@click.option("--jitter", type=_MS, default=0.0, help="ms, either way; at most the delay")
@click.option("--loss", type=_PERCENT, default=0.0, help="per cent; 100 cuts the line")
@click.option("--rate", type=click.FloatRange(min=0.001), help="Mbit/s")
@click.option("--largest", type=click.IntRange(min=68), help="octets of the largest packet")
@click.option("--reorder", is_flag=True, help="let jitter change the order")
@click.option("--seed", type=int, default=0)
def impair(way: str, **given: Any) -> None:
    """Let the line be bad, or without options good again; what it did until now."""
    try:
        line = Impairment(
            delay_s=given["delay"] / 1000,
            jitter_s=given["jitter"] / 1000,
            loss=given["loss"] / 100,
            rate_bps=None if given["rate"] is None else given["rate"] * 1e6,
            reorder=given["reorder"],
            seed=given["seed"],
            largest=given["largest"],
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    ways = ("out", "back") if way == "both" else (way,)
    click.echo(json.dumps(_kept().impair(**dict.fromkeys(ways, line)), indent=2))


@main.command()
@click.argument("name", required=False)
@click.option("--mend", is_flag=True)
def fault(name: str | None, *, mend: bool) -> None:
    """Put a fault of the list in, or mend it; without a name: the list."""
    if name is None:
        for one in FAULTS:
            click.echo(f"{one.name}: {one.segment}")
        return
    found = next((one for one in FAULTS if one.name == name), None)
    if found is None:
        raise click.UsageError(f"no fault is named {name!r}")
    act: Callable[[Lab], object] = found.mend if mend else found.inject
    act(_kept())


@main.command()
def status() -> None:
    """What runs, how much memory it holds, and what the agent says."""
    lab = _kept()
    held = lab.programs.memory_mb()
    for name, megabytes in sorted(held.items(), key=lambda pair: -pair[1]):
        click.echo(f"{megabytes:7.1f} MB  {name}")
    click.echo(f"{sum(held.values()):7.1f} MB  {lab.prefix}")
    if verdict := lab.verdict():
        click.echo(f"{verdict.segment} {verdict.part} {verdict.state}: {verdict.headline.en}")


def _kept() -> Lab:
    """The lab that `up` built."""
    found = [lab for prefix in runs() if (lab := Lab(prefix)).is_kept()]
    if not found:
        raise click.UsageError("no lab is up: python -m tests.lab up")
    return found[-1]


if __name__ == "__main__":
    try:
        main()
    except LabError as error:
        click.echo(f"lab: {error}", err=True)
        sys.exit(2)
