"""The ward's machines as lines: the list with what each has and lacks, and the stores below. Pure.

What is older than its time to live has `~` before it, what nobody said is `?`; neither is ever
shown as good. A forecast is a span of days, told only where the agent dared one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from agent.wire import Gauge, Hypervisor, Machine
from inventory.language import decimal
from inventory.text import cells, cut, one_line, pad
from tui.legend import DEGRADED, DOWN, OK, STALE, UNKNOWN, Mark, mark_of
from tui.lines import BLANK, Span, fit, line, spread, width, wrapped
from tui.text import LOCAL
from tui.view_device import agent_now, broken_devices, device_mark, pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from agent.wire import Forecast, MachineDisk, MachineFinding, Machines, MachineStore
    from inventory.errors import WardopsError
    from tui.lines import Line, Tone
    from tui.text import Words
    from tui.view import Showing

Entry: TypeAlias = Machine | Hypervisor

NOTE = Mark("·", "vm_audit.note", "plain")
WAIVED = Mark("■", "vm_audit.waived", "maintenance")
_SEVERITIES = {"crit": DOWN, "warn": DEGRADED, "note": NOTE}
_MARKS = {**_SEVERITIES, "waived": WAIVED, "unknown": UNKNOWN}
OLD_AFTER_S = 30.0  # the screen asks every few seconds: an older answer says nothing of now
_FORGOTTEN_AFTER_S = 2250.0  # three lives of what is measured every five minutes
_FAR_DAYS = 300  # from there on a day without its year is read as the wrong one
_MOST_STORES = 3


@dataclass(frozen=True, slots=True)
class Roster:
    """What the agent said of the ward's machines at monotonic time `heard`.

    `said` is None until it answers; `failure` is why it did not the last time, `is_unheard_of`
    that it knows no such question.
    """

    said: Machines | None = None
    heard: float = 0.0
    failure: WardopsError | None = None
    is_unheard_of: bool = False

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Machines in the agent's order, the worst first, then the hypervisors."""
        return (*self.said.machines, *self.said.hypervisors) if self.said is not None else ()

    def is_current(self, showing: Showing) -> bool:
        """Whether what it says may be taken for the present."""
        young = showing.mono - self.heard <= OLD_AFTER_S
        return self.said is not None and showing.is_current and young

    def age_s(self, age_s: float | None, showing: Showing) -> float | None:
        """An age that the agent gave with its answer, as of now."""
        return None if age_s is None else age_s + max(0.0, showing.mono - self.heard)


def key_of_entry(entry: Entry) -> str:
    """What stays the same of a machine from one answer to the next."""
    return f"{type(entry).__name__} {entry.ward} {entry.name}"


def names_of(entry: Entry) -> tuple[str, ...]:
    """What an entry is found by."""
    system = entry.system or "" if isinstance(entry, Machine) else "hypervisor"
    return (entry.name, system)


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
    """Cells of each column; a blank stands between them."""
    more = columns - 80
    wide = {"system": 20} if more >= 36 else {}
    left = more - 21 if wide else more
    half, quarter = left // 2, left // 4
    return {
        "name": 14 + half, **wide, "power": 5, "cpu": 5, "memory": 5, "disk": 11 + quarter,
        "full": 12, "backup": 7, "failed": 11 + left - half - quarter,
    }  # fmt: skip


def _head(columns: int, showing: Showing) -> Line:
    says = (
        pad(showing.words.say(f"screen.machines.column.{name}"), room)
        for name, room in _widths(columns).items()
    )
    return fit(line(Span("   " + " ".join(says), "dim")), columns)


def _row(entry: Entry, roster: Roster, columns: int, showing: Showing, *, here: bool) -> Line:
    mark = entry_mark(entry, roster, showing)
    widths = _widths(columns)
    name = pad(shown_name(entry, showing), widths.pop("name"))
    start = line(
        pointer(here), Span(mark.glyph, mark.tone), " ", Span(name, "cursor" if here else "plain")
    )
    if isinstance(entry, Hypervisor):
        room = sum(widths.values()) + len(widths) - widths["failed"] - 2
        about = Span(pad(_hypervisor_said(entry, showing), room), "dim")
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


