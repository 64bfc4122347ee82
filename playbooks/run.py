"""A run as a value: the fold over the records of its log. Pure.

Every prefix of a log folds to a state from which the run goes on, since each record is one
transition. What a record's `data` holds is said at `RecordType`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from playbooks.conditions import RunFact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

RecordType: TypeAlias = Literal[
    "run.started",  # run playbook version sha256 ward incident realm facts start
    "run.resumed",  # -
    "run.ended",  # outcome, reason
    "step.entered",  # visit, back
    "step.refused",  # to: entered too often, its `on_exhausted` is gone to
    "step.left",  # to, result, more; skipped when a person left it undone
    "step.back",  # to
    "fact.set",  # visit, facts
    "answer.given",  # value, who
    "item.set",  # item, state
    "effect.started",  # key, kind, text
    "effect.done",  # key, result, detail
    "effect.unknown",  # key, detail
    "escalate.sent",  # to, text: by a person, beside the playbook's own steps
    "evidence.added",  # text; name, sha256, size of a file
    "log.torn",  # bytes: an unfinished last line was dropped
]
ItemState: TypeAlias = Literal["open", "done", "failed", "unknown"]
MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a run's log, without its hashes. `seq` counts from 1; `at` is aware, UTC."""

    seq: int
    at: datetime
    type: RecordType
    step: str
    actor: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """One effect by its key: whether it was begun, is done, or nobody knows; and what was said."""

    state: Literal["started", "done", "unknown"]
    result: str = ""
    detail: str = ""
    text: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One step that is behind: what came of it, by a code, who said so, and what was told."""

    at: datetime
    step: str
    result: str
    actor: str
    more: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Going:
    """On the way to a step that is not entered yet; `back` does not count as a visit."""

    step: str
    back: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Where a run stands.

    `step` is the step that was entered last and `visit` its how manieth visit; `going` is set while
    it is already left. `answer`, `measured` and `items` belong to this visit. `trail` are answered
    steps that one can go back to, `counted` the visits that count for `max_visits`.
    """

    id: str
    playbook: str
    version: str
    sha256: str
    ward: str
    incident: str | None
    realm: str
    actor: str
    started: datetime
    seq: int = 1
    facts: Mapping[str, RunFact] = field(default_factory=dict)
    step: str = ""
    visit: int = 0
    entered: datetime | None = None
    going: Going | None = None
    entries: int = 0
    visits: Mapping[str, int] = field(default_factory=dict)
    counted: Mapping[str, int] = field(default_factory=dict)
    answer: str | None = None
    answered: datetime | None = None
    answered_by: str = MACHINE
    measured: datetime | None = None
    items: Mapping[str, tuple[ItemState, str]] = field(default_factory=dict)
    acts: Mapping[str, Act] = field(default_factory=dict)
    trail: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    outcome: str | None = None
    reason: str | None = None
    ended: datetime | None = None

    @property
    def key(self) -> str:
        """The name of what the present visit does: the same after every resume."""
        return f"{self.id}:{self.step}:{self.visit}"

    @property
    def act(self) -> Act | None:
        """The present visit's effect, None when it was not begun."""
        return self.acts.get(self.key)


def fold(records: Iterable[Record], run: Run | None = None) -> Run:
    """The state after these records, from the start or from `run` on.

    Raises ValueError when there are none, or the first is no start: that is no log of a run.
    """
    for record in records:
        run = begun(record) if run is None else apply(run, record)
    if run is None:
        raise ValueError("no records")
    return run


def begun(record: Record) -> Run:
    """The state after the first record; ValueError when it is not a start."""
    if record.type != "run.started" or record.seq != 1:
        raise ValueError(f"a run does not start with {record.type}")
    data = record.data
    return Run(
        id=data["run"],
        playbook=data["playbook"],
        version=data["version"],
        sha256=data["sha256"],
        ward=data["ward"],
        incident=data["incident"],
        realm=data["realm"],
        actor=record.actor,
        started=record.at,
        facts=facts_from(data["facts"]),
        going=Going(data["start"]),
    )


def apply(run: Run, record: Record) -> Run:
    """The state after one more record; ValueError for one that is out of order."""
    if record.seq != run.seq + 1:
        raise ValueError(f"record {record.seq} after {run.seq}")
    changed = _APPLY[record.type](run, record)
    return replace(changed, seq=record.seq)


def facts_from(written: Mapping[str, Mapping[str, Any]]) -> dict[str, RunFact]:
    """Facts as a record holds them, back as values."""
    return {
        name: RunFact(
            value=fact.get("value"),
            reason=fact.get("reason", ""),
            source=fact.get("source", ""),
            at=datetime.fromisoformat(fact["at"]) if fact.get("at") else None,
        )
        for name, fact in written.items()
    }


