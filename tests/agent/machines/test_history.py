"""The history of machines: what was least left survives restarts, and says when a disk is full."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.journal.database import Opening, read_database
from agent.machines.forecast import DAY_S, SLOT_S, Point, slot_at
from agent.machines.history import History, sources_of
from agent.machines.history_shelf import QUOTA, Busy, Place, loads_since, rooms_since
from agent.machines.trends import trends_in
from agent.samples.shelf import FILE_NAME, open_samples
from inventory.load import load
from probes.clock import ManualClock
from probes.model import Observation, Reading, Reason, Target
from probes.target import targets_of
from probes.vm.estate import Guest
from probes.vm.status import Filesystem, VmStatus
from probes.vm.trend import Count, Forecast, Load, NoForecast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agent.samples.shelf import Shelf
    from probes.model import Sample
    from probes.vm.trend import Outlook

WARD = "26740"
START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
START_S = round(START.timestamp())
GIB = float(1 << 30)
INVENTORY = """\
schema: wardops/inventory/1
ward: "26740"
devices:
  - {name: app-1, kind: linux_vm, role: vm, address: 192.0.2.10,
     node_exporter: "http://192.0.2.10:9100/metrics", snmp: {auth: "env:S"}}
  - {name: app-2, kind: linux_vm, role: vm, address: 192.0.2.11, snmp: {auth: "env:S"}}
