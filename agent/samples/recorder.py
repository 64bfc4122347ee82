"""Gathers raw samples while the agent works and writes them every five minutes, in one go.

Costs a look into two tables per observation; nothing waits for the disk but that one write. What a
crash takes with it is what was gathered since, and the reports show it as not known.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from agent.checks import State
from agent.samples.load import carried, counts_of, shared_out
from agent.samples.model import SLOT_S, WARD, Expected, load_sum, path_sum
from agent.samples.path import path_part
from agent.samples.spans import Spans, is_same
from agent.samples.standing import Around, stand_of, ward_stand
from agent.verdict.echoes import ECHOES
from agent.verdict.reach import answered
from agent.verdict.sight import port_named
from agent.ward_checks import REACHABLE, far_end_name
from inventory.errors import StoreError
from probes.model import TTL_PERIODS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from agent.checks import CheckState
    from agent.samples.load import PortCounts
    from agent.samples.model import LoadSlot, PathSlot
    from agent.samples.shelf import Shelf
    from agent.samples.spans import Thing
    from agent.samples.standing import Stand
    from agent.ward_case import WardCase
    from inventory.model import Link
    from playbooks.verdict.model import Verdict
    from probes.clock import Clock
    from probes.model import Observation

_log = logging.getLogger(__name__)
LOOK_EVERY_S = 10.0  # for what time alone changes: what got too old, what announced work covers
MOST_WAITING = 100_000  # slots; about a day of a whole city while the disk is full
STEP_S = 2.0  # a wall clock that moves away from the monotonic one by more was set
# Probes that run seldom (who are you) say nothing of now.
_PRESENCE_TTL_S = 750.0
_PORTS = "snmp-interfaces"
ThingKind: TypeAlias = Literal["device", "service"]
_NEVER = (float("-inf"), float("-inf"))


class Recorder:
    """The samples of one agent on their way to disk; see the module's first line."""

    def __init__(
        self,
        cases: Mapping[str, WardCase],
        shelf: Shelf,
        clock: Clock,
        may_write: Callable[[], bool] = lambda: True,
        hear: Callable[[Iterable[LoadSlot]], None] = lambda _loads: None,
    ) -> None:
        """`may_write` is False while the disk is too full for what is bulky.

        `hear` is told what the circuits carried, whenever it is written.
        """
        self._hear = hear
        self._cases = cases
        self._shelf = shelf
        self._clock = clock
        self._may_write = may_write
        self._spans = Spans()
        self._loads: dict[tuple[str, str, int], LoadSlot] = {}
        self._paths: dict[tuple[str, str, int], PathSlot] = {}
        self._counts: dict[tuple[str, str], PortCounts] = {}
        self._fresh: dict[tuple[str, str], tuple[float, float]] = {}
        self._roots: dict[str, str] = {}
        self._shown: dict[str, tuple[Verdict | None, bool]] = {}
        self._links = _links_by_switch(cases)
        self._far_ends = {
            code: far_end_name(case.watch.ward, case.watch.vantage) for code, case in cases.items()
        }
        self._kinds = _kinds_by_target(cases)
        self._ahead_s = self._wall_ahead()
        self._last_ms = self._ms()
        self._failing = False
        self._cut_ms: int | None = None
        shelf.expect(_expected(self._kinds, self._links, self._far_ends))

    def take(self, seen: Observation) -> None:
        """Take in one observation, after the engine has judged it."""
        now_ms = self._now_ms()
        ward, name = seen.target.ward, seen.target.name
        if seen.probe == _PORTS and (ward, name) in self._links:
            self._take_ports(seen, now_ms / 1000)
        if seen.probe in ECHOES and self._far_ends.get(ward) == name:
            part = path_part(seen, now_ms / 1000)
            if part is not None:
                key = (ward, name, part.slot)
                known = self._paths.get(key)
                self._paths[key] = path_sum(known, part) if known else part
        if (ward, name) not in self._kinds:
            return
        if seen.ttl_s <= _PRESENCE_TTL_S:
            good, bad = self._fresh.get((ward, name), _NEVER)
            until = seen.mono + seen.ttl_s
            fresh = (max(good, until), bad) if answered(seen) else (good, max(bad, until))
            self._fresh[ward, name] = fresh
        case = self._cases[ward]
        self._look_at(case, name, now_ms)
        self._look_at_ward(case, now_ms)

    def look(self) -> None:
        """Look at everything again; called every `LOOK_EVERY_S`."""
        now_ms = self._now_ms()
        for code, case in self._cases.items():
            for name in case.watch.targets:
                if (code, name) in self._kinds:
                    self._look_at(case, name, now_ms)
            self._look_at_ward(case, now_ms)

    def write(self) -> bool:
        """Write what was gathered; False when it stays for the next time."""
        now_ms = self._now_ms()
        if not self._may_write():
            self._drop_oldest()
            return False
        ended, begun = self._spans.taken()
        try:
            if self._cut_ms is not None:
                self._shelf.cut(self._cut_ms)
            self._cut_ms = None
            self._shelf.add(self._loads.values(), self._paths.values(), ended, begun, now_ms)
        except StoreError as error:
            if not self._failing:
                _log.error("samples lost problem=%s", error)
            self._failing = True
            self._spans.put_back(ended, begun)
            self._drop_oldest()
            return False
        if self._failing:
            _log.info("samples back")
        self._failing = False
        self._hear(sorted(self._loads.values(), key=lambda one: one.slot))
        self._loads.clear()
        self._paths.clear()
        return True

    def forget(self, days: int) -> None:
        """Drop what is older than so many days."""
        try:
            self._shelf.forget_before(self._now_ms() - days * 86_400_000)
        except StoreError as error:
            _log.error("samples not dropped problem=%s", error)

    def close(self) -> None:
        """Write what is known up to now and close the file."""
        self.write()
        self._shelf.close()

    def _take_ports(self, seen: Observation, now_s: float) -> None:
        ward, name = seen.target.ward, seen.target.name
        for link in self._links[ward, name]:
            port = port_named(link.near_port or "", seen.reading)
            counts = counts_of(port, seen) if port is not None else None
            key = (ward, link.id)
            before = self._counts.pop(key, None) if seen.ok else self._counts.get(key)
            if port is None or counts is None:
                continue
            self._counts[key] = counts
            if before is None:
                continue
            octets = carried(before, counts, port, seen.ttl_s / TTL_PERIODS)
            begin_s = now_s - (counts.into.at_s - before.into.at_s)
            for part in shared_out(ward, link, octets, begin_s, now_s):
                slot = (ward, link.id, part.slot)
                known = self._loads.get(slot)
                self._loads[slot] = load_sum(known, part) if known else part

    def _look_at(self, case: WardCase, name: str, now_ms: int) -> None:
        watch = case.watch
        ward = watch.ward.ward
        check = watch.checks.get((name, REACHABLE))
        if check is None:
            return
        thing: Thing = (ward, self._kinds[ward, name], name)
        maintained, held = watch.maintained.has(name), watch.holds.by(name) is not None
        fresh = self._is_fresh(ward, name, check)
        is_well = check.state is State.OK and fresh and not maintained and not held
        if is_well and self._spans.is_good(thing):
            return  # nearly always
        around = Around(
            maintained=maintained,
            held=held,
            fresh=fresh,
            on_duty=check.state is State.OK or watch.is_on_duty(name, self._clock.now()),
        )
        self._spans.say(thing, stand_of(check, around, self._spans.stand(thing)), now_ms)

    def _look_at_ward(self, case: WardCase, now_ms: int) -> None:
        watch, ward = case.watch, case.watch.ward.ward
        shown, whole = case.settled.shown, watch.maintained.whole
        known = self._shown.get(ward)
        if known is not None and known[0] is shown and known[1] == whole:
            return  # most observations change nothing
        self._shown[ward] = (shown, whole)
        stand = ward_stand(shown, maintained=whole)
        thing: Thing = (ward, WARD, ward)
        before = self._spans.stand(thing)
        if not is_same(stand, before):
            since = self._ward_since(case, before, stand)
            self._spans.say(thing, replace(stand, since=since), now_ms)
        if shown is not None and shown.root:
            self._roots[ward] = shown.root

    def _ward_since(self, case: WardCase, before: Stand, after: Stand) -> datetime | None:
        """The first bad result began an outage, the first good one ended it."""
        watch, shown = case.watch, case.settled.shown
        if after.state in ("down", "degraded"):
            root = watch.root_check(shown.root) if shown is not None else None
            return root.bad_since if root is not None and root.is_bad else None
        if before.state not in ("down", "degraded"):
            return None
        ended = watch.root_check(self._roots.get(watch.ward.ward, ""))
        return ended.since if ended is not None and ended.state is State.OK else None

    def _is_fresh(self, ward: str, name: str, check: CheckState) -> bool:
        good, bad = self._fresh.get((ward, name), _NEVER)
        return (good if check.state is State.OK else bad) >= self._clock.monotonic()

    def _drop_oldest(self) -> None:
        while len(self._loads) > MOST_WAITING:
            del self._loads[next(iter(self._loads))]
        while len(self._paths) > MOST_WAITING:
            del self._paths[next(iter(self._paths))]

    def _now_ms(self) -> int:
        """Now; where the clock was set, what went on ends and begins anew."""
        now_ms, ahead_s = self._ms(), self._wall_ahead()
        if abs(ahead_s - self._ahead_s) > STEP_S:
            self._spans.stop(self._last_ms)
            self._shown.clear()
            if now_ms < self._last_ms:
                self._go_back(now_ms)
        self._ahead_s, self._last_ms = ahead_s, now_ms
        return now_ms

    def _go_back(self, now_ms: int) -> None:
        """Forget what bears a time that has not come yet: that clock was wrong."""
        self._cut_ms = now_ms
        self._spans.forget_after(now_ms)
        newest = now_ms // 1000 - SLOT_S
        self._loads = {key: one for key, one in self._loads.items() if one.slot <= newest}
        self._paths = {key: one for key, one in self._paths.items() if one.slot <= newest}

    def _ms(self) -> int:
        return round(self._clock.now().timestamp() * 1000)

    def _wall_ahead(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()


def _links_by_switch(cases: Mapping[str, WardCase]) -> dict[tuple[str, str], tuple[Link, ...]]:
    """The circuits whose port the inventory names, by ward and switch."""
    found: dict[tuple[str, str], tuple[Link, ...]] = {}
    for code, case in cases.items():
        for link in case.watch.ward.links:
            if link.near_port:
                key = (code, link.near_device)
                found[key] = (*found.get(key, ()), link)
    return found


def _kinds_by_target(cases: Mapping[str, WardCase]) -> dict[tuple[str, str], ThingKind]:
    """Devices and services; the hops of the way have no standing of their own."""
    kinds: dict[tuple[str, str], ThingKind] = {}
    for code, case in cases.items():
        ward = case.watch.ward
        kinds |= {(code, device.name): "device" for device in ward.devices}
        kinds |= {(code, name): "service" for one in ward.services for name in one.names}
    return kinds


def _expected(
    kinds: Mapping[tuple[str, str], ThingKind],
    links: Mapping[tuple[str, str], tuple[Link, ...]],
    far_ends: Mapping[str, str],
) -> Iterator[Expected]:
    """Of what samples should exist, as the inventory has it."""
    for (ward, name), kind in kinds.items():
        yield Expected(ward, kind, name)
    for (ward, _switch), found in links.items():
        for link in found:
            yield Expected(ward, "link", link.id)
    for ward, name in far_ends.items():
        yield Expected(ward, "path", name)
