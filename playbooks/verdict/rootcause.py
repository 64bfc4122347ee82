"""The judgement: the first row whose conditions are all met, and what stands around it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbooks.verdict import grading
from playbooks.verdict.combined import readings, unmeasured
from playbooks.verdict.conditions import Outcome, together
from playbooks.verdict.faults import beside
from playbooks.verdict.grading import Case
from playbooks.verdict.model import Verdict
from playbooks.verdict.rows import ROOM_PLAYBOOKS, Row, rows_for
from playbooks.verdict.sentence import Finding, evidence, headline, open_questions, ruled_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playbooks.verdict.facts import Facts
    from playbooks.verdict.model import VerdictState
    from playbooks.verdict.reading import Vantage


def judge(facts: Facts, vantage: Vantage) -> Verdict:
    """Say which segment and part is at fault, from one vantage ("ward" or "hub").

    Always gives exactly one verdict and raises nothing. A row before the winner that only unknown
    facts keep from matching leaves its unknown facts among the missing and, when a known fact
    speaks for it, its place among the alternatives. Without enough confidence the segment is
    "unknown", while part and state stay.
    """
    return _verdict(_winner(facts, vantage), vantage)


def _winner(facts: Facts, vantage: Vantage) -> Case:
    view = readings(facts, vantage)
    passed: tuple[Row, ...] = ()
    rows = rows_for(vantage)
    for row in rows:
        result = together(row.when, view)
        if result is Outcome.UNMET:
            continue
        case = Case(row, facts, view, passed)
        # "All fine" on too many late facts is not said; the last row is, and it names them.
        if result is Outcome.MET and (row.segment != "none" or grading.is_sure(case)):
            return case
        if grading.is_remembered(case):
            passed = (*passed, row)
    return Case(rows[-1], facts, view, passed)


def _verdict(case: Case, vantage: Vantage) -> Verdict:
    row, facts = case.row, case.facts
    finding = _finding(case, vantage)
    good = ruled_out(row.rules_out, facts, case.view)
    possible = grading.alternatives(case, good)
    broken = beside(row, grading.place(case), grading.support(case), facts, case.view)
    return Verdict(
        vantage=vantage,
        segment=finding.segment,
        part=finding.part,
        state=finding.state,
        confidence=grading.confidence(case),
        row=row.id,
        root=grading.root(case),
        headline=headline(finding, facts),
        evidence=(
            *evidence(finding, facts, case.view),
            *open_questions(finding, possible, facts),
        ),
        ruled_out=good,
        alternatives=possible,
        missing=finding.missing,
        unmeasured=finding.unmeasured,
        also=tuple(where for where in broken if where not in possible),
        outside=row.outside and finding.segment == row.segment,
        playbook=ROOM_PLAYBOOKS.get(finding.part, row.playbook) if row.id == "R1" else row.playbook,
        call=row.call,
        dont=row.dont,
    )


def _finding(case: Case, vantage: Vantage) -> Finding:
    row = case.row
    is_fine = row.segment == "none"
    return Finding(
        row=row,
        segment=row.segment if grading.is_sure(case) else "unknown",
        part=grading.part(case),
        state=_state(case),
        names=grading.unique(_names(case)),
        focus=grading.focus(row, case.view),
        missing=() if is_fine else grading.missing(case),
        unmeasured=unmeasured(case.facts, vantage) if is_fine else (),
    )


def _state(case: Case) -> VerdictState:
    if case.row.down_when and getattr(case.facts, case.row.down_when):
        return "down"
    return case.row.state


def _names(case: Case) -> Iterator[str]:
    """Facts whose sentences are the evidence; a service is followed by its state elsewhere."""
    row = case.row
    asked = tuple(name for condition in row.when for name in condition.names)
    for name in asked if row.evidence is None else row.evidence:
        if name == "here_only":
            # Its own sentence says that elsewhere is not known; here only a known reason is said.
            about = case.view[name].focus
            yield from (each for each in about if case.facts.fact(each).values.get("reason"))
        elif name in case.view and case.view[name].focus not in ((), (name,)):
            for each in case.view[name].focus:
                yield each
                yield each.replace("svc[", "svc_hub[")
        else:
            yield name
