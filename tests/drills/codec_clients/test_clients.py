"""The makers' own clients take the simulated codec for one of theirs: jsxapi and xows.

jsxapi comes by `npm ci` in this folder; with WARDOPS_JSXAPI=1 its absence is a failure.
"""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import xows

from drills.faces.xapi.status import VERSIONS
from drills.faces.xapi.web import USER
from drills.sim import Simulation
from probes.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# xows asks aiohttp by names that aiohttp would like to lose.
pytestmark = [
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated:DeprecationWarning"),
]

HERE = Path(__file__).parent
CODEC, NAME = "127.16.0.30", "vc-26740-a"


@pytest.fixture
async def simulation(tmp_path: Path) -> AsyncIterator[Simulation]:
    """One ward on loopback."""
    async with Simulation(clock=SystemClock(), out=tmp_path / "inventory") as running:
        yield running


@pytest.fixture
def jsxapi() -> Path:
    """The installed client; a visible skip where it is not, a failure where it must be."""
    if (HERE / "node_modules" / "jsxapi").is_dir():
        return HERE / "ask.js"
    missing = f"jsxapi is not installed: npm ci --ignore-scripts --omit=optional in {HERE}"
    assert not os.environ.get("WARDOPS_JSXAPI"), missing
    pytest.skip(missing)


async def asked(simulation: Simulation, script: Path, url: str) -> dict[str, Any]:
    """What the client told; somebody mutes the microphones when it has subscribed."""
    client = await asyncio.create_subprocess_exec(
        "node",
        str(script),
        url,
        USER,
        simulation.world.api_password,
        stdout=asyncio.subprocess.PIPE,
    )
    assert client.stdout is not None
    told: dict[str, Any] = {}
    try:
        async for line in client.stdout:
            what, value = json.loads(line)
            told[what] = value
            if what == "subscribed":
                simulation.inject("vc_muted")
        told["exit"] = await client.wait()
    finally:
        if client.returncode is None:
            client.kill()
            await client.wait()
    return told


@pytest.mark.realtime
async def test_jsxapi_reads_and_subscribes_over_a_websocket(
    simulation: Simulation, jsxapi: Path
) -> None:
    assert await asked(simulation, jsxapi, f"wss://{CODEC}:{simulation.ports.https}") == {
        "wrong password": "Unexpected server response: 403",
        "volume": 50,
        "software": VERSIONS["ce"],
        "camera": {"id": "1", "Connected": "True"},
        "name": NAME,
        "missing": "Invalid params",
        "command": "Permission denied",
        "setting": "Permission denied",
        "subscribed": True,
        "mute": "On",
        "exit": 0,
    }


@pytest.mark.realtime
async def test_jsxapi_reads_and_subscribes_over_ssh(simulation: Simulation, jsxapi: Path) -> None:
    refusal = "Permission denied: this simulated codec is read only"
    assert await asked(simulation, jsxapi, f"ssh://{CODEC}:{simulation.ports.ssh}") == {
        "wrong password": "client-authentication",
        "volume": "50",
        "software": VERSIONS["ce"],
        "camera": {"id": "1", "Connected": "True"},
        "name": NAME,
        "missing": "No match on address expression",
        "command": refusal,
        "setting": refusal,
        "subscribed": True,
        "mute": "On",
        "exit": 0,
    }


@asynccontextmanager
async def connected(simulation: Simulation, password: str = "") -> AsyncIterator[xows.XoWSClient]:
    """xows at the codec."""
    word = password or simulation.world.api_password
    url = f"wss://{CODEC}:{simulation.ports.https}/ws"
    async with xows.XoWSClient(url, USER, word) as client:
        yield client


@pytest.mark.realtime
async def test_xows_reads_values_lists_and_queries(simulation: Simulation) -> None:
    async with connected(simulation) as client:
        assert await client.xGet(["Status", "Audio", "Volume"]) == 50
        assert await client.xGet(["Status", "Cameras", "Camera"]) == [
            {"id": "1", "Connected": "True"}
        ]
        found = await client.xQuery(["Status", "**", "Mute"])
        assert found == {"Status": {"Audio": {"Microphones": {"Mute": "Off"}}}}
        assert await client.xGet(["Configuration", "SystemUnit", "Name"]) == NAME


@pytest.mark.realtime
async def test_xows_hears_what_changes_and_no_longer_when_it_has_unsubscribed(
    simulation: Simulation,
) -> None:
    heard: asyncio.Queue[tuple[Any, int]] = asyncio.Queue()
    async with connected(simulation) as client:
        calls = await client.subscribe(["Status", "Call"], lambda *told: heard.put_nowait(told))
        muted = await client.subscribe(
            ["Status", "Audio", "Microphones", "Mute"], lambda *told: heard.put_nowait(told)
        )
        call = simulation.inject("vc_in_call")
        told, number = await asyncio.wait_for(heard.get(), 20)
        assert number == calls
        assert told["Status"]["Call"][0]["Status"] == "Connected"
        simulation.clear(call)
        told, _number = await asyncio.wait_for(heard.get(), 20)
        assert told == {"Status": {"Call": [{"id": "7", "ghost": "True"}]}}
        await client.unsubscribe(calls)
        simulation.inject("vc_in_call")
        simulation.inject("vc_muted")
        told, number = await asyncio.wait_for(heard.get(), 20)
        assert (told, number) == ({"Status": {"Audio": {"Microphones": {"Mute": "On"}}}}, muted)


@pytest.mark.realtime
async def test_xows_is_refused_what_it_may_not_and_what_is_not_there(
    simulation: Simulation,
) -> None:
    async with connected(simulation) as client:
        with pytest.raises(xows.PermissionDenied):
            await client.xCommand(["Dial"], Number="nobody")
        with pytest.raises(xows.PermissionDenied):
            await client.xSet(["Configuration", "SystemUnit", "Name"], "mine")
        with pytest.raises(xows.InvalidParameter):
            await client.xGet(["Status", "Nothing"])
        with pytest.raises(xows.MethodNotFound):
            await client.api_call("xNothing")
        for _ in range(50):
            await client.subscribe(["Status", "Call"], lambda *_told: None)
        with pytest.raises(xows.SubscriberCountExceeded):
            await client.api_call("xFeedback/Subscribe", Query=["Status", "Audio"])


@pytest.mark.realtime
async def test_xows_is_kept_out_by_a_wrong_password_and_by_full_sessions(
    simulation: Simulation,
) -> None:
    with pytest.raises(xows.AuthenticationFailure):
        async with connected(simulation, "wrong"):
            pass
    simulation.inject("vc_busy")
    with pytest.raises(xows.RateLimitError):
        async with connected(simulation):
            pass
