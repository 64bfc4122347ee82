"""A playbook as one printed page: HTML that needs nothing else, A4, in one language. Pure.

What a run would fill in prints as `[…]`; names of people, numbers and addresses are not on it.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from inventory.language import has, say
from playbooks import model as m
from playbooks.frame import framed
from playbooks.texts import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.language import Language
    from inventory.values import Words

_STYLE = Path(__file__).parent / "page.css"
_SEGMENT, _PART = "verdict.segment", "verdict.part"
_ID = re.compile(r"PB-[A-Z]{3}-\d\d")
_BY_HAND = (m.Ask, m.Do, m.Checklist, m.Escalate)


def playbook_page(playbook: m.Playbook, language: Language) -> str:
    """The playbook's page: red lines first, then every step with its id and where it leads."""
    steps = "\n".join(_step(step, language) for step in playbook.steps)
    parts = (_head(playbook, language), _dont(playbook, language), _about(playbook, language))
    body = "\n".join((*parts, f'<main class="steps">\n{steps}\n</main>'))
    return document(f"{playbook.id} {_text(playbook.title, language)}", body, language)


def document(title: str, body: str, language: Language) -> str:
    """A whole page around this body; `body` is HTML, `title` is text."""
    return framed(title, body, _style(), language)


@cache
def _style() -> str:
    return _STYLE.read_text(encoding="utf-8")


def _head(playbook: m.Playbook, language: Language) -> str:
    review = playbook.review.reviewed_on
    small = [
        say("paper.version", language, version=playbook.version),
        say("paper.reviewed", language, day=review)
        if review
        else say("paper.not_reviewed", language),
    ]
    if playbook.minutes:
        small.append(say("paper.target", language, minutes=playbook.minutes))
    return (
        f"<header><h1>{playbook.id} · {_text(playbook.title, language)}</h1>"
        f'<p class="small">{escape(" · ".join(small))}</p></header>'
    )


def _dont(playbook: m.Playbook, language: Language) -> str:
    lines = "".join(f"<li>{_text(line, language)}</li>" for line in playbook.dont)
    heading = escape(say("paper.dont", language))
    return f'<section class="dont"><h2>{heading}</h2><ul>{lines}</ul></section>'


def _about(playbook: m.Playbook, language: Language) -> str:
    lines = (
        f"<p><b>{_said('meaning', language)}:</b> {_text(playbook.about.meaning, language)}</p>",
        f"<p><b>{_said('impact', language)}:</b> {_text(playbook.about.impact, language)}</p>",
        f"<p><b>{_said('begin', language, step=playbook.start)}</b></p>",
        f'<p class="small">{_said("legend", language)} {_said("read_out", language)}</p>',
    )
    return f'<section class="about">{"".join(lines)}</section>'


def _step(step: m.Step, language: Language) -> str:
    by_hand = isinstance(step, _BY_HAND)
    classes = ["step", *(["hand"] if by_hand else []), *(["stop"] if _stops(step) else [])]
    mark = _said("mark.hand" if by_hand else "mark.machine", language)
    title = _text(step.title, language) if step.title else ""
    if isinstance(step, m.End):
        title = f"{title}: {_said(f'outcome.{step.outcome}', language)}"
    head = f'<h3><code>{step.id}</code><span>{title}</span><i class="mark">{mark}</i></h3>'
    content, ways = [*_content(step, language)], [*_ways(step, language)]
    if content and len(_goals(step)) == 1 and not isinstance(step, m.Ask | m.Checklist):
        content, ways = [*content[:-1], f"{content[-1]} {_goal(*_goals(step))}"], []
    lines = "".join(f"<li>{line}</li>" for line in (*content, *ways))
    listed = f"<ul>{lines}</ul>" if lines else ""
    return f'<section class="{" ".join(classes)}">{head}{listed}</section>'


def _goals(step: m.Step) -> set[str]:
    return {goal for _, goal in m.targets(step)}


def _stops(step: m.Step) -> bool:
    """Whether hands come off here and somebody else is called."""
    return isinstance(step, m.Escalate)


