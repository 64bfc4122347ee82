"""The incident screen's lines: wire types to spans. Pure.

An incident that is over is never red, and with the agent silent nothing is said to be open now:
its state is shown as what it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from inventory.language import has
from inventory.text import one_line, pad
from tui.legend import DEGRADED, DOWN, NOW, OFF_DUTY, OK, UNKNOWN, Mark
from tui.lines import Span, fit, label, line, wrapped
from tui.places import place
from tui.stretch import name_said
from tui.text import LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from agent.wire import Deadline, Incident, PlaybookRun, TimelineEntry
    from tui.lines import Line
    from tui.view import Showing

Filter: TypeAlias = Literal["current", "to_close", "all"]
FILTERS: tuple[Filter, ...] = ("current", "to_close", "all")
MACHINE = "machine"
_OPEN = frozenset({"open", "acked", "in_progress", "cannot_fix_now"})
_BY_SEVERITY = {"S1": DOWN, "S2": DOWN, "S3": DEGRADED, "S4": DEGRADED}
_PERSON = Mark(NOW, "screen.incident.person", "accent")
_ENTRY_MARKS = {
    "started": DEGRADED,
    "detected": DOWN,
    "ack": _PERSON,
    "unack": _PERSON,
    "note": _PERSON,
    "resolve": OK,
    "reopen": DOWN,
    "close": _PERSON,
    "playbook_start": _PERSON,
    "playbook_end": _PERSON,
    "escalate": _PERSON,
    "notify": _PERSON,
    "take": _PERSON,
    "cannot_fix_now": _PERSON,
    "hand_over": _PERSON,
    "handover_taken": _PERSON,
    "severity": _PERSON,
    "fill": _PERSON,
    "clock_met": _PERSON,
    "report": _PERSON,
    "evidence_add": _PERSON,
    "symptom": OK,
    "summary": OK,
}
_OF_RUNS = frozenset({"playbook_start", "playbook_end"})
# What can be done to an incident in which state; the agent decides in the end.
_ALLOWED = {
    "ack": frozenset({"open"}),
    "note": _OPEN | {"resolved"},
    "escalate": _OPEN,
    "hand_over": _OPEN,
    "cannot_fix_now": _OPEN,
    "close": frozenset({"resolved"}),
}
_CLOCKS_OF_SECURITY = 3
_DEFAULT = "default"  # the mark of a deadline that the unit has not set
_LONGEST_TEXT = 300  # what fits a text message in two parts
_NOT_FROM_HERE = frozenset({"L0", "L3"})  # the ward itself; the carrier, whom others call
_COLUMNS = (("id", 9), ("severity", 5), ("title", 0), ("since", 6), ("lasted", 9), ("holder", 9))
_FIXED = 3 + sum(wide for _, wide in _COLUMNS) + 5  # all cells but the title's


def short_id(incident: str) -> str:
    """`SC-2026-000412` as people say it: `SC-00412`."""
    kind, _, rest = incident.partition("-")
    year, _, serial = rest.partition("-")
    if not (kind and year.isdigit() and serial.isdigit()):
        return incident
    return f"{kind}-{int(serial):05d}"


def incident_mark(incident: Incident, showing: Showing) -> Mark:
    """How an incident may be shown."""
    if incident.state == "closed":
        return OFF_DUTY
    if not showing.is_current:
        return UNKNOWN
    if incident.state == "resolved":
        return OK
    return _BY_SEVERITY.get(incident.severity, DEGRADED) if incident.state in _OPEN else UNKNOWN


def listed(incidents: Iterable[Incident], chosen: Filter) -> tuple[Incident, ...]:
    """Those that the filter lets through: open ones first, each group newest first."""
    states = {
        "current": _OPEN | {"resolved"},
        "to_close": frozenset({"resolved"}),
        "all": _OPEN | {"resolved", "closed"},
    }[chosen]
    kept = [one for one in incidents if one.state in states]
    newest_first = sorted(kept, key=lambda one: one.t0_detected, reverse=True)
    return tuple(sorted(newest_first, key=lambda one: one.state not in _OPEN))


def holder(incident: Incident) -> str | None:
    """The account that took it on; None while nobody has."""
    if incident.state == "open":
        return None
    taken = [entry.actor for entry in incident.timeline if entry.verb == "ack"]
    return account(taken[-1]) if taken else None


def account(actor: str) -> str:
    """An actor without where the name came from."""
    return actor.rpartition(":")[2] or actor


def title(incident: Incident, showing: Showing) -> str:
    """The incident's sentence, else its segment and part."""
    if incident.headline is not None:
        return one_line(showing.words.of(incident.headline), 200)
    root = place(incident.root.segment, incident.root.part, showing.words)
    return showing.words.say("screen.incident.untitled", root=root)


