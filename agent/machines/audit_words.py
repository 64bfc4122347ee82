"""An audit of machines as text, table and JSON, in one language. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from inventory.language import both, has, say
from inventory.text import cut, one_line
from probes.describe import reason_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from agent.machines.judging import Audited
    from inventory.language import Language
    from probes.vm.finding import Finding

COLUMNS = 80
_HEAD = (
    "ward", "machine", "rule", "severity", "result", "accepted_until", "evidence", "advice",
    "playbook",
)  # fmt: skip
_COUNTED = ("machine", "hypervisor", "storage")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_text(audited: Sequence[Audited], realm: str, language: Language) -> str:
    """For the shell: each machine, its failures with what to do, then the rest; 80 columns."""
    lines = [] if realm == "live" else [say(f"report.realm.{realm}", language), ""]
    for one in audited:
        lines += [*_machine(one, language), ""]
    return "\n".join([*lines, *_wrapped(summary(audited, language), 0)]) + "\n"


def as_csv(audited: Iterable[Audited], language: Language) -> str:
    """One line for each machine and rule (RFC 4180); text that reads as a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEAD)
    for one in audited:
        for found in one.findings:
            until = found.accepted.until.isoformat() if found.accepted else ""
            name, evidence = _plain(one.name), _plain(evidence_of(found, language))
            advice = advice_of(found, language) if found.result == "fail" else ""
            writer.writerow([one.ward, name, found.rule, found.severity, found.result, until,
                             evidence, advice, found.playbook or ""])  # fmt: skip
    return out.getvalue()


def as_json(audited: Iterable[Audited], realm: str) -> str:
    """Everything, with sentences in both languages."""
    machines = [
        {
            "ward": one.ward,
            "machine": one.name,
            "measured": one.is_measured,
            "not_read": [
                {"probe": seen.probe, "reason": seen.reason.value, "partly": seen.is_partial}
                for seen in one.failed
            ],
            "findings": [_finding(found) for found in one.findings],
        }
        for one in audited
    ]
    whole = {"schema": "wardops/vm-audit/1", "realm": realm, "machines": machines}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def evidence_of(found: Finding, language: Language) -> str:
    """What the rule saw, and whether a failure is accepted or was."""
    parts = [say(found.said, language, **dict(found.values))]
    if found.also is not None:
        key, values = found.also
        parts.append(say(key, language, **dict(values)))
    for key, one in (("accepted", found.accepted), ("lapsed", found.lapsed)):
        if one is not None:
            reason = one_line(one.reason, 120)
            until = f"{one.until:%d/%m/%Y}"
            parts.append(say(f"vm_audit.{key}", language, until=until, reason=reason))
    return " ".join(parts)


def advice_of(found: Finding, language: Language) -> str:
    """What to do about a failure."""
    return say(_advice_key(found), language)


def _advice_key(found: Finding) -> str:
    """Advice for what was seen, where there is such, else for the rule."""
    own = f"vm_rule.do.{found.said.rpartition('.')[2]}"
    return own if has(own) else f"vm_rule.do.{found.rule}"


def playbook_of(found: Finding, language: Language) -> str:
    """Which playbook leads through it; empty without one."""
    return say("vm_audit.playbook", language, playbook=found.playbook) if found.playbook else ""


def title_of(found: Finding, language: Language) -> str:
    """The rule's id and name."""
    return f"{found.rule} {say(f'vm_rule.name.{found.rule}', language)}"


def failures_of(one: Audited, language: Language) -> Iterator[str]:
    """Each question that had no good answer, and why."""
    for seen in one.failed:
        why = reason_text(seen.reason, seen.detail, seen.detail_values, language)
        key = "vm_audit.partly_read" if seen.is_partial else "vm_audit.not_read"
        yield say(key, language, probe=_way(seen.probe, language), why=one_line(why, 200))


def _way(probe: str, language: Language) -> str:
    """By what a question was asked, as people call it."""
    key = f"vm_audit.way.{probe}"
    return say(key, language) if has(key) else probe


def summary(audited: Sequence[Audited], language: Language) -> str:
    """How many machines, hosts and storages, failures, accepted ones and unknowns."""
    found = [each for one in audited for each in one.findings]
    counts: Counter[str] = Counter(
        "machine" if one.kind == "stray" else one.kind for one in audited
    )
    kinds = [kind for kind in _COUNTED if counts[kind] or kind == "machine"]
    asked = ", ".join(say(f"vm_audit.count.{one}", language, count=counts[one]) for one in kinds)
    return say(
        "vm_audit.summary", language, asked=asked,
        failures=sum(one.counts for one in found),
        accepted=sum(one.accepted is not None for one in found),
        unknown=sum(one.result == "unknown" for one in found),
    )  # fmt: skip


def _machine(one: Audited, language: Language) -> Iterator[str]:
    yield cut(f"{one.ward}  {one_line(one.name)}", COLUMNS)
    for line in failures_of(one, language):
        yield from _wrapped(line, 2)
    for found in one.findings:
        if found.result == "pass" or (found.result == "unknown" and one.kind == "stray"):
            continue
        mark = say(f"vm_audit.{word_of(found)}", language)
        yield from _wrapped(
            f"{mark}  {title_of(found, language)}: {evidence_of(found, language)}", 2
        )
        if found.counts:
            yield from _wrapped(f"→ {advice_of(found, language)}", 4)
            yield from _wrapped(playbook_of(found, language), 6)
    for result in ("unknown", "pass") if one.kind == "stray" else ("pass",):
        rules = ", ".join(found.rule for found in one.findings if found.result == result)
        if rules:
            yield from _wrapped(f"{say(f'vm_audit.{result}', language)}: {rules}", 2)


def word_of(found: Finding) -> str:
    """Which word marks it: its severity where it counts, else why it does not."""
    if found.counts:
        return found.severity
    return "waived" if found.accepted is not None else found.result


def _wrapped(text: str, indent: int) -> list[str]:
    """Lines of at most 80 columns; a number and its percent sign stay together."""
    blank = " " * indent
    lines = wrap(
        text.replace(" %", "\N{NO-BREAK SPACE}%"), COLUMNS, initial_indent=blank,
        subsequent_indent=f"{blank}  ", break_on_hyphens=False,
    )  # fmt: skip
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _finding(found: Finding) -> dict[str, Any]:
    evidence = {language: evidence_of(found, language) for language in ("vi", "en")}
    accepted = found.accepted.model_dump(mode="json") if found.accepted else None
    return {
        "rule": found.rule, "severity": found.severity, "result": found.result,
        "evidence": evidence, "accepted": accepted,
        "advice": both(_advice_key(found)) if found.result == "fail" else None,
        "playbook": found.playbook,
    }  # fmt: skip


def _plain(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
