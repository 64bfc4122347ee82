"""One machine, or one hypervisor, closely: what it has, then every rule's finding. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from agent.wire import Hypervisor
from inventory.language import decimal
from inventory.text import cells, one_line
from tui.legend import DEGRADED, OK, STALE, UNKNOWN
from tui.lines import Span, fit, line, spread, wrapped
from tui.machine_values import (
    backup_age,
    entry_mark,
    finding_mark,
    full_by,
    gauge_said,
    kind_of,
    power_word,
    shown_name,
    size_said,
)
from tui.text import LOCAL
from tui.view_device import agent_now, pointer
from tui.view_machines import store_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from agent.wire import Gauge, HypervisorHost, Machine, MachineDisk, MachineFinding
    from tui.lines import Line
    from tui.machine_values import Entry, Roster
    from tui.view import Showing

_LABEL = 11
_MOST_DISKS = 4
_TITLE_CELLS = 58  # for name and system, beside the mark and the longest state


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


def brief_lines(entry: Entry, roster: Roster, place: Place, showing: Showing) -> list[Line]:
    """Its name, then as many findings as fit."""
    roster = roster.about(entry, showing)
    left = Place(place.columns, place.rows - 1, place.cursor)
    return [
        title_line(entry, roster, place.columns, showing),
        *finding_lines(entry, roster, left, showing),
    ]


def close_lines(entry: Entry, roster: Roster, place: Place, showing: Showing) -> list[Line]:
    """Its name, all that is known of it, then findings around the cursor."""
    columns, roster = place.columns, roster.about(entry, showing)
    top = [title_line(entry, roster, columns, showing)]
    if isinstance(entry, Hypervisor):
        top += _hypervisor(entry, roster, columns, showing)
    else:
        top += _machine(entry, roster, columns, showing)
    top += _not_read(entry, columns, showing)
    top = top[: max(3, place.rows - 6)]
    rule = line(Span("─" * columns, "dim"))
    left = Place(columns, place.rows - len(top) - 1, place.cursor)
    return [*top, rule, *finding_lines(entry, roster, left, showing)]


def title_line(entry: Entry, roster: Roster, columns: int, showing: Showing) -> Line:
    """Mark, name, system; at the right the device's state in a word."""
    words, mark = showing.words, entry_mark(entry, roster, showing)
    what = words.say("screen.machines.is_hypervisor")
    if not isinstance(entry, Hypervisor):
        what = one_line(entry.system or words.say("screen.machines.no_system"), 60)
    left = line(
        f" {mark.glyph} ", Span(shown_name(entry, showing), "strong"), Span(f"  {what}", "dim")
    )
    head = (Span(f" {mark.glyph} ", mark.tone), *left[1:])
    return spread(head, line(Span(f"{words.say(mark.word)} ", mark.tone)), columns)


# ---- what it has ----


def _machine(one: Machine, roster: Roster, columns: int, showing: Showing) -> Iterator[Line]:
    words = showing.words
    if cells(shown_name(one, showing)) > _TITLE_CELLS:
        yield from _told("name", shown_name(one, showing), columns, showing)
    if not one.measured:
        yield from _told("state", words.say("screen.machines.unmeasured"), columns, showing)
    yield from _told("load", " · ".join(_load(one, roster, showing)), columns, showing)
    yield from _told("system", " · ".join(_system(one, showing)), columns, showing)
    yield from _told("place", " · ".join(_where(one, roster, showing)), columns, showing)
    for disk in one.disks[:_MOST_DISKS]:
        yield from _told("disk", _disk_said(disk, roster, showing), columns, showing)
    if len(one.disks) > _MOST_DISKS:
        more = words.say("screen.machines.more_disks", n=len(one.disks) - _MOST_DISKS)
        yield from _told("disk", more, columns, showing)
    yield from _told("care", " · ".join(_care(one, roster, showing)), columns, showing)