def column_line(columns: int, showing: Showing) -> Line:
    """The heads of the columns."""
    said = [
        pad(showing.words.say(f"screen.incident.col.{name}"), wide)
        for name, wide in _widths(columns)
    ]
    return line(Span("   " + "".join(said) + showing.words.say("screen.incident.col.step"), "dim"))


def _widths(columns: int) -> Iterator[tuple[str, int]]:
    """Names of the columns with their cells; the title gets what is left."""
    for name, wide in _COLUMNS:
        yield name, wide or columns - _FIXED


def incident_lines(
    incidents: Sequence[Incident], cursor: int, columns: int, showing: Showing
) -> Iterator[Line]:
    """One line an incident: mark, number, severity, sentence, since, how long, who, which step."""
    runs = showing.snapshot.runs if showing.snapshot else ()
    for number, incident in enumerate(incidents):
        mark = incident_mark(incident, showing)
        here = number == cursor
        cells = {
            "id": short_id(incident.id),
            "severity": incident.severity,
            "title": title(incident, showing),
            "since": f"{incident.t_started.astimezone(LOCAL):%H:%M}",
            "lasted": lasted(incident, showing),
            "holder": holder(incident) or "—",
        }
        text = "".join(pad(cells[name], wide - 1) + " " for name, wide in _widths(columns))
        pointer = Span(NOW, "accent") if here else Span(" ")
        said = Span(text + step_of(incident, runs), "strong" if here else "plain")
        yield fit(line(pointer, Span(mark.glyph, mark.tone), " ", said), columns)


def lasted(incident: Incident, showing: Showing) -> str:
    """How long it lasted, or has lasted by now."""
    if incident.t_resolved is not None:
        return showing.words.lasted((incident.t_resolved - incident.t_started).total_seconds())
    return showing.lasted(incident.t_started)


def run_of(incident: Incident, runs: Iterable[PlaybookRun]) -> PlaybookRun | None:
    """The run that is open for this incident."""
    return next((one for one in runs if one.incident == incident.id and one.ended is None), None)


def step_of(incident: Incident, runs: Iterable[PlaybookRun]) -> str:
    """`5/7`, a dash without a run."""
    run = run_of(incident, runs)
    if run is None or run.step is None:
        return "—"
    return f"{run.step.number}/{run.step.of}" if run.step.of is not None else str(run.step.number)


