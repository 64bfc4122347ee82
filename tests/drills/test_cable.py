"""The faces without sockets, asked by the real probes on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from drills import cable, faults
from drills.listen import Ports
from drills.writing import write_inventory
from inventory.credentials import Secret, resolve
from inventory.load import load
from probes.clock import run_virtual
from probes.errors import LimitExceeded, NotConfigured, ProbeError, Refused, TimedOut
from probes.model import Reason
from probes.registry import kinds, probes, probes_for
from probes.run import observe
from probes.snmp import ber
from probes.snmp.types import SnmpTarget
from probes.target import targets_of
from probes.transports.model import Transports

if TYPE_CHECKING:
    from pathlib import Path

    from drills.world import World
    from probes.clock import ManualClock

ASKER = "ward:26740"
PORTS = Ports(161, 443, 9100, 1)
SERVICE = "https://127.8.0.14:443/"

Story = Callable[[Transports], Awaitable[Any]]


@pytest.fixture
def play(world: World, clock: ManualClock) -> Callable[..., Any]:
    """Run a story with ways out into the world, on virtual time; its result."""

    def played(story: Story, asker: str = ASKER, **settings: float) -> Any:
        async def whole() -> Any:
            ways = cable.transports(world, asker, **settings)
            try:
                return await story(ways)
            finally:
                ways.snmp.close()

        return run_virtual(whole(), clock)

    return played


def _target(world: World, host: str) -> SnmpTarget:
    return SnmpTarget(host, community=Secret(world.community))


def _in(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


def test_every_probe_of_every_target_is_ok_in_a_well_ward(
    world: World, clock: ManualClock, play: Callable[..., Any], tmp_path: Path
) -> None:
    write_inventory(world, tmp_path, PORTS, "ward", b"")
    inventory = load(tmp_path, kinds())
    targets = targets_of(inventory.wards["26740"], inventory)

    pairs = [(target, probe) for target in targets for probe in probes_for(target)]
    # A machine with an exporter is not asked by SNMP as well, but it could be.
    pairs += [(target, probes()["snmp-host"]) for target in targets if target.role == "vm"]

    async def story(ways: Transports) -> dict[tuple[str, str], Reason]:
        secret = partial(resolve, folder=tmp_path)
        return {
            (target.name, probe.name): (
                await observe(target, probe, ways, clock, clock.monotonic() + 10, secret)
            ).reason
            for target, probe in pairs
        }

    seen = play(story)
    assert {pair: reason for pair, reason in seen.items() if reason is not Reason.OK} == {}
    assert {probe for _, probe in seen} >= {
        *("icmp", "snmp-identity", "snmp-interfaces", "snmp-ups", "snmp-host"),
        *("cisco-ce", "node-exporter", "http"),
    }


def test_a_slow_device_answers_late_and_a_silent_one_times_out_at_the_deadline(
    world: World, clock: ManualClock, play: Callable[..., Any]
) -> None:
    faults.apply(world, "snmp_slow", "core", {"seconds": 2})
    faults.apply(world, "snmp_silent", "access")
    name = ber.oid("1.3.6.1.2.1.1.5.0")

    async def story(ways: Transports) -> tuple[Any, float]:
        late = await ways.snmp.get(_target(world, "127.16.0.10"), [name], deadline=_in(30))
        answered_at = clock.monotonic()
        with pytest.raises(TimedOut):
            await ways.snmp.get(_target(world, "127.16.0.11"), [name], deadline=_in(30))
        return late.varbinds[0].value, answered_at

    assert play(story) == (b"sw-26740-01", 2.0)


def test_the_cable_takes_its_time_each_way(
    world: World, clock: ManualClock, play: Callable[..., Any]
) -> None:
    async def story(ways: Transports) -> tuple[float | None, float]:
        name = ber.oid("1.3.6.1.2.1.1.5.0")
        found = await ways.snmp.get(_target(world, "127.16.0.1"), [name], deadline=_in(5))
        asked_at = clock.monotonic()
        await ways.http.get(SERVICE, deadline=_in(5))
        return found.stats.rtt_s, clock.monotonic() - asked_at

    rtt_s, took_s = play(story, delay_s=0.25)
    assert rtt_s == pytest.approx(0.5)
    assert took_s == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("url", "limit", "error"),
    [
        ("https://127.8.0.99:443/", 1000, TimedOut),
        ("ftp://127.8.0.14/", 1000, NotConfigured),
        (SERVICE, 10, LimitExceeded),
    ],
)
def test_http_fails_as_the_real_client_does(
    play: Callable[..., Any], url: str, limit: int, error: type[ProbeError]
) -> None:
    async def story(ways: Transports) -> None:
        with pytest.raises(error):
            await ways.http.get(url, deadline=_in(3), max_bytes=limit)

    play(story)


def test_a_stopped_service_is_silent_until_the_deadline_and_a_degraded_one_says_503(
    world: World, clock: ManualClock, play: Callable[..., Any]
) -> None:
    async def story(ways: Transports) -> int:
        stopped = faults.apply(world, "service_stopped", "tthc")
        with pytest.raises(TimedOut):
            await ways.http.get(SERVICE, deadline=_in(3))
        assert clock.monotonic() == 3
        faults.clear(world, stopped)
        faults.apply(world, "service_stopped", "tthc", {"degraded": True})
        answer = await ways.http.get(SERVICE, deadline=_in(3))
        assert answer.expires_at is not None
        return answer.status

    assert play(story) == 503


def test_a_connection_is_taken_up_refused_or_lost(world: World, play: Callable[..., Any]) -> None:
    async def story(ways: Transports) -> None:
        assert 0 < await ways.tcp.connect("127.8.0.14", 443, deadline=_in(3)) < 1
        faults.apply(world, "service_stopped", "tthc")
        with pytest.raises(Refused):
            await ways.tcp.connect("127.8.0.14", 443, deadline=_in(3))
        faults.apply(world, "cable_cut", "ce:wan")
        with pytest.raises(TimedOut):
            await ways.tcp.connect("127.8.0.11", 443, deadline=_in(3))

    play(story)


def test_a_burst_takes_the_time_that_its_echoes_take(
    world: World, clock: ManualClock, play: Callable[..., Any]
) -> None:
    async def story(ways: Transports) -> None:
        well = await ways.echo.burst("127.8.0.1", count=5, gap_s=0.2, timeout_s=1)
        assert (well.sent, well.lost, len(well.rtts_s), well.method) == (5, 0, 5, "sim")
        assert clock.monotonic() == pytest.approx(0.8 + well.rtts_s[-1])
        faults.apply(world, "cable_cut", "ce:wan")
        began = clock.monotonic()
        lost = await ways.echo.burst("127.8.0.1", count=5, gap_s=0.2, timeout_s=1)
        assert (lost.lost, lost.rtts_s) == (5, ())
        assert clock.monotonic() - began == pytest.approx(1.8)
        faults.apply(world, "path_latency", "access:24", {"ms": 1500})
        late = await ways.echo.burst("127.16.0.10", count=2, gap_s=0.2, timeout_s=1)
        assert late.lost == 2
        assert await ways.echo.host_link() is True
        faults.apply(world, "power_off", "access")
        assert await ways.echo.host_link() is False

    play(story)


def test_the_login_of_the_endpoint_is_checked(world: World, play: Callable[..., Any]) -> None:
    url = "https://127.16.0.30:443/status.xml"

    async def story(ways: Transports) -> list[int]:
        logins = [("wardops", Secret(world.api_password)), ("wardops", Secret("x")), (None, None)]
        return [
            (await ways.http.get(url, deadline=_in(3), user=user, password=password)).status
            for user, password in logins
        ]

    assert play(story) == [200, 401, 401]
