"""The playbook runner's lines: wire types to spans. Pure.

One step at a time: what is asked, the numbered answers, the text that is ready to be read out, what
the machine waits for. The playbook's red lines are always there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from inventory.language import has
from inventory.text import one_line, pad
from tui.legend import DEGRADED, NOW, OFF_DUTY, OK, UNKNOWN
from tui.lines import BLANK, Span, fit, line, spread, wrapped
from tui.view_device import agent_now
from tui.view_incident import MACHINE, account, handover_text, short_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agent.wire import (
        ChecklistItem,
        Contact,
        PlaybookRun,
        RunLine,
        RunStep,
    )
    from tui.legend import Mark
    from tui.lines import Line, Tone
    from tui.view import Showing

Act: TypeAlias = Literal["option", "item"]
BY_HAND = frozenset({"ask", "do", "checklist", "escalate", "notify"})
_FRESH = 2  # lines back from the present step: what was told, and where it led
_BROAD = 60  # cells from which what was done fits on one line
_ITEM_MARKS = {"open": OFF_DUTY, "done": OK, "failed": DEGRADED, "unknown": UNKNOWN}
_NEXT_STATES = {"open": "done", "unknown": "done", "done": "failed", "failed": "open"}


@dataclass(frozen=True, slots=True)
class Choice:
    """Something the person can choose on this step: its digit, its words, what is sent for it.

    `value` of an item is the item's id; its next state is `next_state(item)`.
    """

    key: str
    text: str
    act: Act
    value: str
    item: ChecklistItem | None = None


def choices(run: PlaybookRun | None, showing: Showing) -> tuple[Choice, ...]:
    """What can be chosen now, in the order of the screen; none when no person is asked."""
    step = run.step if run is not None else None
    if run is None or step is None or run.ended is not None:
        return ()
    of = showing.words.of
    by_hand = [item for item in step.items if item.by == "person"]
    taken = {one.key for one in step.options}
    free = [str(digit) for digit in range(1, 10) if str(digit) not in taken]
    items = [
        Choice(free[at] if at < len(free) else "", of(item.text), "item", item.id, item)
        for at, item in enumerate(by_hand)
    ]
    options = [Choice(one.key, of(one.text), "option", one.value) for one in step.options]
    return (*items, *options)


def first_place(step: RunStep | None) -> int:
    """Which answer is marked at first: none (-1) where a careless Enter would record an untruth."""
    return -1 if step is not None and step.kind == "escalate" else 0


def next_state(item: ChecklistItem) -> str:
    """What a press on an item makes of it: open, done, failed, open again."""
    return _NEXT_STATES[item.state]


def with_digit(found: Sequence[Choice], digit: str) -> int | None:
    """Where the choice with that digit stands; None when there is none."""
    return next((at for at, one in enumerate(found) if one.key == digit), None)


def heading(run: PlaybookRun, columns: int, showing: Showing) -> Iterator[Line]:
    """Which playbook, for which incident, how far, since when."""
    words = showing.words
    name = line(" ", Span(f"{run.playbook} {words.of(run.title)}", "strong"))
    incident = line(Span(short_id(run.incident), "dim"), " ") if run.incident else ()
    yield spread(name, incident, columns)
    passed = showing.lasted(run.started)
    if run.ended is not None:
        passed = words.lasted((run.ended - run.started).total_seconds())
    said = {"step": step_number(run), "passed": passed, "who": account(run.actor)}
    progress = words.say("screen.playbook.progress", **said)
    yield fit(line(" ", *_about(run.about, showing), progress), columns)


def _about(name: str | None, showing: Showing) -> Line:
    """The machine or service that a run keeps to; nothing for none."""
    if name is None:
        return ()
    said = showing.words.say("screen.playbook.about", name=one_line(name, 40))
    return line(Span(said, "strong"), " · ")


def step_number(run: PlaybookRun) -> str:
    """`4/7`, `4` when the way is not known, a dash when it is over."""
    if run.step is None:
        return "—"
    return f"{run.step.number}/{run.step.of}" if run.step.of is not None else str(run.step.number)


def dont_lines(step: RunStep | None, columns: int, showing: Showing) -> Iterator[Line]:
    """The red lines of the playbook."""
    for what in step.dont if step is not None else ():
        for part in wrapped(showing.words.of(what), columns - 2, 2):
            yield line(Span(f" {part}", "strong"))


def past_lines(run: PlaybookRun, rows: int, columns: int, showing: Showing) -> list[Line]:
    """The last things that happened in the run, oldest first, in at most so many rows."""
    past = _past if columns >= _BROAD else _past_below
    every = [row for one in run.lines for row in past(one, columns, showing)]
    return every[max(0, len(every) - rows) :] if rows > 0 else []


def _past(one: RunLine, columns: int, showing: Showing) -> Iterator[Line]:
    """Time, step, who and result on one line."""
    words = showing.words
    name = pad(one_line(words.of(one.title), 80), min(40, columns // 3))
    said = line(
        Span(f" {words.time(one.at)} ", "dim"), f"{name} ",
        Span(pad(_by(one.actor == MACHINE, showing), 5), "dim"), words.of(one.result),
    )  # fmt: skip
    yield fit(said, columns)


def _past_below(one: RunLine, columns: int, showing: Showing) -> Iterator[Line]:
    """In a narrow column the result stands below."""
    words = showing.words
    by = line(Span(f"{_by(one.actor == MACHINE, showing)} ", "dim"))
    said = line(Span(f" {words.time(one.at)} ", "dim"), words.of(one.title))
    yield spread(said, by, columns)
    for part in wrapped(words.of(one.result), columns - 11, 2) if one.result else ():
        yield line(" " * 10, part)
    for part in wrapped(words.of(one.message), columns - 12, 4) if one.message else ():
        yield line(" " * 9, Span("│", "accent"), part)


def _by(machine: bool, showing: Showing) -> str:
    """Who does it: the machine, or a person by hand."""
    return showing.words.say("screen.playbook.by_machine" if machine else "screen.playbook.by_hand")


def step_lines(run: PlaybookRun, cursor: int, columns: int, showing: Showing) -> Iterator[Line]:
    """The step: what it is, what it asks, the answers, the text to read out, the countdown."""
    step = run.step
    if step is None:
        yield from end_lines(run, columns, showing)
        return
    words = showing.words
    key = f"screen.playbook.kind.{step.kind}"
    kind = words.say(key) if has(key) else step.kind
    yield spread(
        line(Span(NOW, "accent"), Span(f" {words.of(step.title)}", "strong")),
        line(Span(f"{_by(step.kind not in BY_HAND, showing)} · {kind} ", "dim")),
        columns,
    )
    for part in wrapped(words.of(step.body), columns - 2, 6) if step.body else ():
        yield line(f" {part}")
    yield from _auto_items(step, columns, showing)
    yield from _told(step, columns, showing)
    yield from _choices(run, cursor, columns, showing)
    yield from _progress(run, showing)
    yield from _still_to_tell(run, columns, showing)


def _auto_items(step: RunStep, columns: int, showing: Showing) -> Iterator[Line]:
    """Lines that the machine ticks; those of a person are choices."""
    for item in step.items:
        if item.by == "auto":
            mark = item_mark(item, showing)
            said = f" {showing.words.of(item.text)}"
            by = Span(f"  {_by(True, showing)}", "dim")
            yield fit(line("      ", Span(mark.glyph, mark.tone), said, by), columns)


def item_mark(item: ChecklistItem, showing: Showing) -> Mark:
    """An item's mark; what the machine ticked is not known any more when nobody answers."""
    if item.by == "auto" and not showing.is_current:
        return UNKNOWN
    return _ITEM_MARKS[item.state]


