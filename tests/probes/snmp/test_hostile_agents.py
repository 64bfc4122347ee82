"""Agents as they are in the field: late, twice, cut, holed, out of order, without end, silent."""

from __future__ import annotations

import asyncio
import errno
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from inventory.credentials import Secret
from probes import oids
from probes.errors import (
    Forbidden,
    LimitExceeded,
    NotConfigured,
    ParseFailed,
    ProbeError,
    ProtocolBroken,
    Refused,
    TimedOut,
    Unreachable,
)
from probes.snmp import ber
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from probes.snmp.ber import Message
    from probes.snmp.types import SnmpResult, TableResult
    from tests.probes.snmp.conftest import Agent, Lab, Reply, Wire

    Behaviour = Callable[[Message, bytes], Iterable[Reply]]

COLUMNS = (oids.ifName, oids.ifOperStatus, oids.ifHCInOctets)
PORTS = 30
HOLES = {7, 8, 21}


def interface_table(lab: Lab, ports: int = PORTS, **options: Any) -> Agent:
    """ifName and ifOperStatus of every port, ifHCInOctets with holes, and things behind."""
    values: dict[str, tuple[int, Any]] = {
        "1.3.6.1.2.1.1.3.0": (ber.TIMETICKS, 4711),
        "1.3.6.1.2.1.1.5.0": (ber.OCTET_STRING, b"sw-1"),
        "1.3.6.1.2.1.99.1.0": (ber.INTEGER, 1),
    }
    for port in range(1, ports + 1):
        values[f"1.3.6.1.2.1.31.1.1.1.1.{port}"] = (ber.OCTET_STRING, b"Gi1/0/%d" % port)
        values[f"1.3.6.1.2.1.2.2.1.8.{port}"] = (ber.INTEGER, 1 + port % 2)
        if port not in HOLES:
            values[f"1.3.6.1.2.1.31.1.1.1.6.{port}"] = (ber.COUNTER64, port << 40)
    return lab.Agent(values, **options)


def expected_rows(ports: int = PORTS) -> dict[int, tuple[Any, ...]]:
    """What the table above says, by port."""
    return {
        port: (b"Gi1/0/%d" % port, 1 + port % 2, None if port in HOLES else port << 40)
        for port in range(1, ports + 1)
    }


def plain(table: TableResult) -> dict[int, tuple[Any, ...]]:
    """A table as values by port."""
    return {
        ber.index_arcs(index)[0]: tuple(cell and cell.value for cell in cells)
        for index, cells in table.rows.items()
    }


def read(lab: Lab, behave: Behaviour, **options: Any) -> tuple[TableResult, Wire]:
    """The interface table as the engine reads it from an agent that behaves so."""
    engine, wire = lab.engine(behave)

    async def story() -> TableResult:
        settings = {"scalars": (oids.sysUpTime,), "deadline": 8.0, **options}
        return await engine.table(lab.target(), COLUMNS, **settings)

    table = lab.on_virtual_time(story)
    assert engine.outstanding == 0
    return table, wire


def failure(lab: Lab, behave: Behaviour, **target: Any) -> tuple[ProbeError, float]:
    """How one GET fails, and after how many seconds."""
    engine, _ = lab.engine(behave)

    async def story() -> tuple[ProbeError, float]:
        with pytest.raises(ProbeError) as caught:
            await engine.get(lab.target(**target), (oids.sysName,), deadline=8.0)
        return caught.value, asyncio.get_running_loop().time()

    found: tuple[ProbeError, float] = lab.on_virtual_time(story)
    assert engine.outstanding == 0
    return found


def nothing(_request: Message, _data: bytes) -> Iterator[Reply]:
    """A dead device."""
    yield from ()


# ---- whole tables from agents that are merely odd ----


def test_a_table_with_holes_keeps_every_cell_in_its_row(lab: Lab) -> None:
    table, _ = read(lab, lab.honest(interface_table(lab)))
    assert plain(table) == expected_rows()
    assert table.complete
    assert [v.value for v in table.scalars] == [4711]


def test_an_answer_never_passes_1400_octets(lab: Lab) -> None:
    table, wire = read(lab, lab.honest(interface_table(lab, 400)))
    agent = interface_table(lab, 400)
    sizes = [len(ber.encode_message(agent.answer(request))) for request in wire.sent]
    assert plain(table) == expected_rows(400)
    assert max(sizes) <= 1400
    assert max(sizes) > 1000


