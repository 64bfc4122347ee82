"""From the engine's view to the API's types: names and sentences, nothing decided."""

from __future__ import annotations

from math import isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING

from agent import wire
from agent.incidents.causes import cause_text, causes_for
from agent.incidents.deadlines import runs
from agent.incidents.record import IncidentState
from agent.regions import region_of
from agent.web import meetings
from agent.web.path import path_of
from inventory.language import LANGUAGES, say
from inventory.language import both as words
from playbooks.verdict.model import Sentence
from playbooks.verdict.render import both

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from agent.incidents.record import Deadline, Incident
    from agent.notices.model import Notice
    from agent.view import AgentView, WardView
    from playbooks.verdict.model import Verdict

_NOT_YET = Sentence("verdict.unknown", {})
_WORST = {"down": 0, "degraded": 1, "unknown": 2, "maintenance": 3, "ok": 4}
SHOWN_INCIDENTS = 50


def sentence(said: Sentence, ward: WardView) -> wire.Text:
    """A sentence in both languages, with this unit's kind."""
    return wire.Text.model_validate(both(said, ward.unit.kind))


def troubles(view: AgentView) -> tuple[wire.Trouble, ...]:
    """What hinders the agent itself, in both languages."""
    return tuple(
        wire.Trouble(
            code=one.code, text=wire.Text.model_validate(words(f"trouble.{one.code}", **one.values))
        )
        for one in view.troubles
    )


def link(view: AgentView) -> wire.LinkState | None:
    """How the link to the hub stands; None where no hub is called."""
    if view.link is None:
        return None
    return wire.LinkState(state=view.link.state, since=view.link.since, group=view.link.group)


def ward_ref(ward: WardView) -> wire.WardRef:
    """Code and names of a ward."""
    unit = ward.unit
    return wire.WardRef(
        code=unit.code, name=unit.name, slug=unit.slug, kind=unit.kind, area=unit.area,
        region=region_of(unit),
    )  # fmt: skip


def path(ward: WardView) -> tuple[wire.PathNode, ...]:
    """The five stations, as the engine gave them or as the verdict leaves them."""
    return tuple(
        wire.PathNode(segment=node.segment, state=node.state, reason=node.reason)
        for node in ward.path or path_of(ward.verdict, ward.facts)
    )


def circuits(ward: WardView) -> tuple[wire.Circuit, ...]:
    """The ward's lines, as their carriers know them."""
    return tuple(
        wire.Circuit(id=one.id, carrier=one.carrier, circuit=one.circuit, role=one.role)
        for one in ward.ward.links
    )


def verdict(ward: WardView, view: AgentView, *, is_brief: bool = False) -> wire.Verdict:
    """The ward's verdict; before the first one: unknown, with nothing to show for it.

    `is_brief` leaves out what it rests on.
    """
    found = ward.verdict
    said = _said(found, ward) if found else _nothing_said(ward, view)
    if found and not is_brief:
        said |= _grounds(found, ward)
    return wire.Verdict.model_validate(
        {
            "ward": ward.unit.code,
            "since": ward.since,
            "ts": view.now,
            "seq": view.seq,
            "path": path(ward),
            "incident": _incident_of(ward),
            **said,
        }
    )


def _nothing_said(ward: WardView, view: AgentView) -> dict[str, object]:
    headline = sentence(_NOT_YET, ward)
    return {
        "state": "unknown", "segment": "unknown", "confidence": 0.0, "row": "",
        "headline": headline, "vantage": view.vantage,
    }  # fmt: skip


_AS_IT_STANDS = (
    "state", "segment", "part", "confidence", "row", "vantage", "alternatives", "missing",
    "unmeasured", "also", "outside", "call", "dont",
)  # fmt: skip


def _said(found: Verdict, ward: WardView) -> dict[str, object]:
    return {
        **{name: getattr(found, name) for name in _AS_IT_STANDS},
        "headline": sentence(found.headline or _NOT_YET, ward),
        "playbook": found.playbook or None,
    }


def _grounds(found: Verdict, ward: WardView) -> dict[str, object]:
    return {
        "evidence": tuple(_evidence(said, ward) for said in found.evidence),
        "ruled_out": tuple(_ruled_out(said, ward) for said in found.ruled_out),
    }


def summary(ward: WardView) -> wire.WardSummary:
    """A ward in one line of a list."""
    found = ward.verdict
    brief = wire.VerdictBrief(
        segment=found.segment if found else "unknown",
        part=found.part if found else "",
        state=found.state if found else "unknown",
        since=ward.since,
        confidence=found.confidence if found else 0.0,
        headline=sentence(_headline(found), ward),
    )
    return wire.WardSummary(
        **ward_ref(ward).model_dump(),
        state=brief.state,
        verdict=brief,
        path=path(ward),
        open_incidents=len(ward.open_incidents),
        data_age_s=oldest_age_s(ward),
    )


def oldest_age_s(ward: WardView) -> float | None:
    """The oldest of the ages of the ward's devices on duty; None when one was never measured."""
    ages = [device.data_age_s for device in ward.devices if device.on_duty]
    oldest = max(ages, default=float("inf"))
    return finite(oldest)


