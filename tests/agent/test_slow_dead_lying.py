"""Fifty switches, of which one is slow, one is dead and one lies: the others never notice."""

from __future__ import annotations

import asyncio
import os
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from agent.loop import Poller
from agent.schedule import Job, Schedule
from inventory.access import SnmpAccess
from inventory.credentials import Secret
from probes import oids
from probes.clock import ManualClock, run_virtual
from probes.model import Reason, Target
from probes.snmp import ber, interfaces, ports
from probes.snmp.choose import ChosenEngine
from probes.snmp.engine_fast import FastEngine
from probes.snmp.types import Varbind
from probes.tasks import end
from probes.transports.model import Transports

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.model import Observation, ProbeContext, Reading
    from probes.snmp.ber import Message

SLOW, DEAD, LIAR = "192.0.2.1", "192.0.2.2", "192.0.2.3"
SLUGGISH = "192.0.2.200"
SWITCHES, PORTS, PERIOD_S = 50, 8, 30.0
PLAYED_S = 3600.0 if os.environ.get("WARDOPS_SOAK") else 180.0
ODD = frozenset((SLOW, DEAD, LIAR))


def held() -> dict[bytes, Varbind]:
    """What every switch holds, by OID in SNMP's order."""
    cells = [Varbind(oids.sysUpTime, ber.TIMETICKS, 8_640_000)]
    for column in ports.COLUMNS:
        is_text = column in (oids.ifName, oids.ifDescr, oids.ifAlias, oids.ifPhysAddress)
        for row in range(1, PORTS + 1):
            value: Any = f"port {row}".encode() if is_text else 1
            tag = ber.OCTET_STRING if is_text else ber.COUNTER64
            cells.append(Varbind(column + bytes((row,)), tag, value))
    return {cell.oid: cell for cell in sorted(cells, key=lambda cell: ber.oid_key(cell.oid))}


@dataclass
class Net:
    """The line: what is sent comes back as the asked switch would answer."""

    cells: dict[bytes, Varbind] = field(default_factory=held)
    on_datagram: Callable[[bytes, str, int, float], None] = lambda *_: None

    def __post_init__(self) -> None:
        self._order = list(self.cells.values())
        self._keys = [ber.oid_key(cell.oid) for cell in self._order]

    def send(self, data: bytes, host: str, port: int) -> None:
        """Answer soon, after half a minute, never, or with OIDs that go backwards."""
        if host == DEAD:
            return
        answer = ber.encode_message(self._answer(ber.decode_message(data), host))
        loop = asyncio.get_running_loop()
        delay_s = {SLOW: 30.0, SLUGGISH: 1.2}.get(host, 0.01)
        loop.call_later(delay_s, lambda: self.on_datagram(answer, host, port, loop.time()))

    def listen(
        self,
        on_datagram: Callable[[bytes, str, int, float], None],
        on_error: Callable[[str, int, int], None],
    ) -> None:
        """Remember who takes what comes back."""
        del on_error
        self.on_datagram = on_datagram

    def close(self) -> None:
        """Nothing to close."""

    def _answer(self, asked: Message, host: str) -> Message:
        names = [one.oid for one in asked.varbinds]
        if asked.pdu == ber.GET:
            found = [self.cells.get(n, Varbind(n, ber.NO_SUCH_INSTANCE, None)) for n in names]
        else:
            heads = asked.error_status if asked.pdu == ber.GETBULK else 0
            turns = asked.error_index if asked.pdu == ber.GETBULK else 1
            found = [self._next(name) for name in names[:heads]]
            cursors = names[heads:]
            for _ in range(turns):
                row = [self._next(name) for name in cursors]
                found += row
                # The liar begins its columns again and again.
                cursors = names[heads:] if host == LIAR else [one.oid for one in row]
        return replace(
            asked, pdu=ber.RESPONSE, error_status=0, error_index=0, varbinds=tuple(found)
        )

    def _next(self, name: bytes) -> Varbind:
        at = bisect_right(self._keys, ber.oid_key(name))
        if at == len(self._keys):
            return Varbind(name, ber.END_OF_MIB_VIEW, None)
        return self._order[at]