def detail_lines(incident: Incident, columns: int, showing: Showing) -> Iterator[Line]:
    """What the incident is: state, sentence, root, what is not measured because of it."""
    words = showing.words
    mark = incident_mark(incident, showing)
    who = holder(incident)
    held_by = words.say("screen.incident.held_by", who=who) if who else ""
    yield line(
        Span(f" {incident.id} ", "strong"), Span(mark.glyph, mark.tone),
        Span(f" {state_word(incident, showing)}", mark.tone), f"  {incident.severity}  {held_by}",
    )  # fmt: skip
    for said in wrapped(title(incident, showing), columns - 2, 2):
        yield line(Span(f" {said}", "strong"))
    advice = words.of(incident.advice) if incident.advice and incident.t_closed is None else ""
    for said in wrapped(one_line(advice, 400), columns - 2, 3) if advice else ():
        yield line(Span(f" {said}", "down" if showing.is_current else "unknown"))
    reached = "impact" if incident.state in _OPEN else "reached"
    yield from _labelled(reached, _impact(incident, showing), columns, showing)
    yield from _labelled("root", _root(incident, showing), columns, showing)
    cause = words.of(incident.cause_text) if incident.cause_text else incident.cause or ""
    yield from _labelled("cause", cause, columns, showing)
    yield from _labelled("group", incident.group or "", columns, showing)
    for said in _clocks(incident, showing):
        yield from _labelled("clock", said, columns, showing)
    yield from _labelled("cannot", _cannot(incident, showing), columns, showing)
    yield from _labelled("handed", _handover(incident, showing), columns, showing)
    yield from _labelled("told", _told(incident, showing), columns, showing)
    back = words.of(incident.summary) if incident.summary else ""
    yield from _labelled("back", back, columns, showing)
    runs = showing.snapshot.runs if showing.snapshot else ()
    run = run_of(incident, runs)
    if run is not None:
        said = words.say("screen.incident.running", id=run.playbook, step=step_of(incident, runs))
        yield from _labelled("playbook", said, columns, showing)


def _clocks(incident: Incident, showing: Showing) -> Iterator[str]:
    """The clock that runs out first, of a security incident the first three.

    Nothing once all are met or the incident is closed.
    """
    running = [one for one in incident.deadlines if one.met is None and one.runs]
    if incident.state == "closed":
        return
    most = _CLOCKS_OF_SECURITY if incident.advice else 1
    yield from (_clock(one, showing) for one in sorted(running, key=lambda one: one.due)[:most])


def _clock(one: Deadline, showing: Showing) -> str:
    """One clock: until when, how long that still is, and who says so."""
    words = showing.words
    left_s = (one.due - showing.now).total_seconds()
    said = {"what": words.of(one.text), "due": _when(one.due)}
    source = words.say("screen.incident.clock_default") if one.mark == _DEFAULT else ""
    said["source"] = source or words.of(one.source)
    if not showing.is_current:
        return words.say("screen.incident.clock_runs", **said)
    if left_s < 0:
        return words.say("screen.incident.clock_over", **said)
    return words.say("screen.incident.clock_left", left=words.lasted(left_s), **said)


def _cannot(incident: Incident, showing: Showing) -> str:
    stated = incident.cannot_fix_now
    if not stated.value or stated.expected_restore is None:
        return ""
    until = _when(stated.expected_restore)
    return showing.words.say("screen.incident.until", until=until, reason=stated.reason or "")


def _told(incident: Incident, showing: Showing) -> str:
    """Who was told outside of the screens: when, or that it has not gone out."""
    said = (
        showing.words.say(f"screen.incident.told_{one.state}", at=_when(one.at), who=one.recipient)
        for one in incident.told
    )
    return "; ".join(said)


def _handover(incident: Incident, showing: Showing) -> str:
    if not incident.handovers:
        return ""
    newest = incident.handovers[-1]
    key = "taken" if newest.acked_at else "waiting"
    said = showing.words.say(f"screen.incident.handover_{key}")
    return f"{_when(newest.at)} → {newest.to_role}: {said}"


def _when(at: datetime) -> str:
    return f"{at.astimezone(LOCAL):%H:%M %d/%m}"


def state_word(incident: Incident, showing: Showing) -> str:
    """The incident's state in words; with the agent silent only what it was."""
    key = f"screen.incident.state.{incident.state}"
    word = showing.words.say(key) if has(key) else incident.state
    if showing.is_current or incident.state == "closed":
        return word
    return showing.words.say("screen.incident.was", state=word)


def _labelled(key: str, said: str, columns: int, showing: Showing) -> Iterator[Line]:
    """A text behind its label, on up to three lines; nothing for none."""
    if not said:
        return
    name = showing.words.say(f"screen.incident.{key}")
    for number, part in enumerate(wrapped(one_line(said, 400), columns - 16, 3)):
        yield line(" ", label("" if number else name, 14), part)