@pytest.mark.parametrize("max_octets", [120, 200, 333, 484, 900])
def test_a_truncated_answer_loses_and_doubles_nothing(lab: Lab, max_octets: int) -> None:
    table, _ = read(lab, lab.honest(interface_table(lab, max_octets=max_octets)))
    assert plain(table) == expected_rows()
    assert table.complete


def test_end_of_mib_view_may_be_repeated(lab: Lab) -> None:
    agent = lab.Agent(
        {f"1.3.6.1.2.1.31.1.1.1.1.{n}": (ber.OCTET_STRING, b"p%d" % n) for n in range(1, 6)}
    )
    table, wire = read(lab, lab.honest(agent))
    assert {row: cells[0] for row, cells in plain(table).items()} == {
        n: b"p%d" % n for n in range(1, 6)
    }
    assert table.complete
    assert len(wire.sent) <= 3


def test_the_first_of_equal_oids_wins_and_the_walk_goes_on(lab: Lab) -> None:
    agent = interface_table(lab)

    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        answer = agent.answer(request)
        if request.pdu == ber.GETBULK and request.error_status == 0:
            first = answer.varbinds[: len(request.varbinds)]
            again = tuple(v._replace(tag=ber.OCTET_STRING, value=b"later") for v in first)
            answer = replace(answer, varbinds=first + again)
        yield lab.Reply(ber.encode_message(answer))

    table, _ = read(lab, behave)
    assert plain(table) == expected_rows()


def test_a_column_that_goes_backwards_is_read_by_get(lab: Lab) -> None:
    agent = interface_table(lab)
    bad = ber.oid("1.3.6.1.2.1.2.2.1.8.12")
    back = ber.oid("1.3.6.1.2.1.2.2.1.8.3")

    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        answer = agent.answer(request)
        if request.pdu == ber.GETBULK:
            twisted = (v._replace(oid=back) if v.oid == bad else v for v in answer.varbinds)
            answer = replace(answer, varbinds=tuple(twisted))
        yield lab.Reply(ber.encode_message(answer))

    table, _ = read(lab, behave)
    assert plain(table) == expected_rows()


def test_a_column_that_stands_still_ends(lab: Lab) -> None:
    agent = interface_table(lab)

    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        if request.pdu == ber.GETBULK:
            first = agent.next(oids.ifName)
            cells = (first, *(Varbind(oids.sysName, ber.NULL, None) for _ in COLUMNS[1:]))
            yield lab.Reply(ber.encode_message(lab.response(request, cells)))
        else:
            yield lab.Reply(ber.encode_message(agent.answer(request)))

    table, wire = read(lab, behave, scalars=())
    assert plain(table) == {1: (b"Gi1/0/1", None, None)}
    assert len(wire.sent) <= 4


def test_too_big_is_asked_again_with_fewer_rows_then_fewer_columns(lab: Lab) -> None:
    agent = interface_table(lab)

    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        answer = agent.answer(request)
        if len(answer.varbinds) > 2:
            answer = replace(answer, error_status=1, varbinds=())
        yield lab.Reply(ber.encode_message(answer))

    table, _ = read(lab, behave, scalars=())
    assert plain(table) == expected_rows()


def test_an_agent_that_drops_large_bulks_is_asked_smaller_ones(lab: Lab) -> None:
    agent = interface_table(lab)

    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        if request.pdu != ber.GETBULK or request.error_index <= 2:
            yield lab.Reply(ber.encode_message(agent.answer(request)))

    table, _ = read(lab, behave, deadline=60.0)
    assert plain(table) == expected_rows()


def test_what_a_device_stands_is_remembered(lab: Lab) -> None:
    agent = interface_table(lab)

    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        if request.pdu != ber.GETBULK or request.error_index <= 2:
            yield lab.Reply(ber.encode_message(agent.answer(request)))

    engine, _ = lab.engine(behave)

    async def story() -> int:
        await engine.table(lab.target(), COLUMNS, deadline=60.0)
        second = await engine.table(lab.target(), COLUMNS, deadline=120.0)
        return second.stats.retries

    assert lab.on_virtual_time(story) == 0


# ---- tables that are cut ----


