"""What was read once by every rule is read again by its form, and never otherwise than before."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.credentials import Secret
from probes.errors import TimedOut
from probes.snmp import ber
from probes.snmp.ber import Message
from probes.snmp.layouts import MOST_SHAPES, Layout, Layouts
from probes.snmp.scripts import Script
from probes.snmp.session_message import AUTH, PRIV, Stamp, form_of, read_header, write_message
from probes.snmp.tables import TablePlan
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probes.snmp.types import TableResult
    from tests.probes.snmp.conftest import Lab, Reply

CASES = 100_000 if os.environ.get("WARDOPS_SOAK") == "1" else 500
BASE = "1.3.6.1.4.1.4242.1"
COLUMNS = tuple(ber.oid(f"{BASE}.{n}") for n in range(1, 4))
SCALAR = "1.3.6.1.4.1.4242.0.1.0"

OIDS = st.lists(st.sampled_from([0, 1, 127, 128, 70_000, 2**32 - 1]), max_size=6).map(
    lambda arcs: ber.oid_from_arcs((1, 3, *arcs))
)
_NUMBERS = st.sampled_from([0, 1, 127, 128, 255, 2**15, 2**23, 2**31 - 1, 2**31, 2**32 - 1])
_WIDE = st.one_of(_NUMBERS, st.sampled_from([2**40, 2**47 + 3, 2**55, 2**63, 2**64 - 1]))
VALUES: st.SearchStrategy[tuple[int, Any]] = st.one_of(
    st.tuples(st.just(ber.INTEGER), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just(ber.INTEGER), st.sampled_from([-1, -129, -70_000, 0, 1, 300, 70_000])),
    st.tuples(st.sampled_from([ber.COUNTER32, ber.GAUGE32, ber.TIMETICKS]), _NUMBERS),
    st.tuples(st.just(ber.COUNTER64), _WIDE),
    st.tuples(st.just(ber.OCTET_STRING), st.binary(max_size=140)),
    st.tuples(st.just(ber.IPADDRESS), st.binary(min_size=4, max_size=4)),
    st.tuples(st.just(ber.OPAQUE), st.sampled_from([1.5, -2.25])),
    st.tuples(st.just(ber.OID), OIDS),
    st.tuples(st.sampled_from([ber.NULL, ber.NO_SUCH_INSTANCE, ber.END_OF_MIB_VIEW]), st.none()),
)
RESPONSES = st.builds(
    lambda request_id, pairs: Message(
        1, b"public", ber.RESPONSE, request_id, 0, 0, tuple(Varbind(o, *v) for o, v in pairs)
    ),
    st.integers(2**24, 2**31 - 1),
    st.lists(st.tuples(OIDS, VALUES), max_size=8),
)
# Where an octet is changed, and to what: a flipped bit, or one of the octets that mean something.
CHANGES = st.lists(
    st.tuples(st.integers(0, 10_000), st.sampled_from([0, 1, 2, 4, 0x30, 0x7F, 0x80, 0x81, 0xFF])),
    max_size=3,
)


def decoded(message: Message) -> Message:
    """The message as it is read from its octets."""
    return ber.decode_message(ber.encode_message(message))


@pytest.mark.timeout(1800)
@settings(max_examples=CASES, deadline=None)
@given(RESPONSES, CHANGES)
def test_a_layout_reads_what_the_decoder_reads_or_nothing(
    message: Message, changes: list[tuple[int, int]]
) -> None:
    """500 messages with up to three octets changed anywhere; in a soak 100,000."""
    layout = Layouts().of(decoded(message))
    assert layout is not None
    octets = bytearray(ber.encode_message(message))
    for place, octet in changes:
        octets[place % len(octets)] = octet
    told = layout.read(bytes(octets))
    if told is None:
        assert changes
        return
    found = ber.decode_message(bytes(octets))
    assert repr(told) == repr((found.request_id, found.varbinds))
    assert replace(found, request_id=message.request_id, varbinds=message.varbinds) == message


@pytest.mark.parametrize(
    ("tag", "before", "after"),
    [
        (ber.INTEGER, 1, 2),
        (ber.INTEGER, 300, -300),
        (ber.INTEGER, 70_000, 80_000),
        (ber.INTEGER, 2**30, -(2**30)),
        (ber.COUNTER32, 2**31, 2**32 - 1),
        (ber.TIMETICKS, 8_640_000, 8_640_100),
        (ber.GAUGE32, 128, 32_767),
        (ber.COUNTER64, 2**33, 2**33 + 1),
        (ber.COUNTER64, 2**41, 2**46),
        (ber.COUNTER64, 2**48, 2**54),
        (ber.COUNTER64, 2**60, 2**61),
        (ber.COUNTER64, 2**63, 2**64 - 1),
        (ber.OCTET_STRING, b"up", b"on"),
    ],
)
def test_a_value_of_the_same_width_is_read_by_the_layout(tag: int, before: Any, after: Any) -> None:
    pairs = [Varbind(ber.oid("1.3.6"), tag, value) for value in (before, after)]
    first, second = (Message(1, b"c", ber.RESPONSE, 2**30, 0, 0, (pair,)) for pair in pairs)
    layout = Layouts().of(decoded(first))
    assert layout is not None
    assert layout.read(ber.encode_message(second)) == (2**30, (pairs[1],))


USER = ber.element(ber.OCTET_STRING, b"monitor")


@pytest.mark.timeout(1800)
@settings(max_examples=CASES, deadline=None)
@given(
    clock=st.tuples(
        st.sampled_from([0, 1, 300]), st.sampled_from([0, 127, 128, 40_000, 2**31 - 1])
    ),
    level=st.sampled_from([(0, 0, 0), (AUTH, 12, 0), (AUTH | PRIV, 24, 8)]),
    body=st.integers(0, 400),
    changes=CHANGES,
)
def test_a_form_reads_the_header_that_the_parser_reads_or_nothing(
    clock: tuple[int, int], level: tuple[int, int, int], body: int, changes: list[tuple[int, int]]
) -> None:
    """500 messages with up to three octets of their front changed; in a soak 100,000."""
    flags, digest, salt = level
    stamp = Stamp(b"\x80\x00\x1f\x88\x04engine", *clock)
    rest = ber.element(ber.OCTET_STRING, bytes(body))
    whole, _ = write_message(2**30, flags, stamp, USER, digest, bytes(salt), rest)
    form = form_of(whole, read_header(whole))
    if form is None:
        assert len(whole) < 260
        return
    octets = bytearray(whole)
    for place, octet in changes:
        octets[place % (len(whole) - body)] = octet
    told = form.read(bytes(octets))
    if told is None:
        assert changes
        return
    assert told == read_header(bytes(octets))


# ---- tables ----

CELLS = st.dictionaries(
    st.tuples(st.integers(1, 3), st.sampled_from([1, 2, 3, 5, 127, 128, 300])),
    st.integers(0, 2**20),
    min_size=1,
)


@settings(max_examples=80, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=3), st.integers(120, 400), st.data())
def test_a_table_read_by_its_script_is_the_table_that_there_is(
    lab: Lab, tables: list[dict[tuple[int, int], int]], octets: int, data: st.DataObject
) -> None:
    """Rows come and go between readings, and cells grow: what was there before is never told."""
    script, learned = Script(0.0, Layouts()), None
    order = data.draw(st.lists(st.sampled_from(range(len(tables))), min_size=4, max_size=8))
    for turn, which in enumerate(order):
        cells = {at: value + turn for at, value in tables[which].items()}
        agent = lab.Agent(
            {f"{BASE}.{c}.{row}": (ber.COUNTER32, v) for (c, row), v in cells.items()}
            | {SCALAR: (ber.TIMETICKS, 100 * turn)},
            max_octets=octets,
        )
        plan = TablePlan(COLUMNS, scalars=[ber.oid(SCALAR)], learned=learned, script=script)
        _read(plan, agent.answer)
        learned = plan.learned()
        found = {
            (column, ber.index_arcs(index)[0]): cell.value
            for index, row in plan.rows().items()
            for column, cell in enumerate(row, start=1)
            if cell is not None
        }
        assert found == cells
        assert [varbind.value for varbind in plan.scalars()] == [100 * turn]
        assert plan.is_complete


def test_a_table_that_stands_still_is_read_by_its_layouts_from_the_second_script_on(
    lab: Lab,
) -> None:
    values: dict[str, tuple[int, Any]] = {
        f"{BASE}.{column}.{row}": (ber.COUNTER64, 2**41 + row)
        for column in range(1, 4)
        for row in range(1, 40)
    }
    script, agent, learned, story = Script(0.0, Layouts()), lab.Agent(values), None, []
    for _ in range(4):
        plan = TablePlan(COLUMNS, learned=learned, script=script)
        hits = _read(plan, agent.answer)
        learned = plan.learned()
        story.append((hits, len(plan.rows())))
    assert [rows for _, rows in story] == [39] * 4
    assert story[-1][0] == len(script.steps)


def _read(plan: TablePlan, answer: Callable[[Message], Message]) -> int:
    """Drive a plan as the engine does; how many answers its layouts knew."""
    hits = 0
    while (ask := plan.next_ask()) is not None:
        varbinds = tuple(Varbind(oid, ber.NULL, None) for oid in ask.oids)
        request = Message(1, b"c", ask.pdu, 2**30, ask.non_repeaters, ask.repetitions, varbinds)
        octets = ber.encode_message(answer(request))
        message = ber.decode_message(octets)
        if plan.layout and (told := plan.layout.read(octets)) is not None:
            hits += 1
            assert told[1] == message.varbinds
            message = replace(message, varbinds=told[1], layout=plan.layout)
        plan.accept(message, len(octets))
    return hits


# ---- the engine ----


class Switch:
    """A table of 30 rows that counts on, on a wire; `lie` may put something before each answer."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.rows, self.turn = 30, 0
        self.lie: Callable[[Message], Iterator[Reply]] = lambda _answer: iter(())
        self.engine, self.wire = lab.engine(self._behave)

    def _behave(self, request: Message, _data: bytes) -> Iterator[Reply]:
        values = {
            f"{BASE}.{column}.{row}": (ber.COUNTER64, self.value(column, row))
            for column in range(1, 4)
            for row in range(1, self.rows + 1)
        }
        answer = self.lab.Agent(values).answer(request)
        yield from self.lie(answer)
        if request.community == self.lab.COMMUNITY:
            yield self.lab.Reply(ber.encode_message(answer), delay_s=0.02)

    def value(self, column: int, row: int) -> int:
        """What a cell says now."""
        return 2**41 * column + row + self.turn

    async def poll(self, **target: Any) -> TableResult:
        """Read the table once; every cell must be what it is now."""
        self.turn += 1
        now = asyncio.get_running_loop().time()
        found = await self.engine.table(self.lab.target(**target), COLUMNS, deadline=now + 8)
        assert {
            (column, ber.index_arcs(index)[0]): cell and cell.value
            for index, row in found.rows.items()
            for column, cell in enumerate(row, start=1)
        } == {(c, r): self.value(c, r) for c in range(1, 4) for r in range(1, self.rows + 1)}
        return found


