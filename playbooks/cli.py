"""`wardops playbook list | show | check | run | print`: read and work playbooks."""

from __future__ import annotations

import asyncio
import functools
import getpass
import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import click

from inventory.credentials import resolve
from inventory.document import read
from inventory.errors import ActionRefused, InputError, InventoryError, Problem, WardopsError
from inventory.language import DEFAULT_LANGUAGE, LANGUAGES, say
from inventory.load import load
from inventory.text import one_line
from inventory.units import units
from playbooks.conduct import Conductor
from playbooks.desk import Desk, PaperNotifier
from playbooks.escalation import load_escalation
from playbooks.journal import resume
from playbooks.load import load_library, load_playbook
from playbooks.match import search
from playbooks.model import Ask, Decide, targets
from playbooks.page import playbook_page
from playbooks.pins import Pins, begun_for
from playbooks.probing import WardProber
from playbooks.seams import Seams
from playbooks.sight import ward_facts
from playbooks.who import who_page
from probes.clock import SystemClock
from probes.inventory_cli import folder_of
from probes.registry import kinds
from probes.transports.open import open_transports

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from inventory.language import Language
    from inventory.model import Inventory
    from playbooks.model import Playbook, Step
    from playbooks.picture import RunState

P = ParamSpec("P")
_UNFIT = re.compile(r"[^A-Za-z0-9._-]")


def _language_set() -> Language:
    asked = os.environ.get("WARDOPS_LANG")
    return next((language for language in LANGUAGES if language == asked), DEFAULT_LANGUAGE)


def _spoken(command: Callable[Concatenate[Language, P], int | None]) -> Callable[P, int]:
    """Give a command --lang, and turn an error of ours into its lines and its exit code."""

    @click.option("--lang", type=click.Choice(LANGUAGES), default=_language_set, help="vi or en.")
    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> int:
        language: Any = kwargs.pop("lang")
        try:
            code = command(language, *args, **kwargs) or 0
        except WardopsError as error:
            click.echo(error.text(language), err=True)
            code = error.exit_code
        click.get_current_context().exit(code)
        return code

    return run


_INVENTORY = click.option("--inventory", "folder", type=click.Path(path_type=Path), metavar="DIR")


@click.command()
@click.argument("words", nargs=-1)
@_spoken
def list_playbooks(language: Language, words: tuple[str, ...]) -> None:
    """List the playbooks of the library, or those that have WORDS in title or search words."""
    for playbook in search(" ".join(words), load_library()):
        minutes = f"{playbook.minutes}'" if playbook.minutes else ""
        title = getattr(playbook.title, language)
        click.echo(f"{playbook.id}  {playbook.version}  {title}  {minutes}".rstrip())


@click.command()
@click.argument("name", metavar="ID")
@_spoken
def show(language: Language, name: str) -> None:
    """Show one playbook: what it is for, its red lines, its steps and where they lead."""
    playbook = _named(name)

    def text(words: Any) -> str:
        return str(getattr(words, language))

    click.echo(f"{playbook.id} {playbook.version}  {text(playbook.title)}")
    click.echo(f"  {text(playbook.about.meaning)}\n  {text(playbook.about.impact)}")
    for line in playbook.dont:
        click.echo(f"  ! {text(line)}")
    for step in playbook.steps:
        click.echo(f"{step.id}  ({step.kind})  {_heading(step, language)}".rstrip())
        for key, goal in targets_shown(step, language):
            click.echo(f"    {key} -> {goal}")


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@_spoken
def check(language: Language, path: Path | None) -> None:
    """Check a playbook file or a folder of them: one line per problem and exit 2, or exit 0."""
    if path is not None and not path.is_dir():
        found: list[Playbook] = [load_playbook(path, walks_paths=True)]
    else:
        found = list(load_library(path, walks_paths=True).values())
    for playbook in found:
        values = {"steps": len(playbook.steps), "cases": len(playbook.tests.cases)}
        click.echo(say("playbook.cli.good", language, name=playbook.id, **values))


@click.command()
@click.argument("name", metavar="ID", required=False)
@click.option("--sheet", is_flag=True, help="The sheet who handles what instead.")
@_INVENTORY
@click.option("--ward", metavar="CODE", help="Only this ward's sheet.")
@_spoken
def print_page(
    language: Language, name: str | None, sheet: bool, folder: Path | None, ward: str | None
) -> None:
    """Write a playbook, or the sheet of who handles what, as one HTML page for A4."""
    if (name is None) != sheet:
        raise InputError("playbook.cli.which")
    if name is not None:
        click.echo(playbook_page(_named(name), language))
        return
    inventory = load(folder_of(None, folder), kinds(), with_secrets=False)
    codes = (_ward(inventory, ward),) if ward else None
    escalation = load_escalation(Path(inventory.folder))
    click.echo(who_page(inventory, escalation, language, SystemClock().now().date(), codes))


@dataclass(frozen=True, slots=True)
class _Wish:
    """What `run` is asked for."""

    name: str
    ward: str | None
    folder: Path | None
    state: Path
    answers: Path | None
    device: str | None
    incident: str | None
    resume: str | None


@click.command()
@click.argument("name", metavar="ID")
@click.option("--ward", metavar="CODE", help="The ward; the only one of the inventory if absent.")
@_INVENTORY
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--answers", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.option("--device", metavar="NAME")
@click.option("--incident", metavar="ID")
@click.option("--resume", metavar="RUN", help="Go on with a run that was left.")
@_spoken
def run(language: Language, /, state: Path | None, **asked: Any) -> int:
    """Work a playbook here, measuring by itself, while no agent runs.

    0 restored or done, 1 handed over, aborted or left open.
    """
    wish = _Wish(state=state or _state_folder(), **asked)
    if _agent_answers(wish.state):
        raise ActionRefused("playbook.cli.agent_runs")
    found = asyncio.run(_work(wish, language))
    outcome = say(f"playbook.result.ended.{found.outcome}", language)
    click.echo("\n" + say("playbook.cli.outcome", language, outcome=outcome))
    return 0 if found.outcome in {"restored", "not_reproduced", "closed"} else 1


