"""`wardops status`: the ward's state as a few lines of text, or JSON; never the full screen.

Exit 0 ok, 1 degraded, 2 down, 3 unknown: the convention of monitoring plug-ins. Data that is not
current is shown with its age and never counts as good. Usage errors are 3 as well.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.client import AgentRefused, AgentUnreachable, find_agent, last_known, state_folder
from agent.wire import Status, VerdictBrief, WardSummary
from inventory.errors import InputError, WardopsError
from inventory.language import DEFAULT_LANGUAGE, LANGUAGES
from tui.status_text import lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.client import LastKnown
    from agent.wire import Snapshot, StateName, StateWard, Verdict
    from inventory.language import Language

_EXIT = {"ok": 0, "maintenance": 0, "degraded": 1, "down": 2}
_UNKNOWN = 3
_WORST_FIRST: tuple[StateName, ...] = ("down", "degraded", "unknown", "maintenance", "ok")
_TIMEOUT_S = 3.0


class StatusUsage(InputError):
    """A wrong argument of `status`; exit 3, since it then cannot tell."""

    exit_code = _UNKNOWN


@dataclass(frozen=True, slots=True)
class Report:
    """What is known and, when the agent did not say it, why not."""

    status: Status
    trouble: WardopsError | None = None


class _Status(click.Command):
    """A wrong command line ends with 3 instead of 2, which would read as "down"."""

    usage_exit_code = _UNKNOWN


@click.command(cls=_Status)
@click.option("--json", "as_json", is_flag=True)
@click.option("--agent", metavar="URL|SOCKET")
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--ward", metavar="CODE")
@click.option("--lang", type=click.Choice(LANGUAGES))
def command(
    *, as_json: bool, agent: str | None, state: Path | None, ward: str | None, lang: Any
) -> int:
    """Show the ward's state on a few lines."""
    if ward is not None and not re.fullmatch(r"\d{5}", ward):
        raise StatusUsage("status.ward_form", ward=ward[:20])
    language: Language = lang or _language()
    if not as_json:
        return tell(agent, state, ward, language)
    report = look(agent, state, ward)
    click.echo(report.status.model_dump_json(by_alias=True))
    return _ended(report, language)


def tell(
    agent: str | None,
    state: Path | None,
    ward: str | None,
    language: Language,
    finish: Callable[[str], str] = str,
) -> int:
    """Say it in a few lines, each of which `finish` fits to the terminal; the exit code."""
    report = look(agent, state, ward)
    for line in lines(report.status, language, str(state or state_folder())):
        click.echo(finish(line))
    return _ended(report, language)


def _ended(report: Report, language: Language) -> int:
    if report.trouble is not None:
        click.echo(report.trouble.text(language), err=True)
    return exit_code(report.status)


def look(agent: str | None, state: Path | None, ward: str | None) -> Report:
    """Ask the agent; when that fails, read what it last wrote. Raises StatusUsage."""
    try:
        with find_agent(agent, state, timeout_s=_TIMEOUT_S) as client:
            return Report(from_snapshot(client.snapshot(ward)))
    except AgentUnreachable as error:
        known = last_known(state or state_folder())
        return Report(from_file(known, ward, is_alive=False), error)
    except AgentRefused as error:
        if error.code == "not_found":
            raise StatusUsage(error.key, **error.values) from error
        known = last_known(state or state_folder())
        return Report(from_file(known, ward, is_alive=True), error)
    except InputError as error:
        raise StatusUsage(error.key, **error.values) from error


def from_snapshot(snapshot: Snapshot) -> Status:
    """What the agent says now. Pure."""
    return Status(
        source="agent",
        as_of=snapshot.ts,
        age_s=0.0,
        fresh=True,
        realm=snapshot.realm,
        state=_worst([ward.state for ward in snapshot.wards]),
        ward=snapshot.ward,
        verdict=_openable(snapshot),
        path=snapshot.path,
        incidents=tuple(one for one in snapshot.incidents if one.state != "closed"),
        call=snapshot.verdict.call if snapshot.verdict else (),
        wards=snapshot.wards,
    )


def _openable(snapshot: Snapshot) -> Verdict | None:
    """The verdict with the playbook that the agent can conduct, which may be a more general one."""
    fitting = snapshot.playbooks[0].id if snapshot.playbooks else None
    verdict = snapshot.verdict
    return verdict.model_copy(update={"playbook": fitting}) if verdict is not None else None


def from_file(known: LastKnown, code: str | None, *, is_alive: bool) -> Status:
    """What the state file says; current only while the agent lives and the file is young. Pure.

    Raises StatusUsage when the file does not have the ward asked for.
    """
    state, age_s = known.state, known.age_s
    if state is None:
        return Status(source="none")
    wards = [ward for ward in state.wards if code in {None, ward.ward.code}]
    if code is not None and not wards:
        have = ", ".join(ward.ward.code for ward in state.wards[:5])
        raise StatusUsage("status.no_ward", ward=code, wards=have)
    fresh = is_alive and age_s is not None and age_s <= state.ttl_s
    summaries = tuple(_summary(ward) for ward in wards)
    only = wards[0] if len(wards) == 1 else None
    return Status(
        source="state_file",
        as_of=state.generated_at,
        age_s=age_s,
        fresh=fresh,
        realm=state.realm,
        state=_worst([ward.state for ward in summaries]) if fresh else "unknown",
        ward=only.ward if only else None,
        verdict=only.verdict if only else None,
        path=only.path if only else (),
        incidents=tuple(incident for ward in wards for incident in ward.incidents),
        call=only.verdict.call if only and only.verdict else (),
        wards=summaries,
        left_out=state.left_out,
    )


def exit_code(status: Status) -> int:
    """0 ok (an announced maintenance too), 1 degraded, 2 down, 3 unknown or not current."""
    return _EXIT.get(status.state, _UNKNOWN) if status.fresh else _UNKNOWN


def _worst(states: list[StateName]) -> StateName:
    return next((state for state in _WORST_FIRST if state in states), "unknown")


def _summary(ward: StateWard) -> WardSummary:
    verdict = ward.verdict
    brief = VerdictBrief.model_validate(verdict.model_dump() if verdict else _NO_VERDICT)
    return WardSummary(
        **ward.ward.model_dump(),
        state=brief.state,
        verdict=brief,
        path=ward.path,
        open_incidents=sum(1 for one in ward.incidents if one.state in {"open", "acked"}),
        data_age_s=ward.data_age_s,
    )


_NO_VERDICT = {
    "segment": "unknown",
    "state": "unknown",
    "since": None,
    "confidence": 0.0,
    "headline": {"vi": "?", "en": "?"},
}


def _language() -> Language:
    """The language given before the command, else the environment's, else Vietnamese."""
    context = click.get_current_context(silent=True)
    noted = context.meta.get("wardops.lang") if context is not None else None
    wanted = noted or os.environ.get("WARDOPS_LANG")
    return next((language for language in LANGUAGES if language == wanted), DEFAULT_LANGUAGE)
