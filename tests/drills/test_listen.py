"""The faces on real loopback sockets, asked by clients that are not ours where there are any."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from drills.faces.xapi.web import USER
from drills.sim import Control, Simulation
from inventory.credentials import Secret
from inventory.errors import InputError
from probes.clock import SystemClock
from probes.simreach import UdpAsker, WorldEcho
from probes.snmp import ber
from probes.snmp.engine_fast import FastEngine, UdpDatagrams
from probes.snmp.types import SnmpTarget, Varbind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SYS_NAME = ber.oid("1.3.6.1.2.1.1.5.0")


@asynccontextmanager
async def _simulation(out: Path, **settings: Any) -> AsyncIterator[Simulation]:
    settings = {"control": Control(), **settings}
    async with Simulation(clock=SystemClock(), out=out, **settings) as simulation:
        yield simulation


@asynccontextmanager
async def _web(simulation: Simulation) -> AsyncIterator[httpx.AsyncClient]:
    trust = ssl.create_default_context(cafile=str(simulation.inventory_dir / "ca.pem"))
    async with httpx.AsyncClient(verify=trust, timeout=5, trust_env=False) as client:
        yield client


def _soon() -> float:
    return asyncio.get_running_loop().time() + 5


def _target(simulation: Simulation, host: str) -> SnmpTarget:
    return SnmpTarget(host, simulation.ports.snmp, community=Secret(simulation.world.community))


async def test_each_device_answers_snmp_from_its_own_address(tmp_path: Path) -> None:
    async with _simulation(tmp_path) as simulation:
        engine = FastEngine(UdpDatagrams())
        try:
            for node in simulation.world.topology.nodes.values():
                if node.sys_object_id:
                    target = _target(simulation, node.address)
                    found = await engine.get(target, [SYS_NAME], deadline=_soon())
                    assert found.varbinds[0].value == node.name.encode()
            assert engine.counts.wrong_source == 0
        finally:
            engine.close()


async def test_endpoint_and_services_speak_verified_https(tmp_path: Path) -> None:
    async with _simulation(tmp_path) as simulation, _web(simulation) as client:
        port, world = simulation.ports.https, simulation.world
        codec = f"https://127.16.0.30:{port}/status.xml"
        login = (USER, world.api_password)
        assert (await client.get(codec)).status_code == 401
        tree = await client.get(codec, auth=login)
        assert (tree.status_code, tree.headers["content-type"]) == (200, "text/xml")
        for service in (node for node in world.topology.nodes.values() if node.service):
            page = await client.get(f"https://{service.address}:{port}/")
            assert page.status_code == 200
            assert "mô phỏng" in page.text
        simulation.inject("service_stopped", "tthc", degraded=True)
        assert (await client.get(f"https://127.8.0.14:{port}/")).status_code == 503


async def test_a_client_without_the_authority_does_not_trust_it(tmp_path: Path) -> None:
    stranger = httpx.AsyncClient(timeout=5, trust_env=False)
    async with _simulation(tmp_path) as simulation, stranger as client:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.get(f"https://127.8.0.11:{simulation.ports.https}/")


async def test_the_machine_speaks_plain_http(tmp_path: Path) -> None:
    async with _simulation(tmp_path) as simulation, _web(simulation) as client:
        page = await client.get(f"http://127.16.0.50:{simulation.ports.http}/metrics")
        assert page.status_code == 200
        assert "node_memory_MemAvailable_bytes" in page.text


@pytest.mark.realtime
async def test_what_cannot_be_reached_accepts_and_never_answers(tmp_path: Path) -> None:
    async with _simulation(tmp_path) as simulation, _web(simulation) as client:
        kept = f"https://127.8.0.11:{simulation.ports.https}/"
        assert (await client.get(kept)).status_code == 200
        cut = simulation.inject("cable_cut", "ce:wan")
        for url in (kept, f"http://127.16.0.50:{simulation.ports.http}/metrics"):
            with pytest.raises(httpx.ReadTimeout):
                await client.get(url, timeout=0.3)
        with pytest.raises(httpx.ConnectTimeout):  # the handshake is not answered
            await client.get(f"https://127.8.0.12:{simulation.ports.https}/", timeout=0.3)
        simulation.clear(cut)
        assert (await client.get(kept)).status_code == 200


async def test_the_world_says_what_is_reachable(tmp_path: Path) -> None:
    async with _simulation(tmp_path) as simulation:
        asker = UdpAsker("127.0.0.1", simulation.ports.reach)
        echo = WorldEcho(asker, simulation.asker)
        try:
            well = await echo.burst("127.8.0.1", count=4, gap_s=0, timeout_s=1)
            assert (well.sent, well.lost) == (4, 0)
            simulation.inject("cable_cut", "ce:wan")
            cut = await echo.burst("127.8.0.1", count=4, gap_s=0, timeout_s=1)
            assert (cut.sent, cut.lost) == (4, 4)
            assert await echo.host_link() is True
        finally:
            asker.close()


async def test_the_control_api_breaks_and_mends_over_http(tmp_path: Path) -> None:
    async with _simulation(tmp_path) as simulation, _web(simulation) as client:
        base = f"http://127.0.0.1:{simulation.ports.control}"
        fault = {"fault": "cable_cut", "on": "ce:wan"}
        posted = await client.post(f"{base}/faults", json=fault)
        assert (posted.status_code, posted.json()) == (201, {"id": "F1"})
        seen = (await client.get(f"{base}/world")).json()
        assert seen["faults"][0]["fault"] == "cable_cut"
        assert (await client.delete(f"{base}/faults/F1")).status_code == 204
        assert (await client.delete(f"{base}/faults/F1")).status_code == 404
        wrong = await client.post(f"{base}/faults", content=b"x")
        assert wrong.status_code == 400
        assert "\n" not in wrong.json()["error"]


async def test_datagrams_sent_elsewhere_than_to_loopback_are_dropped(tmp_path: Path) -> None:
    outside = _own_address()
    if outside is None:
        pytest.skip("this machine has no address beside loopback")
    async with _simulation(tmp_path) as simulation:
        loop = asyncio.get_running_loop()
        community = simulation.world.community.encode()
        asked = ber.Message(1, community, ber.GET, 9, 0, 0, (Varbind(SYS_NAME, ber.NULL, None),))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.setblocking(False)
            client.bind(("0.0.0.0", 0))  # noqa: S104 - so that either address can be sent to
            client.sendto(ber.encode_message(asked), (outside, simulation.ports.snmp))
            client.sendto(ber.encode_message(asked), ("127.16.0.1", simulation.ports.snmp))
            _, peer = await asyncio.wait_for(loop.sock_recvfrom(client, 2000), 5)
        assert peer[0] == "127.16.0.1"


def _own_address() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # picks a source address, sends nothing
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address


async def test_nothing_stays_open_behind_it(tmp_path: Path) -> None:
    async with _simulation(tmp_path) as simulation:
        ports = simulation.ports
        held = await asyncio.open_connection("127.99.0.1", ports.https)
    assert await held[0].read() == b""
    held[1].close()
    await held[1].wait_closed()
    for kind, port in (
        (socket.SOCK_DGRAM, ports.snmp),
        (socket.SOCK_DGRAM, ports.reach),
        (socket.SOCK_STREAM, ports.https),
        (socket.SOCK_STREAM, ports.http),
        (socket.SOCK_STREAM, ports.ssh),
        (socket.SOCK_STREAM, ports.control),
    ):
        with socket.socket(socket.AF_INET, kind) as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(("127.0.0.1", port))


async def test_a_taken_port_is_one_clear_line_and_opens_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError) as caught:
            async with _simulation(tmp_path / "out", control=Control("127.0.0.1", port)):
                pass
    assert caught.value.key == "sim.port_taken"
    assert str(port) in caught.value.text("vi")
    assert not (tmp_path / "out").exists()


async def test_a_whole_city_starts_and_its_last_device_answers(tmp_path: Path) -> None:
    async with _simulation(tmp_path, wards=168) as simulation:
        assert simulation.asker == "hub"
        last = simulation.world.topology.by_ward[simulation.world.topology.codes[-1]][0]
        engine = FastEngine(UdpDatagrams())
        try:
            target = _target(simulation, last.address)
            found = await engine.get(target, [SYS_NAME], deadline=_soon())
        finally:
            engine.close()
        assert found.varbinds[0].value == last.name.encode()


def test_a_simulation_that_cannot_be_is_refused(tmp_path: Path) -> None:
    clock = SystemClock()
    for wards in (0, 169):
        with pytest.raises(InputError, match="between 1 and 168"):
            Simulation(clock=clock, out=tmp_path, wards=wards)
    with pytest.raises(InputError, match="from a ward only"):
        Simulation(clock=clock, out=tmp_path, wards=2, vantage="ward")


@pytest.mark.parametrize("octets", [b"", b"{", json.dumps({"id": 1}).encode()])
async def test_a_senseless_question_does_not_stop_the_next_one(
    tmp_path: Path, octets: bytes
) -> None:
    async with _simulation(tmp_path) as simulation:
        asker = UdpAsker("127.0.0.1", simulation.ports.reach)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(octets, ("127.0.0.1", simulation.ports.reach))
        try:
            assert await WorldEcho(asker, "hub").host_link() is True
        finally:
            asker.close()
