"""The shipped playbooks: they load, take the paths they promise, and say what people can read."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING
from unicodedata import is_normalized

import pytest

from inventory.language import LANGUAGES
from inventory.text import has_accents
from playbooks import model as m
from playbooks.conditions import RunFact, holds, named
from playbooks.load import load_library
from playbooks.picture import fact_label
from playbooks.texts import filled
from playbooks.verdict.facts import Truth
from playbooks.verdict.rows import ROWS, Row
from playbooks.walk import parting, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.values import Words

LIBRARY = load_library()
EACH = pytest.mark.parametrize("playbook", LIBRARY.values(), ids=list(LIBRARY))
CASES = [(name, n) for name, book in LIBRARY.items() for n in range(len(book.tests.cases))]
COVERED = 0.8
BOUND = "on_exhausted"
POWER = {"switch_power", "ce_power", "ups"}
NEW_STYLE = re.compile(r"(o[àáảãạèéẻẽẹ]|(?<!q)u[ỳýỷỹỵ])(?!\w)", re.IGNORECASE)
FORBIDDEN = ("leo thang", "kịch bản", "phường", "hố đen", "bạn", "mày")


def texts(playbook: m.Playbook) -> Iterator[tuple[str, Words]]:
    """Every text with where it stands."""
    yield "title", playbook.title
    yield "about.meaning", playbook.about.meaning
    yield "about.impact", playbook.about.impact
    for number, line in enumerate(playbook.dont):
        yield f"dont.{number}", line
    for step in playbook.steps:
        for key in ("title", "question", "say", "reason", "message"):
            words = getattr(step, key, None)
            if words is not None:
                yield f"{step.id}.{key}", words
        for option in getattr(step, "options", ()):
            yield f"{step.id}.options.{option.key}", option.text
        for number, item in enumerate(getattr(step, "items", ())):
            yield f"{step.id}.items.{number}", item.text


def choices(playbook: m.Playbook) -> frozenset[tuple[str, str]]:
    """Every goal of a decision and every option of a question."""
    return frozenset(
        (step.id, way)
        for step in playbook.steps
        for way in (
            *(goal for key, goal in m.targets(step) if isinstance(step, m.Decide) and key != BOUND),
            *(option.key for option in getattr(step, "options", ())),
        )
    )


def ways(playbook: m.Playbook, case: m.PathCase) -> Iterator[tuple[str, str]]:
    """What was chosen on the way: goals of decisions, keys of answers."""
    for here, after in pairwise(walk(playbook, case)):
        step = playbook.step(here)
        if isinstance(step, m.Decide):
            yield here, after
        elif isinstance(step, m.Ask):
            yield here, case.answers[here]


def test_the_playbooks_that_verdicts_and_machines_lead_to_are_there() -> None:
    assert set(LIBRARY) >= {"PB-NET-01", "PB-NET-09", "PB-MTG-01", "PB-MTG-02", "PB-MTG-03"}
    assert set(LIBRARY) >= {"PB-SEC-05", "PB-SEC-06", "PB-SEC-07", "PB-SEC-08"}


@pytest.mark.parametrize(("name", "number"), CASES)
def test_every_case_takes_its_path(name: str, number: int) -> None:
    playbook = LIBRARY[name]
    assert parting(playbook, playbook.tests.cases[number]) is None


def test_a_playbook_that_goes_elsewhere_is_noticed() -> None:
    playbook = LIBRARY["PB-NET-01"]
    case = playbook.tests.cases[0]
    wrong = case.model_copy(update={"path": (*case.path[:-1], "carrier")})
    assert parting(playbook, wrong) == (len(case.path) - 1, "carrier", case.path[-1])


@EACH
def test_the_cases_cover_most_branches_and_options(playbook: m.Playbook) -> None:
    taken = {way for case in playbook.tests.cases for way in ways(playbook, case)}
    every = choices(playbook)
    assert len(taken & every) >= COVERED * len(every), sorted(every - taken)


@EACH
def test_the_cases_enter_every_step(playbook: m.Playbook) -> None:
    entered = {step for case in playbook.tests.cases for step in walk(playbook, case)}
    assert entered == {step.id for step in playbook.steps}


def test_what_a_decision_lacks_is_named_in_words() -> None:
    decisions = [s for book in LIBRARY.values() for s in book.steps if isinstance(s, m.Decide)]
    asked = {name for one in decisions for branch in one.branches for name in named(branch.when)}
    assert {"vm.name", "cert.days_left", "dc.loss_pct"} <= asked
    assert {name for name in asked for lang in LANGUAGES if fact_label(name, lang) == name} == set()


def reach(playbook: m.Playbook, starts: set[str], closed: set[str]) -> set[str]:
    """Steps that can be come to from these without going through a closed one."""
    seen: set[str] = set()
    left = starts - closed
    while left:
        name = left.pop()
        seen.add(name)
        left |= {goal for _, goal in m.targets(playbook.step(name))} - seen - closed
    return seen


@EACH
def test_no_way_leads_to_power_but_by_the_answer_that_nothing_is_abnormal(
    playbook: m.Playbook,
) -> None:
    powered = {
        step.id
        for step in playbook.steps
        if isinstance(step, m.Do) and (step.touches in POWER or "Bật nguồn" in step.say.vi)
    }
    gates = {
        step.id: step
        for step in playbook.steps
        if isinstance(step, m.Ask) and "bất thường" in step.question.vi
    }
    assert bool(powered) == (playbook.topic != "security" and playbook.id != "PB-MTG-03")
    refused = {o.goto for gate in gates.values() for o in gate.options if o.key != "1"}
    assert reach(playbook, {playbook.start} | refused, set(gates)) & powered == set()


@EACH
def test_nobody_is_told_to_handle_the_carriers_fibre(playbook: m.Playbook) -> None:
    for step in playbook.steps:
        if isinstance(step, m.Do):
            said = f"{step.say.vi} {step.say.en}".lower()
            assert not re.search(r"quang|fibre|optic|sfp|reset", said), step.id


@EACH
def test_a_question_has_at_most_four_answers_and_one_is_not_sure(playbook: m.Playbook) -> None:
    for step in playbook.steps:
        if isinstance(step, m.Ask):
            keys = [option.key for option in step.options]
            assert len(keys) <= 4, step.id
            assert keys[-1] == "0", step.id


@EACH
def test_who_is_not_sure_is_led_to_somebody_who_knows(playbook: m.Playbook) -> None:
    """ "Not sure" hands over, or goes where nothing is touched."""
    for step in playbook.steps:
        if isinstance(step, m.Ask):
            goal = next(o.goto for o in step.options if o.key == "0")
            assert not isinstance(playbook.step(goal), m.Do | m.End), (step.id, goal)


@EACH
def test_sentences_can_be_read_at_a_glance(playbook: m.Playbook) -> None:
    for where, words in texts(playbook):
        for language in LANGUAGES:
            text = getattr(words, language)
            longest = 300 if where.endswith(".message") else 90
            sentences = [text] if longest == 300 else re.split(r"(?<=[.?!])\s+", text)
            assert max(map(len, sentences)) <= longest, (playbook.id, where, language)


@EACH
def test_texts_are_administrative_vietnamese_in_the_old_style(playbook: m.Playbook) -> None:
    for where, words in texts(playbook):
        assert is_normalized("NFC", words.vi), where
        assert not NEW_STYLE.search(words.vi), (where, words.vi)
        assert not any(re.search(rf"\b{word}\b", words.vi.lower()) for word in FORBIDDEN), where
        assert not has_accents(words.en), (where, words.en)


@EACH
def test_nothing_is_invented(playbook: m.Playbook) -> None:
    """No address and no telephone number stands in a text; nobody is said to have reviewed it."""
    assert playbook.review.reviewed_on is None
    for where, words in texts(playbook):
        for language in LANGUAGES:
            text = getattr(words, language)
            assert not re.search(r"\d{1,3}(\.\d{1,3}){3}|\d{7,}", text), where


@EACH
def test_red_lines_are_few_and_begin_with_a_no(playbook: m.Playbook) -> None:
    assert 1 <= len(playbook.dont) <= 3
    for line in playbook.dont:
        assert "KHÔNG" in line.vi
        assert re.search(r"\b(NOT|NO)\b", line.en)


def located(segment: str, part: str) -> str:
    """Where PB-NET-01 goes with this verdict, everything else being unknown."""
    facts = {"verdict.segment": RunFact(segment), "verdict.part": RunFact(part)}
    locate = LIBRARY["PB-NET-01"].step("locate")
    assert isinstance(locate, m.Decide)
    truths = [(branch.goto, holds(branch.when, facts)) for branch in locate.branches]
    return next((goto for goto, truth in truths if truth is Truth.TRUE), locate.otherwise)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.id}-{row.vantages}")
def test_every_row_of_the_verdict_is_led_to_a_branch_of_its_own(row: Row) -> None:
    goal = located(row.segment, row.part)
    assert (goal == "unclear") == (row.segment == "unknown" and row.part in ("", "hub_blind"))
    assert (goal == "false_alarm") == (row.segment == "none" and row.part == "")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.id}-{row.vantages}")
def test_only_a_fault_at_the_terminal_device_leads_to_its_power_or_cord(row: Row) -> None:
    """Without measuring again; a computer's own cable never leads there either."""
    playbook = LIBRARY["PB-NET-01"]
    near = reach(playbook, {located(row.segment, row.part)}, {"size_up"})
    touched = {s.touches for s in playbook.steps if isinstance(s, m.Do) and s.id in near}
    assert bool(touched & {"ce_power", "uplink_cord"}) == (
        row.part in ("ce_link", "ce", "line_or_ce")
    )
    assert not (row.outside and touched)