def finite(seconds: float) -> float | None:
    """Seconds rounded to milliseconds for JSON; infinity (never measured) is null."""
    return round(seconds, 3) if isfinite(seconds) else None


def incident(
    found: Incident,
    now: datetime,
    children: Iterable[Incident] = (),
    told: Iterable[Notice] = (),
) -> wire.Incident:
    """An incident with its timeline: what the machine and people did, and what people wrote.

    `children` are the wards' incidents of a group incident; `now` is what countdowns run from;
    `told` are the notices about it.
    """
    record = found.model_dump(mode="json", exclude={"notes", "actions", "severity_rule", "shared"})
    record["deadlines"] = [_countdown(one, found, now) for one in found.deadlines]
    if found.keeps_as_is:
        record["advice"] = {one: say("incident.keep_as_is", one) for one in LANGUAGES}
    record["told"] = _told(told)
    record["children"] = [
        wire.IncidentChild(id=one.id, ward=one.ward, state=one.state) for one in children
    ]
    record["cause_text"] = cause_text(found.cause).model_dump() if found.cause else None
    if found.state is IncidentState.RESOLVED:
        known = causes_for(found.root.segment)
        record["causes"] = [cause_text(one).model_dump() for one in known]
    return wire.Incident.model_validate({**record, "timeline": _timeline(found)})


_STANDS: Mapping[str, str] = MappingProxyType({
    "planned": "waiting", "sending": "waiting", "sent": "sent", "failed": "failed",
    "expired": "expired",
})  # fmt: skip


def _told(rows: Iterable[Notice]) -> list[dict[str, object]]:
    """The newest notice to each recipient, but those that were overtaken."""
    newest = {(one.channel, one.recipient): one for one in rows if one.state in _STANDS}
    return [
        {
            "channel": one.channel, "recipient": one.recipient, "type": one.type,
            "state": _STANDS[one.state], "at": one.sent or one.made,
        }
        for one in newest.values()
    ]  # fmt: skip


def _countdown(one: Deadline, found: Incident, now: datetime) -> dict[str, object]:
    is_on = runs(one, found)
    left_s = round((one.due - now).total_seconds(), 1) if is_on else None
    said = one.model_dump(mode="json", exclude={"only_serious"})
    return {**said, "runs": is_on, "left_s": left_s}


def worst_first(wards: tuple[WardView, ...]) -> tuple[WardView, ...]:
    """Wards by how bad they are, then by code."""
    return tuple(sorted(wards, key=_badness))


def state_ward(
    ward: WardView, view: AgentView, incidents: int, *, is_brief: bool = False
) -> wire.StateWard:
    """A ward in state.json, with at most so many of its newest incidents not yet closed."""
    current = tuple(one for one in ward.incidents if one.t_closed is None)
    said = verdict(ward, view, is_brief=is_brief)
    return wire.StateWard(
        ward=ward_ref(ward),
        verdict=said,
        path=said.path,
        incidents=tuple(incident(one, view.now) for one in current[:incidents]),
        meeting=next(iter(meetings.upcoming(view, ward.unit.code)), None),
        data_age_s=oldest_age_s(ward),
    )


def _badness(ward: WardView) -> tuple[int, str]:
    return _WORST[ward.verdict.state if ward.verdict else "unknown"], ward.unit.code


def _headline(found: Verdict | None) -> Sentence:
    return (found.headline if found else None) or _NOT_YET


def _incident_of(ward: WardView) -> str | None:
    """The open incident that the verdict speaks of: of its segment, else the newest."""
    where = ward.verdict.segment if ward.verdict else ""
    ranked = sorted(ward.open_incidents, key=lambda one: one.root.segment != where)
    return ranked[0].id if ranked else None


def _evidence(said: Sentence, ward: WardView) -> wire.Evidence:
    return wire.Evidence(key=said.key, text=sentence(said, ward), source=said.source, ts=said.at)


def _ruled_out(said: Sentence, ward: WardView) -> wire.RuledOut:
    where = said.segment or "unknown"
    return wire.RuledOut(segment=where, key=said.key, text=sentence(said, ward), ts=said.at)


def _timeline(found: Incident) -> tuple[wire.TimelineEntry, ...]:
    began = wire.TimelineEntry(at=found.t_started, actor=found.detected_by, verb="started")
    opened = wire.TimelineEntry(at=found.t0_detected, actor=found.detected_by, verb="detected")
    done = [
        wire.TimelineEntry(
            at=one.at,
            actor=one.actor,
            verb=one.verb,
            text=one.reason,
            said=wire.Text(**one.said.model_dump()) if one.said else None,
        )
        for one in found.actions
    ]
    # Closing keeps its text as a note and as the reason of the act: people read it once.
    said = {(one.at, one.actor, one.reason) for one in found.actions}
    written = [
        wire.TimelineEntry(at=one.at, actor=one.actor, verb="note", text=one.text)
        for one in found.notes
        if (one.at, one.actor, one.text) not in said
    ]
    return (began, opened, *sorted((*done, *written), key=lambda entry: entry.at))
