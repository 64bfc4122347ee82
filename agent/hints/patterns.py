"""What a syslog line hints at: the rules are data, `data/syslog.toml`. Pure after reading."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from agent.hints.model import HintKind, Said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.hints.syslog import Line


@dataclass(frozen=True, slots=True)
class Pattern:
    """One rule: a line that contains `words` (all of them) is asked with the expression.

    Named groups of the expression, such as `ifName`, become values of the hint.
    """

    kind: HintKind
    words: tuple[str, ...]
    expression: re.Pattern[str]


def packaged_patterns() -> tuple[Pattern, ...]:
    """The rules that come with the program, in order; the first that fits wins."""
    text = (files("agent") / "hints" / "data" / "syslog.toml").read_text(encoding="utf-8")
    return tuple(
        Pattern(HintKind(rule["kind"]), tuple(rule["words"]), re.compile(rule["match"]))
        for rule in tomllib.loads(text)["rule"]
    )


def meaning(line: Line, patterns: Sequence[Pattern]) -> Said:
    """What a line says; `other` when no rule fits. Its name is the line's severity."""
    for pattern in patterns:
        if not all(word in line.text for word in pattern.words):
            continue
        found = pattern.expression.search(line.text)
        if found:
            values = {key: value for key, value in found.groupdict().items() if value}
            return Said(pattern.kind, line.severity, line.text, values)
    return Said(HintKind.OTHER, line.severity, line.text)