def test_the_meeting_playbook_goes_the_same_ways_without_a_calendar() -> None:
    """Nobody told when the meeting is: no step depends on it, and texts say that it is unknown."""
    playbook = LIBRARY["PB-MTG-01"]
    base = {**playbook.tests.base, "mtg.minutes_to_start": "unknown"}
    blind = playbook.model_copy(update={"tests": playbook.tests.model_copy(update={"base": base})})
    assert base != playbook.tests.base
    for case in playbook.tests.cases:
        assert parting(blind, case) is None
    report = playbook.step("endpoint_report")
    assert isinstance(report, m.Escalate)
    assert report.message is not None
    said = filled(report.message, {"mtg.minutes_to_start": RunFact(reason="no_calendar")})
    assert "Số phút tới phiên họp: chưa rõ." in said["vi"]
    assert "Minutes to the meeting: unknown." in said["en"]


SECURITY = [playbook for playbook in LIBRARY.values() if playbook.topic == "security"]


@pytest.mark.parametrize("playbook", SECURITY, ids=lambda playbook: playbook.id)
def test_a_sign_of_intrusion_is_kept_as_evidence_and_handed_over_untouched(
    playbook: m.Playbook,
) -> None:
    """From there on nothing is done by hand, and only the city's own level is told."""
    after = [playbook.step(name) for name in reach(playbook, {"preserve"}, set())]
    assert {step.kind for step in after} == {"evidence", "escalate", "end"}
    assert [step.to for step in after if isinstance(step, m.Escalate)] == ["L2"]
    assert [step.outcome for step in after if isinstance(step, m.End)] == ["security_handover"]
    for step in playbook.steps:
        if isinstance(step, m.Ask) and "bất thường" in step.question.vi:
            assert next(o.goto for o in step.options if o.key == "2") == "preserve", step.id


@pytest.mark.parametrize("playbook", SECURITY, ids=lambda playbook: playbook.id)
def test_nobody_is_told_to_type_a_command_or_to_delete_what_may_be_needed(
    playbook: m.Playbook,
) -> None:
    for where, words in texts(playbook):
        assert not re.search(r"\b(sudo|rm|systemctl|ssh|qm|virsh|df)\b", words.vi), where
        if where.endswith(".say"):
            assert not re.search(r"nhật ký|cơ sở dữ liệu|bản chụp|bản sao lưu", words.vi), where
