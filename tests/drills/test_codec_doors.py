"""The codec's three doors on loopback: the real probe reads the same room through each of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from drills.faces.xapi.web import USER
from drills.listen_shell import fingerprint
from drills.sim import Simulation
from inventory.access import HttpsAccess, SshAccess
from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.model import Reason, Target
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeTcp
from probes.transports.https import HttpsClient
from probes.transports.model import Transports
from probes.transports.shell import ThreadedShell
from probes.transports.websocket import WebSocketRpc
from probes.vc import cisco_ce, cisco_ws

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from probes.model import Observation, Probe

ADDRESS = "127.16.0.30"
DOORS = ("https", "ssh", "websocket")


@pytest.fixture
async def simulation(tmp_path: Path) -> AsyncIterator[Simulation]:
    """One ward on loopback."""
    async with Simulation(clock=SystemClock(), out=tmp_path) as running:
        yield running


@pytest.fixture
async def ways() -> AsyncIterator[Transports]:
    """The probe's real ways out."""
    snmp: Any = None
    http, shell = HttpsClient(), ThreadedShell()
    yield Transports(
        snmp=snmp, http=http, echo=FakeEcho({}), tcp=FakeTcp({}), shell=shell, rpc=WebSocketRpc()
    )
    await http.close()
    shell.close()


@pytest.fixture
def look(simulation: Simulation, ways: Transports) -> Callable[..., Any]:
    """What the probe reads through a door."""

    async def looked(door: str, password: str = "") -> Observation:
        word = password or simulation.world.api_password
        login = Secret(f"user: {USER}\npassword: {word}\n")
        target, probe = _asked(simulation, door)
        deadline = asyncio.get_running_loop().time() + 20
        return await observe(target, probe, ways, SystemClock(), deadline, lambda _ref: login)

    return looked


def _asked(simulation: Simulation, door: str) -> tuple[Target, Probe]:
    plain = Target(ward="26740", name="vc-26740-a", kind="cisco_ce", role="vc", host=ADDRESS)
    plain = replace(plain, folder=str(simulation.inventory_dir))
    if door == "ssh":
        key, port = fingerprint(simulation.world.seed), simulation.ports.ssh
        access = SshAccess.model_validate({"auth": "file:x", "port": port, "host_key": key})
        return replace(plain, ssh=access), cisco_ce.PROBE
    told = {"auth": "file:x", "port": simulation.ports.https, "ca": "ca.pem"}
    https = replace(plain, https=HttpsAccess.model_validate(told))
    return https, cisco_ws.PROBE if door == "websocket" else cisco_ce.PROBE


async def test_all_doors_tell_the_same_room(
    simulation: Simulation, look: Callable[..., Any]
) -> None:
    simulation.inject("vc_in_call")
    simulation.inject("vc_muted")
    simulation.inject("vc_display_off")
    found = [await look(door) for door in DOORS]
    assert [one.reason for one in found] == [Reason.OK] * 3
    seen = [one.reading.vc for one in found]
    assert {vc.mic_muted for vc in seen} == {True}
    assert {vc.in_call for vc in seen} == {True}
    assert len({vc.peripherals for vc in seen}) == 1
    assert len({vc.diagnostics for vc in seen}) == 1
    assert {len(vc.media) for vc in seen} == {4}
    assert len({one.reading.identity for one in found}) == 1


@pytest.mark.parametrize("door", DOORS)
async def test_a_wrong_password_opens_no_door(look: Callable[..., Any], door: str) -> None:
    found = await look(door, "wrong")
    assert found.reason in (Reason.AUTH, Reason.FORBIDDEN)
    assert found.reading.vc is None


@pytest.mark.parametrize("door", DOORS)
async def test_full_sessions_are_busy_at_every_door(
    simulation: Simulation, look: Callable[..., Any], door: str
) -> None:
    busy = simulation.inject("vc_busy")
    assert (await look(door)).reason is Reason.BUSY
    simulation.clear(busy)
    assert (await look(door)).reason is Reason.OK


async def test_the_simulation_ends_with_sessions_open(tmp_path: Path) -> None:
    """Its threads end with it, whether a client has said anything or not."""
    async with Simulation(clock=SystemClock(), out=tmp_path) as simulation:
        line = await asyncio.open_connection(ADDRESS, simulation.ports.ssh)
        assert (await line[0].readline()).startswith(b"SSH-2.0-")
    with_end = await line[0].read()
    assert len(with_end) < 10_000
    line[1].close()


async def test_only_codecs_take_ssh(simulation: Simulation) -> None:
    line = await asyncio.open_connection("127.16.0.1", simulation.ports.ssh)
    assert await line[0].read() == b""
    line[1].close()