def test_silence_half_way_leaves_whole_rows_and_says_incomplete(lab: Lab) -> None:
    agent = interface_table(lab)
    answered: list[int] = []

    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        answered.append(request.request_id)
        if len(answered) <= 2:
            yield lab.Reply(ber.encode_message(agent.answer(request)))

    table, _ = read(lab, behave)
    found = plain(table)
    assert not table.complete
    assert 0 < len(found) < PORTS
    assert found == {port: cells for port, cells in expected_rows().items() if port in found}


def test_a_table_without_end_stops_at_its_limit(lab: Lab) -> None:
    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        heads = [v.oid for v in request.varbinds]
        rows = request.error_index
        cells = [
            Varbind(_after(oid, n), ber.INTEGER, 1) for n in range(1, rows + 1) for oid in heads
        ]
        yield lab.Reply(ber.encode_message(lab.response(request, cells)))

    table, _ = read(lab, behave, scalars=(), max_rows=100)
    assert len(table.rows) == 100
    assert not table.complete


def test_a_walk_without_end_stops_at_its_limit(lab: Lab) -> None:
    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        (asked,) = (v.oid for v in request.varbinds)
        cells = [
            Varbind(_after(asked, n), ber.INTEGER, 1) for n in range(1, request.error_index + 1)
        ]
        yield lab.Reply(ber.encode_message(lab.response(request, cells)))

    engine, _ = lab.engine(behave)

    async def story() -> SnmpResult:
        return await engine.walk(lab.target(), oids.ifName, max_varbinds=500, deadline=8.0)

    walk = lab.on_virtual_time(story)
    assert len(walk.varbinds) == 500
    assert not walk.complete


def _after(oid: bytes, steps: int) -> bytes:
    """The instance that many steps behind a column or an instance."""
    arcs = ber.oid_arcs(oid)
    if oid in COLUMNS:
        return ber.oid_from_arcs((*arcs, steps))
    return ber.oid_from_arcs((*arcs[:-1], arcs[-1] + steps))


def test_a_walk_reads_everything_under_its_root_and_nothing_else(lab: Lab) -> None:
    agent = interface_table(lab)
    engine, _ = lab.engine(lab.honest(agent))

    async def story() -> SnmpResult:
        return await engine.walk(lab.target(), ber.oid("1.3.6.1.2.1.31"), deadline=8.0)

    walk = lab.on_virtual_time(story)
    under = [oid for oid in agent.order if ber.oid_text(oid).startswith("1.3.6.1.2.1.31.")]
    assert [v.oid for v in walk.varbinds] == under
    assert walk.complete


def test_a_walk_that_goes_backwards_is_a_protocol_error(lab: Lab) -> None:
    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        back = [ber.oid(f"1.3.6.1.2.1.31.1.1.1.1.{n}") for n in (1, 2, 1, 2, 1, 2)]
        cells = [Varbind(oid, ber.INTEGER, 1) for oid in back]
        yield lab.Reply(ber.encode_message(lab.response(request, cells)))

    engine, _ = lab.engine(behave)

    async def story() -> str:
        with pytest.raises(ProtocolBroken) as caught:
            await engine.walk(lab.target(), oids.ifName, deadline=8.0)
        return caught.value.detail_code

    assert lab.on_virtual_time(story) == "order"


# ---- answers that come late, elsewhere, or not ----


def test_a_late_answer_is_still_taken_and_asked_with_the_same_id(lab: Lab) -> None:
    agent = interface_table(lab)

    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        yield lab.Reply(ber.encode_message(agent.answer(request)), delay_s=2.0)

    engine, wire = lab.engine(behave)

    async def story() -> SnmpResult:
        return await engine.get(lab.target(), (oids.sysName,), deadline=8.0)

    result = lab.on_virtual_time(story)
    assert result.varbinds[0].value == b"sw-1"
    assert result.stats.retries == 1
    assert len({request.request_id for request in wire.sent}) == 1


def test_the_first_lost_datagram_costs_one_repeat(lab: Lab) -> None:
    agent = interface_table(lab)
    seen: list[int] = []

    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        seen.append(request.request_id)
        if len(seen) > 1:
            yield lab.Reply(ber.encode_message(agent.answer(request)))

    table, wire = read(lab, behave)
    assert plain(table) == expected_rows()
    assert table.stats.retries == 1
    assert len(wire.sent) == table.stats.pdus


def test_a_dead_device_is_silent_within_the_deadline(lab: Lab) -> None:
    error, after_s = failure(lab, nothing)
    assert isinstance(error, TimedOut)
    assert error.detail_code == "silent"
    assert after_s == pytest.approx(1.0 + 1.5 + 2.25)


