"""Whom to call, for what, at which hours, and what to read out: wire types to spans. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inventory.language import has
from inventory.text import one_line, pad
from tui.legend import NOW
from tui.lines import BLANK, Line, Span, label, line, wrapped
from tui.view_incident import listed, short_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.wire import Circuit, Contact, Incident, Snapshot
    from tui.view import Showing

_LABEL = 12
_PHONE = 18
_HOURS = 22
_ACK = 12
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = re.compile(rf"\b({'|'.join(_DAYS)})\b")


def contact_lines(showing: Showing) -> list[Line]:
    """What to read out, then everybody; those whom the verdict names first and marked."""
    words, snapshot = showing.words, showing.snapshot
    if snapshot is None:
        return [BLANK, line(Span(f"  {words.say('tui.pre.nothing')}", "dim"))]
    if not snapshot.contacts:
        return [BLANK, line(Span(f"  {words.say('tui.home.no_contacts')}", "dim"))]
    rows = [*read_out(snapshot, showing), _heads(showing)]
    for contact in snapshot.contacts:
        rows += _contact(contact, snapshot, showing)
    if any(one.is_sample for one in snapshot.contacts):
        rows += [line(Span(f" {one}", "dim")) for one in _wrapped("sample", showing)]
    return rows


def read_out(snapshot: Snapshot, showing: Showing) -> Iterator[Line]:
    """Incident, unit and circuit, as the one who answers will ask for them."""
    words = showing.words
    yield line(" ", Span(words.say("screen.contacts.read_out"), "strong"))
    found = listed(snapshot.incidents, "current")[:1]
    told = _incident(found[0], showing) if found else words.say("screen.contacts.no_incident")
    yield from _told("incident", told, showing)
    if snapshot.ward is not None:
        unit = f"{snapshot.ward.code}  {one_line(snapshot.ward.name, 60)}"
        yield from _told("unit", unit, showing)
    lines = [_circuit(one, showing) for one in snapshot.circuits]
    yield from _told("circuit", "; ".join(lines) or words.say("screen.contacts.none"), showing)


def _told(key: str, said: str, showing: Showing) -> Iterator[Line]:
    for number, part in enumerate(wrapped(said, showing.columns - _LABEL - 4, 2)):
        name = "" if number else showing.words.say(f"screen.contacts.{key}")
        yield line("   ", label(name, _LABEL), part)


def _incident(incident: Incident, showing: Showing) -> str:
    """Its number, since when, what; when the agent is silent, that this was the last known."""
    words = showing.words
    about = words.of(incident.headline) or short_id(incident.id)
    said = words.say(
        "screen.contacts.incident_text",
        id=incident.id, at=words.hour(incident.t_started), about=one_line(about, 90),
    )  # fmt: skip
    return said if showing.is_current else words.say("screen.contacts.was", said=said)


def _circuit(circuit: Circuit, showing: Showing) -> str:
    number, carrier = one_line(circuit.circuit, 40), one_line(circuit.carrier, 30)
    return showing.words.say("screen.contacts.circuit_text", circuit=number, carrier=carrier)


def _heads(showing: Showing) -> Line:
    words = showing.words
    heads = (("who", _name_cells(showing)), ("phone", _PHONE), ("hours", _HOURS), ("ack", _ACK))
    said = "".join(pad(words.say(f"screen.contacts.{key}"), cells) for key, cells in heads)
    return line(Span(f"   {said}".rstrip(), "dim"))


def _name_cells(showing: Showing) -> int:
    """What is left for the name."""
    return min(46, showing.columns - 3 - _PHONE - _HOURS - _ACK)


def _contact(contact: Contact, snapshot: Snapshot, showing: Showing) -> Iterator[Line]:
    """Name, number, hours, how soon they take over; below, what for and on which way."""
    words = showing.words
    wanted = snapshot.verdict.call if snapshot.verdict else ()
    is_first = contact.role in wanted and showing.is_current
    phone = contact.phone or words.say("tui.home.no_phone")
    ack = words.say("screen.contacts.minutes", n=contact.ack_min) if contact.ack_min else "—"
    yield line(
        " ", Span(NOW, "accent") if is_first else " ", " ",
        Span(pad(words.of(contact.name), _name_cells(showing) - 1), "strong"), " ",
        Span(pad(phone, _PHONE), "accent" if contact.phone else "dim"),
        pad(hours_text(contact.hours, showing), _HOURS), pad(ack, _ACK),
    )  # fmt: skip
    for part in wrapped(_about(contact, snapshot, showing), showing.columns - 6, 2):
        yield line(Span(f"     {part}", "dim"))


def _about(contact: Contact, snapshot: Snapshot, showing: Showing) -> str:
    words = showing.words
    key = f"screen.contacts.for.{contact.role}"
    parts = [words.say(key)] if has(key) else []
    if contact.through is not None:
        who = _named(contact.through, snapshot, showing)
        parts.append(words.say("screen.contacts.through", who=who))
    if contact.after_hours is not None:
        who = _named(contact.after_hours, snapshot, showing)
        parts.append(words.say("screen.contacts.after_hours", who=who))
    return " · ".join(parts)


def _named(role: str, snapshot: Snapshot, showing: Showing) -> str:
    """A level by its name, where it is among the contacts."""
    found = next((one for one in snapshot.contacts if one.role == role), None)
    return showing.words.of(found.name) if found is not None else role


def hours_text(hours: str | None, showing: Showing) -> str:
    """Hours with the days in the words of the language; a dash when nothing is said."""
    if hours is None:
        return "—"

    def day(match: re.Match[str]) -> str:
        return showing.words.say(f"tui.weekday.{_DAYS.index(match[0]) + 1}")

    return _DAY.sub(day, one_line(hours, _HOURS - 1))


def _wrapped(key: str, showing: Showing) -> list[str]:
    return wrapped(showing.words.say(f"screen.contacts.{key}"), showing.columns - 2, 2)
