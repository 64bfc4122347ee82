"""The score of a run, from scenario, log and mutations alone; every point names its record. Pure.

An old log can be scored again with a mended scenario.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from drills import states
from drills.record import of_kind
from drills.rubric import says
from drills.scenario import seconds
from drills.topology import ward_standard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drills.model import Mutation, Topology
    from drills.record import Played, Record
    from drills.scenario import Expected, Goal, Harm, Matcher, Scenario
    from inventory.values import Words

# What is said of a line: earned, earned late, there but too late, there but its text lacks
# something, not there at all; harm: done.
Verdict = Literal["full", "late", "too_late", "text", "missing", "done"]


@dataclass(frozen=True, slots=True)
class Line:
    """Points for one thing. `evidence` is the record (`log#12`, `mutation#3`) behind them."""

    id: str
    title: Words
    points: int
    of: int
    verdict: Verdict
    evidence: str = ""
    t: float | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """A run's result. A void run has no points: its baseline did not hold."""

    drill: str
    version: str
    seed: int
    lines: tuple[Line, ...]
    total: int
    passed: bool
    void: str = ""
    digest: str = ""

    def line(self, id_: str) -> Line:
        """The line of that id; KeyError when the scenario has none."""
        for line in self.lines:
            if line.id == id_:
                return line
        raise KeyError(id_)


def score(scenario: Scenario, played: Played) -> Score:
    """What the run earned: full points, less for late, none below 0."""
    header = played.header
    voids = of_kind(played.records, "run.void")
    if voids:
        reason = str(voids[0].data["reason"])
        return Score(
            scenario.id, scenario.version, header.seed, (), 0, passed=False,
            void=reason, digest=played.digest,
        )  # fmt: skip
    topology = ward_standard(header.wards).build(header.seed)
    earned = [
        *(expected_line(item, played.records) for item in scenario.expected),
        *(goal_line(goal, played.records) for goal in scenario.goals),
    ]
    harmed = [harm_line(harm, played, topology) for harm in scenario.harm]
    total = max(0, sum(line.points for line in (*earned, *harmed)))
    failed = any(
        harm.fail and line.points < 0 for harm, line in zip(scenario.harm, harmed, strict=True)
    )
    got = {line.id for line in earned if line.points > 0}
    passed = total >= scenario.passing.score and got >= set(scenario.passing.must) and not failed
    return Score(
        scenario.id, scenario.version, header.seed, (*earned, *harmed), total, passed,
        digest=played.digest,
    )  # fmt: skip


# ---- what was expected ----


def expected_line(item: Expected, records: Sequence[Record]) -> Line:
    """The best of the records that fit; why none does, when none earns anything."""
    fitting = [r for r in of_kind(records, item.event) if _fits(item.match, r.data)]
    best = Line(item.id, item.title, 0, item.points, "missing")
    for record in fitting:
        found = _earned(item, record)
        if found.points > best.points or best.verdict == "missing":
            best = found
    return best


def _earned(item: Expected, record: Record) -> Line:
    text = str(record.data.get("text", ""))
    if item.rubric is not None and not says(text, item.rubric):
        points, verdict = 0, "text"
    else:
        points = _timed(item, record.t)
        verdict = "full" if points == item.points else "late" if points else "too_late"
    return Line(item.id, item.title, points, item.points, verdict, f"log#{record.n}", record.t)  # type: ignore[arg-type]


def _timed(item: Expected, t: float) -> int:
    """All points until `full_by`, evenly less until `zero_by`, none from then on."""
    full, zero = seconds(item.full_by), seconds(item.zero_by)
    if t <= full:
        return item.points
    return int(item.points * (zero - t) / (zero - full)) if t < zero else 0


def _fits(match: Mapping[str, Matcher], data: Mapping[str, object]) -> bool:
    return all(_is(data.get(name), wanted) for name, wanted in match.items())


def _is(value: object, wanted: Matcher) -> bool:
    """One value, or one of several; a list of roles fits when one of them does."""
    allowed = wanted if isinstance(wanted, tuple) else (wanted,)
    values = value if isinstance(value, list | tuple) else (value,)
    return any(one in allowed for one in values)


# ---- what the world came to ----


def goal_line(goal: Goal, records: Sequence[Record], now: float | None = None) -> Line:
    """Earned by the first return after the fault that lasted `hold_s`.

    `now` is how far the run has come; the time of its last record when it is over.
    """
    faults = [r for r in of_kind(records, "inject") if r.data["type"] == "fault"]
    nothing = Line(goal.id, goal.title, 0, goal.points, "missing")
    if not faults:
        return nothing
    ended = records[-1].t if now is None else now
    changes = [r for r in of_kind(records, "goal") if r.data["id"] == goal.id]
    late = nothing
    for change, following in zip(changes, [*changes[1:], None], strict=True):
        if not change.data["holds"] or change.t < faults[0].t:
            continue
        until = following.t if following else ended
        if until - change.t < goal.hold_s:
            continue
        evidence = f"log#{change.n}"
        if goal.by is None or change.t <= seconds(goal.by):
            return Line(goal.id, goal.title, goal.points, goal.points, "full", evidence, change.t)
        late = Line(goal.id, goal.title, 0, goal.points, "too_late", evidence, change.t)
    return late


# ---- harm ----


def harm_line(harm: Harm, played: Played, topology: Topology) -> Line:
    """The first thing that did this harm; points are lost once."""
    found = _harmful_event(harm, played.records) or _harmful_change(harm, played, topology)
    if found is None:
        return Line(harm.id, harm.why, 0, harm.points, "missing")
    evidence, t = found
    return Line(harm.id, harm.why, harm.points, harm.points, "done", evidence, t)


def _harmful_event(harm: Harm, records: Sequence[Record]) -> tuple[str, float] | None:
    match = harm.match
    wanted = {"to": match.to} if match.to else {}
    for record in of_kind(records, match.event) if match.event else ():
        if _fits(wanted, record.data):
            return f"log#{record.n}", record.t
    return None


def _harmful_change(harm: Harm, played: Played, topology: Topology) -> tuple[str, float] | None:
    if harm.match.mutation is None:
        return None
    begun = next(iter(of_kind(played.records, "drill.started")), None)
    shift = float(begun.data["world_t"]) if begun else 0.0
    for mutation in played.mutations:
        if mutation.source == "trainee" and _matches(harm, mutation, topology):
            return f"mutation#{mutation.seq}", mutation.t - shift
    return None


def _matches(harm: Harm, mutation: Mutation, topology: Topology) -> bool:
    match = harm.match
    return (
        mutation.kind == match.mutation
        and (match.on is None or mutation.on == states.named(topology, match.on))
        and (match.value is None or mutation.params["value"] == match.value)
    )