def test_rows_that_come_and_go_are_seen_at_the_next_poll(lab: Lab) -> None:
    switch = Switch(lab)

    async def story() -> None:
        for rows in (30, 30, 30, 31, 31, 31, 12, 12, 12, 0, 0, 30, 30, 30):
            switch.rows = rows
            await switch.poll()

    lab.on_virtual_time(story)


CHANGES_OF_A_LIE: dict[str, Callable[[Message], Message]] = {
    "id": lambda lie: replace(lie, request_id=lie.request_id + 1),
    "earlier id": lambda lie: replace(lie, request_id=lie.request_id - 1),
    "community": lambda lie: replace(lie, community=b"Public"),
    "version": lambda lie: replace(lie, version=0),
    "pdu": lambda lie: replace(lie, pdu=ber.SET),
    "source": lambda lie: lie,
    "port": lambda lie: lie,
}


@pytest.mark.parametrize("kind", CHANGES_OF_A_LIE)
def test_a_lie_of_the_known_form_is_not_believed(lab: Lab, kind: str) -> None:
    """Octets as the true answer has them, but not from whom, or not to what, was asked."""
    switch = Switch(lab)

    def lies(answer: Message) -> Iterator[Reply]:
        varbinds = tuple(
            one._replace(value=2**41 + 666) if one.tag == ber.COUNTER64 else one
            for one in answer.varbinds
        )
        false = CHANGES_OF_A_LIE[kind](replace(answer, varbinds=varbinds))
        host = "198.51.100.7" if kind == "source" else lab.HOST
        port = 1161 if kind == "port" else 161
        yield lab.Reply(ber.encode_message(false), host=host, port=port)

    async def story() -> None:
        for _ in range(3):
            await switch.poll()
        switch.lie = lies
        for _ in range(3):
            await switch.poll()

    lab.on_virtual_time(story)


def test_the_form_of_one_community_says_nothing_for_another(lab: Lab) -> None:
    """A device that goes on answering with the old community is not believed by its old form."""
    switch = Switch(lab)

    def old_community(answer: Message) -> Iterator[Reply]:
        yield lab.Reply(ber.encode_message(replace(answer, community=lab.COMMUNITY)))

    async def story() -> None:
        for _ in range(3):
            await switch.poll()
        switch.lie = old_community
        with pytest.raises(TimedOut):
            await switch.poll(community=Secret("secret"))

    lab.on_virtual_time(story)


def test_layouts_take_no_more_memory_than_was_meant_for_them() -> None:
    """What is too much is read by every rule; when a device is forgotten, there is room again."""
    layouts = Layouts()

    def layout(number: int) -> Layout | None:
        told = Varbind(ber.oid_from_arcs((1, 3, number)), ber.INTEGER, 1)
        return layouts.of(decoded(Message(1, b"c", ber.RESPONSE, 2**30, 0, 0, (told,))))

    held = [layout(number) for number in range(MOST_SHAPES)]
    assert None not in held
    assert layout(MOST_SHAPES) is None
    assert layout(0) is not None
    held.pop()
    assert layout(MOST_SHAPES) is not None
