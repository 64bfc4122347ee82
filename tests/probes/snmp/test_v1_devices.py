"""Devices that speak SNMP v1 alone: found out by themselves, read by GETNEXT, holes survived."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from probes import oids
from probes.snmp import ber
from probes.snmp.engine_fast import FastEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probes.snmp.ber import Message
    from probes.snmp.types import Note, SnmpResult, TableResult
    from tests.probes.snmp.conftest import Agent, Lab, Reply

COLUMNS = (oids.ifDescr, oids.ifOperStatus, oids.ifHCInOctets)
PORTS = 9


def old_switch(lab: Lab) -> Agent:
    """Names and states of a few ports, no 64-bit counters."""
    values: dict[str, tuple[int, object]] = {
        "1.3.6.1.2.1.1.3.0": (ber.TIMETICKS, 4711),
        "1.3.6.1.2.1.1.5.0": (ber.OCTET_STRING, b"old"),
    }
    for port in range(1, PORTS + 1):
        values[f"1.3.6.1.2.1.2.2.1.2.{port}"] = (ber.OCTET_STRING, b"port%d" % port)
        values[f"1.3.6.1.2.1.2.2.1.8.{port}"] = (ber.INTEGER, 1)
    return lab.Agent(values)


def as_v1(lab: Lab, agent: Agent) -> Callable[[Message, bytes], Iterator[Reply]]:
    """The agent as RFC 1157 has it: silent at v2c, noSuchName for one missing name."""

    def behave(request: Message, _data: bytes) -> Iterator[Reply]:
        if request.version != 0:
            return
        answer = agent.answer(request)
        missing = [n for n, v in enumerate(answer.varbinds, 1) if v.value is None]
        if missing:
            answer = replace(
                answer, error_status=2, error_index=missing[0], varbinds=request.varbinds
            )
        yield lab.Reply(ber.encode_message(answer))

    return behave


def test_a_device_silent_at_v2c_that_answers_v1_is_read_as_v1_from_then_on(lab: Lab) -> None:
    notes: list[Note] = []
    wire = lab.Wire(as_v1(lab, old_switch(lab)))
    engine = FastEngine(wire, notes.append)

    async def story() -> TableResult:
        first = await engine.get(lab.target(), (oids.sysName,), deadline=8.0)
        assert first.varbinds[0].value == b"old"
        sent = len(wire.sent)
        loop = asyncio.get_running_loop()
        table = await engine.table(
            lab.target(), COLUMNS, scalars=(oids.sysUpTime,), deadline=loop.time() + 8.0
        )
        assert all(request.version == 0 for request in wire.sent[sent:])
        return table

    table = lab.on_virtual_time(story)
    assert [note.word for note in notes] == ["snmp-v1-only"]
    assert len(table.rows) == PORTS
    assert table.complete
    assert table.dropped_columns == (oids.ifHCInOctets,)
    assert [v.value for v in table.scalars] == [4711]


def test_that_a_device_speaks_v1_alone_survives_a_restart(lab: Lab) -> None:
    wire = lab.Wire(as_v1(lab, old_switch(lab)))
    before, after = FastEngine(wire), FastEngine(wire)

    async def story() -> int:
        loop = asyncio.get_running_loop()
        await before.get(lab.target(), (oids.sysName,), deadline=8.0)
        after.recall(before.remember(loop.time()), loop.time(), 60.0)
        sent = len(wire.sent)
        await after.get(lab.target(), (oids.sysName,), deadline=loop.time() + 8.0)
        return len(wire.sent) - sent

    assert lab.on_virtual_time(story) == 1


def test_a_device_that_lost_two_datagrams_is_not_called_v1(lab: Lab) -> None:
    agent = old_switch(lab)
    seen: list[int] = []

    def behave(request: Message, _data: bytes) -> Iterator[Reply]:
        seen.append(request.version)
        if len(seen) > 2:
            yield lab.Reply(ber.encode_message(agent.answer(request)))

    notes: list[Note] = []
    wire = lab.Wire(behave)
    engine = FastEngine(wire, notes.append)

    async def story() -> SnmpResult:
        return await engine.get(lab.target(), (oids.sysName,), deadline=8.0)

    assert lab.on_virtual_time(story).varbinds[0].value == b"old"
    assert notes == []
    assert wire.sent[-1].version == 1


def test_a_v2c_answer_that_comes_late_is_believed_beside_the_v1_question(lab: Lab) -> None:
    agent = old_switch(lab)

    def behave(request: Message, _data: bytes) -> Iterator[Reply]:
        if request.version == 1:
            yield lab.Reply(ber.encode_message(agent.answer(request)), delay_s=3.0)

    engine = FastEngine(lab.Wire(behave))

    async def story() -> SnmpResult:
        return await engine.get(lab.target(), (oids.sysName,), deadline=8.0)

    assert lab.on_virtual_time(story).varbinds[0].value == b"old"


def test_rows_that_were_read_once_are_asked_without_overshoot(lab: Lab) -> None:
    wire = lab.Wire(lab.honest(old_switch(lab)))
    engine = FastEngine(wire)

    async def story() -> tuple[int, int]:
        asked = []
        for _ in range(2):
            begun = len(wire.sent)
            table = await engine.table(lab.target(), COLUMNS[:2], deadline=60.0)
            assert len(table.rows) == PORTS
            asked.append(sum(request.error_index for request in wire.sent[begun:]))
        return asked[0], asked[1]

    first, second = lab.on_virtual_time(story)
    assert second == PORTS + 1 < first


def test_one_device_is_asked_one_thing_at_a_time_and_others_meanwhile(lab: Lab) -> None:
    agent = old_switch(lab)
    out: dict[str, int] = {}
    most: list[int] = []

    class Slow(lab.Wire):  # type: ignore[name-defined,misc] # a class from a fixture
        def send(self, data: bytes, host: str, port: int) -> None:
            out[host] = out.get(host, 0) + 1
            most.append(out[host])
            request = ber.decode_message(data)
            loop = asyncio.get_running_loop()
            loop.call_later(0.2, self._back, ber.encode_message(agent.answer(request)), host, port)

        def _back(self, octets: bytes, host: str, port: int) -> None:
            out[host] -= 1
            self.on_datagram(octets, host, port, asyncio.get_running_loop().time())

    engine = FastEngine(Slow(lab.honest(agent)))

    async def story() -> float:
        hosts = [f"192.0.2.{n}" for n in range(1, 6)] * 4
        asking = (
            engine.get(lab.target(host=host), (oids.sysName,), deadline=8.0) for host in hosts
        )
        await asyncio.gather(*asking)
        return asyncio.get_running_loop().time()

    assert round(lab.on_virtual_time(story), 3) == 0.8
    assert max(most) == 1
    assert engine.outstanding == 0


def test_no_more_than_512_pdus_are_out_and_all_are_answered(lab: Lab) -> None:
    agent = old_switch(lab)
    wire = lab.Wire(lambda *_: ())
    engine = FastEngine(wire)
    most: list[int] = []

    def send(data: bytes, host: str, port: int) -> None:
        most.append(engine.outstanding)
        answer = ber.encode_message(agent.answer(ber.decode_message(data)))
        loop = asyncio.get_running_loop()
        loop.call_later(0.2, lambda: wire.on_datagram(answer, host, port, loop.time()))

    wire.send = send  # type: ignore[method-assign] # this wire is slow for each host apart

    async def story() -> int:
        hosts = [f"198.18.{n // 250}.{n % 250}" for n in range(700)]
        asking = (
            engine.get(lab.target(host=host), (oids.sysName,), deadline=8.0) for host in hosts
        )
        return len(await asyncio.gather(*asking))

    assert lab.on_virtual_time(story) == 700
    assert max(most) == 512
    assert engine.outstanding == 0
