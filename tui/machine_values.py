"""What is known of machines and how it may be shown: figures, spans, marks. Pure.

What is older than its time to live has `~` before it, what nobody said is `?`; neither is ever
shown as good. A forecast is a span of days, told only where the agent dared one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from agent.wire import Gauge, Hypervisor, Machine, Storage, WardQuota
from inventory.language import decimal
from inventory.text import one_line, whole_percent
from tui.legend import DEGRADED, DOWN, FREE, OK, STALE, UNKNOWN, Mark, mark_of
from tui.text import LOCAL
from tui.view_device import agent_now, broken_devices, device_mark

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from agent.wire import Forecast, MachineDisk, MachineFinding, Machines
    from inventory.errors import WardopsError
    from tui.lines import Tone
    from tui.text import Words
    from tui.view import Showing

Entry: TypeAlias = Machine | Hypervisor | Storage | WardQuota

NOTE = Mark("·", "vm_audit.note", "plain")
WAIVED = Mark("■", "vm_audit.waived", "maintenance")
_REACHABLE = Mark(OK.glyph, "screen.machines.reachable", OK.tone)
_POWERED_OFF = {
    "off": Mark(FREE.glyph, "screen.machines.is_off", "off_duty"),
    "suspended": Mark(FREE.glyph, "screen.machines.is_suspended", "off_duty"),
}
_SEVERITIES = {"crit": DOWN, "warn": DEGRADED, "note": NOTE}
MARKS = {**_SEVERITIES, "waived": WAIVED, "unknown": UNKNOWN}
OLD_AFTER_S = 30.0  # the screen asks every few seconds: an older answer says nothing of now
_FORGOTTEN_AFTER_S = 2250.0  # three lives of what is measured every five minutes
_FAR_DAYS = 300  # from there on a day without its year is read as the wrong one


@dataclass(frozen=True, slots=True)
class Roster:
    """What the agent said of the ward's machines at monotonic time `heard`.

    `said` is None until it answers; `failure` is why it did not the last time, `is_unheard_of`
    that it knows no such question. `is_behind` speaks of one machine that something broken stands
    before: what was said of it is of before the break.
    """

    said: Machines | None = None
    heard: float = 0.0
    failure: WardopsError | None = None
    is_unheard_of: bool = False
    is_behind: bool = False

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Machines in the agent's order, the worst first; what they stand on; whole wards."""
        said = self.said
        if said is None:
            return ()
        quotas = tuple(one for one in said.quotas if one.findings)
        return (*said.machines, *said.hypervisors, *said.storages, *quotas)

    def is_heard(self, showing: Showing) -> bool:
        """Whether the agent said it lately."""
        young = showing.mono - self.heard <= OLD_AFTER_S
        return self.said is not None and showing.is_current and young

    def is_current(self, showing: Showing) -> bool:
        """Whether what it says may be taken for the present."""
        return self.is_heard(showing) and not self.is_behind

    def about(self, entry: Entry, showing: Showing) -> Roster:
        """The same for one entry: behind a break, unless its hypervisor is not and tells of it."""
        is_behind = _is_behind(entry.ward, _device_name(entry), showing)
        guest = entry.guest if isinstance(entry, Machine) else None
        if is_behind and guest is not None and guest.fresh:
            is_behind = _is_behind(entry.ward, guest.hypervisor, showing)
        return replace(self, is_behind=is_behind)

    def age_s(self, age_s: float | None, showing: Showing) -> float | None:
        """An age that the agent gave with its answer, as of now."""
        return None if age_s is None else age_s + max(0.0, showing.mono - self.heard)


def key_of_entry(entry: Entry) -> str:
    """What stays the same of a machine from one answer to the next."""
    name = _device_name(entry) or names_of(entry)[0]
    guest = entry.guest if isinstance(entry, Machine) and entry.device is None else None
    where = f" {guest.hypervisor}/{guest.id}" if guest is not None else ""
    return f"{type(entry).__name__} {entry.ward} {name}{where}"


def names_of(entry: Entry) -> tuple[str, ...]:
    """What an entry is found by."""
    if isinstance(entry, WardQuota):
        return ("quota",)
    return (entry.name, entry.system or "" if isinstance(entry, Machine) else "")


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
    said = percent(gauge.value)
    if is_live(gauge, roster, showing):
        return said, "plain"
    return f"{STALE.glyph}{said}", STALE.tone


def percent(share: float) -> str:
    """A share 0..1 in whole percents, as the rules say it in their evidence."""
    return f"{whole_percent(share)}%"


def is_live(gauge: Gauge, roster: Roster, showing: Showing) -> bool:
    """Whether a value was measured lately and came lately."""
    return gauge.value is not None and gauge.fresh and roster.is_current(showing)


