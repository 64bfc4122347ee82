"""Ports of agents that are odd in the ways that makers have been: what they do say is kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import pytest

from inventory.access import SnmpAccess
from probes import oids
from probes.errors import ProtocolBroken
from probes.snmp import ber, interfaces
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from probes.model import Interface, Reading
    from probes.snmp.ber import Message
    from probes.snmp.types import Oid
    from tests.probes.snmp.conftest import Agent, Lab, Reply

    Behaviour = Callable[[Message, bytes], Iterable[Reply]]

OCTETS = ber.OCTET_STRING
IF_TABLE = ber.oid("1.3.6.1.2.1.2.2.1")
IF_X_TABLE = ber.oid("1.3.6.1.2.1.31.1.1.1")
PORTS = 12


def cells(number: int) -> dict[Oid, tuple[int, Any]]:
    """What a good agent says of one gigabit port."""
    return {
        oids.ifName: (OCTETS, b"Gi0/%d" % number),
        oids.ifDescr: (OCTETS, b"GigabitEthernet0/%d" % number),
        oids.ifAlias: (OCTETS, b""),
        oids.ifType: (ber.INTEGER, 6),
        oids.ifPhysAddress: (OCTETS, bytes((2, 0, 94, 16, 0, number % 256))),
        oids.ifAdminStatus: (ber.INTEGER, 1),
        oids.ifOperStatus: (ber.INTEGER, 1 + number % 2),
        oids.ifLastChange: (ber.TIMETICKS, 100),
        oids.ifSpeed: (ber.GAUGE32, 1_000_000_000),
        oids.ifHighSpeed: (ber.GAUGE32, 1000),
        oids.ifInOctets: (ber.COUNTER32, 10 * number),
        oids.ifOutOctets: (ber.COUNTER32, 20 * number),
        oids.ifHCInOctets: (ber.COUNTER64, 10 * number),
        oids.ifHCOutOctets: (ber.COUNTER64, 20 * number),
        oids.ifInErrors: (ber.COUNTER32, 0),
        oids.ifOutErrors: (ber.COUNTER32, 0),
        oids.ifInDiscards: (ber.COUNTER32, 0),
        oids.ifOutDiscards: (ber.COUNTER32, 0),
    }


def table(
    numbers: Iterable[int] = range(1, PORTS + 1),
    *,
    without: Callable[[Oid, int], bool] = lambda _column, _number: False,
    **changes: tuple[int, Any],
) -> dict[str, tuple[int, Any]]:
    """The interface tables of these ifIndexes; `changes` hold for each port, by the MIB's name."""
    changed = {getattr(oids, name): cell for name, cell in changes.items()}
    rows = {"1.3.6.1.2.1.1.3.0": (ber.TIMETICKS, 4711)}
    for number in numbers:
        for column, cell in (cells(number) | changed).items():
            if not without(column, number):
                rows[f"{ber.oid_text(column)}.{number}"] = cell
    return rows


def read(lab: Lab, behave: Behaviour, version: Literal["1", "2c"] = "2c") -> Reading:
    """What the probe reads from an agent that behaves so."""
    engine, _ = lab.engine(behave)
    access = SnmpAccess(auth="env:SNMP", version=version)

    async def story() -> Reading:
        return await interfaces.run(replace(lab.device(), snmp=access), lab.context(engine))

    reading: Reading = lab.on_virtual_time(story)
    assert engine.outstanding == 0
    return reading


def ports_of(reading: Reading) -> tuple[Interface, ...]:
    """The ports of a reading, which has some."""
    assert reading.interfaces is not None
    return reading.interfaces


def ports(lab: Lab, values: dict[str, tuple[int, Any]]) -> tuple[Interface, ...]:
    """The ports that are read from an honest agent with these values."""
    return ports_of(read(lab, lab.honest(lab.Agent(values))))


def below(root: Oid) -> Callable[[Oid, int], bool]:
    """Whether a column stands below this root."""
    return lambda column, _number: column.startswith(root)


# ---- which tables there are ----


def test_an_agent_of_1991_without_ifxtable_has_all_its_ports(lab: Lab) -> None:
    found = ports(lab, table(without=below(IF_X_TABLE)))
    assert [(p.index, p.name, p.counter_bits, p.speed_bps) for p in found] == [
        (n, f"GigabitEthernet0/{n}", 32, 10**9) for n in range(1, PORTS + 1)
    ]
    assert {p.name_source for p in found} == {"ifDescr"}