def _impact(incident: Incident, showing: Showing) -> str:
    """What it reaches, each once: services by their names, then what is not measured now."""
    services = showing.snapshot.services if showing.snapshot else ()
    names = {one.id: showing.words.of(one.name) for one in services}
    held = [child.device for child in incident.held if child.until is None]
    reached = dict.fromkeys((*incident.services, *held))
    return ", ".join(names.get(one) or name_said(one, showing) for one in reached)


def _root(incident: Incident, showing: Showing) -> str:
    root = incident.root
    where = place(root.segment, root.part, showing.words)
    percent = round(100 * root.confidence)
    said = {"where": where, "percent": percent, "row": root.row or "?"}
    return showing.words.say("screen.incident.root_text", **said)


def timeline_lines(incident: Incident, columns: int, showing: Showing) -> Iterator[Line]:
    """What happened, oldest first: time, mark, words, who."""
    for entry in incident.timeline:
        yield from _entry(entry, columns, showing)


def _entry(entry: TimelineEntry, columns: int, showing: Showing) -> Iterator[Line]:
    """One thing that happened; a long text goes on under itself."""
    words = showing.words
    mark = _ENTRY_MARKS.get(entry.verb, OFF_DUTY)
    key = f"screen.incident.verb.{entry.verb}"
    did = words.say(key) if has(key) else one_line(entry.verb, 20)
    text = _entry_text(entry, showing)
    said = f"{did}: {text}" if text else did
    who = words.say("screen.incident.machine") if entry.actor == MACHINE else account(entry.actor)
    room = columns - 12 - 10
    first, *more = wrapped(said, room, 4)
    yield line(
        Span(f" {words.time(entry.at)} ", "dim"), Span(mark.glyph, mark.tone),
        f" {pad(first, room)}", Span(pad(who, 9, "right"), "dim"),
    )  # fmt: skip
    for part in more:
        yield line(" " * 12 + part)


def _entry_text(entry: TimelineEntry, showing: Showing) -> str:
    """What was written; of a run its playbook, and how it ended in words."""
    text = showing.words.of(entry.said) if entry.said else entry.text or ""
    said = one_line(text, 2000)
    if entry.verb not in _OF_RUNS:
        return said
    run, _, outcome = said.partition(": ")
    playbook = run.partition(" ")[0]
    key = f"screen.playbook.outcome.{outcome}"
    ended = showing.words.say(key) if has(key) else outcome
    return f"{playbook}, {ended}" if outcome else playbook


def handover_text(incident: Incident, showing: Showing) -> str:
    """What is read out or copied when the incident is handed over; a person may change it."""
    words, snapshot = showing.words, showing.snapshot
    ward = snapshot.ward if snapshot is not None else None
    who = f"{ward.name} ({ward.code})" if ward is not None else incident.ward
    said = words.say(
        "screen.incident.handover", ward=who, headline=title(incident, showing),
        at=words.time(incident.t_started), id=incident.id,
    )  # fmt: skip
    return one_line(said, _LONGEST_TEXT)


def addressees(showing: Showing) -> tuple[str, ...]:
    """Whom a ward may hand over to, first the one it calls first: code, name, number."""
    snapshot, words = showing.snapshot, showing.words
    contacts = snapshot.contacts if snapshot is not None else ()
    phone = words.say("screen.playbook.no_phone")
    return tuple(
        f"{one.role}  {words.of(one.name)}: {one.phone or phone}"
        for one in contacts
        if one.role not in _NOT_FROM_HERE
    )


def refusal(incident: Incident | None, act: str, showing: Showing) -> str | None:
    """Why this cannot be done to the incident now; None when the agent can be asked."""
    if incident is None:
        return showing.words.say("screen.incident.none_chosen")
    if not showing.is_current:
        return showing.words.say("screen.incident.silent")
    if incident.state in _ALLOWED[act]:
        return None
    return showing.words.say(f"screen.incident.not_{act}", id=short_id(incident.id))
