"""Playbooks to begin and runs to go on with, as lines; which run is meant. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from inventory.text import one_line, pad
from tui.legend import NOW
from tui.lines import BLANK, Span, line, spread
from tui.view_incident import account
from tui.view_playbook import step_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agent.wire import PlaybookBrief, PlaybookRun
    from tui.lines import Line
    from tui.view import Showing

About: TypeAlias = tuple[str, str | None]
"""A playbook, and the machine or service that it is wanted for; ("", None) for none."""


def open_runs(showing: Showing) -> list[PlaybookRun]:
    """The ward's runs that go on."""
    runs = showing.snapshot.runs if showing.snapshot else ()
    return [one for one in runs if one.ended is None]


def meant(runs: Sequence[PlaybookRun], incident: str | None, about: About) -> Sequence[PlaybookRun]:
    """What was asked for by playbook and machine, else the incident's, else all that are open.

    Who asks for no machine does not mean a run that keeps to one.
    """
    wanted, device = about
    if wanted:
        return [one for one in runs if (one.playbook, one.about) == (wanted, device)]
    return [one for one in runs if one.incident == incident] or runs


def list_lines(
    runs: Sequence[PlaybookRun],
    briefs: Sequence[PlaybookBrief],
    cursor: int,
    about: About,
    rows: int,
    showing: Showing,
) -> list[Line]:
    """Open runs, then playbooks around the cursor, which walks over both."""
    columns, at = showing.columns, cursor - len(runs)
    top = [BLANK, *run_lines(runs, cursor, columns, showing)]
    top += [line(Span(f" {showing.words.say('screen.playbook.list')}", "strong")), BLANK]
    listed = list(brief_lines(briefs, at, columns, showing, about))
    room = rows - len(top)
    first = max(0, at - room + 1)
    return [*top, *listed[first : first + room]]


def run_lines(
    runs: Sequence[PlaybookRun], cursor: int, columns: int, showing: Showing
) -> Iterator[Line]:
    """Open runs to go on with under their heading, each with its machine; nothing for none."""
    words = showing.words
    if runs:
        yield line(Span(f" {words.say('screen.playbook.open_runs')}", "strong"))
        yield BLANK
    for number, run in enumerate(runs):
        here = number == cursor
        about = f"{one_line(run.about, 40)}: " if run.about else ""
        name = f"{pad(run.playbook, 11)} {about}{words.of(run.title)}"
        said = {
            "step": step_number(run), "passed": showing.lasted(run.started),
            "who": account(run.actor),
        }  # fmt: skip
        right = Span(f" {words.say('screen.playbook.progress', **said)} ", "dim")
        left = line(
            Span(NOW, "accent") if here else Span(" "), Span("    "),
            Span(name, "strong" if here else "plain"),
        )  # fmt: skip
        yield spread(left, line(right), columns)
    if runs:
        yield BLANK


def brief_lines(
    briefs: Sequence[PlaybookBrief],
    cursor: int,
    columns: int,
    showing: Showing,
    about: About,
) -> Iterator[Line]:
    """Playbooks to start, one line each; those that fit the verdict are marked.

    `about` is a playbook and the machine or service that it would be begun for.
    """
    words = showing.words
    fitting = {one.id for one in showing.snapshot.playbooks} if showing.snapshot else set()
    for number, brief in enumerate(briefs):
        here = number == cursor
        pointer = Span(NOW, "accent") if here else Span(" ")
        device = about[1] if brief.id == about[0] and about[1] else ""
        named = f"{one_line(device, 40)}: " if device else ""
        said = f"{pad(brief.id, 11)} {named}{words.of(brief.title)}"
        name = Span(said, "strong" if here else "plain")
        fits = Span(f"{words.say('screen.playbook.fits')} ", "accent")
        right = line(fits) if brief.id in fitting and showing.is_current else ()
        digit = str(number + 1) if number < 9 else " "
        yield spread(line(pointer, Span(f" {digit}  ", "accent"), name), right, columns)


def ordered(
    briefs: Sequence[PlaybookBrief], fitting: Sequence[PlaybookBrief]
) -> tuple[PlaybookBrief, ...]:
    """Those that fit first, best first, then the others by id."""
    first = [one.id for one in fitting]
    others = sorted((one for one in briefs if one.id not in first), key=lambda one: one.id)
    return (*fitting, *others)
