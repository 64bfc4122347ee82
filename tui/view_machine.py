"""One machine, or one hypervisor, closely: what it has, then every rule's finding. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.wire import Hypervisor, Machine, WardQuota
from inventory.language import decimal, has
from inventory.text import cells, one_line
from tui.legend import DEGRADED, STALE
from tui.lines import Span, line, spread, wrapped
from tui.machine_values import (
    backup_age,
    entry_mark,
    full_by,
    gauge_said,
    percent,
    power_word,
    shown_name,
    size_said,
)
from tui.text import LOCAL
from tui.view_device import agent_now
from tui.view_findings import Place, finding_lines
from tui.view_machines import store_line, what_said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from agent.wire import Gauge, HypervisorHost, MachineDisk, Storage
    from tui.lines import Line
    from tui.machine_values import Entry, Roster
    from tui.text import Words
    from tui.view import Showing

_LABEL = 11
_MOST_DISKS, _MOST_DISKS_WIDE = 2, 4
_LEAST_FINDINGS = 4  # rows
_TITLE_CELLS = 58  # for name and system, beside the mark and the longest state


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
    if isinstance(entry, WardQuota):
        top += _quota(entry, roster, columns, showing)
    else:
        top += _about(entry, roster, columns, showing)
        top += _not_read(entry, columns, showing)
    room = place.rows - _LEAST_FINDINGS - 1
    if len(top) > room:
        more = showing.words.say("screen.machines.more_wide", n=len(top) - room + 1)
        top = [*top[: room - 1], line(Span(f" {more}", "dim"))]
    rule = line(Span("─" * columns, "dim"))
    left = Place(columns, place.rows - len(top) - 1, place.cursor)
    return [*top, rule, *finding_lines(entry, roster, left, showing)]


def title_line(entry: Entry, roster: Roster, columns: int, showing: Showing) -> Line:
    """Mark, name, system; at the right the device's state in a word."""
    words, mark = showing.words, entry_mark(entry, roster, showing)
    what = what_said(entry, showing)
    left = line(
        Span(f" {mark.glyph} ", mark.tone),
        Span(shown_name(entry, showing), "strong"),
        Span(f"  {what}", "dim"),
    )
    return spread(left, line(Span(f"{words.say(mark.word)} ", mark.tone)), columns)


# ---- what it has ----


def _about(
    entry: Machine | Hypervisor | Storage, roster: Roster, columns: int, showing: Showing
) -> Iterator[Line]:
    """All that is known of it; first that nothing is, where that is so."""
    if not entry.measured:
        said = showing.words.say("screen.machines.unmeasured")
        yield from _told("state", said, columns, showing)
    if isinstance(entry, Machine):
        yield from _machine(entry, roster, columns, showing)
        return
    if isinstance(entry, Hypervisor):
        yield from _hosts(entry, roster, columns, showing)
    for store in sorted(entry.stores, key=lambda each: each.free_ratio):
        yield store_line(store, entry, roster, columns, showing)


def _quota(one: WardQuota, roster: Roster, columns: int, showing: Showing) -> Iterator[Line]:
    """What the ward was given, how much of it is taken, and when it will be all."""
    words, old = showing.words, "" if roster.is_current(showing) else STALE.glyph
    for share in one.shares:
        name = words.say(f"screen.machines.resource.{share.resource}")
        ratio = "?" if share.ratio is None else f"{old}{percent(share.ratio)}"
        used, limit = (_amount(share.resource, of, showing) for of in (share.used, share.limit))
        said = f"{name} {ratio} ({used} / {limit})"
        if share.forecast is not None:
            days = _number(round(share.forecast.days), showing)
            span = full_by(share.forecast, showing)
            said += f" · {words.say('screen.machines.full_by', span=span, days=days)}"
        yield from _told("quota", said, columns, showing)


def _amount(resource: str, amount: float | None, showing: Showing) -> str:
    """Cores or bytes; `?` for what is not known."""
    if amount is None:
        return "?"
    if resource == "cpu":
        return _cores(amount, showing)
    return size_said(amount, showing.words)


def _machine(one: Machine, roster: Roster, columns: int, showing: Showing) -> Iterator[Line]:
    words = showing.words
    if cells(shown_name(one, showing)) > _TITLE_CELLS:
        yield from _told("name", shown_name(one, showing), columns, showing)
    yield from _told("load", " · ".join(_load(one, roster, showing)), columns, showing)
    yield from _told("system", " · ".join(_system(one, showing)), columns, showing)
    yield from _told("place", " · ".join(_where(one, roster, showing)), columns, showing)
    disks = sorted(one.disks, key=lambda disk: -(disk.used.value or 0.0))
    most = _MOST_DISKS_WIDE if showing.is_wide else _MOST_DISKS
    for disk in disks[:most]:
        yield from _told("disk", _disk_said(disk, roster, showing), columns, showing)
    if len(disks) > most:
        more = words.say("screen.machines.more_disks", n=len(disks) - most)
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
        yield _cores(one.cpu_cores, showing)
    for key, octets in (("memory", one.memory_bytes), ("disk", one.disk_bytes)):
        if octets:
            name = words.say(f"screen.machines.resource.{key}")
            yield f"{name} {size_said(octets, words)}"


def _cores(count: float, showing: Showing) -> str:
    key = "core" if count == 1 else "cores"
    return showing.words.say(f"screen.machines.{key}", n=_number(count, showing))


def _number(value: float, showing: Showing) -> str:
    return decimal(value, 0 if value == int(value) else 1, showing.words.language)


def _said_by(gauge: Gauge, roster: Roster, showing: Showing) -> str:
    """` (SSH 12s)`; nothing for what nobody said."""
    if gauge.value is None:
        return ""
    age_s = roster.age_s(gauge.age_s, showing)
    age = showing.words.coarse(age_s) if age_s is not None else "?"
    return f" ({_way(gauge.source, showing.words)} {age})" if gauge.source else f" ({age})"


def _way(source: str, words: Words) -> str:
    """Which way it was told: by its word, else by the name of what told it."""
    key = f"vm_audit.way.{source}"
    return words.say(key) if has(key) else source


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
        share = percent(disk.used_inodes_ratio)
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


def _hosts(one: Hypervisor, roster: Roster, columns: int, showing: Showing) -> Iterator[Line]:
    """Its hosts, and that too few of them agree."""
    if one.quorate is False:
        said = showing.words.say("screen.machines.no_quorum")
        yield from _told("state", said, columns, showing)
    is_now = one.fresh and roster.is_current(showing)
    for host in one.hosts:
        yield from _told("host", _host_said(host, showing, is_now=is_now), columns, showing)


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
        said = "?" if share is None else f"{old}{percent(share)}"
        parts.append(f"{name} {said}")
    return " · ".join(parts)


def _not_read(
    entry: Machine | Hypervisor | Storage, columns: int, showing: Showing
) -> Iterator[Line]:
    """Each question without a good answer, and why."""
    words = showing.words
    for one in entry.not_read:
        key = "vm_audit.partly_read" if one.partly else "vm_audit.not_read"
        said = words.say(key, probe=_way(one.probe, words), why=one_line(words.of(one.text), 200))
        for number, row in enumerate(wrapped(said, columns - 4, 2)):
            mark = Span("   " if number else f" {DEGRADED.glyph} ", DEGRADED.tone)
            yield line(mark, row)
