"""`wardops drill list | run | score`: thin; the work is in `live`, `solve` and `score`."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli import language_of
from agent.client import state_folder
from drills.loading import find, shipped
from drills.record import read_run
from drills.review import as_json, promise, review
from drills.score import score
from inventory.errors import InputError, StoreError
from inventory.language import LANGUAGES, say
from probes.clock import SystemClock

if TYPE_CHECKING:
    from drills.scenario import Scenario, SolutionName
    from drills.score import Score
    from inventory.language import Language

DEFAULT_LISTEN = "127.0.0.1:9645"
SOLUTIONS = ("reference", "tempting", "idle")


@click.command()
@click.option("--lang", type=click.Choice(LANGUAGES))
@click.pass_context
def drill_list(ctx: click.Context, lang: str | None) -> None:  # noqa: ARG001 - read by language_of
    """The drills of this version."""
    language = language_of(ctx)
    for scenario in shipped().values():
        click.echo(
            say(
                "drill.title.list", language,
                id=scenario.id, level=scenario.level, minutes=scenario.time.limit_min,
                title=getattr(scenario.title, language),
            )
        )  # fmt: skip


@click.command()
@click.argument("drill", metavar="ID|FILE.yaml")
@click.option("--headless", is_flag=True, help="Play a shipped solution on the virtual clock.")
@click.option("--solution", type=click.Choice(SOLUTIONS), help="Which one; default reference.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(min=0))
@click.option("--listen", default=DEFAULT_LISTEN, show_default=True, metavar="HOST:PORT")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--inventory", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--for", "for_s", type=click.FloatRange(min=1), metavar="SECONDS")
@click.option("--lang", type=click.Choice(LANGUAGES))
@click.pass_context
def drill_run(
    ctx: click.Context,
    drill: str,
    headless: bool,
    solution: SolutionName | None,
    seed: int,
    listen: str,
    out: Path | None,
    inventory: Path | None,
    for_s: float | None,
    lang: str | None,  # noqa: ARG001 - read by language_of
) -> int:
    """Play a drill: calls and messages come as lines, what is done is typed or done in the TUI.

    The drill has its own simulated ward, inventory and state below --out (default: the state
    folder's `drill`). An --inventory of another realm, with a real address or with a credential
    that is not the drill's own is refused. Exit status: 0 passed (headless: the solution scores
    what the scenario promises), 1 not.
    """
    language = language_of(ctx)
    if solution and not headless:
        raise InputError("drill.no_solution")
    scenario = find(drill)
    name = solution or "reference"
    folder = new_folder(out or state_folder() / "drill", scenario.id, name if headless else "live")
    try:
        if headless:
            return _headless(scenario, name, seed, folder, inventory, language)
        return _live(scenario, seed, folder, inventory, listen, for_s, language)
    except InputError:
        with suppress(OSError):  # what was refused leaves nothing behind
            folder.rmdir()
        raise


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="RUN_FOLDER")
@click.option("--scenario", "name", metavar="ID|FILE.yaml", help="Score by this one instead.")
@click.option("--json", "wants_json", is_flag=True)
@click.option("--lang", type=click.Choice(LANGUAGES))
@click.pass_context
def drill_score(
    ctx: click.Context,
    folder: Path,
    name: str | None,
    wants_json: bool,
    lang: str | None,  # noqa: ARG001 - read by language_of
) -> int:
    """Score the log of a run again. Exit status: 0 passed, 1 not."""
    played = read_run(folder)
    scenario = find(name or played.header.drill)
    if scenario.id != played.header.drill:
        raise InputError(
            "drill.other_drill", path=folder, found=played.header.drill, wanted=scenario.id
        )
    result = score(scenario, played)
    if wants_json:
        click.echo(json.dumps(as_json(result), ensure_ascii=False, indent=1))
    else:
        _show(scenario, result, language_of(ctx))
    return 0 if result.passed else 1


def new_folder(base: Path, drill: str, what: str) -> Path:
    """A folder for one run that was not there before. Raises StoreError."""
    stamp = SystemClock().now().strftime("%Y%m%dT%H%M%SZ")
    for number in range(1, 1000):
        folder = base / f"{drill}-{stamp}-{what}{'' if number == 1 else f'-{number}'}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            problem = error.strerror or type(error).__name__
            raise StoreError("drill.log_failed", path=folder, problem=problem) from error
        return folder
    raise StoreError("drill.log_failed", path=base, problem="EEXIST")


def _headless(
    scenario: Scenario,
    name: SolutionName,
    seed: int,
    folder: Path,
    inventory: Path | None,
    language: Language,
) -> int:
    from drills.solve import rehearse  # noqa: PLC0415 - the agent's weight only when asked

    result = rehearse(scenario, scenario.solutions.deeds(name), seed, folder, inventory=inventory)
    _show(scenario, result, language, folder)
    bound, is_held = promise(scenario, name, result)
    key = "drill.review.held" if is_held else "drill.review.broken"
    click.echo(say(key, language, solution=name, total=result.total, bound=bound))
    return 0 if is_held else 1


def _live(
    scenario: Scenario,
    seed: int,
    folder: Path,
    inventory: Path | None,
    listen: str,
    for_s: float | None,
    language: Language,
) -> int:
    from drills.console import Console  # noqa: PLC0415 - the agent's weight only when asked
    from drills.live import Play, play  # noqa: PLC0415

    console = Console(language)
    what = Play(scenario, seed, folder, listen, SystemClock(), inventory, for_s)
    ending = asyncio.run(play(what, console))
    if ending != "void":
        console.line(say(f"drill.ended.{ending}", language))
    result = score(scenario, read_run(folder))
    _show(scenario, result, language, folder)
    return 0 if result.passed else 1


def _show(
    scenario: Scenario, result: Score, language: Language, folder: Path | None = None
) -> None:
    for line in review(scenario, result, language):
        click.echo(line)
    if folder is not None:
        click.echo(say("drill.title.seed", language, seed=result.seed, path=folder))
