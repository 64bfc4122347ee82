"""The sheet "who handles what" of a unit, from its inventory and its escalation file. Pure.

One A4 page a unit. A number that nobody entered prints as a blank line to fill in by pen.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal, TypeAlias

from inventory.language import say
from inventory.units import units
from playbooks.escalation import Contact, chain, contact, contacts, hours_text, next_level
from playbooks.page import document, whole_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from inventory.language import Language
    from inventory.model import Inventory, Link, Unit, Ward
    from playbooks.escalation import Escalation

RowId: TypeAlias = Literal[
    "power", "lan", "switch", "terminal", "line", "slow", "area", "centre", "service", "meeting",
    "unclear", "security",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One kind of fault: whom to call about it (`next` is the level above the unit)."""

    id: RowId
    call: tuple[str, ...]


ROWS: tuple[SheetRow, ...] = (
    SheetRow("power", ("power_company", "next")),
    SheetRow("lan", ("next",)),
    SheetRow("switch", ("next",)),
    SheetRow("terminal", ("next",)),
    SheetRow("line", ("next",)),
    SheetRow("slow", ("next",)),
    SheetRow("area", ("L2",)),
    SheetRow("centre", ("L2",)),
    SheetRow("service", ("L2",)),
    SheetRow("meeting", ("meeting_control",)),
    SheetRow("unclear", ("next",)),
    SheetRow("security", ("L2", "ward.leader")),
)
_SLOW = ("backup", "congestion", "quality", "mtu")
_TERMINAL = ("ce_link", "ce", "line_or_ce")
_OF_SEGMENT: dict[str, RowId] = {
    "power": "power", "lan": "lan", "switch": "switch", "dc": "centre", "service": "service",
    "meeting": "meeting", "unknown": "unclear",
}  # fmt: skip
_COLUMNS = ("where", "signs", "act", "call")
_WIDTHS = (24, 27, 31, 18)


def row_of(segment: str, part: str) -> RowId | None:
    """The line of the sheet that a verdict belongs to; None when nothing is wrong."""
    if segment != "metronet":
        return _OF_SEGMENT.get(segment)
    if part == "area":
        return "area"
    if part in _TERMINAL:
        return "terminal"
    return "slow" if part in _SLOW else "line"


def who_page(
    inventory: Inventory,
    escalation: Escalation,
    language: Language,
    printed: date,
    codes: Sequence[str] | None = None,
) -> str:
    """The sheets of these units (all of the inventory when None), each on a page of its own."""
    wanted = codes if codes is not None else tuple(inventory.wards)
    sheets = (_sheet(inventory.wards[c], escalation, language, printed) for c in wanted)
    return document(say("paper.who.title", language), "\n".join(sheets), language)


def _sheet(ward: Ward, escalation: Escalation, language: Language, printed: date) -> str:
    unit = units()[ward.ward]
    parts = (
        _head(ward, unit, language, printed),
        _faults(ward.ward, escalation, language),
        _contacts(ward.ward, escalation, language),
        _lines(ward, unit, escalation, language),
    )
    return f'<section class="sheet">{"".join(parts)}</section>'


def _head(ward: Ward, unit: Unit, language: Language, printed: date) -> str:
    digest = hashlib.sha256(ward.model_dump_json().encode()).hexdigest()[:8]
    day = printed.strftime("%d/%m/%Y" if language == "vi" else "%Y-%m-%d")
    return (
        f"<header><h1>{_said('title', language)}</h1>"
        f"<p><b>{escape(unit.name)}</b> ({unit.code})</p>"
        f'<p class="small">{_said("printed", language, day=day, digest=digest)}</p></header>'
    )


def _faults(code: str, escalation: Escalation, language: Language) -> str:
    columns = "".join(f'<col style="width:{width}%">' for width in _WIDTHS)
    heads = "".join(f"<th>{_said(key, language)}</th>" for key in _COLUMNS)
    rows = "".join(_fault(row, code, escalation, language) for row in ROWS)
    return f"<table><colgroup>{columns}</colgroup><tr>{heads}</tr>{rows}</table>"