def _told(step: RunStep | RunLine, columns: int, showing: Showing) -> Iterator[Line]:
    """Whom to tell, at which number, with which words."""
    contacts = showing.snapshot.contacts if showing.snapshot else ()
    for role in step.to:
        contact = next((one for one in contacts if one.role == role), None)
        yield fit(line(Span(f" {called(role, contact, showing)}", "strong")), columns)
    if step.message is None:
        return
    yield line(Span(f" {showing.words.say('screen.playbook.read_out')}", "dim"))
    for said in getattr(step.message, showing.words.language).splitlines():
        for part in wrapped(said, columns - 5, 4):
            yield line(Span(" │ ", "accent"), part)


def _still_to_tell(run: PlaybookRun, columns: int, showing: Showing) -> Iterator[Line]:
    """Texts that no channel took, to be passed on by voice: until the person does something.

    They also go when the machine has gone on, since they may not be true any more by then.
    """
    for one in reversed(run.lines[-_FRESH:]):
        if one.actor != MACHINE:
            return
        if one.message is not None:
            yield BLANK
            yield line(Span(f" {showing.words.say('screen.playbook.pass_on')}", "accent"))
            yield from _told(one, columns, showing)


def called(role: str, contact: Contact | None, showing: Showing) -> str:
    """A role with its number, or that nobody entered one."""
    words = showing.words
    who = words.of(contact.name) if contact is not None else role
    phone = (contact.phone if contact is not None else None) or words.say(
        "screen.playbook.no_phone"
    )
    said = words.say("screen.playbook.call", who=who, phone=phone)
    return f"{said}  {contact.hours}" if contact is not None and contact.hours else said


