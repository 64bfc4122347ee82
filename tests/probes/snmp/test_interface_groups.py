"""What a port is, is read seldom; how it is, at every run; and at once whatever moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from probes import oids
from probes.clock import SystemClock
from probes.model import Memory
from probes.snmp import ber, interfaces

if TYPE_CHECKING:
    from probes.model import Reading
    from tests.probes.snmp.conftest import Lab

OCTETS = ber.OCTET_STRING
Values: TypeAlias = dict[str, tuple[int, Any]]
Change: TypeAlias = Callable[[Values], None]


def name_of(oid: bytes, index: int) -> str:
    """The dotted name of one cell."""
    return f"{ber.oid_text(oid)}.{index}"


def switch(ports: int = 3) -> Values:
    """A switch that says all of the table's columns."""
    values: Values = {
        ber.oid_text(oids.ifNumber): (ber.INTEGER, ports),
        ber.oid_text(oids.ifTableLastChange): (ber.TIMETICKS, 50),
    }
    for n in range(1, ports + 1):
        values |= {
            name_of(oids.ifName, n): (OCTETS, b"Gi1/0/%d" % n),
            name_of(oids.ifAlias, n): (OCTETS, b"before"),
            name_of(oids.ifOperStatus, n): (ber.INTEGER, 1),
            name_of(oids.ifLastChange, n): (ber.TIMETICKS, 100),
            name_of(oids.ifHighSpeed, n): (ber.GAUGE32, 1000),
            name_of(oids.ifHCInOctets, n): (ber.COUNTER64, 2**40),
            name_of(oids.ifHCOutOctets, n): (ber.COUNTER64, 2**41),
        }
    return values


def readings(
    lab: Lab,
    values: Values,
    changes: list[Change],
    *,
    every_s: float = 30.0,
    boot_ticks: int = 9000,
) -> list[tuple[Reading, int]]:
    """One reading per change, made before it, and how many octets it brought."""
    taken: list[int] = []
    clock, memory = SystemClock(), Memory()

    def behave(request: Any, _data: bytes) -> Any:
        now = {
            ber.oid_text(oids.sysUpTime): (ber.TIMETICKS, boot_ticks + int(clock.monotonic() * 100))
        }
        answer = ber.encode_message(lab.Agent(now | values).answer(request))
        taken.append(len(answer))
        yield lab.Reply(answer)

    engine, _wire = lab.engine(behave)

    async def story() -> list[tuple[Reading, int]]:
        found = []
        for change in changes:
            change(values)
            taken.clear()
            context = lab.context(engine, memory=memory)
            found.append((await interfaces.run(lab.device(), context), sum(taken)))
            await clock.sleep(every_s)
        return found

    read: list[tuple[Reading, int]] = lab.on_virtual_time(story)
    return read


def nothing(_values: Values) -> None:
    """The device stays as it is."""


def alias(values: Values) -> None:
    """Somebody gives port 2 another name."""
    values[name_of(oids.ifAlias, 2)] = (OCTETS, b"after")


def said(reading: Reading) -> list[str | None]:
    """The aliases of all ports."""
    return [port.alias for port in reading.interfaces or ()]


def test_a_run_soon_after_brings_fewer_octets_and_the_same_ports(lab: Lab) -> None:
    first, second = readings(lab, switch(40), [nothing, nothing])
    assert second[1] < 0.75 * first[1]
    assert second[0].interfaces == first[0].interfaces
    names = [[(s.metric.name, s.labels) for s in one.samples] for one, _ in (first, second)]
    assert names[0] == names[1]


def test_what_counts_and_what_state_a_port_is_in_are_read_at_every_run(lab: Lab) -> None:
    def count(values: Values) -> None:
        values[name_of(oids.ifHCInOctets, 1)] = (ber.COUNTER64, 2**40 + 5)

    found = [one.interfaces or () for one, _ in readings(lab, switch(), [nothing, count])]
    assert [ports[0].in_octets for ports in found] == [2**40, 2**40 + 5]


def test_a_new_alias_shows_within_the_slow_period(lab: Lab) -> None:
    runs = int(interfaces.SLOW_EVERY_S / 30) + 1
    found = readings(lab, switch(), [nothing, alias, *[nothing] * (runs - 1)])
    assert said(found[1][0]) == ["before"] * 3
    assert said(found[runs][0]) == ["before", "after", "before"]


def _restart(values: Values) -> None:
    values[ber.oid_text(oids.sysUpTime)] = (ber.TIMETICKS, 500)


def _table(values: Values) -> None:
    values[ber.oid_text(oids.ifTableLastChange)] = (ber.TIMETICKS, 9100)


def _number(values: Values) -> None:
    values[ber.oid_text(oids.ifNumber)] = (ber.INTEGER, 4)


def _state(values: Values) -> None:
    values[name_of(oids.ifOperStatus, 2)] = (ber.INTEGER, 2)


def _link(values: Values) -> None:
    values[name_of(oids.ifLastChange, 2)] = (ber.TIMETICKS, 9100)


def _port(values: Values) -> None:
    values[name_of(oids.ifOperStatus, 9)] = (ber.INTEGER, 1)


@pytest.mark.parametrize("move", [_restart, _table, _number, _state, _link, _port])
def test_whatever_moved_has_all_columns_read_at_once(lab: Lab, move: Change) -> None:
    def both(values: Values) -> None:
        alias(values)
        move(values)

    (_before, _), (after, _) = readings(lab, switch(), [nothing, both])
    assert "after" in said(after)


def test_a_port_that_is_gone_is_gone_at_the_next_run(lab: Lab) -> None:
    def pull(values: Values) -> None:
        for cell in [cell for cell in values if cell.endswith(".3")]:
            del values[cell]

    (_before, _), (after, _) = readings(lab, switch(), [nothing, pull])
    assert [port.index for port in after.interfaces or ()] == [1, 2]


def test_a_device_of_32_bit_counters_goes_on_counting(lab: Lab) -> None:
    values = {k: v for k, v in switch().items() if v[0] != ber.COUNTER64}
    values |= {name_of(oid, n): (ber.COUNTER32, 7) for oid in (oids.ifInOctets, oids.ifOutOctets)
               for n in (1, 2, 3)}  # fmt: skip

    def count(values: Values) -> None:
        values[name_of(oids.ifInOctets, 1)] = (ber.COUNTER32, 9)

    found = [one.interfaces or () for one, _ in readings(lab, values, [nothing, count])]
    assert [(ports[0].in_octets, ports[0].counter_bits) for ports in found] == [(7, 32), (9, 32)]
