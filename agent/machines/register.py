"""What the running agent knows of its wards' machines: judged at a quiet rhythm, and exported.

Values are those of the board; nothing is kept twice. A ward is judged again every five minutes, and
within seconds when a source begins to speak or its last word gets too old, so that a rule never
passes by a stale value.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from agent.board import subject
from agent.duty import ICT
from agent.machines.accounts import written_facts
from agent.machines.export import guest_samples, kept_samples, ward_samples
from agent.machines.guests import claims_of, lodged_in
from agent.machines.judging import NO_FACTS, Asked, is_judged, judge_ward, merged, seen_from, tells
from agent.machines.look import Judgement, Look, WardLook
from agent.machines.quota import shares_of
from agent.machines.ward_growth import judge_growth
from agent.ward_checks import REACHABLE
from probes.model import TTL_PERIODS
from probes.registry import probes_for
from probes.vm.end_of_life import end_table
from probes.vm.finding import Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from agent.engine import Outlets
    from agent.machines.guests import Claims, Lodged
    from agent.machines.history import History
    from agent.machines.judging import Audited
    from agent.ward_case import WardCase
    from inventory.model import Inventory, Ward
    from probes.clock import Clock
    from probes.model import Observation, Probe, Sample, Target
    from probes.vm.estate import Power

JUDGE_EVERY_S = 300.0
ASK_AGAIN_S = 15.0
LOOK_EVERY_S = 1.0
LOOK_ROUND = 10  # turns in which every ward is looked at for sources that came or fell silent
_WARDS_A_TURN = 20
_NO_DEVICE = frozenset({"stray", "ward"})
# "~" sorts behind every probe's name: where both tell one series, the machine's own word stands.
_GUEST, _KEPT, _WARD = "~guest", "hygiene", "machines"


@dataclass(slots=True)
class _Book:
    """One ward's page: who is asked of what, and when it is to be judged again."""

    ward: Ward
    asked: tuple[tuple[Target, tuple[Probe, ...]], ...]
    due: float = 0.0
    live: tuple[bool, ...] = ()
    judged: Judgement | None = None

    @property
    def machines(self) -> list[str]:
        """The ward's own machines."""
        own = (to for to, _probes in self.asked if to.ward == self.ward.ward)
        return [target.name for target in own if Asked(target).is_machine]