def test_the_deadline_is_never_outlived(lab: Lab) -> None:
    engine, wire = lab.engine(nothing)

    async def story() -> float:
        with pytest.raises(TimedOut):
            await engine.get(lab.target(), (oids.sysName,), deadline=1.2)
        return asyncio.get_running_loop().time()

    assert lab.on_virtual_time(story) == pytest.approx(1.2)
    assert len(wire.sent) == 2


def test_answers_from_another_address_are_named_as_such(lab: Lab) -> None:
    agent = interface_table(lab)

    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        yield lab.Reply(ber.encode_message(agent.answer(request)), host="192.0.2.99")

    error, _ = failure(lab, behave)
    assert isinstance(error, NotConfigured)
    assert error.detail_code == "wrong_source"
    assert error.values["address"] == "192.0.2.99"


@pytest.mark.parametrize("kept", [9, 10, 12, 20, 40])
def test_an_unreadable_datagram_is_kept_without_the_community(lab: Lab, kept: int) -> None:
    agent = interface_table(lab)

    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        yield lab.Reply(ber.encode_message(agent.answer(request))[:kept])

    error, _ = failure(lab, behave)
    assert error.detail_code == "malformed"
    datagram = bytes.fromhex(str(error.values["datagram"]))
    assert len(datagram) == kept
    assert datagram[0] == ber.SEQUENCE
    assert not set(datagram) & set(lab.COMMUNITY[:1])


def test_an_answer_from_another_address_counts_where_the_inventory_names_it(lab: Lab) -> None:
    agent = interface_table(lab)

    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        yield lab.Reply(b"", host="192.0.2.99")
        yield lab.Reply(b"")
        yield lab.Reply(ber.encode_message(agent.answer(request)), host="192.0.2.99")

    engine, wire = lab.engine(behave)
    target = lab.target(accept_source=("192.0.2.99",))
    result = lab.on_virtual_time(lambda: engine.get(target, (oids.sysUpTime,), deadline=8.0))
    assert len(result.varbinds) == len(wire.sent) == 1
    assert engine.counts.malformed == 2


def test_answers_that_are_cut_short_are_unreadable_and_not_silence(lab: Lab) -> None:
    agent = interface_table(lab)

    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        yield lab.Reply(ber.encode_message(agent.answer(request))[:20])

    error, _ = failure(lab, behave)
    assert isinstance(error, ParseFailed)
    assert error.detail_code == "malformed"


@pytest.mark.parametrize(
    ("status", "leaf", "code"),
    [
        (1, LimitExceeded, "too_big"),
        (6, Forbidden, "view"),
        (16, Forbidden, "view"),
        (5, ProtocolBroken, "error_status"),
    ],
)
def test_an_error_status_is_told_by_its_own_reason(
    lab: Lab, status: int, leaf: type[ProbeError], code: str
) -> None:
    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        answer = replace(lab.response(request, ()), error_status=status)
        yield lab.Reply(ber.encode_message(answer))

    error, _ = failure(lab, behave)
    assert isinstance(error, leaf)
    assert error.detail_code == code


@pytest.mark.parametrize(
    ("number", "leaf", "code"),
    [
        (errno.ECONNREFUSED, Refused, "port_closed"),
        (errno.EHOSTUNREACH, Unreachable, "no_route"),
        (errno.ENETUNREACH, Unreachable, "no_route"),
    ],
)
def test_what_the_network_says_ends_the_wait_at_once(
    lab: Lab, number: int, leaf: type[ProbeError], code: str
) -> None:
    engine, wire = lab.engine(nothing)

    async def story() -> tuple[ProbeError, float]:
        loop = asyncio.get_running_loop()
        loop.call_later(0.1, lambda: wire.on_error("192.0.2.99", 161, number))
        loop.call_later(0.2, lambda: wire.on_error(lab.HOST, 161, number))
        with pytest.raises(ProbeError) as caught:
            await engine.get(lab.target(), (oids.sysName,), deadline=8.0)
        return caught.value, loop.time()

    error, after_s = lab.on_virtual_time(story)
    assert isinstance(error, leaf)
    assert error.detail_code == code
    assert after_s == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("change", "leaf"),
    [
        ({"version": "3"}, NotConfigured),
        ({"version": "1", "community": None}, NotConfigured),
        ({"community": None}, NotConfigured),
    ],
)
def test_what_this_engine_cannot_ask_is_said_at_once(
    lab: Lab, change: dict[str, Any], leaf: type[ProbeError]
) -> None:
    error, after_s = failure(lab, nothing, **change)
    assert isinstance(error, leaf)
    assert after_s == 0


