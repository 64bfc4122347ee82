"""`wardops probe DEVICE|URL`: ask one thing once and say what came of it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from inventory.credentials import resolve
from inventory.errors import InputError
from inventory.language import DEFAULT_LANGUAGE, LANGUAGES, say
from inventory.load import load
from inventory.text import one_line
from probes.clock import SystemClock
from probes.describe import deciding, describe, reason_text
from probes.errors import HOST_KEY_CHANGED, ProbeError
from probes.inventory_cli import folder_of
from probes.model import ProbeContext, Reason
from probes.once import ask
from probes.path.bandwidth import is_working_time
from probes.record import TIMEOUT_S, blanked, record, refuse_existing, write
from probes.registry import kinds, probes_for
from probes.summary import summary
from probes.target import targets_of
from probes.transports.open import open_transports
from probes.transports.witness import witnessed
from probes.url_forms import Asked, is_url, parse_target, with_auth, with_trust
from probes.vc import cisco_record, poly_record

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from inventory.credentials import Secret
    from inventory.language import Language
    from inventory.model import Inventory
    from probes.model import Observation, Target
    from probes.record import Recorded


# Probes whose answers are recorded as they are, less what is private.
_RECORDERS: Mapping[str, Callable[[Target, ProbeContext], Awaitable[Recorded]]] = MappingProxyType(
    {
        "cisco-ce": cisco_record.record,
        "poly": poly_record.record,
        "poly-trio": poly_record.record_trio,
    }
)


# Also "config", yet an answer came: a key that a person has to look at, another's address.
_TOLD_BY_HOST = frozenset({"host_key_none", HOST_KEY_CHANGED, "libvirt_host_key", "wrong_source"})


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the command line asks for."""

    name: str
    folder: Path | None
    auth: tuple[str, ...]
    pin: str | None
    insecure: bool
    only: str | None = None


@dataclass(frozen=True, slots=True)
class _Came:
    """What came of it, with what it cost."""

    observations: tuple[Observation, ...]
    seconds: float
    requests: int


class _Spoken(click.Command):
    """A command whose help comes from the catalogue, in the language asked for."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, the catalogue's text, and nothing that is in one language only."""
        self.format_usage(ctx, formatter)
        formatter.write_paragraph()
        formatter.write(say("probe.help", _language(ctx.params.get("lang"))))


@click.command(cls=_Spoken)
@click.argument("name", metavar="DEVICE|URL")
@click.option("--inventory", "folder", type=click.Path(path_type=Path))
@click.option("--auth", multiple=True)
@click.option("--json", "as_json", is_flag=True)
@click.option("--debug", is_flag=True)
@click.option("--record", "file", type=click.Path(path_type=Path))
@click.option("--probe", "only")
@click.option("--pin")
@click.option("--insecure", is_flag=True)
@click.option("--yes", is_flag=True)
@click.option("--lang", type=click.Choice(LANGUAGES), is_eager=True)
def command(
    name: str,
    folder: Path | None,
    auth: tuple[str, ...],
    as_json: bool,
    debug: bool,
    file: Path | None,
    only: str | None,
    pin: str | None,
    insecure: bool,
    yes: bool,
    lang: str | None,
) -> int:
    """Ask a device or URL once; 0 when it was good, 1 when not, 2 for wrong input."""
    language = _language(lang)
    # What was asked goes to standard output, beside --json to standard error.
    tell = _teller(to_stderr=as_json) if debug else _nothing
    if not debug:  # a bug is one word in the result; its trace is for --debug
        logging.getLogger("probes").addHandler(logging.NullHandler())
    try:
        inventory, asked = _asked(_Wish(name, folder, auth, pin, insecure, only))
        if not yes:
            _refuse_to_disturb(asked)
        tell, secret = blanked(tell, _secrets(inventory, auth))
        if file is not None:
            return _record(inventory, asked, secret, tell, file, language)
        came = asyncio.run(_run(inventory, asked, secret, tell))
    except InputError as error:
        click.echo(error.text(language), err=True)
        return error.exit_code
    if as_json:
        click.echo(json.dumps(_described(asked.target.name, came, language), ensure_ascii=False))
    else:
        _print_summary(asked.target, came, language)
    return _exit_code(deciding(came.observations))


def _exit_code(seen: Observation) -> int:
    """2 where the command line, a secret or this machine must be put right before asking."""
    if seen.reason is Reason.CONFIG and seen.detail not in _TOLD_BY_HOST:
        return InputError.exit_code
    return 0 if seen.ok else 1


def _described(name: str, came: _Came, language: Language) -> dict[str, Any]:
    return describe(
        name,
        came.observations,
        seconds=came.seconds,
        requests=came.requests,
        language=language,
    )


def _print_summary(target: Target, came: _Came, language: Language) -> None:
    for line in summary(target, came.observations, came.seconds, came.requests, language):
        click.echo(line)


def _language(asked: str | None) -> Language:
    wanted = asked or os.environ.get("WARDOPS_LANG")
    return next((language for language in LANGUAGES if language == wanted), DEFAULT_LANGUAGE)


def _teller(*, to_stderr: bool) -> Callable[[str], None]:
    return lambda line: click.echo(line, err=to_stderr)


def _nothing(_line: str) -> None:
    """Where lines go that nobody asked for."""