def _told(key: str, said: str, columns: int, showing: Showing) -> Iterator[Line]:
    """A text behind its label, on up to three lines; nothing for none."""
    name = showing.words.say(f"screen.machines.label.{key}")
    for number, row in enumerate(wrapped(said, columns - _LABEL - 2, 3)):
        blank = " " * (_LABEL - cells(name))
        head = Span(" " * (_LABEL + 1)) if number else Span(f" {name}{blank}", "dim")
        yield line(head, row)


def _load(one: Machine, roster: Roster, showing: Showing) -> Iterator[str]:
    """Power, shares with who said them and how old, size."""
    words = showing.words
    old = "" if roster.is_current(showing) or one.power == "unknown" else STALE.glyph
    yield f"{words.say('screen.machines.column.power')} {old}{power_word(one, words)}"
    for key, gauge in (("cpu", one.cpu), ("memory", one.memory)):
        said, _ = gauge_said(gauge, roster, showing)
        name = words.say(f"screen.machines.column.{key}")
        yield f"{name} {said}{_said_by(gauge, roster, showing)}"
    if one.uptime.value is not None and one.uptime.fresh and roster.is_current(showing):
        running = words.lasted(one.uptime.value)
        yield words.say("screen.machines.running", running=running)
    size = ", ".join(_size(one, showing))
    if size:
        yield words.say("screen.machines.given", size=size)


def _size(one: Machine, showing: Showing) -> Iterator[str]:
    """`4 cores`, `RAM 8.0 GB`, `disk 100 GB`: what it was given, as far as that is known."""
    words = showing.words
    if one.cpu_cores is not None:
        yield words.say("screen.machines.cores", n=_number(one.cpu_cores, showing))
    for key, octets in (("memory", one.memory_bytes), ("disk", one.disk_bytes)):
        if octets:
            name = words.say(f"screen.machines.resource.{key}")
            yield f"{name} {size_said(octets, words)}"


def _number(value: float, showing: Showing) -> str:
    return decimal(value, 0 if value == int(value) else 1, showing.words.language)


def _said_by(gauge: Gauge, roster: Roster, showing: Showing) -> str:
    """` (vm-ssh 12s)`; nothing for what nobody said."""
    if gauge.value is None:
        return ""
    age_s = roster.age_s(gauge.age_s, showing)
    age = showing.words.coarse(age_s) if age_s is not None else "?"
    return f" ({gauge.source} {age})" if gauge.source else f" ({age})"


def _where(one: Machine, roster: Roster, showing: Showing) -> Iterator[str]:
    """Where it stands, on which host, as whom, and since when that host is silent."""
    words = showing.words
    hosting = one.hosting or "unknown"
    yield words.say(f"screen.machines.hosting.{hosting}")
    guest = one.guest
    if guest is None:
        return
    host = f"{guest.hypervisor}/{guest.host}" if guest.host else guest.hypervisor
    age = words.age(roster.age_s(guest.age_s, showing))
    key = "on_host" if guest.fresh and roster.is_current(showing) else "on_host_old"
    yield words.say(f"screen.machines.{key}", host=host, id=one_line(guest.id, 40), age=age)
    if one.device is None:
        yield words.say("screen.machines.unlisted")
    yield words.say("screen.machines.tools", state=words.say(f"screen.machines.tool.{one.tools}"))


def _disk_said(disk: MachineDisk, roster: Roster, showing: Showing) -> str:
    """`/var 96% · 3.2 GB left · inodes 12% · full by 03/12–20/12 (14 days of data)`."""
    words = showing.words
    said, _ = gauge_said(disk.used, roster, showing)
    parts = [f"{one_line(disk.mount, 60)} {said}{_said_by(disk.used, roster, showing)}"]
    if disk.avail_bytes is not None and said != "?":
        left = size_said(disk.avail_bytes, words)
        parts.append(words.say("screen.machines.left", size=left))
    if disk.used_inodes_ratio is not None and said != "?":
        share = decimal(100 * disk.used_inodes_ratio, 0, words.language)
        parts.append(words.say("screen.machines.inodes", share=share))
    if disk.forecast is not None:
        days = _number(round(disk.forecast.days), showing)
        span = full_by(disk.forecast, showing)
        parts.append(words.say("screen.machines.full_by", span=span, days=days))
    return " · ".join(parts)