def power_word(machine: Machine, words: Words) -> str:
    """On, off or paused, as its hypervisor says; `?` when nobody does."""
    return (
        "?" if machine.power == "unknown" else words.say(f"screen.machines.power.{machine.power}")
    )


def gauge_said(gauge: Gauge, roster: Roster, showing: Showing) -> tuple[str, Tone]:
    """A share as `12%`, `~12%` when it is old, `?` when it is not known any more."""
    age_s = roster.age_s(gauge.age_s, showing)
    if gauge.value is None or (age_s is not None and age_s > _FORGOTTEN_AFTER_S):
        return "?", UNKNOWN.tone
    said = f"{decimal(100 * gauge.value, 0, showing.words.language)}%"
    if is_live(gauge, roster, showing):
        return said, "plain"
    return f"{STALE.glyph}{said}", STALE.tone


def is_live(gauge: Gauge, roster: Roster, showing: Showing) -> bool:
    """Whether a value was measured lately and came lately."""
    return gauge.value is not None and gauge.fresh and roster.is_current(showing)


def fullest(disks: Iterable[MachineDisk]) -> MachineDisk | None:
    """The disk that is used most; None where none is known."""
    known = [one for one in disks if one.used.value is not None]
    return max(known, key=lambda one: one.used.value or 0.0, default=None)


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


def full_by(forecast: Forecast, showing: Showing) -> str:
    """`03/12–20/12`, `from 03/12` without an end, `now–20/12` once it has begun."""
    words, now = showing.words, agent_now(showing) or showing.now
    begin = day_of(forecast.not_before, showing)
    if forecast.not_before <= now:
        begin = words.say("screen.machines.now")
    if forecast.not_after is None:
        return words.say("screen.machines.from", day=begin)
    end = day_of(forecast.not_after, showing)
    return begin if begin == end else f"{begin}–{end}"


def day_of(at: datetime, showing: Showing) -> str:
    """`03/12`, far away `12/27` for December 2027: no day has that month."""
    here = at.astimezone(LOCAL)
    is_far = abs((at - (agent_now(showing) or showing.now)).days) >= _FAR_DAYS
    return f"{here:%m/%y}" if is_far else f"{here:%d/%m}"


def _backup(machine: Machine, roster: Roster, room: int, showing: Showing) -> Span:
    if machine.backup is None:
        none = machine.is_in_backup is False
        said = showing.words.say("screen.machines.no_backup") if none else "?"
        return _aged(said, none, roster, room, showing)
    return _aged(backup_age(machine.backup, showing), True, roster, room, showing)


def backup_age(at: datetime, showing: Showing) -> str:
    """How long ago a backup was made, in its largest unit."""
    age_s = ((agent_now(showing) or showing.now) - at).total_seconds()
    return showing.words.coarse(age_s)


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
    between = " " if sum(2 + len(str(n)) for n in counted.values()) <= room + 1 else ""
    spans = [
        Span(f"{_MARKS[name].glyph}{number}{between}", _MARKS[name].tone)
        for name, number in counted.items()
    ]
    return fit(tuple(spans), room)


def counts_of(findings: Iterable[MachineFinding]) -> dict[str, int]:
    """How many failures of each severity count, are accepted, or are unknown; no zeros."""
    found = Counter(kind_of(one) for one in findings)
    return {name: found[name] for name in _MARKS if found[name]}


def kind_of(one: MachineFinding) -> str:
    """Its severity where it counts, else `waived`, `unknown` or `pass`."""
    if one.counts:
        return one.severity
    return "waived" if one.result == "fail" else one.result


def finding_mark(one: MachineFinding, roster: Roster, showing: Showing) -> Mark:
    """How a finding is marked; one of an old answer says nothing of now."""
    if not roster.is_current(showing):
        return UNKNOWN
    return _MARKS.get(kind_of(one), OK)


