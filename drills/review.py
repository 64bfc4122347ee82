"""What is said after a run: each point with the record behind it, then what there was to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drills.scenario import moment_text
from inventory.language import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drills.scenario import Scenario, SolutionName
    from drills.score import Line, Score
    from inventory.language import Language


def review(scenario: Scenario, result: Score, language: Language) -> Iterator[str]:
    """The review in lines."""
    yield say(
        "drill.review.head", language,
        id=result.drill, version=result.version, seed=result.seed,
    )  # fmt: skip
    if result.void:
        yield say(
            "drill.review.void",
            language,
            reason=say(f"drill.review.reason_{result.void}", language),
        )
        return
    yield from (_line(line, language) for line in result.lines if line.of > 0)
    yield from (_line(line, language) for line in result.lines if line.points < 0)
    verdict = say(f"drill.review.{'passed' if result.passed else 'failed'}", language)
    yield say("drill.review.total", language, total=result.total, result=verdict)
    absent = [id_ for id_ in scenario.passing.must if result.line(id_).points <= 0]
    if absent:
        yield say("drill.review.must", language, ids=", ".join(absent))
    yield from _debrief(scenario, language)
    yield say("drill.review.digest", language, digest=result.digest[:16])


def as_json(result: Score) -> dict[str, Any]:
    """The score as JSON values."""
    return {
        "schema": "wardops/drill-score/1",
        "drill": result.drill,
        "version": result.version,
        "seed": result.seed,
        "total": result.total,
        "passed": result.passed,
        "void": result.void or None,
        "digest": result.digest,
        "lines": [
            {
                "id": line.id,
                "title": line.title.model_dump(),
                "points": line.points,
                "of": line.of,
                "verdict": line.verdict,
                "evidence": line.evidence or None,
                "t": line.t,
            }
            for line in result.lines
        ],
    }


def promise(scenario: Scenario, name: SolutionName, result: Score) -> tuple[str, bool]:
    """What the scenario says that this solution scores, and whether it does."""
    bound: str = getattr(scenario.solutions.expect, name)
    if result.void:
        return bound, False
    if bound.startswith(">="):
        return bound, result.total >= int(bound[2:])
    return bound, result.total < int(bound[1:])


def _line(line: Line, language: Language) -> str:
    at = moment_text(line.t) if line.t is not None else ""
    why = say(f"drill.review.{line.verdict}", language, at=at, evidence=line.evidence)
    key = "drill.review.line" if line.of > 0 else "drill.review.harm"
    title = getattr(line.title, language)
    return say(key, language, got=line.points, of=line.of, id=line.id, title=title, why=why)


def _debrief(scenario: Scenario, language: Language) -> Iterator[str]:
    told = scenario.debrief
    for key, words in (
        ("cause", told.root_cause),
        ("clues", told.clues),
        ("tempting", told.why_tempting),
        *(("discuss", one) for one in told.discuss),
    ):
        yield say(f"drill.review.{key}", language, text=getattr(words, language))
