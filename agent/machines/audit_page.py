"""An audit of machines as a printed page, in one language. Pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from agent.machines.audit_words import (
    advice_of,
    evidence_of,
    failures_of,
    playbook_of,
    summary,
    title_of,
    word_of,
)
from agent.reports.page import report_style
from agent.reports.words import moment
from inventory.language import say
from inventory.units import units
from playbooks.frame import framed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from agent.machines.judging import Audited
    from inventory.language import Language
    from probes.vm.finding import Finding

_COLUMNS = ("rule", "result", "evidence", "do")


def audit_page(audited: Sequence[Audited], realm: str, made: datetime, language: Language) -> str:
    """The whole HTML page; `made` is when the machines were asked."""
    title = say("vm_audit.title", language)
    parts = (
        []
        if realm == "live"
        else [f'<p class="realm">{_said(f"report.realm.{realm}", language)}</p>']
    )
    parts.append(f"<h1>{escape(title.upper())}</h1>")
    parts.append(
        f'<p class="period">{_said("vm_audit.made", language, at=moment(made, language))}</p>'
    )
    for one in audited:
        parts += _machine(one, language)
    parts.append(f"<p>{escape(summary(audited, language))}</p>")
    return framed(title, "\n".join(parts), report_style(), language)


def _said(key: str, language: Language, **values: object) -> str:
    return escape(say(key, language, **values))


def _machine(one: Audited, language: Language) -> Iterator[str]:
    unit = units().get(one.ward)
    place = f"{unit.name} ({one.ward})" if unit else one.ward
    title = place if one.kind == "ward" else f"{one.name} – {place}"
    yield f"<h2>{escape(title)}</h2>"
    yield from (f'<p class="small">{escape(line)}</p>' for line in failures_of(one, language))
    heads = "".join(f"<th>{_said(f'vm_audit.column.{name}', language)}</th>" for name in _COLUMNS)
    rows = "".join(_row(found, language) for found in one.findings)
    yield f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _help(found: Finding, language: Language) -> str:
    return f"{advice_of(found, language)} {playbook_of(found, language)}".strip()


def _row(found: Finding, language: Language) -> str:
    cells = (
        title_of(found, language),
        say(f"vm_audit.{word_of(found)}", language),
        evidence_of(found, language),
        _help(found, language) if found.counts else "",
    )
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