def test_an_agent_with_ifxtable_alone_has_ports_of_unknown_state(lab: Lab) -> None:
    found = ports(lab, table(without=below(IF_TABLE)))
    assert [(p.index, p.name) for p in found] == [(n, f"Gi0/{n}") for n in range(1, PORTS + 1)]
    assert {(p.admin, p.oper, p.speed_bps) for p in found} == {(None, None, 10**9)}


def test_rows_that_only_ifxtable_still_has_are_no_ports(lab: Lab) -> None:
    gone = {3, 4}
    found = ports(lab, table(without=lambda c, n: n in gone and c.startswith(IF_TABLE)))
    assert [p.index for p in found] == [n for n in range(1, PORTS + 1) if n not in gone]


def test_rows_that_ifxtable_never_had_are_ports_by_ifdescr(lab: Lab) -> None:
    found = ports(lab, table(without=lambda c, n: n > 8 and c.startswith(IF_X_TABLE)))
    assert [p.name for p in found[6:10]] == [
        "Gi0/7", "Gi0/8", "GigabitEthernet0/9", "GigabitEthernet0/10",
    ]  # fmt: skip
    assert [p.counter_bits for p in found[6:10]] == [64, 64, 32, 32]
    assert {p.speed_bps for p in found} == {10**9}


# ---- numbers of rows ----


@pytest.mark.parametrize(
    "numbers",
    [
        (1, 2, 10_001, 16_777_317, 436_207_616),
        (0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF),
        (0, 1, 127, 128, 16_383, 16_384),
    ],
    ids=["gaps", "beyond-31-bits", "octets-grow"],
)
def test_ports_keep_whatever_number_the_agent_gives_them(
    lab: Lab, numbers: tuple[int, ...]
) -> None:
    found = ports(lab, table(numbers))
    assert [(p.index, p.in_octets) for p in found] == [
        (n, cells(n)[oids.ifHCInOctets][1]) for n in sorted(numbers)
    ]


def test_a_row_with_an_index_of_two_numbers_is_no_port(lab: Lab) -> None:
    odd = {f"{ber.oid_text(oids.ifName)}.7.1": (OCTETS, b"sub")}
    assert [p.index for p in ports(lab, table((7, 8)) | odd)] == [7, 8]


def test_a_negative_number_written_with_64_bits_costs_no_other_port(lab: Lab) -> None:
    """An ifIndex of -2, sign-extended: ten octets of one arc, which no OID may have."""
    agent = lab.Agent(table((5, 6)))
    odd = b"\x81" + b"\xff" * 8 + b"\x7e"
    for column, (tag, value) in cells(7).items():
        agent.varbinds[column + odd] = Varbind(column + odd, tag, value)
    relaid = lab.Agent({})
    relaid.varbinds = agent.varbinds
    relaid.order = sorted(agent.varbinds, key=ber.oid_key)
    relaid._keys = [ber.oid_key(oid) for oid in relaid.order]
    found = ports_of(read(lab, lab.honest(relaid)))
    assert [p.name for p in found][:2] == ["Gi0/5", "Gi0/6"]


# ---- texts ----


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (b"Ethernet 1   ", "Ethernet 1"),
        (b"Intel(R) PRO/1000\0\0\0\0", "Intel(R) PRO/1000"),
        (b"eth0\0garbage behind", "eth0"),
        (b"\0\0\0", "if1"),
        (b"   \r\n", "if1"),
        ("Cổng tầng 2".encode(), "Cổng tầng 2"),
        ("Bürolüfter".encode("latin-1"), "Bürolüfter"),
        ("Salle — étage".encode("cp1252"), "Salle — étage"),
        (b"port\x07\x1b[31m 1", "port[31m 1"),
    ],
)
def test_a_name_is_cleaned_and_never_lost(lab: Lab, octets: bytes, name: str) -> None:
    (found,) = ports(lab, table((1,), ifName=(OCTETS, octets), ifDescr=(OCTETS, b"")))
    assert found.name == name


@pytest.mark.parametrize("encoding", ["gbk", "big5", "euc-kr", "shift-jis", "utf-16"])
def test_text_in_no_known_encoding_is_one_printable_line(lab: Lab, encoding: str) -> None:
    octets = "办公室端口".encode(encoding, errors="replace")
    (found,) = ports(lab, table((1,), ifAlias=(OCTETS, octets)))
    assert (found.alias or "x").isprintable()
    assert found.name == "Gi0/1"