def _care(one: Machine, roster: Roster, showing: Showing) -> Iterator[str]:
    """Backups, when one was tried, snapshots."""
    words = showing.words
    if one.backup is not None:
        at = f"{one.backup.astimezone(LOCAL):%d/%m/%Y}"
        yield words.say("screen.machines.backed_up", at=at, age=backup_age(one.backup, showing))
    else:
        yield words.say("screen.machines.backup_unknown")
    if one.is_in_backup is not None:
        yield words.say(f"screen.machines.{'in_job' if one.is_in_backup else 'no_job'}")
    tested = (
        _date(one.restore_tested) if one.restore_tested else words.say("screen.machines.never_said")
    )
    yield words.say("screen.machines.tested", at=tested)
    if one.snapshots is not None:
        oldest = one.oldest_snapshot
        key = "snapshots_of" if oldest is not None and one.snapshots else "snapshots"
        age = backup_age(oldest, showing) if oldest is not None else ""
        old = "" if roster.is_current(showing) else STALE.glyph
        yield words.say(f"screen.machines.{key}", n=f"{old}{one.snapshots}", age=age)


def _system(one: Machine, showing: Showing) -> Iterator[str]:
    """What runs on it, and until when that is mended; nothing where the title says all."""
    name, system = shown_name(one, showing), one_line(one.system or "?", 60)
    is_cut = one.system is not None and cells(name) + cells(system) > _TITLE_CELLS
    if is_cut or one.end_of_life is not None:
        yield system
    if one.end_of_life is not None:
        today = (agent_now(showing) or showing.now).astimezone(LOCAL).date()
        key = "ended" if one.end_of_life < today else "ends"
        yield showing.words.say(f"screen.machines.{key}", at=_date(one.end_of_life))


def _date(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _hypervisor(one: Hypervisor, roster: Roster, columns: int, showing: Showing) -> Iterator[Line]:
    """Its hosts and all its stores."""
    words = showing.words
    if not one.measured:
        yield from _told("state", words.say("screen.machines.unmeasured"), columns, showing)
    if one.quorate is False:
        yield from _told("state", words.say("screen.machines.no_quorum"), columns, showing)
    is_now = one.fresh and roster.is_current(showing)
    for host in one.hosts:
        yield from _told("host", _host_said(host, showing, is_now=is_now), columns, showing)
    for store in sorted(one.stores, key=lambda each: each.free_ratio):
        yield store_line(store, one, roster, columns, showing)


def _host_said(host: HypervisorHost, showing: Showing, *, is_now: bool) -> str:
    """`node-1 · online · CPU 12% · RAM 81%`, with `~` what is old."""
    words, old = showing.words, "" if is_now else STALE.glyph
    parts = [one_line(host.name, 60)]
    if host.is_online is not None:
        parts.append(
            old + words.say(f"screen.machines.{'online' if host.is_online else 'offline'}")
        )
    for key, share in (("cpu", host.cpu_ratio), ("memory", host.memory_used_ratio)):
        name = words.say(f"screen.machines.column.{key}")
        said = "?" if share is None else f"{old}{decimal(100 * share, 0, words.language)}%"
        parts.append(f"{name} {said}")
    return " · ".join(parts)


def _not_read(entry: Entry, columns: int, showing: Showing) -> Iterator[Line]:
    """Each question without a good answer, and why."""
    words = showing.words
    for one in entry.not_read:
        said = words.say(
            "vm_audit.not_read", probe=one.probe, why=one_line(words.of(one.text), 200)
        )
        for number, row in enumerate(wrapped(said, columns - 4, 2)):
            mark = Span("   " if number else f" {DEGRADED.glyph} ", DEGRADED.tone)
            yield line(mark, row)


# ---- findings ----


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