def fullest(disks: Iterable[MachineDisk]) -> MachineDisk | None:
    """The disk that is used most; None where none is known."""
    known = [one for one in disks if one.used.value is not None]
    return max(known, key=lambda one: one.used.value or 0.0, default=None)


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


def backup_age(at: datetime, showing: Showing) -> str:
    """How long ago a backup was made, in its largest unit."""
    age_s = ((agent_now(showing) or showing.now) - at).total_seconds()
    return showing.words.coarse(age_s)


def counts_of(findings: Iterable[MachineFinding]) -> dict[str, int]:
    """How many failures of each severity count, are accepted, or are unknown; no zeros."""
    found = Counter(kind_of(one) for one in findings)
    return {name: found[name] for name in MARKS if found[name]}


def kind_of(one: MachineFinding) -> str:
    """Its severity where it counts, else `waived`, `unknown` or `pass`."""
    if one.counts:
        return one.severity
    return "waived" if one.result == "fail" else one.result


def finding_mark(one: MachineFinding, roster: Roster, showing: Showing) -> Mark:
    """How a finding is marked; one of an old answer says nothing of now."""
    if not roster.is_current(showing):
        return UNKNOWN
    return MARKS.get(kind_of(one), OK)


def entry_mark(entry: Entry, roster: Roster, showing: Showing) -> Mark:
    """How its device may be shown: behind a break, or when nothing is current, it is unknown.

    That it answers is said as that, not as good; a machine that its hypervisor says is off has a
    mark of its own, and of what tells nothing of itself nothing is known.
    """
    if not roster.is_heard(showing):
        return UNKNOWN
    if isinstance(entry, WardQuota):
        return _mark_of_all(entry.findings)
    mark = _mark_in_snapshot(entry.ward, _device_name(entry), showing) or mark_of(entry.state)
    if isinstance(entry, Machine):
        off = _off_mark(entry, roster, showing)
        return off if off is not None and mark != DOWN else _said_plainly(mark)
    tells = entry.measured and (isinstance(entry, Storage) or entry.fresh)
    return _said_plainly(mark) if tells or mark != OK else UNKNOWN


def _off_mark(one: Machine, roster: Roster, showing: Showing) -> Mark | None:
    """Off or suspended, as its hypervisor says now; None when it is not, or that is not known."""
    guest, seen = one.guest, roster.about(one, showing)
    is_told = guest is not None and guest.fresh and seen.is_current(showing)
    return _POWERED_OFF.get(one.power) if is_told else None


def _said_plainly(mark: Mark) -> Mark:
    """Reachable in place of good: a machine that answers may be kept badly."""
    return _REACHABLE if mark == OK else mark


def _mark_of_all(findings: Iterable[MachineFinding]) -> Mark:
    """Of what is no device: good when every rule is kept, degraded when one is not."""
    kinds = {kind_of(one) for one in findings}
    if kinds & set(_SEVERITIES):
        return DEGRADED
    return OK if kinds == {"pass"} else UNKNOWN


def _device_name(entry: Entry) -> str | None:
    if isinstance(entry, WardQuota):
        return None
    return entry.device if isinstance(entry, Machine) else entry.name


def _mark_in_snapshot(ward: str, name: str | None, showing: Showing) -> Mark | None:
    """How a device is shown on the other screens; None for one that they do not have."""
    devices = showing.snapshot.devices if showing.snapshot else ()
    device = next((one for one in devices if (one.ward, one.name) == (ward, name)), None)
    return device_mark(device, broken_devices(devices), showing) if device is not None else None


def _is_behind(ward: str, name: str | None, showing: Showing) -> bool:
    mark = _mark_in_snapshot(ward, name, showing)
    return mark is not None and mark.word == mark_of("unreachable").word


def shown_name(entry: Entry, showing: Showing) -> str:
    """Its name; before it the ward's code where several wards are shown."""
    if isinstance(entry, WardQuota):
        name = showing.words.say("screen.machines.whole_ward")
    else:
        name = one_line(entry.name, 200)
    return name if showing.ward is not None else f"{entry.ward} {name}"


def size_said(octets: float, words: Words) -> str:
    """Bytes as MB, GB or TB, by 1024, as hypervisors count."""
    unit, scale = "GB", 2**30
    if octets >= 2**40:
        unit, scale = "TB", 2**40
    elif octets < 2**30:
        unit, scale = "MB", 2**20
    value = octets / scale
    digits = 1 if value < 100 and unit != "MB" else 0
    return f"{decimal(value, digits, words.language)} {unit}"