def _content(step: m.Step, language: Language) -> Iterable[str]:
    """What is asked, done, told or waited for."""
    match step:
        case m.Auto():
            names = ", ".join(say(f"paper.group.{group}", language) for group in step.run)
            yield f"{_said('looks_at', language)}: {escape(names)}"
        case m.Ask():
            yield f'<span class="say">{_text(step.question, language)}</span>'
        case m.Do():
            yield f'<span class="say">{_text(step.say, language)}</span>'
        case m.Wait():
            until = conditions(step.until.expect, language)
            yield f"{_said('waits', language)}: {escape(until)}"
        case m.Checklist():
            yield from (f'<span class="box">{_text(i.text, language)}</span>' for i in step.items)
        case m.Notify():
            yield f"{_said('to', language)}: {_roles(step.to, language)}"
            yield f'<span class="message">“{_text(step.message, language)}”</span>'
        case m.Escalate():
            whom = _roles((step.to,), language)
            yield f"{_said('to', language)} <b>{whom}</b>: {_text(step.reason, language)}"


def _roles(roles: Iterable[str], language: Language) -> str:
    return escape(", ".join(say(f"paper.role.{role}", language) for role in roles))


def _ways(step: m.Step, language: Language) -> Iterable[str]:
    """Where it leads: `1 … → step`."""
    if isinstance(step, m.Ask):
        for option in step.options:
            yield f"<b>{option.key}</b> {_text(option.text, language)} {_goal(option.goto)}"
    if isinstance(step, m.Decide):
        for branch in step.branches:
            yield f"{escape(conditions(branch.when, language))} {_goal(branch.goto)}"
        yield f"{_said('else', language)} {_goal(step.otherwise)}"
    labels: dict[str, list[str]] = {}
    for key, label in _labels(step, language):
        if goal := getattr(step, key, None):
            labels.setdefault(goal, []).append(label)
    if labels:
        yield "; ".join(f"{', '.join(said)} {_goal(goal)}" for goal, said in labels.items())


def _labels(step: m.Step, language: Language) -> Iterable[tuple[str, str]]:
    """The keys of plain ways out, with their words."""
    yield "next", _said("next", language)
    yield "on_pass", _said("passed", language)
    yield "on_fail", _said("failed", language)
    if isinstance(step, m.Wait):
        yield "on_timeout", _said("timeout", language, minutes=f"{step.timeout_min:g}")
    if not isinstance(step, m.End) and step.max_visits:
        yield "on_exhausted", _said("at_most", language, count=step.max_visits)


def conditions(when: m.Conditions, language: Language) -> str:
    """Conditions in words; a fact that has no words stands as it is written in the file."""
    place = _place(when, language)
    rest = (
        _fact(name, matcher, language)
        for name, matcher in when.items()
        if not (place and name in (_SEGMENT, _PART))
    )
    return ", ".join((*([place] if place else []), *rest))


def _place(when: m.Conditions, language: Language) -> str:
    """The verdict that is asked for, as the place it names."""
    segment, parts = when.get(_SEGMENT), when.get(_PART)
    if not isinstance(segment, str | None) or not (segment or parts):
        return ""
    each = parts if isinstance(parts, list | tuple) else (parts,)
    return say("paper.or", language).join(_named(segment, part, language) for part in each)


def _named(segment: str | None, part: str | None, language: Language) -> str:
    both = f"{segment}.{part}" if segment and part else segment or part
    keys = (f"paper.place.{both}", f"place.{both}", f"paper.place.{part}")
    found = next((key for key in keys if has(key)), None)
    return say(found, language) if found else str(both)


def _fact(name: str, matcher: object, language: Language) -> str:
    if isinstance(matcher, list | tuple):
        return say("paper.or", language).join(_fact(name, one, language) for one in matcher)
    value = str(matcher).lower() if isinstance(matcher, bool) else str(matcher)
    if has(f"paper.at.{name}.{value}"):
        return say(f"paper.at.{name}.{value}", language)
    shown = value.replace("<=", "≤ ").replace(">=", "≥ ").replace("<", "< ").replace(">", "> ")
    if has(f"paper.at.{name}"):
        return say(f"paper.at.{name}", language, value=shown)
    return f"{name}: {shown}"


def _goal(step: str) -> str:
    return f'<span class="way">→ <code>{step}</code></span>'


def _said(key: str, language: Language, **values: object) -> str:
    return escape(say(f"paper.{key}", language, **values))


def _text(words: Words, language: Language) -> str:
    """A text of the playbook as HTML, what a run fills in left open."""
    text = PLACEHOLDER.sub(say("paper.filled_in", language), getattr(words, language))
    return whole_ids(escape(text))


def whole_ids(html: str) -> str:
    """Keep the number of a playbook on one line."""
    return _ID.sub(r'<span class="id">\g<0></span>', html)