def facts_written(facts: Mapping[str, RunFact]) -> dict[str, dict[str, Any]]:
    """Facts as a record holds them; what is empty is left out."""
    return {name: _fact_written(fact) for name, fact in sorted(facts.items())}


def _fact_written(fact: RunFact) -> dict[str, Any]:
    whole = {
        "value": dict(fact.value) if isinstance(fact.value, dict) else fact.value,
        "reason": fact.reason,
        "source": fact.source,
        "at": fact.at.isoformat() if fact.at else None,
    }
    return {name: value for name, value in whole.items() if value is not None and value != ""}


def _nothing(run: Run, _record: Record) -> Run:
    return run


def _ended(run: Run, record: Record) -> Run:
    data = record.data
    line = Line(record.at, record.step, f"ended.{data['outcome']}", record.actor)
    return replace(
        run,
        outcome=data["outcome"],
        reason=data.get("reason"),
        ended=record.at,
        going=None,
        lines=(*run.lines, line),
    )


def _entered(run: Run, record: Record) -> Run:
    step, is_back = record.step, record.data["back"]
    counted = run.counted.get(step, 0) + (0 if is_back else 1)
    return replace(
        run,
        step=step,
        visit=record.data["visit"],
        entered=record.at,
        going=None,
        entries=run.entries + 1,
        visits={**run.visits, step: record.data["visit"]},
        counted={**run.counted, step: counted},
        answer=None,
        answered=None,
        answered_by=MACHINE,
        measured=None,
        items={},
    )


def _refused(run: Run, record: Record) -> Run:
    line = Line(record.at, record.step, "refused", record.actor)
    going = Going(record.data["to"])
    return replace(run, going=going, entries=run.entries + 1, lines=(*run.lines, line))


def _left(run: Run, record: Record) -> Run:
    data = record.data
    actor = record.actor if data.get("skipped") else run.answered_by
    told = run.act.text if run.act else None
    line = Line(record.at, record.step, data["result"], actor, data.get("more", {}), told)
    trail = (*run.trail, record.step) if data.get("can_return") else run.trail
    return replace(run, going=Going(data["to"]), lines=(*run.lines, line), trail=trail)


def _back(run: Run, record: Record) -> Run:
    line = Line(record.at, record.step, "back", record.actor)
    going = Going(record.data["to"], back=True)
    return replace(run, going=going, lines=(*run.lines, line), trail=run.trail[:-1])


def _filed(run: Run, record: Record) -> Run:
    line = Line(record.at, record.step, "evidence", record.actor, record.data)
    return replace(run, lines=(*run.lines, line))


def _escalated(run: Run, record: Record) -> Run:
    line = Line(record.at, record.step, "escalated", record.actor, {"who": record.data["to"]})
    return replace(run, lines=(*run.lines, line))


def _measured(run: Run, record: Record) -> Run:
    return replace(run, facts={**run.facts, **facts_from(record.data["facts"])}, measured=record.at)


def _answered(run: Run, record: Record) -> Run:
    value = record.data["value"]
    answer = RunFact(value, source="person", at=record.at)
    return replace(
        run,
        answer=value,
        answered=record.at,
        answered_by=record.actor,
        facts={**run.facts, f"answer.{record.step}": answer},
    )


def _item_set(run: Run, record: Record) -> Run:
    items = {**run.items, record.data["item"]: (record.data["state"], record.actor)}
    return replace(run, items=items, answered_by=record.actor)


def _effect_started(run: Run, record: Record) -> Run:
    act = Act("started", text=record.data.get("text"))
    return replace(run, acts={**run.acts, record.data["key"]: act})


def _effect_over(state: Literal["done", "unknown"]) -> Callable[[Run, Record], Run]:
    def change(run: Run, record: Record) -> Run:
        data = record.data
        before = run.acts.get(data["key"])
        text = before.text if before else None
        act = Act(state, data.get("result", ""), data.get("detail", ""), text)
        return replace(run, acts={**run.acts, data["key"]: act})

    return change


_APPLY: Mapping[str, Callable[[Run, Record], Run]] = MappingProxyType(
    {
        "run.resumed": _nothing,
        "run.ended": _ended,
        "step.entered": _entered,
        "step.refused": _refused,
        "step.left": _left,
        "step.back": _back,
        "fact.set": _measured,
        "answer.given": _answered,
        "item.set": _item_set,
        "effect.started": _effect_started,
        "effect.done": _effect_over("done"),
        "effect.unknown": _effect_over("unknown"),
        "escalate.sent": _escalated,
        "evidence.added": _filed,
        "log.torn": _nothing,
    }
)
