"""The plan of a table against every shape of table and every size of answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.errors import ParseFailed, ProtocolBroken
from probes.snmp import ber
from probes.snmp.asks import GetPlan
from probes.snmp.ber import Message
from probes.snmp.tables import TablePlan
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from probes.snmp.asks import Ask
    from tests.probes.snmp.conftest import Agent, Lab

BASE = "1.3.6.1.4.1.4242.1"
COLUMNS = 4

# Cells of a sparse table: (column, index arcs) -> value. Indexes of one to three arcs, some large.
ARC = st.sampled_from([0, 1, 2, 9, 127, 128, 300, 16_777_317, 2**32 - 1])
INDEX = st.lists(ARC, min_size=1, max_size=3).map(tuple)
CELLS = st.dictionaries(
    st.tuples(st.integers(1, COLUMNS), INDEX), st.binary(max_size=60), min_size=1, max_size=60
)


def agent_of(lab: Lab, cells: dict[tuple[int, tuple[int, ...]], bytes], octets: int) -> Agent:
    """An agent that holds these cells and something behind the table."""
    values: dict[str, tuple[int, Any]] = {
        f"{BASE}.{column}." + ".".join(map(str, index)): (ber.OCTET_STRING, value)
        for (column, index), value in cells.items()
    }
    values["1.3.6.1.4.1.4242.2.0"] = (ber.INTEGER, 1)
    return lab.Agent(values, max_octets=octets)


def drive(plan: TablePlan, agent: Agent, *, steps: int = 2000) -> None:
    """Carry the plan's PDUs to the agent until it is done."""
    for _ in range(steps):
        ask = plan.next_ask()
        if ask is None:
            return
        answer = agent.answer(request(ask))
        plan.accept(answer, len(ber.encode_message(answer)))
    pytest.fail("the plan does not end")


def request(ask: Ask) -> Message:
    """The message that an ask becomes."""
    varbinds = tuple(Varbind(oid, ber.NULL, None) for oid in ask.oids)
    return Message(1, b"c", ask.pdu, 1, ask.non_repeaters, ask.repetitions, varbinds)


@given(cells=CELLS, octets=st.integers(41, 1472), bulk=st.booleans())
def test_every_cell_of_any_table_is_read_and_none_is_invented(
    lab: Lab, cells: dict[tuple[int, tuple[int, ...]], bytes], octets: int, *, bulk: bool
) -> None:
    columns = [ber.oid(f"{BASE}.{n}") for n in range(1, COLUMNS + 1)]
    plan = TablePlan(columns, bulk=bulk)
    drive(plan, agent_of(lab, cells, octets))
    found = {
        (column, ber.index_arcs(index)): cell.value
        for index, row in plan.rows().items()
        for column, cell in enumerate(row, start=1)
        if cell is not None
    }
    assert found == cells
    assert plan.is_complete
    assert [ber.index_arcs(i) for i in plan.rows()] == sorted({index for _, index in cells})


@given(CELLS, st.integers(0, 12))
def test_a_cut_table_holds_whole_rows_alone(
    lab: Lab, cells: dict[tuple[int, tuple[int, ...]], bytes], answered: int
) -> None:
    columns = [ber.oid(f"{BASE}.{n}") for n in range(1, COLUMNS + 1)]
    agent = agent_of(lab, cells, 250)
    plan = TablePlan(columns)
    for _ in range(answered):
        if (ask := plan.next_ask()) is None:
            break
        answer = agent.answer(request(ask))
        plan.accept(answer, len(ber.encode_message(answer)))
    plan.cut()
    for index, row in plan.rows().items():
        arcs = ber.index_arcs(index)
        whole = [cells.get((column, arcs)) for column in range(1, COLUMNS + 1)]
        assert [cell and cell.value for cell in row] == whole


def test_v1_drops_the_instance_that_is_not_there_and_goes_on() -> None:
    wanted = [ber.oid(f"1.3.6.1.2.1.1.{n}.0") for n in (1, 5, 6)]
    plan = GetPlan(wanted)
    first = plan.next_ask()
    assert first
    plan.accept(replace(request(first), pdu=ber.RESPONSE, error_status=2, error_index=2))
    second = plan.next_ask()
    assert second
    assert second.oids == (wanted[0], wanted[2])
    told = tuple(Varbind(oid, ber.INTEGER, 7) for oid in second.oids)
    plan.accept(replace(request(second), pdu=ber.RESPONSE, varbinds=told))
    assert plan.next_ask() is None
    assert [v.value for v in plan.result()] == [7, None, 7]


def test_an_error_about_no_oid_in_particular_is_a_protocol_error() -> None:
    plan = GetPlan([ber.oid("1.3.6.1.2.1.1.1.0")])
    ask = plan.next_ask()
    assert ask
    with pytest.raises(ProtocolBroken):
        plan.accept(replace(request(ask), pdu=ber.RESPONSE, error_status=5, error_index=0))


def test_rows_per_pdu_begin_at_four_for_a_usual_table() -> None:
    columns = [ber.oid(f"{BASE}.{n}") for n in range(1, 14)]
    ask = TablePlan(columns).next_ask()
    assert ask
    assert ask.repetitions == 4


def test_an_empty_bulk_answer_halves_rows_then_columns_then_asks_by_getnext(lab: Lab) -> None:
    """Not even one varbind fitted: RFC 3416, 4.2.3 lets an agent answer so."""
    columns = [ber.oid(f"{BASE}.{n}") for n in range(1, 5)]
    scalar = ber.oid("1.3.6.1.4.1.4242.2.0")
    agent = agent_of(lab, {(n, (1,)): b"x" * 30 for n in range(1, 5)}, 1472)
    plan, asked = TablePlan(columns, scalars=[scalar]), []
    while (ask := plan.next_ask()) is not None:
        asked.append((ask.pdu, len(ask.oids) - ask.non_repeaters, ask.repetitions))
        answer = agent.answer(request(ask))
        if ask.pdu == ber.GETBULK:
            answer = replace(answer, varbinds=())
        plan.accept(answer, len(ber.encode_message(answer)))
    bulks = [(ber.GETBULK, 4, n) for n in (4, 2, 1)] + [(ber.GETBULK, n, 1) for n in (2, 1)]
    assert asked[:6] == [*bulks, (ber.GET, 1, 0)]
    assert {pdu for pdu, _, _ in asked[6:]} == {ber.GETNEXT}
    assert [v.value for v in plan.scalars()] == [1]
    assert plan.rows() == {b"\x01": tuple(agent.varbinds[head + b"\x01"] for head in columns)}
    assert plan.is_complete


def test_an_empty_getnext_answer_is_malformed() -> None:
    plan = TablePlan([ber.oid(f"{BASE}.1")], bulk=False)
    ask = plan.next_ask()
    assert ask
    with pytest.raises(ParseFailed):
        plan.accept(replace(request(ask), pdu=ber.RESPONSE, varbinds=()), 30)
