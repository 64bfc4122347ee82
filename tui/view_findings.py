"""What the rules say of one machine, as lines: what fails, what to do, what is unknown. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from inventory.text import cells
from tui.legend import OK, UNKNOWN
from tui.lines import Span, fit, line, wrapped
from tui.machine_values import finding_mark, kind_of
from tui.view_device import pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from agent.wire import MachineFinding
    from tui.lines import Line
    from tui.machine_values import Entry, Roster
    from tui.view import Showing


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how findings are drawn: columns and rows; `cursor` is the chosen finding or -1."""

    columns: int
    rows: int
    cursor: int = -1


def listed(entry: Entry) -> tuple[MachineFinding, ...]:
    """What the cursor walks over: failures that count, then accepted ones, then the unknown."""
    ranks = {"waived": 1, "unknown": 2}
    found = [one for one in entry.findings if one.result != "pass"]
    return tuple(sorted(found, key=lambda one: ranks.get(kind_of(one), 0)))


def playbook_of(entry: Entry, cursor: int) -> str | None:
    """The playbook of the chosen finding; without a cursor that of the worst that has one."""
    found = listed(entry)
    if 0 <= cursor < len(found):
        return found[cursor].playbook
    return next((one.playbook for one in found if one.counts and one.playbook), None)


def finding_lines(entry: Entry, roster: Roster, place: Place, showing: Showing) -> list[Line]:
    """As many as fit around the cursor, whole; the last line says when there are more."""
    blocks = list(_blocks(entry, roster, place, showing))
    if not blocks:
        said = showing.words.say("screen.machines.no_findings")
        return [line(Span(f" {UNKNOWN.glyph} {said}", UNKNOWN.tone))]
    rows = [row for block in blocks for row in block]
    if len(rows) <= place.rows:
        return rows
    ends = list(accumulate(len(block) for block in blocks))
    at = max(0, place.cursor)
    end = ends[min(at, len(ends) - 1)]
    room = max(1, place.rows - 1)
    first = max(0, min(end - room, len(rows) - room)) if end > room else 0
    left = len(rows) - first - room
    key = "more_below" if left else "more_above"
    more = showing.words.say(f"screen.machines.{key}", n=left or first)
    return [*rows[first : first + room], line(Span(f"   {more}", "dim"))]


def _blocks(
    entry: Entry, roster: Roster, place: Place, showing: Showing
) -> Iterator[Sequence[Line]]:
    """A block of lines for each finding, the first unknown one under a heading; then the good."""
    is_headed = False
    for number, one in enumerate(listed(entry)):
        block = list(_block(one, roster, place.columns, showing, here=number == place.cursor))
        if one.result == "unknown" and not is_headed:
            is_headed = True
            said = showing.words.say("screen.machines.unknown")
            block.insert(0, line(Span(f" {said}", "strong")))
        yield block
    passed = [one.rule for one in entry.findings if one.result == "pass"]
    if passed:
        yield list(_passed(passed, roster, place.columns, showing))


def _block(
    one: MachineFinding, roster: Roster, columns: int, showing: Showing, *, here: bool
) -> Iterator[Line]:
    """Rule, name, how bad; evidence, which says too until when a failure is accepted; advice."""
    words, mark = showing.words, finding_mark(one, roster, showing)
    kind = kind_of(one)
    word = "" if kind == "unknown" else f", {words.say(f'vm_audit.{kind}')}"
    said = f"{one.rule} {words.of(one.name)}{word}: {words.of(one.evidence)}"
    for number, row in enumerate(wrapped(said, columns - 5, 4)):
        if number:
            yield line(" " * 4, row)
        else:
            shown = Span(row, "cursor" if here else "plain")
            yield line(pointer(here), Span(f" {mark.glyph} ", mark.tone), shown)
    if one.counts and one.advice is not None:
        for row in _advice(f"→ {words.of(one.advice)}", one.playbook, columns - 6):
            yield line(" " * 5, Span(row, "accent"))


def _advice(said: str, playbook: str | None, columns: int) -> Iterator[str]:
    """What to do, and the playbook behind it or, unbroken, below it."""
    *rows, last = wrapped(said, columns, 3)
    yield from rows
    book = f"[p] {playbook}" if playbook else ""
    whole = f"{last} {book}".rstrip()
    if cells(whole) <= columns:
        yield whole
    else:
        yield from (last, f"  {book}")


def _passed(rules: Iterable[str], roster: Roster, columns: int, showing: Showing) -> Iterator[Line]:
    """The rules that are kept, on as few lines as it takes."""
    is_now = roster.is_current(showing)
    mark = OK if is_now else UNKNOWN
    key = "kept" if is_now else "was_kept"
    said = showing.words.say(f"screen.machines.{key}", rules=", ".join(rules))
    for number, row in enumerate(wrapped(said, columns - 5, 3)):
        head = Span("   ") if number else Span(f"  {mark.glyph}", mark.tone)
        yield fit(line(head, f" {row}"), columns)