# ---- many at a time, and a loop that is late ----


def test_silent_devices_do_not_hold_up_the_others(lab: Lab) -> None:
    agent = interface_table(lab)

    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        if request.community == lab.COMMUNITY:
            yield lab.Reply(ber.encode_message(agent.answer(request)))

    engine, _ = lab.engine(behave)
    wrong = Secret("wrong")

    async def story() -> tuple[float, int]:
        loop = asyncio.get_running_loop()
        silent = [
            loop.create_task(engine.get(target, (oids.sysName,), deadline=8.0))
            for target in (
                lab.target(host=f"192.0.2.{n}", community=wrong) for n in range(100, 150)
            )
        ]
        for _ in range(20):
            await engine.table(lab.target(), COLUMNS, deadline=8.0)
        good_after_s = loop.time()
        outcomes = await asyncio.gather(*silent, return_exceptions=True)
        return good_after_s, sum(isinstance(outcome, TimedOut) for outcome in outcomes)

    good_after_s, timed_out = lab.on_virtual_time(story)
    assert good_after_s < 1.0
    assert timed_out == 50
    assert engine.outstanding == 0


def test_each_request_is_repeated_at_its_own_time(lab: Lab) -> None:
    """Requests that started 0.2 s apart end 0.2 s apart, whatever is repeated in between."""
    engine, _ = lab.engine(nothing)

    async def ask_at(n: int, ended: list[float]) -> None:
        loop = asyncio.get_running_loop()
        started = loop.create_future()
        loop.call_later(n / 5, started.set_result, None)
        await started
        target = lab.target(host=f"192.0.2.{100 + n}")
        with pytest.raises(TimedOut):
            await engine.get(target, (oids.sysName,), deadline=60.0)
        ended.append(loop.time())

    async def story() -> list[float]:
        ended: list[float] = []
        await asyncio.gather(*(ask_at(n, ended) for n in range(10)))
        return ended

    assert lab.on_virtual_time(story) == pytest.approx([n / 5 + 4.75 for n in range(10)])


def test_a_late_loop_takes_the_waiting_answer_instead_of_timing_out(lab: Lab) -> None:
    agent = interface_table(lab)

    def behave(request: Message, _: bytes) -> Iterator[Reply]:
        yield lab.Reply(ber.encode_message(agent.answer(request)), delay_s=0.5)

    engine, wire = lab.engine(behave)

    async def story() -> SnmpResult:
        loop: Any = asyncio.get_running_loop()
        loop.call_later(0.1, lambda: loop.clock.move(20))  # the process hung for 20 s
        return await engine.get(lab.target(), (oids.sysName,), deadline=8.0)

    result = lab.on_virtual_time(story)
    assert result.varbinds[0].value == b"sw-1"
    assert len(wire.sent) == 1
    assert engine.lag_s > 18


def test_a_cancelled_poll_leaves_nothing_behind(lab: Lab) -> None:
    engine, _ = lab.engine(nothing)

    async def story() -> None:
        task = asyncio.ensure_future(engine.get(lab.target(), (oids.sysName,), deadline=8.0))
        loop = asyncio.get_running_loop()
        loop.call_later(0.5, task.cancel)
        with pytest.raises(asyncio.CancelledError):
            await task

    lab.on_virtual_time(story)
    assert engine.outstanding == 0


def test_many_gets_are_split_and_keep_their_order(lab: Lab) -> None:
    agent = interface_table(lab, 200)
    asked = [ber.oid(f"1.3.6.1.2.1.31.1.1.1.1.{n}") for n in range(200, 0, -1)]
    asked.append(ber.oid("1.3.6.1.2.1.31.1.1.1.1.999"))
    engine, wire = lab.engine(lab.honest(agent))

    async def story() -> SnmpResult:
        return await engine.get(lab.target(), asked, deadline=8.0)

    result = lab.on_virtual_time(story)
    assert [v.oid for v in result.varbinds] == asked
    assert result.varbinds[-1].tag == ber.NO_SUCH_INSTANCE
    assert [v.value for v in result.varbinds[:2]] == [b"Gi1/0/200", b"Gi1/0/199"]
    assert len(wire.sent) > 3
