"""`make bench`: how true a ping's round trip is, beside fping, and whether any is lost for nothing.

    PYTHONPATH=. python -m bench.ping [echoes]      default 2,000; WARDOPS_SOAK=1: 100,000

The truth is what a packet socket sees: the kernel's stamps of the request as it leaves and of the
answer as it arrives, taken beside whoever pings. All go to one loopback address that nobody else
uses, 4 ms apart: fping, wardops on an idle loop, wardops on the loop that meanwhile polls 336
switches with 705 values each (`bench/snmp/responder.c`). Errors are of single echoes.

Without root there is no packet socket: then losses alone are told.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import re
import secrets
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import count
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

from bench.snmp import switch
from bench.snmp.client import batch, client
from probes.clock import SystemClock
from probes.icmp import IcmpEcho
from probes.icmp_wire import PLAIN
from probes.kernel_stamps import stamp_ns, want_arrivals

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

ECHOES = 100_000 if os.environ.get("WARDOPS_SOAK") == "1" else 2_000
GAP_S, TIMEOUT_S, CHUNK = 0.004, 1.0, 500
_POLLERS, _DEADLINE_S = 4, 60.0
# Numbers of linux/if_ether.h, linux/if_packet.h and asm-generic/socket.h.
_ETH_P_ALL, _OUTGOING, _HOST = 3, 4, 0
_SO_ATTACH_FILTER, _SO_RCVBUFFORCE = 26, 33
_BUFFER = 64 << 20


def say(line: str) -> None:
    """One line of the report."""
    print(line, flush=True)  # noqa: T201 - a report


@dataclass(frozen=True)
class Measured:
    """Echoes that somebody sent in order: round trips in seconds, None for a lost one."""

    rtts_s: tuple[float | None, ...]

    @property
    def lost(self) -> int:
        """How many had no answer."""
        return sum(rtt_s is None for rtt_s in self.rtts_s)


class Witness:
    """A packet socket on loopback that sees one address; raises OSError without root."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._keep, program = _only(address)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        want_arrivals(self._socket)
        self._socket.bind(("lo", _ETH_P_ALL))
        self._left: dict[bytes, int] = {}
        self._order: list[bytes] = []
        self._came: dict[bytes, int] = {}

    def look(self) -> None:
        """Take in what has passed since the last look."""
        while True:
            try:
                packet, extra, _flags, source = self._socket.recvmsg(2048, 256)
            except BlockingIOError:
                return
            at_ns, kind, key = stamp_ns(extra), packet[20], packet[24:44]
            if at_ns is None:
                continue
            if kind == 8 and source[2] == _OUTGOING and key not in self._left:
                self._left[key] = at_ns
                self._order.append(key)
            elif kind == 0 and source[2] == _HOST:
                self._came.setdefault(key, at_ns)

    def round_trips_s(self) -> list[float | None]:
        """The true round trips in order of sending, and a clean slate."""
        order, left, came = self._order, self._left, self._came
        self._order, self._left, self._came = [], {}, {}
        return [(came[key] - left[key]) / 1e9 if key in came else None for key in order]

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


def _only(address: str) -> tuple[object, bytes]:
    """A filter (struct sock_fprog) that lets one IPv4 address through, and what it points to."""
    wanted = int(IPv4Address(address))
    steps = (
        (0x20, 0, 0, 12), (0x15, 2, 0, wanted),  # source address
        (0x20, 0, 0, 16), (0x15, 0, 1, wanted),  # destination address
        (0x06, 0, 0, 0x40000), (0x06, 0, 0, 0),
    )  # fmt: skip
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    return code, struct.pack("@HP", len(steps), ctypes.addressof(code))


def errors_us(measured: Measured, truth: Sequence[float | None]) -> list[float]:
    """How far each echo is off, in microseconds; those that either side lacks are left out."""
    pairs = zip(measured.rtts_s, truth, strict=True)
    return [abs(a - b) * 1e6 for a, b in pairs if a is not None and b is not None]


