"""A month as an agent would have written it down, with everything in it that can go wrong."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal

import pytest

from agent.duty import ICT
from agent.incidents.deadlines import acknowledgement, legal
from agent.incidents.law import read_law
from agent.incidents.life import acknowledge, close, open_from, resolve
from agent.incidents.record import changed
from agent.journal.database import Opening
from agent.journal.store import open_store
from agent.reports.circuit import LoadRule
from agent.reports.source import read_raw
from agent.reports.summary import summarise
from agent.reports.window import window_of
from agent.samples.model import Expected, LoadSlot, PathSlot, Span
from agent.samples.shelf import open_samples
from inventory.values import Words
from playbooks.verdict.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from agent.journal.store import Store
    from agent.reports.summary import Summary
    from agent.reports.window import Kind
    from agent.samples.model import Standing

WARD = "26740"
LINK = "mtn-26740-1"
BEGIN = datetime(2026, 11, 1, tzinfo=ICT)
END = datetime(2026, 12, 1, tzinfo=ICT)
EARLIER = BEGIN - timedelta(days=8)
NOW = END + timedelta(hours=9)
HOUR_S = 3600
OFF = (BEGIN + timedelta(days=9, hours=2), BEGIN + timedelta(days=9, hours=5))  # the agent was off
# How the ward stood: (from, state, why); the first outage lies over midnight of the 1st.
CHANGES: tuple[tuple[datetime, Standing, str], ...] = (
    (EARLIER, "good", ""),
    (BEGIN - timedelta(minutes=40), "down", "metronet/line"),
    (BEGIN + timedelta(minutes=50), "good", ""),
    (BEGIN + timedelta(days=6, hours=10), "down", "power/ward"),
    (BEGIN + timedelta(days=6, hours=11, minutes=30, seconds=5), "good", ""),
    (BEGIN + timedelta(days=13, hours=22), "maintenance", ""),
    (BEGIN + timedelta(days=14, hours=1), "good", ""),
    (BEGIN + timedelta(days=20, hours=8), "degraded", "metronet/quality"),
    (BEGIN + timedelta(days=20, hours=12), "good", ""),
)  # fmt: skip
THINGS: tuple[tuple[Literal["device", "service"], str], ...] = (
    ("device", "sw-26740-01"), ("device", "ce-26740"), ("device", "vc-26740-a"),
    ("service", "qlvb"), ("service", "hop"),
)  # fmt: skip


def spans() -> Iterator[Span]:
    """The ward and its things; what stands behind a break is not known meanwhile."""
    ends = (*(begin for begin, _state, _why in CHANGES[1:]), END)
    for (begin, state, why), end in zip(CHANGES, ends, strict=True):
        for part in _without_off(begin, end):
            yield Span(WARD, "ward", WARD, state, why, *part)
            for kind, name in THINGS:
                broken = state == "down" and (kind == "service" or name == "vc-26740-a")
                if not broken and state != "degraded":
                    own: Standing = "maintenance" if state == "maintenance" else "good"
                    yield Span(WARD, kind, name, own, "", *part)
                elif state == "degraded":
                    own = "down" if name == "hop" else "good"
                    yield Span(WARD, kind, name, own, "", *part)


def loads() -> Iterator[LoadSlot]:
    """A working day's curve; on the 25th and 26th the line is full."""
    for slot in range(_s(EARLIER), _s(END), 300):
        at = datetime.fromtimestamp(slot, ICT)
        if not _is_known(at) or at.minute == 35:  # one slot an hour is not covered enough
            yield LoadSlot(WARD, LINK, slot, 1e6, 90.0, 1e6, 90.0, 100e6)
            continue
        busy = 0.5 + 0.5 * math.sin((at.hour + at.minute / 60 - 9) * math.pi / 12)
        share = 0.97 if at.day in (25, 26) else 0.08 + 0.55 * busy
        into = share * 100e6 / 8 * 300
        yield LoadSlot(WARD, LINK, slot, into, 300.0, into * 0.3, 300.0, 100e6)


