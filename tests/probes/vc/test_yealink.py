"""Yealink endpoints: lines of ASCII over TCP, in any order, with others in between."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.errors import ProbeError
from probes.model import Reading, Reason
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import Transports
from probes.url_forms import parse_target
from probes.vc.model import samples_of
from probes.vc.status import VcMedia
from probes.vc.yealink import PROBE, QUESTIONS, read
from probes.wire import Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from probes.model import Observation
    from probes.vc.status import VcStatus
    from tests.probes.vc.conftest import Hostile

VERSION = 'version "model:VC800" "firmware:63.345.0.15" "hardware:63.0" "productId:1"'
VIDEO = (
    'callinfo video "callid:1" "RemoteStr:canary-number" "direction:incoming" "protocol:SIP" '
    '"TotalBwRecv:1024" "TotalBwSend:2048" "VResRecv:1920x1080" "VCodecRecv:H264" "VFrRecv:30" '
    '"VJrRecv:12" "VtplpRecv:2%" "VCodecSend:H264" "VResSend:1280x720" "VFrSend:25" '
    '"ACodecRecv:Opus" "AJrRecv:3" "AtplpRecv:0" "AFrRecv:50" "SCodecRecv:"'
)
IDLE = (VERSION, "sysstatus get idle", "mute near get off", "callinfo none", "volume get 8")
TALKING = (
    VERSION,
    'incoming "num:canary-number" "name:canary-name"',
    'sysstatus get talking "dialstr:canary-number" "callid:1"',
    "mute near get on",
    VIDEO,
    "volume get 5",
)


def told(*lines: str) -> VcStatus:
    """What lines say."""
    return read(lines)[1]


def test_a_call_tells_its_streams_and_nobody_at_the_other_end() -> None:
    identity, vc = read(TALKING)
    assert (identity.model, identity.version) == ("VC800", "63.345.0.15")
    assert (vc.in_call, vc.calls, vc.mic_muted, vc.volume_ratio) == (True, 1, True, 0.5)
    assert vc.media == (
        VcMedia("rx", "audio", loss_ratio=0, jitter_s=0.003),
        VcMedia("rx", "main", loss_ratio=0.02, jitter_s=0.012, height_px=1080, fps=30),
        VcMedia("tx", "main", height_px=720, fps=25),
    )
    (call,) = vc.live_calls
    assert (call.direction, call.protocol, call.tx_bps, call.rx_bps) == (
        "Incoming", "sip", 2_048_000, 1_024_000,
    )  # fmt: skip
    assert "canary" not in repr((identity, vc))


@pytest.mark.parametrize(
    ("state", "in_call", "ringing", "standby"),
    [
        ("idle", False, False, False),
        ("sleeping", False, False, True),
        ("ringing", False, True, False),
        ("outgoing", False, False, False),
        ("talking max", True, False, False),
        ("finished", False, False, False),
    ],
)
def test_its_state_says_whether_it_is_in_a_call(
    state: str, in_call: bool, ringing: bool, standby: bool
) -> None:
    vc = told(f"sysstatus get {state}", "volume get 8")
    assert (vc.in_call, vc.ringing, vc.standby) == (in_call, ringing, standby)


def test_what_is_not_told_is_unknown_and_the_newest_line_counts() -> None:
    vc = told("sysstatus get ringing", "sysstatus get idle", "volume get 11")
    assert (vc.ringing, vc.volume_ratio, vc.mic_muted) == (False, None, None)
    assert (vc.sip_registered, vc.media) == (None, ())


@asynccontextmanager
async def served(*lines: str, end: bytes = b"", silent: bool = False) -> AsyncIterator[list[str]]:
    """An endpoint that says these lines; yields its port, behind it what it was asked."""
    heard: list[str] = []
    tasks: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        try:
            writer.write(f"{lines[0]}\r\n".encode())
            while len(heard) <= len(QUESTIONS):
                heard.append((await reader.readline()).decode().strip())
            if silent:
                await reader.read()
            writer.write("".join(f"{line}\r\n" for line in lines[1:]).encode() + end)
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    heard.append(str(server.sockets[0].getsockname()[1]))
    async with server:
        yield heard
        for task in tasks:
            if task is not None:
                task.cancel()
                await asyncio.wait([task])


async def ask(port: str, within_s: float = 10) -> Observation:
    """Run the probe."""
    nothing: Any = None
    transports = Transports(
        snmp=nothing, http=FakeHttp({}), echo=FakeEcho({}), tcp=FakeTcp({}), wire=Wire()
    )
    deadline = asyncio.get_running_loop().time() + within_s
    target = parse_target(f"yealink://127.0.0.1:{port}").target
    return await observe(
        target, PROBE, transports, SystemClock(), deadline, lambda _ref: Secret("")
    )


@pytest.mark.parametrize("lines", [IDLE, TALKING], ids=["idle", "talking"])
async def test_it_asks_five_questions_and_reads_to_the_last_answer(lines: tuple[str, ...]) -> None:
    async with served(*lines) as heard:
        seen = await ask(heard[0])
        assert tuple(heard[1:]) == QUESTIONS
    assert seen.reason is Reason.OK
    assert seen.reading.vc == read(lines)[1]
    assert "canary" not in repr(seen)


@pytest.mark.parametrize(
    ("lines", "end", "reason"),
    [
        (("HTTP/1.1 400 Bad Request",), b"", Reason.PROTOCOL),
        (("Login:",), b"", Reason.PROTOCOL),
        (("SSH-2.0-x",), b"", Reason.PROTOCOL),
        ((VERSION,), b"", Reason.PROTOCOL),
        ((VERSION, "sysstatus get strange", "volume get 1"), b"", Reason.PARSE),
        ((VERSION, "volume get 1"), b"", Reason.PARSE),
        ((VERSION,), b"x" * 200_000, Reason.LIMIT),
        ((VERSION,), b"y\r\n" * 400, Reason.LIMIT),
    ],
    ids=["http", "login", "ssh", "cut", "strange", "little", "endless", "flood"],
)
async def test_what_is_no_such_endpoint_has_its_reason(
    lines: tuple[str, ...], end: bytes, reason: Reason
) -> None:
    async with served(*lines, end=end) as heard:
        seen = await ask(heard[0])
    assert (seen.reason, seen.reading.samples) == (reason, ())


async def test_a_closed_port_refuses() -> None:
    async with served(*IDLE) as heard:
        port = heard[0]
    assert (await ask(port)).reason is Reason.REFUSED


@pytest.mark.realtime
async def test_silence_ends_at_the_deadline() -> None:
    async with served(VERSION, silent=True) as heard:
        seen = await ask(heard[0], within_s=0.5)
    assert seen.reason is Reason.TIMEOUT


def test_a_thousand_mutated_talks_are_never_a_bug(hostile: Hostile) -> None:
    damage, good = hostile.Damage(), 0
    for _ in range(1000):
        lines = damage.of("\n".join(TALKING)).decode("utf-8", "replace").split("\n")
        try:
            identity, vc = read(lines)
        except ProbeError:
            continue
        good += 1
        hostile.check_series(Reading(samples=samples_of(vc, identity)))
    assert good > 100
