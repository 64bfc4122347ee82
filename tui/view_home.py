"""Home as lines: verdict, path, what to do now, whom to call, what else there is. Pure."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from inventory.language import has
from tui import view_verdict
from tui.actions import HOME, key_of
from tui.legend import DEGRADED, MAINTENANCE, OK, UNKNOWN, mark_of
from tui.lines import BLANK, Line, Span, beside, boxed, line, spread, width, wrapped
from tui.places import named_place
from tui.stretch import called
from tui.text import LOCAL
from tui.view_path import mark_shown, path_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from agent.wire import Contact, Incident, PlaybookBrief, PlaybookRun, Service, Snapshot
    from tui.legend import Mark
    from tui.text import Words
    from tui.view import Showing

_VERDICT_ROWS = 5
_VERDICT_ROWS_WIDE = 7
_LABEL = 11
_TODO_ROWS = 5
_TODO_CELLS = 48
_STARTING_S = 30.0  # every device was asked at least once by then
_TAKEN = frozenset({"acked", "in_progress", "cannot_fix_now"})


def home_lines(showing: Showing, rows: int) -> list[Line]:
    """The screen in so many rows."""
    snapshot = showing.snapshot
    if snapshot is None:
        return _nothing(showing)
    if snapshot.verdict is None:
        return _several(showing, snapshot)[:rows]
    is_tall = showing.is_wide and rows >= 36
    height = _VERDICT_ROWS_WIDE if is_tall else _VERDICT_ROWS
    top = [
        *view_verdict.verdict_lines(showing, snapshot.verdict, height),
        *path_lines(showing),
        BLANK,
    ]
    rest = _panels if is_tall else _sections
    return [*top, *rest(showing, snapshot, rows - len(top))][:rows]


def _nothing(showing: Showing) -> list[Line]:
    """No snapshot and no copy: what is being done about it, or why it fails."""
    words, failure = showing.words, showing.sight.failure
    if failure is None:
        return [BLANK, line("  ", Span(words.say("tui.pre.nothing"), "strong"))]
    said = wrapped(failure.text(words.language), showing.columns - 4, 3)
    return [BLANK, *(line("  ", Span(one)) for one in said), BLANK, *_lost(showing)]


def _lost(showing: Showing) -> list[Line]:
    return [(Span(" "), *row) for row in _lost_in(showing, showing.columns - 2)]


def _several(showing: Showing, snapshot: Snapshot) -> list[Line]:
    """A hub without a ward asked for: the wards in one line each."""
    words = showing.words
    example = snapshot.wards[0].code if snapshot.wards else "26740"
    said = words.say("tui.home.many", n=len(snapshot.wards), code=example)
    rows = [BLANK, line(" ", Span(said, "strong")), BLANK]
    for one in snapshot.incidents:
        if not one.ward and one.state not in {"resolved", "closed"}:
            mark = mark_of("down") if showing.is_current else UNKNOWN
            about = words.of(one.headline) if one.headline else ""
            head = Span(f" {short_id(one.id)} {one.severity}", "strong")
            rows.append(line(" ", Span(mark.glyph, mark.tone), head, f"  {about}"))
    for ward in snapshot.wards:
        mark = mark_of(ward.state) if showing.is_current else UNKNOWN
        name = f" {ward.code}  {words.place(ward)}"
        headline = words.of(ward.verdict.headline)
        rows.append(line(" ", Span(mark.glyph, mark.tone), name, "  ", Span(headline, mark.tone)))
    return rows


def _sections(showing: Showing, snapshot: Snapshot, rows: int) -> list[Line]:
    """The low form: two columns, then labelled lines, without frames."""
    words = showing.words
    left_cells = max(_TODO_CELLS, showing.columns * 6 // 10)
    todo = _todo(showing, snapshot, left_cells - 1)
    calls = _calls(showing, snapshot, showing.columns - left_cells - 1)
    left = [line(" ", Span(words.say("tui.home.now"), "strong")), *todo][:_TODO_ROWS]
    right = [line(Span(words.say("tui.home.call"), "strong")), *calls][:_TODO_ROWS]
    if not showing.is_current:
        left, right = _lost(showing), []
    if not showing.is_current and snapshot.contacts:
        left += [BLANK, *_packed(words.say("tui.home.call_low"), calls, showing.columns, 2)]
    below = [
        *_packed(words.say("tui.home.services"), _services(showing, snapshot), showing.columns, 2),
        *_packed(words.say("tui.home.devices"), _devices(showing, snapshot), showing.columns, 1),
        *_incidents(showing, snapshot, showing.columns),
    ]
    columns = beside(left, right, left_cells) if right else left
    gap = [BLANK] if len(columns) + len(below) < rows else []
    return [*columns, *gap, *below]


def _panels(showing: Showing, snapshot: Snapshot, rows: int) -> list[Line]:
    """The wide form: four frames in two columns."""
    words, half = showing.words, showing.columns // 2
    now, inside = words.say("tui.home.now"), half - 4
    todo = _todo(showing, snapshot, inside) if showing.is_current else _lost_in(showing, inside)
    first = max(len(todo), 5) + 2
    top = beside(
        _framed(todo, half, now, first),
        _framed(_calls(showing, snapshot, inside), half, words.say("tui.home.call"), first),
        half,
    )
    things = [
        *(line(item) if isinstance(item, Span) else item for item in _services(showing, snapshot)),
        BLANK,
        *_packed("", _devices(showing, snapshot), inside, 6),
    ]
    title = f"{words.say('tui.home.services')} · {words.say('tui.home.devices')}"
    told = list(_incidents(showing, snapshot, inside, labelled=False))
    second = min(rows - first, max(len(things), len(told), 4) + 2)
    low = beside(
        _framed(things, half, title, second),
        _framed(told, half, words.say("tui.home.incidents"), second),
        half,
    )
    return [*top, *low]


def _lost_in(showing: Showing, cells: int) -> list[Line]:
    words = showing.words
    if showing.link == "connecting":
        return [line(words.say("tui.pre.nothing"))]
    said = words.say("tui.home.try_now", press=key_of("again", HOME))
    texts = (words.say("tui.home.maybe"), said)
    return [line(part) for text in texts for part in wrapped(text, cells, 3)]


def _framed(rows: Iterable[Line], cells: int, title: str, height: int) -> list[Line]:
    inside = [(Span(" "), *row) for row in rows]
    return boxed(inside, cells, title=line(Span(title, "strong")), height=height)


def _todo(showing: Showing, snapshot: Snapshot, cells: int) -> list[Line]:
    """What to do now, the most useful first; then what not to do."""
    words = showing.words
    rows: list[Line] = []
    for number, (key, said) in enumerate(_steps(showing, snapshot), start=1):
        head = line(" ", Span(f"{number} ", "accent"), Span(f"[{key}] " if key else "", "accent"))
        first, *more = wrapped(said, cells - width(head), 2)
        rows.append((*head, Span(first)))
        rows += [line(" " * width(head), one) for one in more]
    if not rows:
        said = words.say(f"tui.home.{_idle(snapshot)}")
        rows = [line(" ", part) for part in wrapped(said, cells - 2, 2)]
    for name in snapshot.verdict.dont if snapshot.verdict else ():
        if has(f"dont.{name}"):
            rows.append(line("   ", Span(words.say(f"dont.{name}"), "degraded")))
    return rows


def _idle(snapshot: Snapshot) -> str:
    """The key of what is said when there is nothing to do."""
    if any(one.state in _TAKEN for one in snapshot.incidents):
        return "watch"
    return "begun" if _is_starting(snapshot) else "nothing"


def _is_starting(snapshot: Snapshot) -> bool:
    """Whether the agent has only begun: a device never measured yet, nothing concluded so far."""
    verdict = snapshot.verdict
    if verdict is None or verdict.state != "unknown" or verdict.since is None:
        return False
    is_young = (snapshot.ts - verdict.since).total_seconds() < _STARTING_S
    return is_young and any(one.data_age_s is None for one in snapshot.wards)


def _steps(showing: Showing, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    words = showing.words
    playbook = key_of("playbook", HOME)
    runs = [run for run in snapshot.runs if run.state in {"running", "asking", "waiting"}]
    for run in runs[:2]:
        title = words.of(run.title)
        yield playbook, words.say("tui.home.run", title=title, step=_step(showing, run))
    if not runs and snapshot.playbooks and not _is_starting(snapshot):
        yield playbook, _offered(words, snapshot.playbooks[0])
    for incident in snapshot.incidents:
        if incident.state == "open":
            yield key_of("incident", HOME), words.say("tui.home.ack", id=short_id(incident.id))
    if snapshot.verdict is not None and snapshot.verdict.state == "ok":
        yield from _next_meeting(words, snapshot)


def _offered(words: Words, first: PlaybookBrief) -> str:
    """Which playbook to open; of a general one that the fitting one is not there."""
    title = words.of(first.title)
    if first.instead_of is None:
        return words.say("tui.home.playbook", title=title)
    return words.say("tui.home.playbook_general", title=title)


def _next_meeting(words: Words, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """While all is well, what comes next is a meeting; one that is over is none."""
    ahead = (one for one in snapshot.meetings if one.end > snapshot.ts)
    for one in islice(ahead, 1):
        start = one.start.astimezone(LOCAL)
        today = start.date() == snapshot.ts.astimezone(LOCAL).date()
        at = start.strftime("%H:%M" if today else "%H:%M %d/%m")
        key = "meeting_now" if one.start <= snapshot.ts else "meeting"
        until = one.end.astimezone(LOCAL).strftime("%H:%M")
        yield (
            key_of("meeting", HOME),
            words.say(f"tui.home.{key}", code=one.code, room=one.room, at=at, until=until),
        )


def _step(showing: Showing, run: PlaybookRun) -> str:
    words, step = showing.words, run.step
    if step is None or run.state == "running":
        return words.say("tui.home.run_waits")
    if step.of is None:
        return words.say("tui.home.run_step", number=step.number)
    return words.say("tui.home.run_step_of", number=step.number, of=step.of)


def _calls(showing: Showing, snapshot: Snapshot, cells: int) -> list[Line]:
    """Whom to call: those whom the verdict names first."""
    words = showing.words
    wanted = snapshot.verdict.call if snapshot.verdict else ()

    def rank(contact: Contact) -> int:
        return wanted.index(contact.role) if contact.role in wanted else len(wanted)

    found = sorted(snapshot.contacts, key=rank)
    if not found:
        return [line(Span(words.say("tui.home.no_contacts"), "dim"))]
    return [_call(showing, contact, cells) for contact in found]


def _call(showing: Showing, contact: Contact, cells: int) -> Line:
    """Name, number, hours; the hours, then what stands in brackets, give way first."""
    words = showing.words
    phone = contact.phone or words.say("tui.home.no_phone")
    name = words.of(contact.name)
    told = line(f"{name}  ", Span(phone, "accent" if contact.phone else "dim"))
    if width(told) > cells:
        return line(f"{name.partition(' (')[0]}  ", *told[1:])
    hours = Span(f"  {contact.hours}", "dim") if contact.hours else Span("")
    return (*told, hours) if width(told) + width((hours,)) <= cells else told


def _services(showing: Showing, snapshot: Snapshot) -> list[Line]:
    words = showing.words
    found = [
        _marked(mark_shown(showing, one), _service_said(words, one)) for one in snapshot.services
    ]
    return found or [line(Span(words.say("tui.home.no_services"), "dim"))]


def _service_said(words: Words, one: Service) -> str:
    """A service's name; where IPv6 alone fails, that visitors still come through by IPv4."""
    name = words.of(one.name)
    return words.say("tui.home.ipv6_broken", name=name) if one.finding else name