def paths() -> Iterator[PathSlot]:
    """Echoes to the gateway; none answered while the line is cut."""
    for slot in range(_s(BEGIN), _s(END), 300):
        at = datetime.fromtimestamp(slot, ICT)
        if not _is_known(at):
            continue
        if at < CHANGES[2][0] or CHANGES[3][0] <= at < CHANGES[4][0]:
            yield PathSlot(WARD, "gateway", slot, 110, 110)
            continue
        rtt_s = 0.004 + 0.002 * math.sin(slot / 9000) ** 2 + (0.03 if at.day == 21 else 0)
        lost = 3 if at.day == 21 and at.hour in range(8, 12) else 0
        yield PathSlot(
            WARD, "gateway", slot, 110, lost, rtt_s * (110 - lost), rtt_s * 0.9, rtt_s * 1.5, 10,
            10 * rtt_s / 8,
        )  # fmt: skip


def _s(at: datetime) -> int:
    return round(at.timestamp())


def _is_known(at: datetime) -> bool:
    return not OFF[0] <= at < OFF[1]


def _without_off(begin: datetime, end: datetime) -> Iterator[tuple[int, int]]:
    for first, last in ((begin, min(end, OFF[0])), (max(begin, OFF[1]), end)):
        if last > first:
            yield _s(first) * 1000, _s(last) * 1000


def _incidents(store: Store) -> None:
    """One closed in the month, one over its beginning, a security one that is open."""
    line = Verdict("ward", "metronet", "line", "down", 0.9, "M3", root="gw")
    power = Verdict("ward", "power", "ward", "down", 0.8, "P1", root="local_dark")
    agreed = Words(vi="mẫu", en="sample")
    for number, (verdict, began, over) in enumerate((
        (line, CHANGES[1][0], CHANGES[2][0]), (power, CHANGES[3][0], CHANGES[4][0]),
    )):  # fmt: skip
        found = began + timedelta(seconds=9)
        opened, event = open_from(
            verdict, ward=WARD, uid=f"uid-{number}", t_started=began, now=found
        )
        opened = changed(opened, deadlines=acknowledgement(opened, 15, agreed))
        one = store.open_incident(opened, event)
        acked = found + timedelta(minutes=12 + 8 * number)
        for after, told in (acknowledge(one, now=acked, actor="cb-01", reason="kiểm tra nguồn"),):
            store.update_incident(after, told)
            one = after
        after, told = resolve(one, over)
        store.update_incident(after, told)
        if number == 0:
            store.update_incident(
                *close(after, now=over, actor="cb-01", cause="line_cut", text="nhà mạng nối lại")
            )
    seen = END - timedelta(hours=20)
    virus, event = open_from(line, ward=WARD, uid="uid-9", t_started=seen, now=seen)
    virus = changed(virus, kind="security", severity="S2")
    store.open_incident(changed(virus, deadlines=legal(read_law().items, virus)), event)


@pytest.fixture(scope="session")
def summary(state: Path) -> Callable[[Kind, str], Summary]:
    """The summary of a period of this month, computed once."""

    @cache
    def summarised(kind: Kind, period: str) -> Summary:
        return summarise(read_raw(state, WARD, window_of(kind, period, NOW)), LoadRule())

    return summarised


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of an agent that watched this month."""
    folder = tmp_path_factory.mktemp("state")
    opening = Opening("agent-1", "live", "boot-1", NOW.astimezone(UTC), lambda: 0.0)
    store = open_store(folder, opening)
    _incidents(store)
    store.close()
    shelf = open_samples(folder, opening)
    expected = [Expected(WARD, kind, name) for kind, name in THINGS]
    never = Expected(WARD, "device", "ap-26740-01")
    shelf.expect(
        [*expected, never, Expected(WARD, "link", LINK), Expected(WARD, "path", "gateway")]
    )
    shelf.add(loads(), paths(), spans(), (), _s(END) * 1000)
    shelf.close()
    return folder
