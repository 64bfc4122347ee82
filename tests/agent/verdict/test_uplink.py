"""The uplink port's use: full, faulty, or left open; what that makes of a poor way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent.verdict.echoes import Burst, EchoWindow
from agent.verdict.facts import facts_of
from agent.verdict.stretch import stretch_is_good
from agent.verdict.uplink import PortUse
from playbooks.verdict.facts import Truth
from playbooks.verdict.rootcause import judge
from probes.model import TTL_PERIODS, Interface, Observation, Reading, Reason
from tests.agent.verdict.test_facts import CE, CORE, PORT, TARGETS, answering, good_ward, ports

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
COMMIT_BPS = 1e8
POLL_S = 30.0
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def polled(octets: float, errors: int | None, speed_bps: int = 10**9) -> Interface:
    return Interface(
        48, PORT, admin="up", oper="up", speed_bps=speed_bps, in_octets=int(octets),
        out_octets=int(octets / 4), counter_bits=64, in_errors=errors, out_errors=errors and 0,
    )  # fmt: skip


def used(shares: list[float], errors_a_poll: int | None = 0, *, slow_at: int = -1) -> PortUse:
    """A port polled every 30 s from second 0 on, with these shares of the commit between polls."""
    use, octets, errors = PortUse(), 0.0, 0 if errors_a_poll is not None else None
    for number, share in enumerate([0.0, *shares]):
        octets += share * COMMIT_BPS / 8 * POLL_S
        if number and errors is not None:
            errors += errors_a_poll or 0
        mono = number * POLL_S
        port = polled(octets, errors, 10**8 if number == slow_at else 10**9)
        seen = Observation(
            TARGETS[CORE], "snmp-interfaces", Reason.OK, Reading(), AT, mono, 0.1, 75.0
        )
        use = use.add(port, seen, POLL_S)
    return use


def test_the_use_of_a_port_has_an_age_until_its_time_is_over_or_the_port_is_down() -> None:
    use = used([0.1] * 4)
    assert use.age_s(125.0) == 5.0
    assert use.age_s(120.0 + TTL_PERIODS * POLL_S + 1) is None
    down = replace(polled(0, 0), oper="down")
    seen = Observation(TARGETS[CORE], "snmp-interfaces", Reason.OK, Reading(), AT, 150.0, 0.1, 75.0)
    assert use.add(down, seen, POLL_S).age_s(151.0) is None


@pytest.mark.parametrize(
    ("shares", "since", "truth"),
    [
        ([0.95] * 10, 100.0, T),
        ([0.89] * 10, 100.0, U),
        ([0.1] * 10, 100.0, F),
        ([0.1] * 10, None, F),
        ([0.1] * 8 + [0.95] * 2, 200.0, U),  # a short peak may have cost the packets
        ([0.95] * 4 + [0.1] * 12, 20.0, U),  # so may one that is over
        ([0.1] * 10, 310.0, U),  # nothing was read since the loss
        ([0.1], -5.0, U),  # nor before it
        ([], None, U),
    ],
)
def test_a_port_is_full_on_five_minutes_and_not_full_only_when_it_never_was(
    shares: list[float], since: float | None, truth: Truth
) -> None:
    assert used(shares).full(COMMIT_BPS, since)[0] is truth


@pytest.mark.parametrize(("errors", "truth"), [(0, F), (1, F), (20, U), (50_000, T), (None, U)])
def test_errors_are_weighed_against_the_packets_that_the_octets_can_have_been(
    errors: int | None, truth: Truth
) -> None:
    # 10 % of 100 Mbit/s in, a quarter out: 30,900 to 732,000 packets in half a minute.
    assert used([0.1] * 10, errors).faulty(100.0)[0] is truth


def test_a_port_that_came_up_slower_than_it_was_is_faulty() -> None:
    found = used([0.1] * 10, slow_at=10).faulty(100.0)
    assert found == (T, {"mbps": 100.0, "before": 1000.0})


def test_a_port_without_link_says_nothing_of_its_use() -> None:
    use = used([0.1] * 10)
    down = replace(polled(0, 0), oper="down")
    seen = Observation(TARGETS[CORE], "snmp-interfaces", Reason.OK, Reading(), AT, 330.0, 0.1, 75.0)
    gone = use.add(down, seen, POLL_S)
    assert gone.full(COMMIT_BPS, None)[0] is U
    assert gone.faulty(None)[0] is U


def _poor_way(use: PortUse, near_lost: int = 0, near_sent: int = 300) -> tuple[str, str, str]:
    """The verdict on a ward that loses 30 of 300 echoes, with that use of its uplink port."""
    bursts = (Burst(20.0, 5, 5), *(Burst(25.0 + n, 5, 0) for n in range(54)), Burst(90.0, 25, 25))
    sight = replace(
        good_ward(**{CORE: answering(CORE, "snmp-interfaces", ports())}),
        far_end=EchoWindow(bursts, T, F),
        near={CE: (Burst(30.0, near_sent, near_lost),)},
        line_use=use,
    )
    verdict = judge(facts_of(sight), "ward")
    return verdict.row, verdict.segment, verdict.part


def test_a_poor_line_is_the_carrier_s_when_the_ward_s_own_end_is_proven_good() -> None:
    assert _poor_way(used([0.1] * 10)) == ("Q3", "metronet", "quality")


def test_a_full_line_is_the_ward_s_own_traffic() -> None:
    assert _poor_way(used([0.95] * 10)) == ("Q2", "metronet", "congestion")


def test_errors_on_the_uplink_are_the_switch_s() -> None:
    assert _poor_way(used([0.1] * 10, 50_000)) == ("Q1", "switch", "uplink_errors")


@pytest.mark.parametrize(("lost", "sent"), [(30, 300), (15, 300), (8, 300), (0, 40)])
def test_a_poor_line_is_not_blamed_while_the_own_stretch_may_lose_the_packets(
    lost: int, sent: int
) -> None:
    assert _poor_way(used([0.1] * 10), lost, sent)[0] == "U1"


def test_few_echoes_to_the_terminal_device_prove_nothing_by_luck() -> None:
    far_end = EchoWindow((Burst(20.0, 240, 10),), T, F)
    sight = replace(good_ward(), far_end=far_end, near={CE: (Burst(30.0, 100, 0),)})
    assert stretch_is_good(sight) is None
    many = replace(sight, near={CE: (Burst(30.0, 1000, 0),)})
    assert stretch_is_good(many) is True
