"""Asks the agent what `wardops status` shows, or reads what it last wrote; as checked values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.client import AgentRefused, AgentUnreachable, find_agent, last_known, state_folder
from agent.wire import Status, VerdictBrief, WardSummary
from inventory.errors import InputError, WardopsError
from tui.status_code import TIMEOUT_S, StatusUsage, fitting_playbook, worst

if TYPE_CHECKING:
    from pathlib import Path

    from agent.client import LastKnown
    from agent.wire import Snapshot, StateWard


@dataclass(frozen=True, slots=True)
class Report:
    """What is known and, when the agent did not say it, why not."""

    status: Status
    trouble: WardopsError | None = None


def look(agent: str | None, state: Path | None, ward: str | None) -> Report:
    """Ask the agent; when that fails, read what it last wrote. Raises StatusUsage."""
    try:
        with find_agent(agent, state, timeout_s=TIMEOUT_S) as client:
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
    verdict = snapshot.verdict
    if verdict is not None:
        verdict = verdict.model_copy(update={"playbook": fitting_playbook(snapshot)})
    return Status(
        source="agent",
        as_of=snapshot.ts,
        age_s=0.0,
        fresh=True,
        realm=snapshot.realm,
        state=worst([ward.state for ward in snapshot.wards]),
        ward=snapshot.ward,
        verdict=verdict,
        path=snapshot.path,
        incidents=tuple(one for one in snapshot.incidents if one.state != "closed"),
        meeting=next(iter(snapshot.meetings), None) if snapshot.ward else None,
        call=snapshot.verdict.call if snapshot.verdict else (),
        wards=snapshot.wards,
    )


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
        state=worst([ward.state for ward in summaries]) if fresh else "unknown",
        ward=only.ward if only else None,
        verdict=only.verdict if only else None,
        path=only.path if only else (),
        incidents=tuple(incident for ward in wards for incident in ward.incidents),
        meeting=only.meeting if only else None,
        call=only.verdict.call if only and only.verdict else (),
        wards=summaries,
        left_out=state.left_out,
    )


def _summary(ward: StateWard) -> WardSummary:
    verdict = ward.verdict
    brief = VerdictBrief.model_validate(verdict.model_dump() if verdict else _NO_VERDICT)
    return WardSummary(
        **ward.ward.model_dump(),
        state=brief.state,
        verdict=brief,
        path=ward.path,
        open_incidents=sum(1 for one in ward.incidents if one.state not in {"resolved", "closed"}),
        data_age_s=ward.data_age_s,
    )


_NO_VERDICT = {
    "segment": "unknown",
    "state": "unknown",
    "since": None,
    "confidence": 0.0,
    "headline": {"vi": "?", "en": "?"},
}