class Register:
    """All machines of all wards; see the module's first line."""

    def __init__(
        self,
        inventory: Inventory,
        cases: Mapping[str, WardCase],
        outlets: Outlets,
        clock: Clock,
        history: History,
        ask: Callable[[str, str, str, float], object] = lambda *_job: None,
    ) -> None:
        """`history` says what comes of machines and quotas, and is told how those stand.

        `ask` has one probe of a target (ward, name, probe) run at a moment.
        """
        self._cases = cases
        self._outlets = outlets
        self._clock = clock
        self._history = history
        self._ask = ask
        self._ends = end_table()
        self._claims = claims_of(inventory)
        rows = [Asked(target) for case in cases.values() for target in _judged_of(case)]
        self._written = written_facts(inventory, (one.target for one in rows))
        pages = ((code, tuple(seen_from(code, rows, self._claims))) for code in cases)
        self._books = {
            code: _Book(
                cases[code].watch.ward,
                tuple((one.target, tuple(_told_by(one.target))) for one in page),
            )
            for code, page in pages
            if page
        }
        self._lodged: dict[tuple[str, str], Lodged] = {}
        self._asked: dict[str, float] = {}
        self._turn = 0
        for code in self._books:
            cases[code].watch.power_of = partial(self.power, code)

    def take(self, seen: Observation) -> None:
        """Take in what a machine said, for its history, or a hypervisor, for its guests' series.

        At the first doubt about a machine its hypervisor is asked at once: it may be off.
        """
        self._history.take(seen)
        if not seen.tells:
            self._doubt(seen)
        if seen.reading.estate is None or not seen.tells:
            return
        name, own = seen.target.name, seen.target.ward
        wards = {own} | {
            ward
            for ward, claimed in self._claims.by_ward.items()
            if any(hypervisor == name for hypervisor, _number in claimed.values())
        }
        for code in sorted(wards):
            book = self._books.get(code)
            if book is not None:
                self._show_guests(book, name)

    def _doubt(self, seen: Observation) -> None:
        ward, name = seen.target.ward, seen.target.name
        lodged = self._lodged.get((ward, name))
        check = self._cases[ward].watch.checks.get((name, REACHABLE)) if lodged else None
        if lodged is None or check is None or not check.is_bad or check.attempt != 1:
            return
        host, now = lodged.seen, self._clock.monotonic()
        before = max(self._asked.get(host.target.name, host.mono), host.mono)
        if now - before >= ASK_AGAIN_S:  # many of one host may fall silent together
            self._asked[host.target.name] = now
            self._ask(host.target.ward, host.target.name, host.probe, now)

    async def run(self) -> None:
        """Look at some wards every second until cancelled: judge what is due or has changed."""
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            self._turn += 1
            self._history.turn()
            self._look_at_some(self._turn)

    def _look_at_some(self, number: int) -> None:
        now = self._clock.monotonic()
        round_ = min(LOOK_ROUND, 1 + len(self._books) // _WARDS_A_TURN)
        for place, book in enumerate(self._books.values()):
            if place % round_ != number % round_:
                continue
            live = tuple(self._liveness(book, now))
            if live != book.live or now >= book.due:
                book.live, book.due = live, now + JUDGE_EVERY_S
                self._judge(book, now)

    def look(self, ward: str) -> WardLook | None:
        """A ward's machines as judged last and seen by now; None before, or without any."""
        book = self._books.get(ward)
        if book is None or book.judged is None:
            return None
        rows = list(self._seen(book))
        told = [seen for one in rows if (seen := one.told) is not None]
        mine, _strays = lodged_in(ward, book.machines, told, self._claims)
        asked = {one.target.name: one for one in rows}
        return WardLook(
            book.judged, tuple(_look(one, asked, mine, self._claims) for one in book.judged.audited)
        )

    def power(self, ward: str, device: str) -> tuple[Power, str] | None:
        """What a hypervisor says of a machine's power, and which; None when nobody says it now."""
        seen = self._lodged.get((ward, device))
        if seen is None or seen.guest.power is None:
            return None
        if not _is_live(seen.seen, self._clock.monotonic()):
            return None
        return seen.guest.power, seen.seen.target.name

    def _judge(self, book: _Book, mono: float) -> None:
        code, day = book.ward.ward, self._day()
        trends = self._history.trends(code)
        found = list(
            judge_ward(
                book.ward, list(self._seen(book)), self._claims, day,
                lambda seen: _is_live(seen, mono), trends,
            )
        )  # fmt: skip
        shares = shares_of(book.ward, found)
        whole = judge_growth(book.ward, found, trends, day)
        found += [whole] if whole is not None else []
        book.judged = Judgement(day, tuple(found), shares)
        taken = [(one.resource, one.used, one.limit) for one in shares if one.used is not None]
        self._history.take_ward(code, len(book.machines) or None, taken)
        for one in found:
            if one.kind not in _NO_DEVICE:
                self._put(code, one.name, _KEPT, kept_samples(one, day), mono, _TTL_S)
        told = ward_samples(book.ward, book.machines, shares)
        self._put(code, "", _WARD, told, mono, _TTL_S)

    def _show_guests(self, book: _Book, hypervisor: str) -> None:
        """The series of guests that this hypervisor told of; those that left it have none."""
        code, now = book.ward.ward, self._clock.now()
        told = [seen for one in self._seen(book) if (seen := one.told) is not None]
        mine, _strays = lodged_in(code, book.machines, told, self._claims)
        for name in book.machines:
            lodged = mine.get(name)
            if lodged is not None and lodged.seen.target.name == hypervisor:
                self._lodged[code, name] = lodged
                self._show(code, name, lodged, now)
                self._history.take_guest(code, name, lodged.guest)
            elif lodged is None and self._lodged.pop((code, name), None) is not None:
                self._put(code, name, _GUEST, (), 0.0, 0.0)

    def _show(self, code: str, name: str, lodged: Lodged, now: datetime) -> None:
        mono = self._clock.monotonic()
        runs = [seen for seen in self._runs(self._cases[code].watch.targets[name])
                if _is_live(seen, mono)]  # fmt: skip
        told = guest_samples(lodged.guest, merged(runs), now)
        self._put(code, name, _GUEST, told, lodged.seen.mono, lodged.seen.ttl_s)

    def _put(
        self, ward: str, device: str, module: str, samples: Iterable[Sample], mono: float,
        ttl_s: float,
    ) -> None:  # fmt: skip
        render = self._outlets.renderer.render_block
        self._outlets.exposition.put(render(ward, device, module, samples, mono, ttl_s))

    def _seen(self, book: _Book) -> Iterator[Asked]:
        for target, _probes in book.asked:
            base = self._written.get((target.ward, target.name), NO_FACTS)
            yield Asked(target, tuple(self._runs(target)), base)

    def _runs(self, target: Target) -> Iterator[Observation]:
        """The newest run of each probe that told of machines, and its failure since."""
        board = self._cases[target.ward].watch.board
        key = subject(target)
        for latest in board.of(key):
            if not tells(target, latest.probe):
                continue
            good = board.last_good(key, latest.probe)
            if good is not None:
                yield good
            if not latest.tells:
                yield latest

    def _liveness(self, book: _Book, mono: float) -> Iterator[bool]:
        for target, probes in book.asked:
            board, key = self._cases[target.ward].watch.board, subject(target)
            for probe in probes:
                good = board.last_good(key, probe.name)
                yield good is not None and _is_live(good, mono)

    def _day(self) -> Moment:
        return Moment(self._clock.now().astimezone(ICT), self._ends)


_TTL_S = TTL_PERIODS * JUDGE_EVERY_S


def _is_live(seen: Observation, mono: float) -> bool:
    return seen.tells and mono - seen.mono <= seen.ttl_s


def _look(
    one: Audited, asked: Mapping[str, Asked], mine: Mapping[str, Lodged], claims: Claims
) -> Look:
    """What is known by now of what was judged."""
    if one.kind in _NO_DEVICE:
        return Look(one, lodged=one.lodged)
    known = asked[one.name]
    claim = claims.by_ward.get(one.ward, {}).get(one.name)
    host = asked.get(claim[0]) if claim is not None else None
    beyond = host.failed if host is not None and host.target.ward != one.ward else ()
    return Look(one, known, mine.get(one.name), (*known.failed, *beyond))


def _judged_of(case: WardCase) -> Iterator[Target]:
    """The ward's machines and hypervisors, in the inventory's order."""
    for device in case.watch.ward.devices:
        target = case.watch.targets.get(device.name)
        if target is not None and is_judged(target, device):
            yield target


def _told_by(target: Target) -> Iterator[Probe]:
    return (probe for probe in probes_for(target) if tells(target, probe.name))
