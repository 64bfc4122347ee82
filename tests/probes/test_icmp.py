"""Pings for real: loopback by every way this machine permits, and the ladder between them."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from probes.clock import SystemClock
from probes.errors import Busy, NotConfigured, NotPermitted
from probes.icmp import LADDER, IcmpEcho, Method
from probes.icmp_other import read_fping
from probes.icmp_wire import EchoPacket
from probes.model import EchoStats

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def echo() -> AsyncIterator[Callable[..., IcmpEcho]]:
    """Makes echo clients and closes them at the end."""
    made: list[IcmpEcho] = []

    def make(*ladder: Method) -> IcmpEcho:
        made.append(IcmpEcho(SystemClock(), ladder=ladder or LADDER))
        return made[-1]

    yield make
    for one in made:
        one.close()


async def permitted(client: IcmpEcho) -> None:
    """Skip where the machine does not permit this way of pinging."""
    try:
        await client.start()
    except NotPermitted:
        pytest.skip("this machine does not permit this way of pinging")


async def test_loopback_answers_every_echo_by_the_best_way(
    echo: Callable[..., IcmpEcho],
) -> None:
    client = echo()
    stats = await client.burst("127.0.0.1", count=5, gap_s=0.02, timeout_s=1.0)
    assert (stats.sent, stats.lost, len(stats.rtts_s)) == (5, 0, 5)
    assert all(0 < rtt_s < 0.5 for rtt_s in stats.rtts_s)
    assert stats.method == client.method
    assert stats.method in LADDER


@pytest.mark.realtime
@pytest.mark.parametrize("method", LADDER)
async def test_each_way_measures_loopback_where_it_is_permitted(
    echo: Callable[..., IcmpEcho], method: Method
) -> None:
    client = echo(method)
    await permitted(client)
    stats = await client.burst("127.0.0.1", count=3, gap_s=0.01, timeout_s=1.0)
    assert (stats.sent, stats.lost, stats.method) == (3, 0, method)


async def test_ipv6_loopback_answers_over_a_socket_of_its_own(
    echo: Callable[..., IcmpEcho],
) -> None:
    client = echo()
    try:
        stats = await client.burst("::1", count=3, gap_s=0.01, timeout_s=1.0)
    except NotPermitted:
        pytest.skip("no IPv6 on this machine")
    assert stats.lost == 0


async def test_a_hundred_targets_at_once_lose_nothing_and_mix_nothing(
    echo: Callable[..., IcmpEcho],
) -> None:
    client = echo()
    hosts = [f"127.0.{n}.1" for n in range(100)]
    bursts = await asyncio.gather(
        *(client.burst(host, count=2, gap_s=0.01, timeout_s=1.0) for host in hosts)
    )
    assert [stats.lost for stats in bursts] == [0] * 100
    assert max(rtt_s for stats in bursts for rtt_s in stats.rtts_s) < 0.5


async def test_what_would_wait_too_long_for_its_turn_is_busy_and_never_lost(
    echo: Callable[..., IcmpEcho],
) -> None:
    """Two thousand at once are four seconds of packets: nobody waits for the end of that."""
    client = echo("dgram", "raw")
    await permitted(client)
    ends = await asyncio.gather(
        *(
            client.burst(f"127.0.{n // 250}.{1 + n % 250}", count=1, gap_s=0.0, timeout_s=1.0)
            for n in range(2000)
        ),
        return_exceptions=True,
    )
    assert {type(end) for end in ends} == {EchoStats, Busy}
    assert sum(end.lost for end in ends if isinstance(end, EchoStats)) == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("method", ["dgram", "raw"])
async def test_echoes_of_any_size_mark_and_reach_come_back_from_loopback(
    echo: Callable[..., IcmpEcho], method: Method, host: str
) -> None:
    client = echo(method)
    shapes = [
        EchoPacket(octets, dscp, dont_fragment, hop_limit, same_flow)
        for octets, dscp, dont_fragment, hop_limit, same_flow in (
            (20, 46, False, None, False), (1400, 34, True, None, False),
            (1400, 0, False, 1, True), (56, 0, True, 64, False),
        )
    ]  # fmt: skip
    try:
        ends = await client.shots(host, shapes, gap_s=0.0, timeout_s=5.0)
    except NotPermitted:
        pytest.skip("this machine does not permit this way of pinging")
    assert [end.error for end in ends] == [None] * 4
    assert all(end.rtt_s is not None and end.rtt_s > 0 for end in ends)


async def test_shapes_need_a_socket_of_the_kernel(echo: Callable[..., IcmpEcho]) -> None:
    with pytest.raises(NotPermitted):
        await echo("tcp").shots("127.0.0.1", [EchoPacket()], gap_s=0.0, timeout_s=1.0)
    with pytest.raises(NotConfigured):
        await echo("tcp").shots("vc.example", [EchoPacket()], gap_s=0.0, timeout_s=1.0)


async def test_the_first_way_that_really_works_is_taken(echo: Callable[..., IcmpEcho]) -> None:
    client = echo("tcp", "raw")
    assert await client.start() == "tcp"
    stats = await client.burst("127.0.0.1", count=1, gap_s=0.0, timeout_s=1.0)
    assert stats.method == "tcp"


async def test_no_way_at_all_is_a_missing_right(echo: Callable[..., IcmpEcho]) -> None:
    client = IcmpEcho(SystemClock(), ladder=())
    with pytest.raises(NotPermitted) as caught:
        await client.burst("127.0.0.1", count=1, gap_s=0.0, timeout_s=1.0)
    assert caught.value.detail_code == "icmp_none"
    assert "CAP_NET_RAW" in caught.value.text("vi")
    assert client.method is None
    assert echo().method is None


@pytest.mark.parametrize("host", ["", "vc.example", "127.0.0.1/8"])
async def test_a_host_that_is_no_address_is_configuration(
    echo: Callable[..., IcmpEcho], host: str
) -> None:
    with pytest.raises(NotConfigured):
        await echo().burst(host, count=1, gap_s=0.0, timeout_s=1.0)


async def test_cancelling_a_burst_leaves_the_client_usable(
    echo: Callable[..., IcmpEcho],
) -> None:
    client = echo()
    await client.start()
    running = asyncio.ensure_future(client.burst("127.0.0.1", count=50, gap_s=0.5, timeout_s=1.0))
    await client.burst("127.0.0.2", count=1, gap_s=0.0, timeout_s=1.0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    stats = await client.burst("127.0.0.1", count=2, gap_s=0.0, timeout_s=1.0)
    assert stats.lost == 0


async def test_the_host_link_is_what_the_machine_says() -> None:
    for link in (True, False, None):
        client = IcmpEcho(SystemClock(), link=lambda said=link: said)  # type: ignore[misc] # bound now
        assert await client.host_link() is link


def test_fping_tells_each_echo_and_what_it_lost() -> None:
    told = "192.0.2.1 : 0.50 - 2.5\n"
    stats = read_fping(told, "192.0.2.1", timeout_s=0.001)
    assert stats == EchoStats(3, 2, (0.0005,), "fping")


@pytest.mark.parametrize("told", ["", "fping: can't create socket\n", "192.0.2.2 : 0.1\n"])
def test_fping_without_a_result_line_could_not_ping(told: str) -> None:
    with pytest.raises(NotPermitted):
        read_fping(told, "192.0.2.1", timeout_s=1)


# A network of its own: a router that has no way to 198.51.100.0/24 and says so, a neighbour that
# does not exist, and ICMP datagram sockets permitted.
NETWORK = """
set -e
ip link set lo up
echo "0 0" > /proc/sys/net/ipv4/ping_group_range
unshare -n sleep 30 & P=$!
trap "kill $P" EXIT
for _ in 1 2 3 4 5 6 7 8 9 10; do
  [ "$(readlink /proc/$P/ns/net)" != "$(readlink /proc/self/ns/net)" ] && break; sleep 0.1