"""


@dataclass
class Site:
    """Two machines, and an agent's history that can be closed and opened again."""

    folder: Path
    targets: dict[str, Target]
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    is_full: bool = False
    shown: list[Sequence[Sample]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        opening = Opening("agent-1", "live", "boot", self.clock.now(), self.clock.monotonic)
        self.shelf: Shelf = open_samples(self.folder, opening)
        self.history = History(
            self.targets.values(), self.shelf.database, self.clock, lambda: not self.is_full,
            lambda _seen, samples: self.shown.append(samples),
        )  # fmt: skip

    def restart(self) -> None:
        self.history.write()
        self.shelf.close()
        self.open()

    def tell(
        self, left: float, *, size: float = 100 * GIB, cpu: float | None = None,
        name: str = "app-1", probe: str = "node-exporter",
    ) -> None:  # fmt: skip
        vm = VmStatus(filesystems=(Filesystem("/", left / size, left),), cpu_ratio=cpu)
        seen = Observation(
            self.targets[name], probe, Reason.OK, Reading(vm=vm), self.clock.now(),
            self.clock.monotonic(), took_s=0.1, ttl_s=90.0,
        )  # fmt: skip
        self.history.take(seen)

    def pass_hours(self, hours: int, left: Callable[[float], float]) -> None:
        """Time passes; every hour the machine says what is left by then."""
        for _ in range(hours):
            self.clock.move(3600)
            self.tell(left(self.clock.monotonic() / DAY_S))
            self.history.turn()

    def turn(self) -> None:
        """Until every forecast is made."""
        for _ in range(5):
            self.clock.move(1)
            self.history.turn()

    def week(self) -> Outlook:
        """What becomes of the disk."""
        (room,) = self.history.trends(WARD)["app-1"].rooms
        return room.week

    def kept(self) -> list[tuple[Place, Point]]:
        """What is on the disk."""
        database = read_database(self.folder, FILE_NAME)
        try:
            return list(rooms_since(database, 0))
        finally:
            database.close()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Two machines of one ward."""
    return made(tmp_path)


def made(folder: Path) -> Site:
    """The same in any folder."""
    (folder / "inventory").mkdir()
    (folder / "inventory" / "26740.yaml").write_text(INVENTORY)
    inventory = load(folder / "inventory", with_secrets=False)
    targets = targets_of(inventory.wards[WARD], inventory)
    return Site(folder, {one.name: one for one in targets})


def test_each_machine_has_one_source_since_sources_count_differently(site: Site) -> None:
    assert sources_of(site.targets.values()) == {
        (WARD, "app-1"): "node-exporter", (WARD, "app-2"): "snmp-host"}  # fmt: skip
    site.tell(50 * GIB)
    site.tell(40 * GIB, probe="snmp-host")
    site.tell(30 * GIB, name="app-2", probe="snmp-host")
    site.history.write()
    assert {(place.machine, point.left / GIB) for place, point in site.kept()} == {
        ("app-1", 50), ("app-2", 30)}  # fmt: skip


def test_the_least_of_a_slot_is_kept_across_a_restart(site: Site) -> None:
    for left in (50, 48, 49):
        site.tell(left * GIB, cpu=0.5)
    site.restart()
    site.tell(51 * GIB, cpu=0.01)
    site.restart()
    ((place, point),) = site.kept()
    assert place == Place(WARD, "app-1", "/")
    assert (point.slot, point.left, round(point.size / GIB)) == (START_S, 48 * GIB, 100)
    database = read_database(site.folder, FILE_NAME)
    assert list(loads_since(database, 0)) == [(WARD, "app-1", Busy(START_S, 4, 3))]
    database.close()


def test_a_forecast_stands_after_three_days_goes_on_after_a_restart_and_grows_old(
    site: Site,
) -> None:
    def left(days: float) -> float:
        return (60 - 3 * days) * GIB

    site.pass_hours(71, left)
    site.turn()
    assert site.week() == NoForecast("too_little", 2.75, 3)
    assert site.shown == []
    site.pass_hours(2, left)
    site.turn()
    site.pass_hours(1, left)
    ((sample,),) = site.shown
    assert sample.labels == ("/",)
    assert abs(sample.value - (20 * DAY_S - 74 * 3600)) <= SLOT_S
    one = site.week()
    assert isinstance(one, Forecast)
    full_s = START_S + 20 * DAY_S
    assert one.not_after is not None
    assert one.not_before.timestamp() <= full_s <= one.not_after.timestamp()
    assert abs(one.full_at.timestamp() - full_s) <= SLOT_S
    site.restart()
    site.turn()
    assert site.week() == one
    site.clock.move(20 * 3600)
    site.turn()
    silent = site.week()
    assert isinstance(silent, NoForecast)
    assert silent.why == "stale"
    site.tell(left(4))
    site.tell(left(4))
    assert site.shown[1:] == []  # the restart forgot that anything was shown


def test_a_disk_that_was_cleaned_is_not_foretold_from_the_next_look_on(site: Site) -> None:
    site.pass_hours(74, lambda days: (60 - 3 * days) * GIB)
    site.turn()
    site.shown.clear()
    site.tell(51 * GIB)
    site.tell(80 * GIB)
    assert [len(samples) for samples in site.shown] == [1, 0]
    assert site.week() == NoForecast("too_little", 0.0, 3)
    site.pass_hours(24, lambda _days: 80 * GIB)
    assert isinstance(site.week(), NoForecast)
    assert not any(site.shown[1:])


def test_what_is_on_the_disk_says_the_same_without_an_agent(site: Site) -> None:
    site.pass_hours(100, lambda days: (60 - 3 * days) * GIB)
    site.history.take_ward(WARD, 7, [("disk", 900.0, 1000.0)])
    site.history.write()
    site.turn()
    now_s = site.clock.now().timestamp()
    database = read_database(site.folder, FILE_NAME)
    told = trends_in(database, WARD, now_s)
    database.close()
    assert told["app-1"].rooms[0].week == site.week()
    assert told[QUOTA].count == Count(7, 7, 0.0)
    (quota,) = told[QUOTA].rooms
    assert quota.name == "disk"
    assert quota.used_ratio == pytest.approx(0.9)


def test_a_full_disk_is_a_point_of_its_last_size(site: Site) -> None:
    site.tell(GIB)
    site.tell(0.0)
    site.tell(0.0, name="app-2", probe="snmp-host")
    site.history.write()
    ((place, point),) = site.kept()
    assert (place.machine, point.left, round(point.size / GIB)) == ("app-1", 0.0, 100)


def test_how_busy_a_machine_is_comes_from_its_host_where_nobody_asks_it(site: Site) -> None:
    busy, off = Guest("1", power="on", cpu_ratio=0.5), Guest("1", power="off")
    for name in ("app-1", "app-3"):
        for guest in (busy, off):
            site.history.take_guest(WARD, name, guest)
    site.turn()
    loads = {name: one.load for name, one in site.history.trends(WARD).items()}
    assert loads == {"app-3": Load(0.25, 1.0)}


def test_a_clock_that_is_set_back_takes_what_was_written_after_it(site: Site) -> None:
    site.pass_hours(30, lambda _days: 50 * GIB)
    site.clock.step_wall(-20 * 3600)
    site.tell(40 * GIB)
    site.history.write()
    now = slot_at(site.clock.now().timestamp())
    assert max(point.slot for _place, point in site.kept()) == now
    assert dict(site.kept())[Place(WARD, "app-1", "/")].left == 40 * GIB


def test_a_full_disk_of_the_agent_delays_what_is_written(site: Site) -> None:
    site.is_full = True
    site.pass_hours(8, lambda days: (60 - days) * GIB)
    assert site.kept() == []
    site.is_full = False
    site.history.write()
    assert [point.slot for _place, point in site.kept()] == [START_S, START_S + SLOT_S]


def test_it_is_written_once_an_hour_and_what_is_too_old_goes(site: Site) -> None:
    site.tell(50 * GIB)
    site.clock.move(3599)
    site.history.turn()
    assert site.kept() == []
    site.clock.move(1)
    site.history.turn()
    assert len(site.kept()) == 1
    site.clock.move(101 * DAY_S)
    site.history.forget()
    assert site.kept() == []
    site.turn()
    assert site.history.trends(WARD)["app-1"].rooms == ()


DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.integers(1, 99)),
        st.tuples(st.just("pass"), st.integers(1, 40)),
        st.tuples(st.just("back"), st.integers(1, 20)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=300 if os.environ.get("WARDOPS_SOAK") else 6)
@given(DEEDS)
def test_what_is_kept_is_the_least_of_every_slot_whatever_happens(
    deeds: list[tuple[str, int]],
) -> None:
    """By a table of slots: restarts add nothing, a clock set back takes what lies ahead."""
    with TemporaryDirectory() as folder:
        site, least = made(Path(folder)), dict[int, float]()
        for deed, number in deeds:
            now = slot_at(site.clock.now().timestamp())
            if deed == "tell":
                site.tell(number * GIB)
                least = {slot: left for slot, left in least.items() if slot <= now}
                least[now] = min(least.get(now, inf), number * GIB)
            elif deed == "pass":
                site.clock.move(number * 3600)
            elif deed == "back":
                site.clock.step_wall(-number * 3600)
            else:
                least = {slot: left for slot, left in least.items() if slot <= now}
                site.restart()
            site.history.turn()
        site.history.write()
        assert {point.slot: point.left for _place, point in site.kept()} == least
        site.shelf.close()
