"""The texts of notices in both languages: short, no address, no device beyond the verdict's own."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from agent.duty import ICT
from agent.hop_words import called
from agent.notices.model import Body
from agent.notices.planner import SUMMARY, Wording
from inventory.language import LANGUAGES, say
from inventory.values import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from agent.incidents.record import Event, Incident
    from agent.notices.model import Notice
    from inventory.language import Language

_ALERT_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "power": "WardopsPowerLost", "power.ups": "WardopsOnBattery",
        "switch": "WardopsDeviceDown", "switch.uplink_shut": "WardopsUplinkDown",
        "switch.uplink_vlan": "WardopsUplinkDown",
        "switch.uplink_errors": "WardopsPortErrors",
        "lan": "WardopsPortDown", "lan.dns": "WardopsDnsFailing",
        "metronet": "WardopsMetronetDown", "metronet.area": "WardopsAreaOutage",
        "metronet.backup": "WardopsOnBackupLine", "metronet.quality": "WardopsPathLossHigh",
        "metronet.congestion": "WardopsUplinkSaturated", "metronet.mtu": "WardopsMtuBlackhole",
        "dc": "WardopsServiceDown", "service": "WardopsServiceDown",
        "meeting": "WardopsVcDown", "unknown": "WardopsWardUnreachable",
        "unknown.hub_blind": "WardopsHubBlind",
    }
)  # fmt: skip
_SEVERITY: Mapping[str, str] = MappingProxyType(
    {"S1": "critical", "S2": "critical", "S3": "warning", "S4": "info"}
)


@dataclass(frozen=True, slots=True)
class Advice:
    """What a message about a ward says beside its incident.

    `unit` is the ward's name; `what` names the playbook to open, `call` whom to call; either is
    None where nobody knows.
    """

    unit: Words
    what: Words | None = None
    call: Words | None = None
    playbook: str = ""


def wording(incident: Incident, event: Event, advice: Advice, realm: str) -> Wording:
    """All bodies that a transition of an incident may need."""
    labels = labels_of(incident, advice, realm)

    def body(kind: str, *, end: datetime | None = None, summary: Words | None = None) -> Body:
        return Body(
            title=_both(lambda lang: say(f"notice.title.{kind}", lang, **_names(incident, advice))),
            text=_both(lambda lang: _text(kind, incident, advice, summary or cause, lang)),
            start=incident.t_started, end=end, incident=incident.id, labels=labels,
        )  # fmt: skip

    cause = str(event.data.get("cause") or "")
    said = incident.summary if event.kind == SUMMARY else None
    return Wording(
        problem=body("problem"),
        change=body("change"),
        # A symptom is not over: another incident speaks for it from now on.
        recovery=body(
            "symptom" if incident.symptom_of else "recovery", end=incident.t_resolved or event.at
        ),
        reminder=body("reminder"),
        unclosed=body("unclosed", end=incident.t_resolved),
        summary=body("summary", end=incident.t_resolved, summary=said) if said else None,
    )


def labels_of(incident: Incident, advice: Advice, realm: str) -> dict[str, str]:
    """What names an incident among alerts; the same from its problem to its recovery."""
    root = incident.root
    place = f"{root.segment}.{root.part}"
    name = _ALERT_NAMES.get(place) or _ALERT_NAMES.get(root.segment, "WardopsIncident")
    labels = {
        "alertname": name, "ward": incident.ward, "group": _group_of(incident),
        "incident": incident.uid, "root_kind": root.segment, "part": root.part,
        "severity": _SEVERITY[incident.severity], "priority": incident.severity.lower(),
        "playbook": advice.playbook, "realm": realm,
    }  # fmt: skip
    return {key: value for key, value in labels.items() if value}


def _group_of(incident: Incident) -> str:
    """The number of a group incident: of this one, never of the one that a child belongs to."""
    return incident.id if incident.is_common else ""


def flapping_body(
    unit: Words, check: tuple[str, str], state: str, changes: int, since: datetime, *, begins: bool
) -> Body:
    """A check (of whom, which) that changes to and fro, or the state in which it came to rest."""
    kind = "flapping" if begins else "now"

    def values(lang: Language) -> dict[str, object]:
        name = f"{called(check[0], lang)} ({check[1]})"
        return {"unit": unit.model_dump(), "name": name, "n": changes}

    return Body(
        title=_both(lambda lang: say(f"notice.title.{kind}", lang, **values(lang))),
        text=_both(
            lambda lang: say(
                f"notice.{kind}", lang, **values(lang), since=_moment(since),
                state=say(f"notice.state.{state.lower()}", lang),
            )
        ),
        start=since,
    )  # fmt: skip


def digest_body(rows: Sequence[Notice]) -> Body:
    """Several messages about one ward as one, a line each."""
    count = len(rows)
    lines = {lang: [getattr(row.body.title, lang) for row in rows] for lang in LANGUAGES}
    return Body(
        title=_both(lambda lang: say("notice.title.digest", lang, n=count)),
        text=_both(lambda lang: "\n".join([say("notice.digest", lang, n=count), *lines[lang]])),
        start=min(row.body.start for row in rows),
    )


def _text(kind: str, incident: Incident, advice: Advice, more: Words | str, language: Any) -> str:
    parts = [
        say(f"notice.{kind}", language, **_names(incident, advice), **_times(incident), cause=more)
    ]
    if isinstance(more, Words):
        parts = [getattr(more, language)]
    if kind in ("problem", "change", "reminder") and incident.keeps_as_is:
        parts.append(say("incident.keep_as_is", language))
    elif kind in ("problem", "change", "reminder"):
        if advice.what is not None:
            parts.append(say("notice.what", language, what=advice.what.model_dump()))
        if advice.call is not None:
            parts.append(say("notice.call", language, call=advice.call.model_dump()))
    parts.append(say("notice.id", language, id=incident.id))
    return " ".join(parts)


def _names(incident: Incident, advice: Advice) -> dict[str, object]:
    headline = incident.headline or Words(vi=incident.root.segment, en=incident.root.segment)
    return {
        "unit": advice.unit.model_dump(),
        "headline": {lang: getattr(headline, lang).rstrip(".") for lang in LANGUAGES},
        "severity": incident.severity,
        "id": incident.id,
    }


def _times(incident: Incident) -> dict[str, object]:
    end = incident.t_resolved or incident.t_closed
    lasted = "" if end is None else _lasted(end - incident.t_started)
    return {
        "since": _moment(incident.t_started),
        "end": _moment(end) if end else "",
        "lasted": lasted,
    }


def _moment(at: datetime) -> str:
    return at.astimezone(ICT).strftime("%H:%M %d/%m")


def _lasted(span: timedelta) -> str:
    minutes = max(0, round(span.total_seconds() / 60))
    return f"{minutes // 60}:{minutes % 60:02d}"


def _both(make: Callable[[Any], str]) -> Words:
    return Words(vi=make("vi"), en=make("en"))
