"""`wardops vm audit`: ask the machines of the inventory now, and say how well they are kept."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli import language_of
from agent.client import state_folder
from agent.commands import default_inventory
from agent.machines.audit import audit, audited_targets
from agent.machines.audit_page import audit_page
from agent.machines.audit_words import as_csv, as_json, as_text
from agent.machines.trends import kept_trends
from inventory.errors import InputError, StoreError
from inventory.language import LANGUAGES
from inventory.load import load
from inventory.text import one_line
from probes.clock import SystemClock
from probes.registry import kinds
from probes.transports.open import open_transports

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from agent.machines.judging import Audited
    from inventory.language import Language
    from inventory.model import Inventory
    from probes.vm.trend import Trends


@click.command()
@click.option("--ward", metavar="CODE")
@click.option("--inventory", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option(
    "--format", "form", type=click.Choice(("text", "html", "csv", "json")), default="text"
)
@click.option("--lang", type=click.Choice(LANGUAGES))
@click.pass_context
def vm_audit(
    ctx: click.Context, /, ward: str | None, inventory: Path | None, state: Path | None, form: str,
    lang: str | None,  # noqa: ARG001 - read by language_of
) -> int:  # fmt: skip
    """Judge machines by the rules of hygiene; 0 none fails, 1 some, 2 bad input, 3 not measured.

    What needs a history is judged by that of the agent whose state folder is given, else of the
    one in the usual folder, if any.
    """
    found = load(inventory or default_inventory(), kinds(), with_secrets=False)
    wards = _wards(found, ward)
    history = _history(state, wards, found.site.realm)
    audited = asyncio.run(_audited(found, wards, history))
    language, realm = language_of(ctx), found.site.realm
    click.echo(_in_form(audited, form, realm, (SystemClock().now(), language)), nl=False)
    return exit_of(audited)


def exit_of(audited: Sequence[Audited]) -> int:
    """3 where no machine was measured, 1 where a rule fails that nobody accepted, else 0."""
    if not any(one.is_measured for one in audited):
        return 3
    return int(any(finding.counts for one in audited for finding in one.findings))


def _wards(inventory: Inventory, ward: str | None) -> tuple[str, ...]:
    """The wards meant. Raises InputError for one that is not there, or without any machine."""
    if ward is not None and ward not in inventory.wards:
        known = ", ".join(list(inventory.wards)[:6])
        raise InputError("vm_audit.no_such_ward", ward=one_line(ward), wards=known)
    meant = tuple(inventory.wards) if ward is None else (ward,)
    if not any(audited_targets(inventory, one) for one in meant):
        raise InputError("vm_audit.no_machines")
    return meant


def _history(
    state: Path | None, wards: Sequence[str], realm: str
) -> Mapping[str, Mapping[str, Trends]]:
    """What an agent keeps of these wards; a usual folder that cannot be read has no history."""
    now_s = SystemClock().now().timestamp()
    if state is not None:
        return kept_trends(state, wards, realm, now_s)
    try:
        return kept_trends(state_folder(), wards, realm, now_s)
    except (InputError, StoreError):
        return {}


async def _audited(
    inventory: Inventory, wards: Sequence[str], history: Mapping[str, Mapping[str, Trends]]
) -> tuple[Audited, ...]:
    clock = SystemClock()
    async with open_transports(inventory, clock) as transports:
        return await audit(inventory, wards, transports, clock, lambda one: history.get(one, {}))


def _in_form(
    audited: Sequence[Audited], form: str, realm: str, made: tuple[datetime, Language]
) -> str:
    at, language = made
    if form == "json":
        return as_json(audited, realm)
    if form == "csv":
        return as_csv(audited, language)
    if form == "html":
        return audit_page(audited, realm, at, language)
    return as_text(audited, realm, language)