def _fault(row: SheetRow, code: str, escalation: Escalation, language: Language) -> str:
    where, signs, act = (
        whole_ids(escape(say(f"paper.row.{row.id}.{key}", language)))
        for key in ("where", "signs", "act")
    )
    calls = [_call(found, language) for found in _called(row, code, escalation)]
    if row.id == "security":
        calls.append(_said("no_carrier", language))
    told = "<br>".join(calls)
    return (
        f'<tr class="{row.id}"><td class="where">{where}</td><td>{signs}</td>'
        f"<td>{act}</td><td>{told}</td></tr>"
    )


def _called(row: SheetRow, code: str, escalation: Escalation) -> Iterable[Contact]:
    for who in row.call:
        found = next_level(escalation, code) if who == "next" else contact(escalation, who, code)
        if found:
            yield found


def _call(found: Contact, language: Language) -> str:
    """A level by its number, a role by its name: the table of contacts has the rest."""
    name = found.level if _is_level(found) else getattr(found.name, language)
    minutes = _said("minutes", language, minutes=found.ack_min) if found.ack_min else ""
    return f"<b>{escape(name)}</b>" + (f", {minutes}" if minutes else "")


def _is_level(found: Contact) -> bool:
    return found.level[:1] == "L"


def _contacts(code: str, escalation: Escalation, language: Language) -> str:
    heads = "".join(
        f"<th>{_said(key, language)}</th>" for key in ("contacts", "phone", "hours", "ack")
    )
    rows = "".join(_contact(found, language) for found in contacts(escalation, code))
    columns = "".join(f'<col style="width:{width}%">' for width in (36, 26, 24, 14))
    sample = f'<p class="sample">{_said("sample", language)}</p>' if escalation.sample else ""
    return f"<table><colgroup>{columns}</colgroup><tr>{heads}</tr>{rows}</table>{sample}"


def _contact(found: Contact, language: Language) -> str:
    none = _said("not_said", language)
    minutes = _said("minutes", language, minutes=found.ack_min) if found.ack_min else none
    level = f"<b>{found.level}</b> " if _is_level(found) else ""
    return (
        f"<tr><td>{level}{escape(getattr(found.name, language))}</td>"
        f"<td>{_phone(found, language)}</td>"
        f"<td>{_hours(found, language) or none}</td><td>{minutes}</td></tr>"
    )


def _phone(found: Contact, language: Language) -> str:
    if found.phone:
        return f"<b>{escape(found.phone)}</b>"
    missing = escape(say("paper.number_missing", language))
    return f'<span class="blank"></span> <span class="small">({missing})</span>'


def _hours(found: Contact, language: Language) -> str:
    if not found.hours:
        return ""
    hours = hours_text(found.hours, language)
    if found.after_hours:
        return _said("after_hours", language, hours=hours, who=found.after_hours)
    return escape(hours)


def _lines(ward: Ward, unit: Unit, escalation: Escalation, language: Language) -> str:
    """Responsibility, order of calling, what to read out, and the unit's own line."""
    may_call = "carrier_allowed" if escalation.ward_may_call_carrier else "carrier_by_levels"
    names = " → ".join(getattr(found.name, language) for found in chain(escalation, ward.ward))
    link = ward.primary_link
    circuit = link.circuit if link else say("paper.filled_in", language)
    said = [
        _said("border", language),
        f"{_said('order', language, chain=names)} {_said(may_call, language)}",
        *([_line(one, language) for one in ward.links] or [_said("no_line", language)]),
        _services(ward, language),
        _said("read", language, name=unit.name, digits="-".join(unit.code), circuit=circuit),
    ]
    return '<div class="lines">' + "".join(f"<p>{line}</p>" for line in said if line) + "</div>"


def _line(link: Link, language: Language) -> str:
    values = {"link": link.id, "carrier": link.carrier, "circuit": link.circuit, "near": link.near}
    via = say("paper.who.via", language, via=link.via) if link.via else ""
    return _said("line", language, **values) + escape(via) + "."


def _services(ward: Ward, language: Language) -> str:
    names = ", ".join(getattr(service.name, language) for service in ward.services)
    return _said("services", language, names=names) if names else ""


def _said(key: str, language: Language, **values: object) -> str:
    return escape(say(f"paper.who.{key}", language, **values))