def _devices(showing: Showing, snapshot: Snapshot) -> list[Line]:
    """Those that are not good by name, the rest by number."""
    words = showing.words
    if not showing.is_current:
        count = len(snapshot.devices)
        return [_marked(UNKNOWN, words.say("tui.home.devices_n", n=count))] if count else []
    shown = [(mark_shown(showing, one), called(one, showing)) for one in snapshot.devices]
    good = sum(1 for mark, _ in shown if mark is OK)
    named = [_marked(mark, name) for mark, name in shown if mark is not OK]
    if not good:
        return named
    key = "tui.home.some_ok" if named else "tui.home.all_ok"
    return [*named, _marked(OK, words.say(key, n=good))]


def _marked(mark: Mark, said: str) -> Line:
    return line(Span(mark.glyph, mark.tone), f" {said}")


def _packed(label: str, items: Sequence[Line], cells: int, most: int) -> list[Line]:
    """Items one after the other, in at most so many rows, the label in front of the first."""
    margin = _LABEL if label else 0
    rows: list[Line] = [(Span(f" {label}".ljust(margin), "dim"),) if label else BLANK]
    for item in items:
        room = cells - 2 * (len(rows) == most)  # on the last row with room for the sign
        if width(rows[-1]) + width(item) > room and width(rows[-1]) > margin:
            if len(rows) == most:
                return [*rows[:-1], (*rows[-1], Span("…", "dim"))]
            rows.append((Span(" " * margin),) if margin else BLANK)
        rows[-1] = (*rows[-1], *item, Span("  "))
    return [row for row in rows if row]


