"""The ward's machines as lines: what each has and lacks, above and below the list. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from agent.wire import Hypervisor, Machine, Storage
from inventory.text import cells, cut, one_line, pad
from tui.legend import DEGRADED, OK, STALE, UNKNOWN
from tui.lines import BLANK, Span, fit, line, spread, width, wrapped
from tui.machine_values import (
    MARKS,
    backup_age,
    counts_of,
    entry_mark,
    full_by,
    fullest,
    gauge_said,
    key_of_entry,
    percent,
    power_word,
    shown_name,
    size_said,
)
from tui.view_device import agent_now, pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from agent.wire import MachineDisk, MachineFinding, MachineStore
    from tui.lines import Line
    from tui.machine_values import Entry, Roster
    from tui.text import Words
    from tui.view import Showing


# ---- nothing to show ----


def empty_lines(roster: Roster, showing: Showing) -> list[Line]:
    """Why there is no list, and what to do about it."""
    words = showing.words
    if roster.is_unheard_of:
        said = words.say("screen.machines.too_old")
    elif roster.failure is not None and roster.said is None:
        said = roster.failure.text(words.language)
    elif roster.said is None:
        said = words.say("screen.machines.asking")
    else:
        said = words.say("screen.machines.none")
    rows = wrapped(said, showing.columns - 4, 6)
    return [BLANK, *(line(Span(f"  {row}")) for row in rows)]


# ---- the list ----


def list_lines(
    entries: Sequence[Entry], chosen: str, roster: Roster, size: tuple[int, int], showing: Showing
) -> list[Line]:
    """Heads, then so many of the entries around the chosen one; `size` is columns and rows."""
    columns, rows = size
    keys = [key_of_entry(one) for one in entries]
    at = keys.index(chosen) if chosen in keys else 0
    room = max(1, rows - 1)
    first = max(0, min(at - room // 2, len(entries) - room))
    shown = entries[first : first + room]
    return [
        _head(columns, showing),
        *(
            _row(one, roster, columns, showing, here=n == at)
            for n, one in enumerate(shown, start=first)
        ),
    ]


def _widths(columns: int) -> dict[str, int]:
    """Cells of each column; a blank stands between them. The last holds a count of every kind."""
    more = columns - 80
    wide = {"system": 20} if more >= 36 else {}
    left = more - 21 if wide else more
    half = left // 2
    return {
        "name": 12 + half, **wide, "power": 5, "cpu": 5, "memory": 5, "disk": 9 + left - half,
        "full": 12, "backup": 7, "failed": 15,
    }  # fmt: skip


def _head(columns: int, showing: Showing) -> Line:
    says = (
        pad(showing.words.say(f"screen.machines.column.{name}"), room)
        for name, room in _widths(columns).items()
    )
    return fit(line(Span("   " + " ".join(says), "dim")), columns)


def _row(entry: Entry, roster: Roster, columns: int, showing: Showing, *, here: bool) -> Line:
    mark, roster = entry_mark(entry, roster, showing), roster.about(entry, showing)
    widths = _widths(columns)
    name = pad(shown_name(entry, showing), widths.pop("name"))
    start = line(
        pointer(here), Span(mark.glyph, mark.tone), " ", Span(name, "cursor" if here else "plain")
    )
    if not isinstance(entry, Machine):
        room = sum(widths.values()) + len(widths) - widths["failed"] - 2
        about = Span(pad(what_said(entry, showing), room), "dim")
        failed = failed_of(entry.findings, roster, showing, widths["failed"])
        return fit((*start, Span(" "), about, Span(" "), *failed), columns)
    told: list[Span] = []
    for column, room in widths.items():
        told += (Span(" "), *_cell(column, entry, roster, room, showing))
    return fit((*start, *told), columns)


def _cell(
    column: str, machine: Machine, roster: Roster, room: int, showing: Showing
) -> tuple[Span, ...]:
    words = showing.words
    match column:
        case "system":
            said = one_line(machine.system or "?", 60)
            return (Span(pad(said, room), "plain" if machine.system else "unknown"),)
        case "power":
            return (_aged(power_word(machine, words), machine.power != "unknown", roster, room,
                          showing),)  # fmt: skip
        case "cpu" | "memory":
            gauge = machine.cpu if column == "cpu" else machine.memory
            said, tone = gauge_said(gauge, roster, showing)
            return (Span(pad(said, room), tone),)
        case "disk":
            return (_disk(fullest(machine.disks), roster, room, showing),)
        case "full":
            return (_full(machine.disks, roster, room, showing),)
        case "backup":
            return (_backup(machine, roster, room, showing),)
        case _:
            return failed_of(machine.findings, roster, showing, room)


def _aged(said: str, known: bool, roster: Roster, room: int, showing: Showing) -> Span:
    """A word of the agent's last answer, marked as old when that is."""
    if not known:
        return Span(pad("?", room), UNKNOWN.tone)
    if not roster.is_current(showing):
        return Span(pad(f"{STALE.glyph}{said}", room), STALE.tone)
    return Span(pad(said, room))