def report(name: str, measured: Measured, truth: Sequence[float | None] | None) -> None:
    """One row: lost ones, the measured p99 and the true one, and how far single echoes are off."""
    got = [rtt_s * 1e6 for rtt_s in measured.rtts_s if rtt_s is not None]
    row = f"{name:28}{len(measured.rtts_s):8}{measured.lost:6}{p99(got):11.1f}"
    if truth is None or len(truth) != len(measured.rtts_s):
        say(f"{row}   (no truth: a packet socket needs root)")
        return
    true = [rtt_s * 1e6 for rtt_s in truth if rtt_s is not None]
    off = errors_us(measured, truth)
    middle = quantiles(off, n=2)[0]
    say(f"{row}{p99(true):9.1f}{abs(p99(got) - p99(true)):9.1f}{middle:9.1f}{p99(off):9.1f}"
        f"{max(off):9.1f}")  # fmt: skip


def p99(values: Sequence[float]) -> float:
    """The 99th percentile."""
    return quantiles(values, n=100)[98] if len(values) > 1 else float("nan")


async def by_wardops(host: str, echoes: int, witness: Witness | None) -> Measured:
    """Our echoes, by the best way that this machine permits."""
    echo = IcmpEcho(SystemClock())
    rtts_s: list[float | None] = []
    try:
        await echo.start()
        for first in range(0, echoes, CHUNK):
            size = min(CHUNK, echoes - first)
            shapes = [PLAIN] * size
            ends = await echo.shots(host, shapes, gap_s=GAP_S, timeout_s=TIMEOUT_S)
            rtts_s += [end.rtt_s for end in ends]
            if witness is not None:
                witness.look()
    finally:
        echo.close()
    return Measured(tuple(rtts_s))


async def by_fping(host: str, echoes: int, witness: Witness | None) -> Measured | None:
    """The same by fping; None where there is none."""
    program = shutil.which("fping")
    if program is None:
        say("fping is not here; apt-get install fping")
        return None
    rtts_s: list[float | None] = []
    for first in range(0, echoes, CHUNK):
        size = min(CHUNK, echoes - first)
        words = ("-q", "-C", str(size), "-p", str(round(GAP_S * 1000)), "-t", "1000", host)
        done = await asyncio.to_thread(
            subprocess.run,
            [program, *words], capture_output=True, text=True, check=False,
        )  # fmt: skip
        told = re.findall(r"(\d+\.\d+|\d+|-)(?=\s|$)", done.stderr.partition(" : ")[2])
        rtts_s += [None if word == "-" else float(word) / 1e3 for word in told]
        if witness is not None:
            witness.look()
    return Measured(tuple(rtts_s))


@dataclass
class Sweeps:
    """What polling came to so far."""

    polls: int = 0
    bad: int = 0


@asynccontextmanager
async def polling(port: int, rounds: int | None = None) -> AsyncIterator[Sweeps]:
    """Polls all switches on this loop, so many rounds or for as long as the block runs."""
    order = {
        "port": port,
        "version": "2c",
        "polls": switch.SWITCHES,
        "switches": switch.SWITCHES,
        "parallel": _POLLERS,
        "deadline_s": _DEADLINE_S,
    }
    snmp, sweeps = client("fast"), Sweeps()

    async def over_and_over() -> None:
        for _round in count() if rounds is None else range(rounds):
            tally = await batch(snmp, order)
            sweeps.polls += tally.polls
            sweeps.bad += tally.failed + tally.wrong

    running = asyncio.ensure_future(over_and_over())
    try:
        yield sweeps
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        snmp.close()


async def main(echoes: int) -> None:
    """The three rows."""
    host = f"127.{20 + secrets.randbelow(200)}.{secrets.randbelow(255)}.9"
    try:
        witness = Witness(host)
    except OSError:
        witness = None
    say(f"{'µs, echoes to ' + host:28}{'echoes':>8}{'lost':>6}{'p99':>11}{'true p99':>9}"
        f"{'p99 off':>9}{'off: p50':>9}{'p99':>9}{'max':>9}")  # fmt: skip

    def row(name: str, measured: Measured | None) -> None:
        truth = None if witness is None else witness.round_trips_s()
        if measured is not None:
            report(name, measured, truth)

    row("fping", await by_fping(host, echoes, witness))
    row("wardops, idle", await by_wardops(host, echoes, witness))
    if switch.compiler() is None:
        say("no C compiler for the switches; apt-get install gcc libc6-dev")
        return
    with tempfile.TemporaryDirectory() as folder:
        program = switch.build(Path(folder))
        with switch.responding(program) as port:
            async with polling(port) as sweeps:
                row("wardops, polling 336", await by_wardops(host, echoes, witness))
            say(f"  meanwhile {sweeps.polls} polls in whole rounds, {sweeps.bad} of them bad")
    if witness is not None:
        witness.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ECHOES))
