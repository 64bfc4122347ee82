"""A meeting and its room: the answer and the one next step first, then every item. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from inventory.text import cells, cut, one_line, pad
from tui.legend import NOW, UNKNOWN, Mark, mark_of
from tui.lines import BLANK, Line, Span, boxed, fit, line, spread, text, wrapped
from tui.text import LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agent.wire import Meeting, Readiness, ReadinessItem
    from tui.lines import Tone
    from tui.view import Showing

WAITING = Mark("·", "screen.meeting.waiting", "dim")
_NAME, _SAID, _BY, _AGE = 18, 30, 5, 5
_LEAST_TAIL = 12  # what helps is said in fewer cells by nothing
_LEFT = 66
_MARKS = (("t60", 60), ("t30", 30), ("t10", 10))
_LIMITS = {
    "hd-meeting": ("0.5", "20", "100"),
    "telepresence": ("0.05", "10", "100"),
    "audio-only": ("1", "30", "150"),
}


def empty_lines(showing: Showing) -> list[Line]:
    """Nothing is booked: how a meeting gets here."""
    words = showing.words
    said = words.say("screen.meeting.empty" if showing.snapshot else "tui.pre.nothing")
    rows = wrapped(said, showing.columns - 4, 4)
    return [BLANK, *(line(Span(f"  {row}", "dim")) for row in rows)]


def meeting_lines(
    meeting: Meeting, place: tuple[int, int], cursor: int, rows: int, showing: Showing
) -> list[Line]:
    """One meeting, the `place` of how many, with the cursor on one of its items."""
    head = [
        _title(meeting, place, showing),
        _timeline(meeting, showing),
        _rule(showing),
        *_answer(meeting.readiness, showing),
        _rule(showing),
    ]
    room = rows - len(head)
    if showing.is_wide:
        return [*head, *_wide(meeting, cursor, room, showing)]
    foot = [_rule(showing), _limits(meeting, showing)]
    return [*head, *_listed(meeting, cursor, room - len(foot), showing.columns, showing), *foot]


def item_of(meeting: Meeting, cursor: int) -> ReadinessItem | None:
    """The item under the cursor."""
    items = meeting.readiness.items if meeting.readiness is not None else ()
    return items[min(cursor, len(items) - 1)] if items else None


def first_cursor(meeting: Meeting) -> int:
    """Where the cursor stands at first: on what decides, else on what a person has to do."""
    found = meeting.readiness
    items = found.items if found is not None else ()
    for place, one in enumerate(items):
        if found is not None and one.id == found.guilty:
            return place
    return next((place for place, one in enumerate(items) if one.by == "person"), 0)


# ---- head ----


def _title(meeting: Meeting, place: tuple[int, int], showing: Showing) -> Line:
    words, (at, count) = showing.words, place
    when = f"{words.hour(meeting.start)}-{words.hour(meeting.end)}{_day(meeting, showing)}"
    left = line(
        Span(f" {one_line(meeting.code, 24)}", "strong"),
        f" · {words.say('screen.meeting.room', room=one_line(meeting.room, 24))} · {when}",
        Span(f" · {at + 1}/{count}", "dim") if count > 1 else "",
    )
    return spread(left, line(Span(_counts(meeting, showing), "accent"), " "), showing.columns)


def _day(meeting: Meeting, showing: Showing) -> str:
    """The day, unless it is today."""
    day, today = meeting.start.astimezone(LOCAL), showing.now.astimezone(LOCAL)
    return "" if day.date() == today.date() else f" {day:%d/%m}"


def _counts(meeting: Meeting, showing: Showing) -> str:
    """`T-28` minutes, running, or over; by the agent's clock, which the meeting is planned by."""
    words, left = showing.words, _left(meeting, showing)
    if meeting.phase in {"ended", "over"}:
        return words.say("screen.meeting.over")
    if left <= timedelta():
        return words.say("screen.meeting.runs", lasted=words.lasted(-left.total_seconds()))
    return f"T-{words.coarse(left.total_seconds() + 59)}"


def _left(meeting: Meeting, showing: Showing) -> timedelta:
    now = showing.snapshot.ts if showing.snapshot is not None else showing.now
    since = showing.sight.age_s(showing.mono) if showing.is_current else None
    return meeting.start - now - timedelta(seconds=since or 0.0)