def _asked(wish: _Wish) -> tuple[Inventory | None, Asked]:
    if is_url(wish.name):
        asked = parse_target(wish.name, wish.auth, pin=wish.pin, insecure=wish.insecure)
        asked = replace(asked, probes=_only(wish, asked.probes))
        here = str(Path.cwd())
        elsewhere = tuple(replace(other, folder=here) for other in asked.others)
        return None, replace(asked, target=replace(asked.target, folder=here), others=elsewhere)
    inventory = load(folder_of(None, wish.folder), kinds(), with_secrets=False)
    target = with_trust(_find(wish.name, inventory), pin=wish.pin, insecure=wish.insecure)
    first, *others = [with_auth(target, ref) for ref in wish.auth] or [target]
    # The watch is one echo of what `icmp` measures with five.
    able = probes_for(first, on_demand=wish.only is not None)
    probes = tuple(probe.name for probe in able if probe.name != "watch")
    if not probes:
        raise InputError("probe.nothing_to_ask", device=wish.name)
    return inventory, Asked(first, _only(wish, probes), tuple(others))


def _only(wish: _Wish, probes: tuple[str, ...]) -> tuple[str, ...]:
    """The one probe that the command line names, else all."""
    if wish.only is None:
        return probes
    if wish.only not in probes:
        known = ", ".join(probes)
        raise InputError("probe.not_asked_so", device=wish.name, probe=wish.only, known=known)
    return (wish.only,)


def _refuse_to_disturb(asked: Asked) -> None:
    """What fills the line is not started while people need it, unless they say so."""
    if "bandwidth" in asked.probes and is_working_time(SystemClock().now()):
        raise InputError("probe.bandwidth_hours", url=asked.target.name)


def _find(name: str, inventory: Inventory) -> Target:
    """The target of that name, or `WARD/NAME` where several wards have one."""
    code, _, short = name.rpartition("/")
    found = [
        target
        for ward in inventory.wards.values()
        if code in ("", ward.ward)
        for target in targets_of(ward, inventory)
        if target.name == short
    ]
    if not found:
        raise _unknown(name, inventory)
    if len(found) > 1:
        wards = ", ".join(f"{target.ward}/{short}" for target in found[:3])
        raise InputError("probe.ambiguous", device=name, examples=wards)
    return found[0]


def _unknown(name: str, inventory: Inventory) -> InputError:
    """That there is no such target, with the one whose name is nearest."""
    names = {t.name for ward in inventory.wards.values() for t in targets_of(ward, inventory)}
    words = {"device": one_line(name), "folder": one_line(inventory.folder, 200)}
    near = get_close_matches(name.rpartition("/")[2], sorted(names), n=1)
    if not near:
        return InputError("probe.unknown_device", **words)
    return InputError("probe.unknown_device_near", **words, nearest=near[0])


def _secrets(inventory: Inventory | None, given: Sequence[str]) -> Callable[[str], Secret]:
    """References of the command line start here, those of the inventory in its folder."""
    folder = Path(inventory.folder) if inventory is not None else Path.cwd()
    return lambda ref: resolve(ref, Path.cwd() if ref in given else folder)


def _record(
    inventory: Inventory | None,
    asked: Asked,
    secret: Callable[[str], Secret],
    tell: Callable[[str], None],
    file: Path,
    language: Language,
) -> int:
    """Walk the device into a new file; 0 when all of it was read, 1 when not."""
    target, recorder = asked.target, _recorder(asked)
    refuse_existing(file)
    try:
        recorded = asyncio.run(_walk(inventory, target, recorder, secret, tell))
    except ProbeError as error:
        why = reason_text(error.reason, error.detail_code, error.values, language)
        click.echo(say("record.failed", language, target=target.name, why=why), err=True)
        return 1
    write(recorded, file)
    count, left = len(recorded.redacted.lines), recorded.redacted.left_out
    click.echo(say("record.written", language, file=file, count=count, left=left))
    if not recorded.complete:
        click.echo(say("record.cut", language), err=True)
    return 0 if recorded.complete else 1


def _recorder(asked: Asked) -> Callable[[Target, ProbeContext], Awaitable[Recorded]]:
    """How it is recorded: an endpoint by its own tree, all else by SNMP; InputError for neither."""
    own = next((_RECORDERS[name] for name in asked.probes if name in _RECORDERS), None)
    if own is None and asked.target.snmp is None:
        raise InputError("record.no_snmp", target=asked.target.name)
    return own or record


async def _walk(
    inventory: Inventory | None,
    target: Target,
    recorder: Callable[[Target, ProbeContext], Awaitable[Recorded]],
    secret: Callable[[str], Secret],
    tell: Callable[[str], None],
) -> Recorded:
    clock = SystemClock()
    async with open_transports(inventory, clock) as transports:
        watched, _ = witnessed(transports, tell)
        context = ProbeContext(clock, clock.monotonic() + TIMEOUT_S, watched, secret, tell)
        return await recorder(target, context)


async def _run(
    inventory: Inventory | None,
    asked: Asked,
    secret: Callable[[str], Secret],
    tell: Callable[[str], None],
) -> _Came:
    clock = SystemClock()
    async with open_transports(inventory, clock) as transports:
        watched, tally = witnessed(transports, tell)
        begun = clock.monotonic()
        observations = await ask(asked, watched, clock, secret, tell)
        return _Came(observations, clock.monotonic() - begun, tally.requests)