def _choices(run: PlaybookRun, cursor: int, columns: int, showing: Showing) -> Iterator[Line]:
    """The numbered answers; a long one goes on under itself."""
    for number, choice in enumerate(choices(run, showing)):
        here = number == cursor
        tone: Tone = "strong" if here else "plain"
        pointer = Span(f" {NOW}" if here else "  ", "accent")
        mark = item_mark(choice.item, showing) if choice.item is not None else None
        sign = (Span(f"{mark.glyph} ", mark.tone),) if mark is not None else ()
        first, *more = wrapped(choice.text, columns - 10, 2)
        yield (pointer, Span(f" {choice.key or ' '}  ", "accent"), *sign, Span(first, tone))
        for part in more:
            yield line(Span(" " * (8 if sign else 6) + part, tone))


def _progress(run: PlaybookRun, showing: Showing) -> Iterator[Line]:
    """What happens by itself: the machine measures, or waits until a time."""
    words, step = showing.words, run.step
    if not showing.is_current:
        said = f"{UNKNOWN.glyph} {words.say('screen.playbook.silent')}"
        yield line(Span(f" {said}", "stale"))
        return
    if run.state == "running":
        yield line(Span(f" … {words.say('screen.playbook.measuring')}", "accent"))
    if step is not None and step.deadline is not None:
        yield _countdown(run, step, showing)
    elif run.state == "waiting":
        yield line(Span(f" … {words.say('screen.playbook.waiting')}", "accent"))


def _countdown(run: PlaybookRun, step: RunStep, showing: Showing) -> Line:
    now = agent_now(showing)
    left_s = (step.deadline - now).total_seconds() if step.deadline and now else 0.0
    words = showing.words
    if left_s <= 0:
        return line(Span(f" … {words.say('screen.playbook.time_over')}", "degraded"))
    key = "screen.playbook.wait_left" if run.state == "waiting" else "screen.playbook.time_left"
    return line(Span(f" … {words.say(key, left=words.lasted(left_s))}", "accent"))


def handover_text_of(run: PlaybookRun, showing: Showing) -> str:
    """What is read out when a run is handed over: of its incident, else of the run itself."""
    snapshot, words = showing.snapshot, showing.words
    incidents = snapshot.incidents if snapshot is not None else ()
    found = next((one for one in incidents if one.id == run.incident), None)
    if found is not None:
        return handover_text(found, showing)
    ward = snapshot.ward if snapshot is not None else None
    who = f"{ward.name} ({ward.code})" if ward is not None else run.ward
    step = words.of(run.step.title) if run.step is not None else ""
    said = words.say(
        "screen.playbook.handover", ward=who, title=words.of(run.title), step=step,
        at=words.time(run.started),
    )  # fmt: skip
    return one_line(said, 300)


def end_lines(run: PlaybookRun, columns: int, showing: Showing) -> Iterator[Line]:
    """How it ended, and where to go on."""
    words = showing.words
    if run.ended is None:
        yield line(Span(f" {words.say('screen.playbook.no_step')}", "unknown"))
        return
    outcome = run.outcome or run.state
    key = f"screen.playbook.outcome.{outcome}"
    said = words.say(key) if has(key) else one_line(outcome, 40)
    yield line(" ", Span(NOW, "accent"), Span(f" {said}", "strong"))
    yield line(f"   {words.say('screen.playbook.ended_at', at=words.time(run.ended))}")
    if run.incident:
        back = words.say("screen.playbook.to_incident", id=short_id(run.incident))
        yield fit(line(f"   {back}"), columns)