def _incidents(
    showing: Showing, snapshot: Snapshot, cells: int, *, labelled: bool = True
) -> Iterator[Line]:
    words = showing.words
    current = [one for one in snapshot.incidents if one.state != "closed"]
    label = f" {words.say('tui.home.incidents')}" if labelled else ""
    margin = _LABEL if labelled else 0
    if not current:
        none = words.say("tui.home.no_incidents")
        yield line(Span(label.ljust(margin), "dim"), Span(none, "dim"))
    for place, incident in enumerate(current):
        head = label if place == 0 else ""
        yield _incident(showing, incident, line(Span(head.ljust(margin), "dim")), cells)
    if showing.is_current:
        yield from _beside(showing, snapshot, margin, cells)
        yield from _maintained(showing, snapshot, margin, cells)


def _beside(showing: Showing, snapshot: Snapshot, margin: int, cells: int) -> Iterator[Line]:
    """Faults that the verdict's cause does not explain, but those with an incident of their own."""
    words = showing.words
    told = " ".join(words.of(one.headline) for one in snapshot.incidents if one.state != "closed")
    faults = snapshot.verdict.also if snapshot.verdict else ()
    found = dict.fromkeys(named_place(one, words) for one in faults)
    left = [one for one in found if one.casefold() not in told.casefold()]
    if left:
        said = words.say("tui.home.also", what=", ".join(left))
        mark = line(Span(" " * margin), Span(DEGRADED.glyph, DEGRADED.tone))
        first, *more = wrapped(said, cells - margin - 3, 2)
        yield (*mark, Span(f" {first}"))
        yield from (line(" " * (margin + 2), one) for one in more)