def test_the_others_start_within_a_second_of_plan_and_are_read_every_cycle() -> None:
    clock, seen = ManualClock(), list[tuple[float, "Observation"]]()
    begun: dict[str, list[float]] = {}

    async def watched(target: Target, context: ProbeContext) -> Reading:
        begun.setdefault(target.host, []).append(clock.monotonic())
        return await interfaces.run(target, context)

    probe = replace(interfaces.PROBE, run=watched)
    access = SnmpAccess(auth="env:SNMP")
    jobs = [
        Job(
            Target("26740", f"sw-{n}", "generic_switch", "access", f"192.0.2.{n}", snmp=access),
            probe,
            PERIOD_S,
        )
        for n in range(1, SWITCHES + 1)
    ]

    async def story() -> int:
        missing: Any = None
        engine = FastEngine(Net())
        ways = Transports(engine, missing, missing, missing)
        schedule = Schedule(jobs, clock.monotonic())
        poller = Poller(
            schedule, ways, clock, lambda _ref: Secret("public"),
            lambda one: seen.append((clock.monotonic(), one)),
        )  # fmt: skip
        work = asyncio.create_task(poller.run())
        await clock.sleep(PLAYED_S)
        await end(work)
        left = engine.outstanding
        engine.close()
        return left

    assert run_virtual(story(), clock) <= len(ODD)
    for job in jobs:
        host = job.target.host
        if host in ODD:
            continue
        late = [(at - job.phase_s) % PERIOD_S for at in begun[host]]
        assert max(min(one, PERIOD_S - one) for one in late) < 1.0
        assert len(begun[host]) == PLAYED_S / PERIOD_S
    reasons = {host: {one.reason for _, one in seen if one.target.host == host} for host in ODD}
    assert reasons[SLOW] == reasons[DEAD] == {Reason.TIMEOUT}
    good = [one for _, one in seen if one.target.host not in ODD]
    assert {one.reason for one in good} == {Reason.OK}
    assert {len(one.reading.interfaces or ()) for one in good} == {PORTS}
    assert max(one.took_s for _, one in seen) <= 2 * PERIOD_S
    # What lies is read as far as it can be believed: never a port that there is not.
    lied = [one.reading.interfaces or () for _, one in seen if one.target.host == LIAR]
    assert lied
    assert max(len(found) for found in lied) <= PORTS


def test_a_switch_that_takes_over_half_a_second_for_a_pdu_is_asked_half_as_often() -> None:
    clock, seen = ManualClock(), list["Observation"]()
    access = SnmpAccess(auth="env:SNMP")
    jobs = [
        Job(
            Target("26740", host, "generic_switch", "access", host, snmp=access),
            interfaces.PROBE,
            PERIOD_S,
        )
        for host in (SLUGGISH, "192.0.2.9")
    ]
    schedule = Schedule(jobs, 0.0)

    async def story() -> int:
        missing: Any = None
        net = Net()
        engine = FastEngine(net)
        lessons = ChosenEngine(engine, lambda: missing)
        ways = Transports(lessons, missing, missing, missing, lessons=lessons)
        poller = Poller(schedule, ways, clock, lambda _ref: Secret("public"), seen.append)
        work = asyncio.create_task(poller.run())
        await clock.sleep(600.0)
        await end(work)
        engine.close()
        return engine.counts.unasked

    late = run_virtual(story(), clock)
    assert {one.reason for one in seen} == {Reason.OK}
    assert [one.factor for one in schedule.slowed("26740", SLUGGISH)] == [2]
    assert schedule.slowed("26740", "192.0.2.9") == ()
    runs = [one.target.name for one in seen]
    assert runs.count("192.0.2.9") == 20
    assert 10 <= runs.count(SLUGGISH) <= 12
    assert late <= 2  # what is slower than the first wait is asked twice once, not for good