def test_ports_of_one_name_stay_apart_in_the_series(lab: Lab) -> None:
    reading = read(lab, lab.honest(lab.Agent(table(ifName=(OCTETS, b"port")))))
    assert {p.name for p in ports_of(reading)} == {"port"}
    series = [(s.metric.name, s.labels) for s in reading.samples]
    assert len(series) == len(set(series))


# ---- speeds and states ----


@pytest.mark.parametrize(
    ("high", "speed", "bps"),
    [
        (0, 100_000_000, 100_000_000),
        (0, 0xFFFFFFFF, None),
        (10_000, 0xFFFFFFFF, 10_000_000_000),
        (100_000, 0, 100_000_000_000),
        (0, 0, 0),
        (1, 512_000, 1_000_000),  # the MIB rounds: 0.5 Mbit/s and more is 1
    ],
)
def test_the_speed_is_the_larger_unit_where_it_says_anything(
    lab: Lab, high: int, speed: int, bps: int | None
) -> None:
    (found,) = ports(
        lab, table((1,), ifHighSpeed=(ber.GAUGE32, high), ifSpeed=(ber.GAUGE32, speed))
    )
    assert found.speed_bps == bps


@pytest.mark.parametrize("told", [0, 8, 9, 255, -1, 2**31 - 1])
def test_a_state_that_no_mib_knows_is_unknown(lab: Lab, told: int) -> None:
    state = (ber.INTEGER, told)
    (found,) = ports(lab, table((1,), ifAdminStatus=state, ifOperStatus=state))
    assert (found.admin, found.oper) == ("unknown", "unknown")


def test_a_cell_of_the_wrong_type_is_missing_and_costs_no_other(lab: Lab) -> None:
    (found,) = ports(
        lab,
        table(
            (1,),
            ifOperStatus=(OCTETS, b"up"),
            ifHighSpeed=(ber.NULL, None),
            ifName=(ber.INTEGER, 7),
            ifInErrors=(ber.OID, ber.oid("0.0")),
            ifPhysAddress=(OCTETS, b"02:00:5e:10:00:01"),
        ),
    )
    assert (found.name, found.admin, found.oper) == ("GigabitEthernet0/1", "up", None)
    assert (found.speed_bps, found.in_errors, found.mac) == (10**9, None, None)


@pytest.mark.parametrize("holes", [frozenset(range(1, PORTS + 1)), frozenset((2, 3, PORTS))])
@pytest.mark.parametrize(
    "column",
    [oids.ifHCInOctets, oids.ifHCOutOctets, oids.ifInErrors, oids.ifLastChange, oids.ifOperStatus],
)
def test_a_column_that_is_missing_or_holed_leaves_the_others(
    lab: Lab, column: Oid, holes: frozenset[int]
) -> None:
    found = ports(lab, table(without=lambda c, n: c == column and n in holes))
    assert [p.index for p in found] == list(range(1, PORTS + 1))
    assert {p.admin for p in found} == {"up"}


# ---- agents that break down half way ----


def disturbed(lab: Lab, agent: Agent, disturb: Callable[[Message], Message | None]) -> Behaviour:
    """An agent that answers some requests in its own way: `disturb` gives that answer, or None."""

    def behave(request: Message, _data: bytes) -> Iterator[Reply]:
        yield lab.Reply(ber.encode_message(disturb(request) or agent.answer(request)))

    return behave


def touches(request: Message, column: Oid, rows: Iterable[int] = ()) -> int:
    """Which varbind of the request (from 1) asks for this column, at these rows; 0 for none."""
    for place, varbind in enumerate(request.varbinds, 1):
        row = ber.index_arcs(varbind.oid[len(column) :]) if varbind.oid != column else (0,)
        if varbind.oid.startswith(column) and (not rows or row[0] in rows):
            return place
    return 0


def failing(request: Message, status: int, place: int) -> Message:
    """The request sent back with an error about that varbind."""
    return replace(request, pdu=ber.RESPONSE, error_status=status, error_index=place)


GEN_ERR, NO_SUCH_NAME = 5, 2
NAMES = [f"Gi0/{n}" for n in range(1, PORTS + 1)]