def _maintained(showing: Showing, snapshot: Snapshot, margin: int, cells: int) -> Iterator[Line]:
    """What is under announced maintenance now, and until when: nobody is called for it."""
    words = showing.words
    for window in snapshot.maintenance:
        if not window.is_open:
            continue
        what = window.device or words.say("tui.home.maintained_all")
        until = window.end.astimezone(LOCAL).strftime("%H:%M %d/%m")
        said = words.say("tui.home.maintained", what=what, until=until, id=window.id)
        first, *more = wrapped(said, cells - margin - 3, 2)
        mark = Span(MAINTENANCE.glyph, MAINTENANCE.tone)
        yield line(Span(" " * margin), mark, f" {first}")
        yield from (line(" " * (margin + 2), one) for one in more)


def _incident(showing: Showing, incident: Incident, head: Line, cells: int) -> Line:
    words = showing.words
    is_over = incident.state == "resolved"
    mark = mark_of("ok" if is_over else "down" if incident.severity in {"S1", "S2"} else "degraded")
    if not showing.is_current:
        mark = UNKNOWN
    state = words.say(f"status.incident_state.{incident.state}")
    lasted = "" if is_over else showing.lasted(incident.t_started)
    left = line(
        *head, Span(mark.glyph, mark.tone), f" {short_id(incident.id)} {incident.severity}  ",
        _about(words, incident),
    )  # fmt: skip
    return spread(left, line(Span(f"{state}  {lasted}".rstrip(), "dim"), " "), cells)


def _about(words: Words, incident: Incident) -> str:
    """The segment in a word; the headline stands above already."""
    key = f"tui.segment.{incident.root.segment}"
    return words.say(key) if has(key) else words.of(incident.headline)


def short_id(incident: str) -> str:
    """`SC-2026-000412` as people say it: `SC-00412`."""
    kind, _, number = incident.partition("-")
    tail = number.rpartition("-")[2]
    return f"{kind}-{tail[-5:]}" if tail.isdigit() else incident