def _disk(disk: MachineDisk | None, roster: Roster, room: int, showing: Showing) -> Span:
    if disk is None:
        return Span(pad("?", room), UNKNOWN.tone)
    said, tone = gauge_said(disk.used, roster, showing)
    return Span(pad(f"{said} {one_line(disk.mount)}" if said != "?" else said, room), tone)


def _full(disks: Sequence[MachineDisk], roster: Roster, room: int, showing: Showing) -> Span:
    """When the first of its disks will be full; a dash where nothing was forecast."""
    found = [one.forecast for one in disks if one.forecast is not None]
    soonest = min(found, key=lambda one: one.not_before, default=None)
    if soonest is None:
        return Span(pad("-" if disks else "?", room), "dim")
    is_now = roster.is_current(showing)
    said = full_by(soonest, showing)
    return Span(pad(said if is_now else f"{STALE.glyph}{said}", room), "plain" if is_now else "dim")


def _backup(machine: Machine, roster: Roster, room: int, showing: Showing) -> Span:
    if machine.backup is None:
        none = machine.is_in_backup is False
        said = showing.words.say("screen.machines.no_backup") if none else "?"
        return _aged(said, none, roster, room, showing)
    return _aged(backup_age(machine.backup, showing), True, roster, room, showing)


def failed_of(
    findings: Iterable[MachineFinding], roster: Roster, showing: Showing, room: int
) -> tuple[Span, ...]:
    """`×1 ▲2 ·1 ■1 ?3`: failures by severity, accepted, unknown; `●` when every rule is kept.

    Of an old answer `~4`: so many failed then.
    """
    told = tuple(findings)
    counted = counts_of(told)
    if not told:
        return (Span(pad("?", room), UNKNOWN.tone),)
    if not roster.is_current(showing):
        failed = sum(one.counts for one in told)
        said = f"{STALE.glyph}{failed}" if failed else UNKNOWN.glyph
        return (Span(pad(said, room), STALE.tone),)
    if not counted:
        return (Span(pad(OK.glyph, room), OK.tone),)
    roomy = sum(2 + len(str(n)) for n in counted.values()) - 1 <= room
    spans = [
        Span(f"{' ' if at and roomy else ''}{MARKS[name].glyph}{number}", MARKS[name].tone)
        for at, (name, number) in enumerate(counted.items())
    ]
    return fit(tuple(spans), room)


def what_said(entry: Entry, showing: Showing) -> str:
    """What an entry is: a machine by its system, all others by a word."""
    words = showing.words
    if isinstance(entry, Machine):
        return one_line(entry.system or words.say("screen.machines.no_system"), 60)
    if isinstance(entry, Hypervisor):
        guests = "?" if entry.guests is None else entry.guests
        return words.say("screen.machines.hypervisor", guests=guests)
    key = "is_storage" if isinstance(entry, Storage) else "is_quota"
    return words.say(f"screen.machines.{key}")


# ---- above and below the list ----


def summary_lines(roster: Roster, showing: Showing) -> Iterator[Line]:
    """How many there are and what counts, which is the key to the glyphs; quota, when judged."""
    said = roster.said
    if said is None:
        return
    words, is_now = showing.words, roster.is_current(showing)
    counted = _counted(roster, showing)
    count = words.say("screen.machines.count", n=len(said.machines))
    marks = {name: MARKS[name] if is_now else UNKNOWN for name in counted}
    told = [
        (
            Span(mark.glyph, mark.tone),
            Span(f"{counted[name]} {_sum_word(name, counted[name], words)}"),
        )
        for name, mark in marks.items()
    ]
    taken = cells(count) + sum(width(one) + 2 for one in told)
    between = Span("  " if taken < showing.columns else " ")
    yield fit((Span(f" {count}"), *(s for one in told for s in (between, *one))), showing.columns)
    yield spread(_quota(roster, showing), _judged(roster, showing), showing.columns)


