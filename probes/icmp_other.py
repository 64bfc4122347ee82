"""What is left where no ICMP socket may be opened: fping as a child, and TCP connects."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from typing import TYPE_CHECKING

from probes.errors import NotPermitted, ProbeError, Refused, TimedOut, Unreachable
from probes.model import EchoStats
from probes.transports.tcp import TcpConnector

if TYPE_CHECKING:
    from probes.clock import Clock
    from probes.icmp_wire import Version

_TCP_PORT = 443
_CHILD_GRACE_S = 2.0


class FpingEcho:
    """Echoes by a child process `fping -C`, which Debian installs with the right to ping.

    Raises OSError when there is no fping on the machine.
    """

    method = "fping"

    def __init__(self, version: Version) -> None:
        found = shutil.which("fping") or shutil.which("fping", path="/usr/bin:/usr/sbin")
        if found is None:
            raise FileNotFoundError("fping")
        self._program = found
        self._version = version

    async def burst(self, host: str, *, count: int, gap_s: float, timeout_s: float) -> EchoStats:
        """Send the echoes by one child; raises NotPermitted when it may not ping either."""
        child = await asyncio.create_subprocess_exec(
            self._program,
            f"-{self._version}",
            *("-q", "-C", str(count)),
            *("-p", str(max(10, round(gap_s * 1000))), "-t", str(max(1, round(timeout_s * 1000)))),
            host,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(count * max(gap_s, 0.01) + timeout_s + _CHILD_GRACE_S):
                _out, told = await child.communicate()
        except TimeoutError as error:
            raise TimedOut from error
        finally:
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
        return read_fping(told.decode("utf-8", "replace"), host, timeout_s)

    def close(self) -> None:
        """Nothing stays open between bursts."""


def read_fping(told: str, host: str, timeout_s: float) -> EchoStats:
    """What `fping -q -C` says: `HOST : 0.03 - 0.02`, milliseconds or `-` for each echo sent.

    Raises NotPermitted when there is no such line: fping then told why it could not ping.
    """
    for line in told.splitlines():
        name, colon, rest = line.partition(" : ")
        words = rest.split()
        if colon and name.strip() == host and words and all(_is_result(word) for word in words):
            rtts = [float(word) / 1000 for word in words if word != "-"]
            good = tuple(rtt for rtt in rtts if rtt <= timeout_s)
            return EchoStats(len(words), len(words) - len(good), good, FpingEcho.method)
    raise NotPermitted("icmp_none")


def _is_result(word: str) -> bool:
    return word == "-" or word.replace(".", "", 1).isdigit()


class TcpEcho:
    """Connects to port 443 instead of pinging: a closed port answers too. Not an ICMP loss."""

    method = "tcp"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._connector = TcpConnector()

    async def burst(self, host: str, *, count: int, gap_s: float, timeout_s: float) -> EchoStats:
        """Connect `count` times in turn; raises Unreachable when no attempt found a way."""
        outcomes: list[float | ProbeError] = []
        for turn in range(count):
            if turn:
                await self._clock.sleep(gap_s)
            outcomes.append(await self._connect(host, timeout_s))
        if all(isinstance(outcome, Unreachable) for outcome in outcomes):
            raise Unreachable
        rtts = tuple(outcome for outcome in outcomes if isinstance(outcome, float))
        return EchoStats(count, count - len(rtts), rtts, self.method)

    async def _connect(self, host: str, timeout_s: float) -> float | ProbeError:
        begun = self._clock.monotonic()
        try:
            return await self._connector.connect(host, _TCP_PORT, deadline=begun + timeout_s)
        except Refused:
            return self._clock.monotonic() - begun
        except (TimedOut, Unreachable) as error:
            return error

    def close(self) -> None:
        """Nothing stays open between bursts."""
