"""Interface rows to ports and samples: what odd devices say stays true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from probes import oids
from probes.snmp import ber, interfaces, ports
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import Reading
    from probes.snmp.ber import Message
    from probes.snmp.types import Oid
    from tests.probes.snmp.conftest import Lab, Reply

OCTETS = ber.OCTET_STRING
GOOD: dict[Oid, tuple[int, Any]] = {
    oids.ifName: (OCTETS, b"Gi1/0/1"),
    oids.ifDescr: (OCTETS, b"GigabitEthernet1/0/1"),
    oids.ifAlias: (OCTETS, b"uplink"),
    oids.ifType: (ber.INTEGER, 6),
    oids.ifPhysAddress: (OCTETS, bytes.fromhex("02005e100001")),
    oids.ifAdminStatus: (ber.INTEGER, 1),
    oids.ifOperStatus: (ber.INTEGER, 1),
    oids.ifLastChange: (ber.TIMETICKS, 100),
    oids.ifHighSpeed: (ber.GAUGE32, 1000),
    oids.ifHCInOctets: (ber.COUNTER64, 2**53 + 5),
    oids.ifHCOutOctets: (ber.COUNTER64, 7),
    oids.ifInErrors: (ber.COUNTER32, 1),
    oids.ifOutErrors: (ber.COUNTER32, 2),
    oids.ifInDiscards: (ber.COUNTER32, 3),
    oids.ifOutDiscards: (ber.COUNTER32, 4),
}


def row(**changes: tuple[int, Any] | None) -> dict[Oid, Varbind | None]:
    """A good row with some columns changed or absent, named as in the MIB."""
    cells: dict[Oid, tuple[int, Any] | None] = dict(GOOD)
    cells.update({getattr(oids, name): cell for name, cell in changes.items()})
    return {oid: Varbind(oid + b"\1", *cell) if cell else None for oid, cell in cells.items()}


def port(**changes: tuple[int, Any] | None) -> Any:
    """The one port of a device with that row."""
    return ports.interfaces({1: row(**changes)})[0]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "Gi1/0/1"),
        ({"ifName": None}, "GigabitEthernet1/0/1"),
        ({"ifName": (OCTETS, b"")}, "GigabitEthernet1/0/1"),
        ({"ifName": None, "ifDescr": None}, "if1"),
        ({"ifName": (OCTETS, b"lan\0\0\0")}, "lan"),
        ({"ifName": (OCTETS, b" C\xe1p\r\nquang ")}, "Cáp quang"),
    ],
)
def test_a_port_is_named_by_ifname_else_ifdescr_else_its_index(
    changes: dict[str, Any], name: str
) -> None:
    assert port(**changes).name == name


@pytest.mark.parametrize(
    ("changes", "speed_bps"),
    [
        ({}, 1_000_000_000),
        ({"ifHighSpeed": None, "ifSpeed": (ber.GAUGE32, 100_000_000)}, 100_000_000),
        ({"ifHighSpeed": (ber.GAUGE32, 0), "ifSpeed": (ber.GAUGE32, 10_000_000)}, 10_000_000),
        ({"ifHighSpeed": None, "ifSpeed": (ber.GAUGE32, 0xFFFFFFFF)}, None),
        ({"ifHighSpeed": None}, None),
    ],
)
def test_speed_is_what_the_device_knows_and_else_unknown(
    changes: dict[str, Any], speed_bps: int | None
) -> None:
    assert port(**changes).speed_bps == speed_bps


@pytest.mark.parametrize(
    ("told", "oper"),
    [
        (1, "up"),
        (2, "down"),
        (6, "notPresent"),
        (7, "lowerLayerDown"),
        (0, "unknown"),
        (42, "unknown"),
    ],
)
def test_a_state_outside_the_enumeration_is_unknown_and_never_down(told: int, oper: str) -> None:
    assert port(ifOperStatus=(ber.INTEGER, told)).oper == oper
    assert port(ifOperStatus=None).oper is None


@pytest.mark.parametrize(
    ("octets", "mac"),
    [
        (bytes.fromhex("02005e100001"), "02:00:5e:10:00:01"),
        (b"\0" * 6, None),
        (b"\xff" * 6, None),
        (b"", None),
        (b"\1\2\3\4", None),
    ],
)
def test_only_six_octets_that_mean_something_are_a_mac(octets: bytes, mac: str | None) -> None:
    assert port(ifPhysAddress=(OCTETS, octets)).mac == mac


def test_a_port_without_64_bit_counters_has_32_bit_ones_under_their_own_names(lab: Lab) -> None:
    changes = {
        "ifHCInOctets": None,
        "ifInOctets": (ber.COUNTER32, 5),
        "ifOutOctets": (ber.COUNTER32, 6),
    }
    rows = {1: row(**changes)}
    found = ports.interfaces(rows)
    named = {s.metric.name: s.value for s in ports.samples(lab.device(), found, rows, None)}
    assert (found[0].counter_bits, found[0].in_octets, found[0].out_octets) == (32, 5, 6)
    assert (named["ifInOctets"], named["ifOutOctets"]) == (5, 6)
    assert not {"ifHCInOctets", "ifHCOutOctets"} & set(named)


def test_samples_carry_the_values_of_the_device_and_nothing_that_it_did_not_say(lab: Lab) -> None:
    rows = {1: row(ifInErrors=None, ifOperStatus=(ber.INTEGER, 42))}
    told = ports.samples(lab.device(), ports.interfaces(rows), rows, 4711)
    named = {s.metric.name: (s.value, s.labels) for s in told}
    labels = ("Gi1/0/1", "GigabitEthernet1/0/1", "uplink")
    assert named == {
        "sysUpTime": (4711, ()),
        "ifHCInOctets": (5, labels),  # modulo 2^53
        "ifHCOutOctets": (7, labels),
        "ifOutErrors": (2, labels),
        "ifInDiscards": (3, labels),
        "ifOutDiscards": (4, labels),
        "ifOperStatus": (4, labels),
        "ifAdminStatus": (1, labels),
        "ifLastChange": (100, labels),
        "ifHighSpeed": (1000, labels),
    }
    assert all(len(s.labels) == len(s.metric.labels) for s in told)
    assert {s.metric for s in told} <= set(ports.METRICS)


def test_doubled_names_stay_apart_in_the_labels_only(lab: Lab) -> None:
    rows = {n: row(ifName=(OCTETS, b"lan")) for n in (7, 3, 9)}
    found = ports.interfaces(rows)
    told = ports.samples(lab.device(), found, rows, None)
    states = [s.labels[0] for s in told if s.metric is ports.IF_OPER_STATUS]
    assert [p.index for p in found] == [3, 7, 9]
    assert {p.name for p in found} == {"lan"}
    assert states == ["lan", "lan#2", "lan#3"]


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({}, ["p1", "p2", "p3"]),
        ({"uplink": "p3"}, ["p3"]),
        ({"uplink": "p3", "watched": ("p1",)}, ["p1", "p3"]),
        ({"uplink": "p3", "watched": ("p1",), "export": "uplink"}, ["p3"]),
        ({"uplink": "p3", "export": "all"}, ["p1", "p2", "p3"]),
        ({"watched": ("Ethernet 2",)}, ["p2"]),
    ],
)
def test_the_inventory_says_which_ports_are_exported(
    lab: Lab, fields: dict[str, Any], names: list[str]
) -> None:
    rows = {
        n: row(ifName=(OCTETS, b"p%d" % n), ifDescr=(OCTETS, b"Ethernet %d" % n)) for n in (1, 2, 3)
    }
    found = ports.exported(lab.device(**fields), ports.interfaces(rows))
    assert [p.name for p in found] == names


# ---- the probe, on agents in memory ----


def read(lab: Lab, columns: dict[str, dict[int, tuple[int, Any]]]) -> tuple[Reading, int]:
    """A reading from an agent with these columns, and how many PDUs it took."""
    values = {
        f"{ber.oid_text(getattr(oids, name))}.{index}": cell
        for name, cells in columns.items()
        for index, cell in cells.items()
    }
    values["1.3.6.1.2.1.1.3.0"] = (ber.TIMETICKS, 4711)
    engine, wire = lab.engine(lab.honest(lab.Agent(values)))

    async def story() -> Reading:
        return await interfaces.run(lab.device(), lab.context(engine))

    return lab.on_virtual_time(story), len(wire.sent)


def test_32_bit_columns_are_read_only_when_a_port_needs_them(lab: Lab) -> None:
    index = {1: 16_777_317, 2: 5}
    old: dict[str, dict[int, tuple[int, Any]]] = {
        "ifDescr": {i: (OCTETS, b"port %d" % n) for n, i in index.items()},
        "ifOperStatus": dict.fromkeys(index.values(), (ber.INTEGER, 1)),
        "ifSpeed": dict.fromkeys(index.values(), (ber.GAUGE32, 100_000_000)),
        "ifInOctets": dict.fromkeys(index.values(), (ber.COUNTER32, 10)),
        "ifOutOctets": dict.fromkeys(index.values(), (ber.COUNTER32, 20)),
    }
    new: dict[str, dict[int, tuple[int, Any]]] = {
        "ifHighSpeed": dict.fromkeys(index.values(), (ber.GAUGE32, 100)),
        "ifHCInOctets": dict.fromkeys(index.values(), (ber.COUNTER64, 2**40)),
        "ifHCOutOctets": dict.fromkeys(index.values(), (ber.COUNTER64, 2**41)),
    }
    old_reading, old_pdus = read(lab, old)
    new_reading, new_pdus = read(lab, old | new)
    assert [(p.index, p.counter_bits) for p in old_reading.interfaces or ()] == [
        (5, 32),
        (16_777_317, 32),
    ]
    assert {p.counter_bits for p in new_reading.interfaces or ()} == {64}
    assert {p.speed_bps for p in old_reading.interfaces or ()} == {100_000_000}
    assert new_pdus < old_pdus
    assert new_reading.uptime_ticks == 4711


def test_a_device_without_ports_has_none_and_is_no_failure(lab: Lab) -> None:
    reading, _ = read(lab, {})
    assert reading.interfaces == ()
    assert [s.metric.name for s in reading.samples] == ["sysUpTime"]


def test_a_port_that_went_while_the_table_was_read_is_dropped_and_one_that_stayed_is_kept(
    lab: Lab,
) -> None:
    whole = {f"{ber.oid_text(oid)}.{n}": cell for oid, cell in GOOD.items() for n in (1, 2, 3)}
    states = {f"{ber.oid_text(c)}.{n}" for c in interfaces.STATES for n in (2, 3)}
    half = lab.Agent({oid: cell for oid, cell in whole.items() if oid not in states})
    left = lab.Agent({oid: cell for oid, cell in whole.items() if not oid.endswith(".3")})

    def behave(request: Message, _data: bytes) -> Iterator[Reply]:
        agent = left if request.pdu == ber.GET else half
        yield lab.Reply(ber.encode_message(agent.answer(request)))

    engine, wire = lab.engine(behave)

    async def story() -> Reading:
        return await interfaces.run(lab.device(), lab.context(engine))

    found = lab.on_virtual_time(story).interfaces
    assert [(one.index, one.admin) for one in found] == [(1, "up"), (2, "up")]
    assert [len(one.varbinds) for one in wire.sent if one.pdu == ber.GET] == [2]
