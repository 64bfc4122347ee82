"""What devices tell of themselves over time, as the agent remembers it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from agent.chronicle import Chronicle
from agent.journal.port_shelf import from_records, to_records
from probes import oids
from probes.model import Interface, Observation, Reading, Reason, Target, UpsStatus
from probes.snmp import ber, ports
from probes.snmp.types import Varbind
from probes.vm.status import VmStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agent.chronicle import Told

START = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
SWITCH = Target("26740", "sw-1", "cisco_ios", "core", "192.0.2.10", uplink="Gi1/0/48")
KEY = ("26740", "sw-1")
BOOTED_TICKS = 90_000_000


def port(number: int, index: int, octets: int = 0, **other: Any) -> Interface:
    name = f"Gi1/0/{number}"
    values: dict[str, Any] = {
        "descr": name, "type": 6, "mac": f"02:00:00:00:00:{number:02x}", "admin": "up",
        "oper": "up", "speed_bps": 10**9, "in_octets": octets, "out_octets": octets,
        "counter_bits": 64,
    }  # fmt: skip
    return Interface(index=index, name=name, **(values | other))


def observed(
    mono: float, interfaces: Iterable[Interface], ticks: int | None = None, **other: Any
) -> Observation:
    reading = Reading(interfaces=tuple(interfaces), uptime_ticks=ticks, **other)
    at = START + timedelta(seconds=mono)
    return Observation(SWITCH, "snmp-interfaces", Reason.OK, reading, at, mono, 0.1, 75.0)


def at(mono: float) -> datetime:
    return START + timedelta(seconds=mono)


def chronicle() -> Chronicle:
    numbers = count(1)
    return Chronicle(lambda: f"port-{next(numbers)}")


def kinds(told: Sequence[Told]) -> list[str]:
    return [event.kind for one in told for event in one.events]


def shuffled(seed: int) -> list[int]:
    indexes = list(range(10101, 10149))
    Random(seed).shuffle(indexes)  # noqa: S311 - the seed is the order under test
    return indexes


@pytest.mark.parametrize("seed", range(20))
def test_48_ports_renumbered_by_a_restart_are_48_identities_and_one_event(seed: int) -> None:
    kept = chronicle()
    before = [port(n + 1, 10101 + n) for n in range(48)]
    after = [port(n + 1, index) for n, index in enumerate(shuffled(seed))]
    told = [
        kept.take(observed(0.0, before, BOOTED_TICKS), at(0.0)),
        kept.take(observed(30.0, before, BOOTED_TICKS + 3_000), at(30.0)),
    ]
    ids = {one.name: kept.port_ids(KEY)[one.index] for one in before}
    told += [
        kept.take(observed(120.0, after, 4_000), at(120.0)),
        kept.take(observed(150.0, after, 7_000), at(150.0)),
    ]
    assert {one.name: kept.port_ids(KEY)[one.index] for one in after} == ids
    assert len(set(ids.values())) == 48
    assert kinds(told) == ["device-restarted", "interfaces-renumbered"]
    renumbered = told[2].events[1]
    moved = sum(a.index != b.index for a, b in zip(before, after, strict=True))
    assert renumbered.data == {"n": moved}
    assert (kept.restarts(KEY), kept.renumberings(KEY)) == (1, 1)
    assert [one.ports is not None for one in told] == [True, False, True, False]


def test_identities_live_on_through_a_restart_of_the_program() -> None:
    first = chronicle()
    before = [port(n + 1, 10101 + n) for n in range(48)]
    told = first.take(observed(0.0, before, BOOTED_TICKS), at(0.0))
    assert told.ports is not None
    records = to_records(KEY, told.ports, at(0.0))
    second = Chronicle(lambda: "never")
    second.restore(from_records(records))
    after = [port(n + 1, index) for n, index in enumerate(shuffled(7))]
    again = second.take(observed(0.0, after, BOOTED_TICKS + 360_000), at(3_600.0))
    assert [event.kind for event in again.events] == ["interfaces-renumbered"]
    names = {one.index: one.name for one in before}
    expected = {names[index]: port_id for index, port_id in first.port_ids(KEY).items()}
    assert {one.name: second.port_ids(KEY)[one.index] for one in after} == expected


@pytest.mark.parametrize(("uptime_s", "is_new"), [(7_200, False), (600, True)])
def test_ports_without_a_name_are_known_by_index_while_the_device_ran_on(
    uptime_s: int, *, is_new: bool
) -> None:
    plain = [port(n, n, name_source="ifDescr", descr="Ethernet", mac=None) for n in (1, 2)]
    first = chronicle()
    told = first.take(observed(0.0, plain, 999_999), at(0.0))
    second = Chronicle(iter(("new-1", "new-2")).__next__)
    second.restore(from_records(to_records(KEY, told.ports or (), at(0.0))))
    second.take(observed(0.0, plain, uptime_s * 100), at(3_600.0))
    assert (second.port_ids(KEY) != first.port_ids(KEY)) is is_new


def test_the_series_of_a_port_go_on_when_its_number_changes() -> None:
    def lines(indexes: Sequence[int]) -> set[tuple[str, tuple[str, ...]]]:
        rows = {
            index: {
                oids.ifName: Varbind(oids.ifName, ber.OCTET_STRING, b"Gi1/0/%d" % number),
                oids.ifHCInOctets: Varbind(oids.ifHCInOctets, ber.COUNTER64, 5),
                oids.ifHCOutOctets: Varbind(oids.ifHCOutOctets, ber.COUNTER64, 5),
            }
            for number, index in enumerate(indexes, start=1)
        }
        target = replace(SWITCH, export="all")
        made = ports.samples(target, ports.interfaces(rows), rows, None)
        return {(sample.metric.name, sample.labels) for sample in made}

    assert lines(range(10101, 10149)) == lines(shuffled(3))


def test_the_wrap_of_sys_uptime_is_no_event_and_rates_go_on() -> None:
    kept = chronicle()
    told = [
        kept.take(
            observed(n * 30.0, [port(1, 1, n * 3_000)], (2**32 - 6_000 + n * 3_000) % 2**32),
            at(n * 30.0),
        )
        for n in range(5)
    ]
    assert kinds(told) == []
    assert kept.flows(KEY)[1].into.per_s == 100.0


def test_no_rate_is_made_across_a_restart_or_a_new_number() -> None:
    kept = chronicle()
    kept.take(observed(0.0, [port(1, 1, 500)], BOOTED_TICKS), at(0.0))
    kept.take(observed(30.0, [port(1, 1, 900)], 1_000), at(30.0))
    assert kept.flows(KEY) == {}
    kept.take(observed(60.0, [port(1, 7, 1_800)], 4_000), at(60.0))
    assert kept.flows(KEY) == {}
    kept.take(observed(90.0, [port(1, 7, 2_100)], 7_000), at(90.0))
    assert kept.flows(KEY)[7].into.per_s == 10.0


def test_a_fast_port_with_32_bits_has_no_trusted_rate() -> None:
    kept = chronicle()
    for n in range(2):
        slow = port(1, 1, n, counter_bits=32)
        fast = port(2, 2, n, counter_bits=32, speed_bps=10**10)
        kept.take(observed(n * 30.0, [slow, fast]), at(n * 30.0))
    flows = kept.flows(KEY)
    assert (flows[1].is_trusted, flows[2].is_trusted) == (True, False)
    assert flows[2].into.per_s is None


def test_a_port_gone_for_fifteen_minutes_is_a_finding_and_not_forgotten() -> None:
    kept = chronicle()
    both, one = [port(1, 1), port(2, 2)], [port(1, 1)]
    told = [kept.take(observed(0.0, both), at(0.0))]
    told += [kept.take(observed(n * 30.0, one), at(n * 30.0)) for n in range(1, 40)]
    assert kinds(told) == ["interface-vanished"]
    back = kept.take(observed(1_200.0, both), at(1_200.0))
    assert [event.kind for event in back.events] == ["interface-returned"]


def test_a_cut_table_makes_no_port_vanish() -> None:
    kept = chronicle()
    kept.take(observed(0.0, [port(1, 1), port(2, 2)]), at(0.0))
    told = [
        kept.take(observed(n * 300.0, [port(1, 1)], complete=False), at(n * 300.0))
        for n in range(1, 10)
    ]
    assert kinds(told) == []


def test_two_ports_of_one_name_are_a_finding_once() -> None:
    kept = chronicle()
    twins = [port(1, 1), port(1, 2, mac="02:00:00:00:00:99")]
    told = [kept.take(observed(n * 30.0, twins), at(n * 30.0)) for n in range(3)]
    assert kinds(told) == ["ifname-not-unique"]


def test_a_failed_poll_and_a_probe_without_uptime_say_nothing() -> None:
    kept = chronicle()
    good = observed(0.0, [port(1, 1)], BOOTED_TICKS)
    kept.take(good, at(0.0))
    silent = replace(good, reason=Reason.TIMEOUT, reading=Reading(), mono=30.0)
    other = replace(good, probe="snmp-ups", reading=Reading(ups=UpsStatus()), mono=60.0)
    assert kinds([kept.take(silent, at(30.0)), kept.take(other, at(60.0))]) == []


def test_a_card_that_counts_in_another_unit_is_told_once() -> None:
    kept = chronicle()
    good = observed(0.0, [port(1, 1)], BOOTED_TICKS)
    odd = replace(good, probe="snmp-ups", reading=Reading(ups=UpsStatus(is_scale_fixed=True)))
    assert kinds([kept.take(odd, at(n * 30.0)) for n in range(3)]) == ["ups-scale-fixed"]


def test_a_clock_that_was_set_during_a_burst_is_told() -> None:
    kept = chronicle()
    burst = replace(observed(0.0, ()), probe="stamp", reading=Reading())
    stepped = replace(burst, reading=Reading(clock_stepped=True))
    told = [kept.take(one, at(n * 30.0)) for n, one in enumerate((burst, stepped, burst))]
    assert kinds(told) == ["clock-step"]


def test_a_machine_that_started_anew_is_seen_by_its_own_uptime() -> None:
    kept = chronicle()
    vm = replace(SWITCH, name="vm-1", role="vm")
    told = [
        kept.take(
            replace(
                observed(mono, ()),
                target=vm, probe="node-exporter",
                reading=Reading(vm=VmStatus(uptime_s=uptime_s)),
            ),
            at(mono),
        )
        for mono, uptime_s in ((0.0, 50_000.0), (30.0, 50_030.0), (60.0, 8.0), (90.0, 38.0))
    ]  # fmt: skip
    assert kinds(told) == ["device-restarted"]
    assert told[2].events[0].data["signs"] == ["own_uptime"]
