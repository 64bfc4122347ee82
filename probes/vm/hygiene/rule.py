"""What a rule of hygiene is, and the words rules judge in. Pure.

A rule without data is unknown, never passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.language import LANGUAGES
from inventory.text import one_line, whole_percent
from probes.vm.finding import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from inventory.language import Language
    from inventory.machine import RuleId
    from probes.vm.finding import Facts, Moment, Severity

_SHOWN = 4  # things that one evidence names


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its id, how bad a plain failure is, what judges it, which playbook helps."""

    id: RuleId
    severity: Severity
    judge: Callable[[Facts, Moment], Verdict]
    playbook: str | None = None


def passed(said: str, **values: object) -> Verdict:
    """The rule is kept; `said` is the evidence's key below `vm_rule.said`, `values` go into it."""
    return Verdict("pass", said, tuple(values.items()))


def unknown(said: str, **values: object) -> Verdict:
    """There is nothing to judge by."""
    return Verdict("unknown", said, tuple(values.items()))


def failed(said: str, **values: object) -> Verdict:
    """The rule is broken, as badly as the rule says by itself."""
    return Verdict("fail", said, tuple(values.items()))


def failed_or_crit(is_crit: bool, said: str, /, **values: object) -> Verdict:
    """A failure that is critical from a second limit on."""
    return Verdict("fail", said, tuple(values.items()), "crit" if is_crit else None)


def sentence(verdict: Verdict) -> tuple[str, tuple[tuple[str, object], ...]]:
    """A verdict as the second sentence of another."""
    return f"vm_rule.said.{verdict.said}", verdict.values


def to_come(written: date | None, day: Moment) -> Verdict | None:
    """That the day which somebody wrote is still to come, and so proves nothing; else None."""
    if written is None or day.days_since(written) >= 0:
        return None
    return unknown("to_come", at=told_day(written))


def first_few(words: Iterable[str], limit: int = 30) -> str:
    """The first few, each of at most `limit` signs, and how many more there are."""
    every = [one_line(word, limit) for word in words]
    more = f" +{len(every) - _SHOWN}" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more


def in_each(tell: Callable[[Language], str]) -> dict[str, str]:
    """A value of evidence that differs by language."""
    return {language: tell(language) for language in LANGUAGES}


def told_day(day: date) -> str:
    """A day as evidence tells it."""
    return f"{day:%d/%m/%Y}"


def percent(share: float) -> str:
    """A share 0..1 in whole percents."""
    return f"{whole_percent(share)} %"
