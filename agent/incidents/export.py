"""An incident as it leaves the agent: whole, or without addresses, devices and people. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from typing import TYPE_CHECKING, Any

from agent.groups.incidents import unit_of
from agent.incidents.causes import cause_text
from agent.incidents.evidence import redacted
from inventory.language import say
from inventory.values import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.incidents.record import Incident
    from inventory.language import Language

SCHEMA = "wardops/incident/1"
COLUMNS = (
    "id", "ward", "unit", "kind", "severity", "state", "segment", "part", "t_started",
    "t0_detected", "t_acked", "t_resolved", "t_closed", "services", "public_service_impact",
    "cannot_fix_now", "reason", "expected_restore", "workaround", "cause", "evidence_sha256",
)  # fmt: skip
_ADDRESS = re.compile(
    r"\b\d{1,3}(?:\.\d{1,3}){3}\b"  # IPv4
    r"|\b(?:[0-9A-Fa-f]{1,4}:){2,}[0-9A-Fa-f:]*"  # IPv6, MAC
    r"|\b(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}\b"  # MAC as switches write it
    r"|https?://\S+|\S+@\S+"
)


def record_of(incident: Incident, *, public: bool = False) -> dict[str, Any]:
    """The record as JSON-able values; `public` keeps only what may be published."""
    head = {"schema": SCHEMA, "public": public, "evidence_sha256": bundle_hash(incident)}
    if public:
        return {**head, "incident": _public(incident)}
    return {**head, "incident": incident.model_dump(mode="json")}


def as_json(incident: Incident, *, public: bool = False) -> str:
    """One JSON object, readable."""
    text = json.dumps(record_of(incident, public=public), ensure_ascii=False, indent=2)
    return redacted(text) + "\n"


def as_csv(incident: Incident, *, public: bool = False) -> str:
    """A head line and one line, as spreadsheets read it; lists are joined by spaces."""
    seen = _public(incident)
    stated, root = incident.cannot_fix_now, incident.root
    own = {"reason": stated.reason, "workaround": incident.workaround or stated.workaround}
    values = {
        **{name: seen.get(name) for name in COLUMNS},
        **(_public_texts(incident, own) if public else own),
        "segment": root.segment,
        "part": root.part,
        "services": " ".join(incident.services),
        "cannot_fix_now": stated.value,
        "expected_restore": seen["cannot_fix_now"]["expected_restore"],
        "evidence_sha256": bundle_hash(incident),
    }
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")  # RFC 4180
    writer.writeheader()
    writer.writerow({name: _cell(value) for name, value in values.items()})
    return out.getvalue()


def bundle_hash(incident: Incident) -> str | None:
    """One SHA-256 over the names and hashes of all its evidence; None when there is none."""
    if not incident.evidence:
        return None
    lines = sorted(f"{one.sha256}  {one.name}\n" for one in incident.evidence)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def public_headline(incident: Incident) -> Words | None:
    """The headline without naming a device."""
    if incident.headline is None:
        return None
    if incident.root.part == "device" and incident.root.fact.startswith(("device[", "vc[")):
        return Words(**{one: say("incident.export.one_device", one) for one in _LANGUAGES})
    return Words(
        **{one: without_names(getattr(incident.headline, one), incident) for one in _LANGUAGES}
    )


def without_names(text: str, incident: Incident) -> str:
    """The text without addresses and without the names of devices."""
    known = {child.device for child in incident.held} - set(incident.services)
    fact = incident.root.fact.partition("[")[2].removesuffix("]")
    if fact and fact not in incident.services:
        known.add(fact)
    if incident.is_common:
        return _ADDRESS.sub("…", redacted(text))
    named = re.compile(rf"\b[\w.-]*-{incident.ward}[\w.-]*\b|\b{incident.ward}-[\w.-]+\b")
    bare = named.sub("…", _ADDRESS.sub("…", redacted(text)))
    for name in sorted(known, key=len, reverse=True):
        bare = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "…", bare)
    return bare


_LANGUAGES: tuple[Language, ...] = ("vi", "en")


def _public(incident: Incident) -> dict[str, Any]:
    """What may be published: what, when, since when, why not now, until when."""
    dumped = incident.model_dump(mode="json")
    plain = (
        "id", "ward", "kind", "severity", "state", "t_started", "t0_detected", "t_acked",
        "t_resolved", "t_closed", "sites", "services", "public_service_impact", "reopened",
        "cause",
    )  # fmt: skip
    headline = public_headline(incident)
    stated = incident.cannot_fix_now
    texts = {"reason": stated.reason, "workaround": incident.workaround or stated.workaround}
    return {
        **{name: dumped[name] for name in plain},
        "unit": unit_of(incident.ward).vi,
        "segment": incident.root.segment,
        "part": incident.root.part,
        "headline": headline.model_dump() if headline else None,
        "cause_text": cause_text(incident.cause).model_dump() if incident.cause else None,
        "cannot_fix_now": {
            "value": stated.value,
            "decided_at": dumped["cannot_fix_now"]["decided_at"],
            "expected_restore": dumped["cannot_fix_now"]["expected_restore"],
            **_public_texts(incident, texts),
        },
    }


def _public_texts(incident: Incident, texts: Mapping[str, str | None]) -> dict[str, str | None]:
    return {
        name: None if text is None else without_names(text, incident)
        for name, text in texts.items()
    }


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    # A spreadsheet runs what begins like a formula (OWASP, CSV injection).
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
