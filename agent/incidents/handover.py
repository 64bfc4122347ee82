"""The text that goes with an incident to whoever takes it over, written from the record. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.duty import ICT
from inventory.language import say
from inventory.units import units

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from agent.incidents.record import Incident
    from inventory.language import Language
    from inventory.model import Ward

_NEWEST = 8


def handover_text(
    incident: Incident, ward: Ward | None, now: datetime, language: Language = "vi"
) -> str:
    """Circuit, times, what was measured and done so far; no name and no number of a person.

    `ward` is None for a group incident: its wards are listed.
    """
    return "\n".join(_lines(incident, ward, now, language))


def _lines(
    incident: Incident, ward: Ward | None, now: datetime, language: Language
) -> Iterator[str]:
    def line(key: str, **values: object) -> str:
        return say(f"incident.handover.{key}", language, **values)

    if ward is None:
        yield line("head_common", id=incident.id, severity=incident.severity)
        yield line("wards", names=", ".join(units()[code].name for code in incident.sites))
    else:
        names = {"unit": units()[ward.ward].name, "code": ward.ward}
        yield line("head", id=incident.id, severity=incident.severity, **names)
    if incident.headline is not None:
        yield getattr(incident.headline, language)
    link = ward.primary_link if ward else None
    if link is not None:
        yield line("circuit", circuit=link.circuit, carrier=link.carrier)
    lasted = int((now - incident.t_started).total_seconds() // 60)
    started, detected = _clock(incident.t_started), _clock(incident.t0_detected)
    yield line("times", started=started, detected=detected, minutes=lasted)
    root = incident.root
    where = f"{root.segment}/{root.part}".rstrip("/")
    yield line("measured", where=where, row=root.row or "-", percent=round(100 * root.confidence))
    if incident.services:
        yield line("services", services=", ".join(incident.services))
    if incident.held_now:
        yield line("held", count=len(incident.held_now))
    done = incident.actions[-_NEWEST:]
    yield line("done") if done else line("nothing_done")
    for one in done:
        yield f"- {_clock(one.at)} {one.verb} {one.reason or ''}".rstrip()


def _clock(at: datetime) -> str:
    return f"{at.astimezone(ICT):%H:%M %d/%m/%Y}"