done
ip link add v0 type veth peer name v1
ip link set v1 netns $P
ip addr add 192.0.2.1/24 dev v0; ip link set v0 up
nsenter -t $P -n sh -c "ip addr add 192.0.2.2/24 dev v1; ip link set v1 up
  echo 1 > /proc/sys/net/ipv4/ip_forward; ip route add unreachable 198.51.100.0/24"
ip route add default via 192.0.2.2
"$@"
"""
ASK = """
import asyncio, json, sys
from probes.clock import SystemClock
from probes.errors import ProbeError
from probes.icmp import IcmpEcho

async def main():
    client = IcmpEcho(SystemClock(), ladder=(sys.argv[1],))
    async def one(host):
        try:
            stats = await client.burst(host, count=4, gap_s=0.02, timeout_s=0.5)
        except ProbeError as error:
            return error.reason.value
        return stats.lost
    hosts = ("198.51.100.7", "192.0.2.2", "192.0.2.77", "127.0.0.1")
    print(json.dumps(await asyncio.gather(*map(one, hosts))))
    client.close()

asyncio.run(main())
"""


@pytest.mark.realtime
@pytest.mark.parametrize("method", ["dgram", "raw"])
def test_a_router_that_knows_no_way_is_unreachable_and_hits_nobody_else(method: str) -> None:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("unshare or ip is not installed")
    inside = ["unshare", "-Urn", "sh", "-c", NETWORK, "sh", sys.executable, "-W", "error"]
    done = subprocess.run(
        [*inside, "-c", ASK, method], capture_output=True, text=True, cwd=ROOT, check=False
    )
    if not done.stdout.strip():
        pytest.skip(f"no network namespaces here: {done.stderr.strip()[-200:]}")
    assert json.loads(done.stdout) == ["unreachable", 0, 4, 0]
    assert done.stderr == ""
