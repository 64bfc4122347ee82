"""A verdict as a value: which segment, which part, how sure, and the sentences that say why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Segment: TypeAlias = Literal[
    "none", "power", "lan", "switch", "metronet", "dc", "service", "meeting", "unknown"
]
VerdictState: TypeAlias = Literal["ok", "degraded", "down", "unknown", "maintenance"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A catalogue key with its values; `source` and `at` say where the fact came from.

    A value may be a number, a text, a time, a bilingual mapping, another Sentence or a tuple of
    those; `playbooks.verdict.render` turns them into words. `segment` is set when the sentence
    rules a segment out.
    """

    key: str
    values: Mapping[str, object]
    source: str = ""
    at: datetime | None = None
    segment: Segment | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the facts say of one ward from one vantage.

    `row` is the decision-table row that won. `root` names the fact that an incident hangs on
    (`gw`, `sw`, `svc[tthc]`, …; empty when nothing is wrong). `alternatives` are other segments
    (`segment/part`) that the same facts allow; `missing` are facts that would decide; `unmeasured`
    are promised facts without a value that are not core; `also` are independent faults
    (`segment/part`). `confidence` is 0..1. `outside` says whether "outside the ward" may be said.
    `playbook` is the one to open, `call` names escalation levels and contact roles, `dont` names
    acts that make it worse (locale keys `dont.<name>`).
    """

    vantage: Literal["ward", "hub"]
    segment: Segment
    part: str
    state: VerdictState
    confidence: float
    row: str
    root: str = ""
    headline: Sentence | None = None
    evidence: tuple[Sentence, ...] = ()
    ruled_out: tuple[Sentence, ...] = ()
    alternatives: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    outside: bool = False
    playbook: str = ""
    call: tuple[str, ...] = ()
    dont: tuple[str, ...] = ()