def _timeline(meeting: Meeting, showing: Showing) -> Line:
    """The marks of the procedure, those that are past filled, the present one pointed at."""
    words, left = showing.words, _left(meeting, showing).total_seconds() / 60
    over = meeting.phase in {"ended", "over"}
    steps = [(left <= minutes, words.say(f"screen.meeting.{name}")) for name, minutes in _MARKS]
    steps.append((left <= 0, words.hour(meeting.start)))
    steps.append((over, words.hour(meeting.end)))
    spans: list[str | Span] = [" "]
    for place, (is_past, said) in enumerate(steps):
        is_last_past = is_past and not any(past for past, _ in steps[place + 1 :])
        mark = NOW if is_last_past else "●" if is_past else "·"
        tone: Tone = "accent" if is_last_past else "plain" if is_past else "dim"
        spans += [
            Span(f"{mark} {said}", tone),
            Span(" ── " if place < len(steps) - 1 else "", "dim"),
        ]
    return fit(line(*spans), showing.columns)


def _answer(found: Readiness | None, showing: Showing) -> Iterator[Line]:
    """Ready or not and why; below it the one next step with its playbook."""
    words = showing.words
    if found is None:
        yield line(Span(f" ? {words.say('screen.meeting.not_judged')}", "unknown"))
        yield BLANK
        return
    mark = _mark(found.state, showing)
    state = words.say(f"readiness.state.{found.state}")
    if not showing.is_current:
        state = words.say("screen.meeting.was", state=state)
    why = words.of(found.text)
    room = showing.columns - cells(state) - 6
    yield line(" ", Span(f"{mark.glyph} {state}", mark.tone), cut(f"  {why}" if why else "", room))
    if found.step is None:
        yield BLANK
        return
    book = f" [p] {found.step.playbook}" if found.step.playbook else ""
    *above, last = wrapped(f"→ {words.of(found.step.text)}{book}", showing.columns - 2, 2)
    for row in above:
        yield line(" ", Span(row, "strong"))
    yield line(" ", Span(last, "strong"))


def _rule(showing: Showing) -> Line:
    return line(Span("─" * showing.columns, "dim"))


def _limits(meeting: Meeting, showing: Showing) -> Line:
    """What the meeting's profile bears, and who calls."""
    words = showing.words
    loss, jitter, delay = _LIMITS.get(meeting.profile, _LIMITS["hd-meeting"])
    loss = loss.replace(".", ",") if words.language == "vi" else loss
    limits = words.say("screen.meeting.limits", loss=loss, jitter=jitter, delay=delay)
    joins = f" · {words.say(f'screen.meeting.{meeting.join}')}" if meeting.join else ""
    return line(Span(f" {cut(limits + joins, showing.columns - 1)}", "dim"))


# ---- items ----