def _counted(roster: Roster, showing: Showing) -> dict[str, int]:
    """What counts of all of them; what was found before a break is not known any more."""
    found: Counter[str] = Counter()
    for one in roster.entries:
        counted = counts_of(one.findings)
        is_behind = roster.about(one, showing).is_behind
        found.update({"unknown": sum(counted.values())} if is_behind else counted)
    return {name: found[name] for name in MARKS if found[name]}


def _sum_word(name: str, count: int, words: Words) -> str:
    return words.say(f"screen.machines.{'sum_one' if count == 1 else 'sum'}.{name}")


def _quota(roster: Roster, showing: Showing) -> Line:
    """How much of what the ward was given is taken; nothing where nobody wrote what that is."""
    words, ward = showing.words, showing.ward
    quotas = roster.said.quotas if roster.said is not None else ()
    shares = [one for quota in quotas if ward and quota.ward == ward.code for one in quota.shares]
    if not shares:
        return BLANK
    old = "" if roster.is_current(showing) else STALE.glyph
    told = (
        f"{words.say(f'screen.machines.resource.{one.resource}')} "
        + ("?" if one.ratio is None else f"{old}{percent(one.ratio)}")
        for one in shares
    )
    return line(f" {words.say('screen.machines.quota')} ", " · ".join(told))


def _judged(roster: Roster, showing: Showing) -> Line:
    """How long ago the rules were looked at; that the agent cannot be asked now comes first."""
    words, said = showing.words, roster.said
    if roster.failure is not None and showing.is_current:
        return line(Span(f"{DEGRADED.glyph} {words.say('screen.machines.silent')} ", DEGRADED.tone))
    if said is None or said.judged is None:
        return line(Span(f"{UNKNOWN.glyph} {words.say('screen.machines.not_judged')} ", "unknown"))
    age_s = ((agent_now(showing) or showing.now) - said.judged).total_seconds()
    age = words.age(max(0.0, age_s))
    return line(Span(f"{words.say('screen.machines.judged', age=age)} ", "dim"))


def store_lines(roster: Roster, columns: int, most: int, showing: Showing) -> list[Line]:
    """Stores of hypervisors and storage, the fullest first; the last line counts those left."""
    said = roster.said
    keepers: tuple[Hypervisor | Storage, ...] = ()
    if said is not None:
        keepers = (*said.hypervisors, *said.storages)
    found = [(store, one) for one in keepers for store in one.stores]
    found.sort(key=lambda pair: pair[0].free_ratio)
    shown = found[: most if len(found) <= most else most - 1]
    rows = [
        store_line(store, one, roster.about(one, showing), columns, showing) for store, one in shown
    ]
    left = len(found) - len(shown)
    if left:
        more = showing.words.say("screen.machines.more_stores", n=left)
        rows.append(line(Span(f"   {more}", "dim")))
    return rows


def store_line(
    store: MachineStore, of: Hypervisor | Storage, roster: Roster, columns: int, showing: Showing
) -> Line:
    """`Store local-lvm (kvm-1): 12% free of 400 GB`, and how old that is."""
    words = showing.words
    is_now = (isinstance(of, Storage) or of.fresh) and roster.is_current(showing)
    where = f"{of.name}/{store.host}" if store.host and store.host != of.name else of.name
    name = f"{one_line(store.name, 40)} ({one_line(where, 40)})"
    said = words.say(
        "screen.machines.store", free=f"{'' if is_now else STALE.glyph}{percent(store.free_ratio)}",
        total=size_said(store.total_bytes, words),
    )  # fmt: skip
    age = words.age(_store_age_s(of, roster, showing))
    label = f"   {words.say('screen.machines.store_label')} "
    room = columns - cells(label) - cells(said) - cells(age) - 4
    left = line(
        Span(label, "dim"),
        cut(name, max(8, room)),
        Span(f"  {said}", "plain" if is_now else "dim"),
    )
    return spread(left, line(Span(f"{age} ", "dim")), columns)


def _store_age_s(of: Hypervisor | Storage, roster: Roster, showing: Showing) -> float | None:
    """Of storage the time since it was judged: what was judged was fresh then."""
    if isinstance(of, Hypervisor):
        return roster.age_s(of.age_s, showing)
    judged = roster.said.judged if roster.said is not None else None
    now = agent_now(showing) or showing.now
    return max(0.0, (now - judged).total_seconds()) if judged is not None else None