@pytest.mark.parametrize("rows", [(), (5, 6)], ids=["always", "mid-walk"])
def test_a_column_that_fails_by_generr_costs_its_own_cells_alone(
    lab: Lab, rows: tuple[int, ...]
) -> None:
    """The error-index names the varbind (RFC 3416, 4.2.3)."""

    def disturb(request: Message) -> Message | None:
        place = touches(request, oids.ifInDiscards, rows)
        return failing(request, GEN_ERR, place) if place else None

    reading = read(lab, disturbed(lab, lab.Agent(table()), disturb))
    assert [p.name for p in ports_of(reading)] == NAMES
    assert {p.admin for p in ports_of(reading)} == {"up"}


@pytest.mark.parametrize("status", [NO_SUCH_NAME, GEN_ERR], ids=["noSuchName", "genErr"])
def test_an_agent_of_v1_that_refuses_a_column_half_way_keeps_its_ports(
    lab: Lab, status: int
) -> None:
    def disturb(request: Message) -> Message | None:
        place = touches(request, oids.ifInErrors, (4,))
        return failing(request, status, place) if place else None

    agent = lab.Agent(table(without=lambda c, _: c in (oids.ifHCInOctets, oids.ifHCOutOctets)))
    found = ports_of(read(lab, disturbed(lab, agent, disturb), "1"))
    assert [(p.name, p.admin) for p in found] == [(name, "up") for name in NAMES]
    assert [p.in_octets for p in found] == [10 * n for n in range(1, PORTS + 1)]


def test_a_column_that_ends_early_leaves_its_later_cells_unknown(lab: Lab) -> None:
    agent = lab.Agent(table())

    def disturb(request: Message) -> Message | None:
        answer = agent.answer(request)
        ended = tuple(
            Varbind(v.oid, ber.END_OF_MIB_VIEW, None)
            if v.oid.startswith(oids.ifAlias) and ber.index_arcs(v.oid[len(oids.ifAlias) :]) > (5,)
            else v
            for v in answer.varbinds
        )
        return replace(answer, varbinds=ended)

    found = ports_of(read(lab, disturbed(lab, agent, disturb)))
    assert [p.name for p in found] == NAMES


def test_a_column_that_begins_again_is_read_once(lab: Lab) -> None:
    agent = lab.Agent(table())
    first = Varbind(oids.ifName + b"\1", OCTETS, b"Gi0/1")

    def disturb(request: Message) -> Message | None:
        answer = agent.answer(request)
        looped = tuple(
            first if v.oid.startswith(oids.ifName) and v.oid.endswith(b"\7") else v
            for v in answer.varbinds
        )
        return replace(answer, varbinds=looped) if request.pdu != ber.GET else None

    found = ports_of(read(lab, disturbed(lab, agent, disturb)))
    assert [(p.index, p.name) for p in found] == list(enumerate(NAMES, 1))


def test_a_column_that_fails_and_is_not_named_costs_its_own_cells_alone(lab: Lab) -> None:
    def disturb(request: Message) -> Message | None:
        return failing(request, GEN_ERR, 0) if touches(request, oids.ifInDiscards, (5, 6)) else None

    reading = read(lab, disturbed(lab, lab.Agent(table()), disturb))
    assert [p.name for p in ports_of(reading)] == NAMES
    assert {p.admin for p in ports_of(reading)} == {"up"}


def test_an_agent_that_fails_for_everything_is_no_device_without_ports(lab: Lab) -> None:
    with pytest.raises(ProtocolBroken):
        read(lab, disturbed(lab, lab.Agent({}), lambda request: failing(request, GEN_ERR, 0)))


def test_a_sub_agent_that_never_answers_for_one_column_costs_that_column_alone(lab: Lab) -> None:
    """AgentX (RFC 2741): a master agent waits for its sub-agent, and whoever asked waits too."""
    agent = lab.Agent(table())

    def behave(request: Message, _data: bytes) -> Iterator[Reply]:
        if not touches(request, oids.ifHCInOctets):
            yield lab.Reply(ber.encode_message(agent.answer(request)))

    engine, _ = lab.engine(behave)

    async def story() -> Reading:
        deadline = asyncio.get_running_loop().time() + 8
        await engine.get(lab.target(), (oids.sysUpTime,), deadline=deadline)
        return await interfaces.run(lab.device(), lab.context(engine))

    reading: Reading = lab.on_virtual_time(story)
    assert [p.name for p in ports_of(reading)] == NAMES
    assert {p.admin for p in ports_of(reading)} == {"up"}