def _listed(meeting: Meeting, cursor: int, rows: int, columns: int, showing: Showing) -> list[Line]:
    """As many items as fit, the chosen one among them and whole."""
    items = meeting.readiness.items if meeting.readiness is not None else ()
    at = min(cursor, len(items) - 1)
    made = [_item(one, columns, showing, is_chosen=n == at) for n, one in enumerate(items)]
    if items and not showing.is_wide:
        made[at + 1 : at + 1] = _in_full(items[at], columns, showing)
    first = max(0, min(at - rows // 2, len(made) - rows))
    return made[first : first + max(0, rows)]


def _in_full(item: ReadinessItem, columns: int, showing: Showing) -> Iterator[Line]:
    """What the item's own line had to cut: what was found, or what helps."""
    found, tail = showing.words.of(item.text), _tail(item, showing)
    said_cells, rest = _room(columns)
    parts = (found if cells(found) > said_cells else "", tail if cells(tail) > rest else "")
    said = " ".join(part for part in parts if part)
    if said:
        yield line(" " * 3, Span(cut(said, columns - 4), "accent"))


def _room(columns: int) -> tuple[int, int]:
    """Cells of a line for what was found, and for what helps."""
    said = min(_SAID, columns - 5 - _NAME - _BY - 8)
    return said, columns - 4 - _NAME - said - _BY - _AGE


def _item(item: ReadinessItem, columns: int, showing: Showing, *, is_chosen: bool) -> Line:
    words = showing.words
    mark = _mark(item.state, showing)
    by = words.say(f"screen.meeting.by_{item.by}")
    age = _age(item, showing)
    tail = _tail(item, showing)
    left = f"{pad(words.of(item.name), _NAME)}"
    said_cells, rest = _room(columns)
    made = line(
        Span(f" {mark.glyph} ", mark.tone), left, pad(words.of(item.text), said_cells), " ",
        Span(pad(by, _BY), "dim"), Span(pad(age, _AGE), "dim"),
        Span(cut(tail, rest) if rest >= _LEAST_TAIL else "", "accent"),
    )  # fmt: skip
    shown = fit(made, columns)
    return (Span(text(shown), "cursor"),) if is_chosen else shown


def _tail(item: ReadinessItem, showing: Showing) -> str:
    if item.state == "ok" or item.do is None:
        return ""
    return f"→ {showing.words.of(item.do)}"


def _age(item: ReadinessItem, showing: Showing) -> str:
    age_s = showing.age_s(item.age_s)
    return showing.words.coarse(age_s) if age_s is not None else "-"


def _mark(state: str, showing: Showing) -> Mark:
    """What is not current is good no more, nor bad."""
    if state == "waiting":
        return WAITING
    return mark_of(state) if showing.is_current else UNKNOWN


# ---- beside the items ----


def _wide(meeting: Meeting, cursor: int, rows: int, showing: Showing) -> Iterator[Line]:
    words = showing.words
    found = meeting.readiness
    done = sum(one.state == "ok" for one in found.items) if found is not None else 0
    count = len(found.items) if found is not None else 0
    title = line(words.say("screen.meeting.items", done=done, count=count))
    left_rows = min(rows, max(count, 1) + 2)
    inner = _listed(meeting, cursor, left_rows - 2, _LEFT - 2, showing)
    left = boxed(inner, _LEFT, title=title, height=left_rows)
    right_cells = showing.columns - _LEFT
    detail = boxed(
        _detail(meeting, item_of(meeting, cursor), right_cells - 4, showing), right_cells,
        title=line(words.say("screen.meeting.detail")), height=left_rows,
    )  # fmt: skip
    yield from ((*one, *other) for one, other in zip(left, detail, strict=True))
    yield from _guidance("during", 4, rows - left_rows, showing)
    yield from _guidance("after", 3, rows - left_rows - 6, showing)


def _detail(
    meeting: Meeting, item: ReadinessItem | None, columns: int, showing: Showing
) -> Iterator[Line]:
    """The chosen item in full, then what the meeting asks of the line."""
    words = showing.words
    if item is not None:
        mark = _mark(item.state, showing)
        state = words.say(f"readiness.word.{item.state}")
        yield line(" ", Span(f"{mark.glyph} {words.of(item.name)}: {state}", mark.tone))
        for row in wrapped(words.of(item.text), columns, 3):
            yield line(f" {row}")
        yield line(Span(f" {words.say(f'readiness.side.{item.side}')}", "dim"))
        if item.do is not None and item.state != "ok":
            yield line(Span(f" → {words.of(item.do)}", "accent"))
        age = words.age(showing.age_s(item.age_s)) if item.age_s is not None else "-"
        by = words.say(f"screen.meeting.by_{item.by}_long")
        yield line(Span(f" {by} · {age}", "dim"))
    yield BLANK
    for row in wrapped(text(_limits(meeting, showing)), columns, 3):
        yield line(Span(f" {row}", "dim"))
    if meeting.join == "dial_out":
        for row in wrapped(words.say("screen.meeting.wait_for_call"), columns, 3):
            yield line(Span(f" {row}", "strong"))


def _guidance(key: str, count: int, rows: int, showing: Showing) -> Sequence[Line]:
    """What to do when it breaks during the meeting, and when it is over."""
    if rows < count + 2:
        return ()
    words = showing.words
    inside = [
        line(f" {words.say(f'screen.meeting.{key}_{number}')}") for number in range(1, count + 1)
    ]
    return boxed(inside, showing.columns, title=line(words.say(f"screen.meeting.{key}")))