def entry_mark(entry: Entry, roster: Roster, showing: Showing) -> Mark:
    """How its device may be shown: behind a break, or when nothing is current, it is unknown."""
    if not roster.is_current(showing):
        return UNKNOWN
    devices = showing.snapshot.devices if showing.snapshot else ()
    name = entry.device if isinstance(entry, Machine) else entry.name
    device = next((one for one in devices if (one.ward, one.name) == (entry.ward, name)), None)
    if device is not None:
        return device_mark(device, broken_devices(devices), showing)
    return mark_of(entry.state)


def shown_name(entry: Entry, showing: Showing) -> str:
    """Its name; before it the ward's code where several wards are shown."""
    name = one_line(entry.name, 200)
    return name if showing.ward is not None else f"{entry.ward} {name}"


def _hypervisor_said(entry: Hypervisor, showing: Showing) -> str:
    guests = "?" if entry.guests is None else entry.guests
    return showing.words.say("screen.machines.hypervisor", guests=guests)


# ---- above and below the list ----


def summary_lines(roster: Roster, showing: Showing) -> Iterator[Line]:
    """How many there are and what counts, which is the key to the glyphs; quota, when judged."""
    said = roster.said
    if said is None:
        return
    words, is_now = showing.words, roster.is_current(showing)
    counted = counts_of(each for one in roster.entries for each in one.findings)
    count = words.say("screen.machines.count", n=len(said.machines))
    marks = {name: _MARKS[name] if is_now else UNKNOWN for name in counted}
    told = [
        (Span(mark.glyph, mark.tone), Span(f"{counted[name]} {_sum_word(name, words)}"))
        for name, mark in marks.items()
    ]
    taken = cells(count) + sum(width(one) + 2 for one in told)
    between = Span("  " if taken < showing.columns else " ")
    yield fit((Span(f" {count}"), *(s for one in told for s in (between, *one))), showing.columns)
    yield spread(_quota(roster, showing), _judged(roster, showing), showing.columns)


def _sum_word(name: str, words: Words) -> str:
    return words.say(f"screen.machines.sum.{name}")


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
        + ("?" if one.ratio is None else f"{old}{decimal(100 * one.ratio, 0, words.language)}%")
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
    """The hypervisors' stores, the fullest first; the last line says how many more there are."""
    found = [
        (store, one)
        for one in (roster.said.hypervisors if roster.said is not None else ())
        for store in one.stores
    ]
    found.sort(key=lambda pair: pair[0].free_ratio)
    shown = found[: most if len(found) <= most else most - 1]
    rows = [store_line(store, one, roster, columns, showing) for store, one in shown]
    left = len(found) - len(shown)
    if left:
        more = showing.words.say("screen.machines.more_stores", n=left)
        rows.append(line(Span(f"   {more}", "dim")))
    return rows


def store_line(
    store: MachineStore, of: Hypervisor, roster: Roster, columns: int, showing: Showing
) -> Line:
    """`Store local-lvm (kvm-1): 12% free of 400 GB`, and how old that is."""
    words = showing.words
    is_now = of.fresh and roster.is_current(showing)
    free = decimal(100 * store.free_ratio, 0, words.language)
    where = f"{of.name}/{store.host}" if store.host and store.host != of.name else of.name
    name = f"{one_line(store.name, 40)} ({one_line(where, 40)})"
    said = words.say(
        "screen.machines.store", free=f"{'' if is_now else STALE.glyph}{free}",
        total=size_said(store.total_bytes, words),
    )  # fmt: skip
    age = words.age(roster.age_s(of.age_s, showing))
    label = f"   {words.say('screen.machines.store_label')} "
    room = columns - cells(label) - cells(said) - cells(age) - 4
    left = line(
        Span(label, "dim"), cut(name, max(8, room)), Span(f"  {said}", "plain" if is_now else "dim")
    )
    return spread(left, line(Span(f"{age} ", "dim")), columns)


def size_said(octets: float, words: Words) -> str:
    """Bytes as GB or TB, by 1024, as hypervisors count."""
    big = octets >= 2**40
    value = octets / (2**40 if big else 2**30)
    return f"{decimal(value, 1 if value < 100 else 0, words.language)} {'TB' if big else 'GB'}"