async def _work(wish: _Wish, language: Language) -> RunState:
    clock = SystemClock()
    inventory = load(folder_of(None, wish.folder), kinds(), with_secrets=False)
    code = _ward(inventory, wish.ward)
    ward, unit, home = inventory.wards[code], units()[code], Path(inventory.folder)
    given = _answers(wish.answers) if wish.answers else None
    desk = Desk(language, _actor(), given)
    notifier = PaperNotifier(wish.state / "outbox", load_escalation(home), language)
    runs = wish.state / "runs"
    known = {**ward_facts(ward, unit), **begun_for(ward, wish.device)}
    if wish.resume:
        if not (runs / wish.resume).is_dir():
            raise InputError("playbook.cli.no_run", run=wish.resume, folder=str(runs))
        known = dict(resume(runs / wish.resume).facts)
    pins = Pins().joined(known)
    async with open_transports(inventory, clock) as transports:
        prober = WardProber(
            ward, unit, inventory, transports, clock, lambda r: resolve(r, home), pins
        )
        seams = Seams(prober, notifier, clock)
        if wish.resume:
            conductor = Conductor.resume(runs / wish.resume, seams, on_change=desk.show)
        else:
            conductor = Conductor.start(
                runs,
                _named(wish.name),
                seams,
                ward=code,
                realm=inventory.site.realm,
                actor=_actor(),
                incident=wish.incident,
                facts=known,
                on_change=desk.show,
            )
        title = getattr(conductor.playbook.title, language)
        click.echo(say("playbook.cli.began", language, title=title, run=conductor.run.id))
        click.echo(say("playbook.cli.folder", language, folder=str(runs / conductor.run.id)))
        desk.is_open = True
        desk.show(conductor.state())
        try:
            return await desk.serve(conductor)
        except (EOFError, asyncio.CancelledError, ActionRefused) as error:
            _say_left(conductor, language)
            if isinstance(error, EOFError):
                raise click.Abort from None
            raise


def _say_left(conductor: Conductor, language: Language) -> None:
    """How to go on with a run that stays open; nothing when it is over or no longer ours."""
    if not conductor.is_over:
        values = {"run": conductor.run.id, "id": conductor.playbook.id}
        click.echo("\n" + say("playbook.cli.left", language, **values))


def targets_shown(step: Step, language: Language) -> list[tuple[str, str]]:
    """Where a step leads, each way with the words that a person reads."""
    if isinstance(step, Decide):
        ways = [(_conditions(branch.when), branch.goto) for branch in step.branches]
        rest = [(key, goal) for key, goal in targets(step) if not key.startswith("branches")]
        return ways + rest
    if isinstance(step, Ask):
        options = [(f"{o.key} {getattr(o.text, language)}", o.goto) for o in step.options]
        rest = [(key, goal) for key, goal in targets(step) if not key.startswith("options")]
        return options + rest
    return list(targets(step))


def _conditions(when: Mapping[str, Any]) -> str:
    """Conditions on one line, much as they stand in the file."""
    shown = (
        f"not ({_conditions(matcher)})" if name == "not" else f"{name}: {_matcher(matcher)}"
        for name, matcher in when.items()
    )
    return ", ".join(shown)


def _matcher(matcher: Any) -> str:
    if isinstance(matcher, bool):
        return str(matcher).lower()
    return " | ".join(map(str, matcher)) if isinstance(matcher, list) else str(matcher)


def _heading(step: Step, language: Language) -> str:
    for key in ("title", "question", "say", "reason", "message"):
        words = getattr(step, key, None)
        if words is not None:
            return str(getattr(words, language))
    return ""


def _named(name: str) -> Playbook:
    library = load_library()
    if name not in library:
        raise InputError("playbook.cli.none", id=one_line(name))
    return library[name]


def _ward(inventory: Inventory, code: str | None) -> str:
    if code is None and len(inventory.wards) == 1:
        return next(iter(inventory.wards))
    wards = one_line(", ".join(inventory.wards), 80)
    if code is None:
        raise InputError("playbook.cli.no_ward", folder=inventory.folder, wards=wards)
    if code not in inventory.wards:
        where = one_line(inventory.folder, 200)
        raise InputError("inventory.ward_absent", code=one_line(code), folder=where, wards=wards)
    return code


def _answers(path: Path) -> dict[str, list[Any]]:
    """Answers by step; a list holds those of one visit after the other."""
    try:
        document = read(path, path.name)
    except Problem as problem:
        raise InventoryError((problem,)) from None
    if document.problems:
        raise InventoryError(document.problems)
    return {
        step: list(value) if isinstance(value, list) else [value]
        for step, value in document.values.items()
    }


def _state_folder() -> Path:
    """The default state folder, the agent's own: `$XDG_STATE_HOME/wardops`."""
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "wardops"


def _agent_answers(state: Path) -> bool:
    """Whether an agent listens on the socket of this state folder (where sockets have paths)."""
    family = getattr(socket, "AF_UNIX", None)
    if family is None:
        return False
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.settimeout(1)
        try:
            trial.connect(str(state / "wardops.sock"))
        except OSError:
            return False
    return True


def _actor() -> str:
    """Who types, as the system says."""
    return f"local:{_UNFIT.sub('_', getpass.getuser())[:40]}"
