"""Finds how long a packet may be on the way: echoes that nobody may fragment, by halving.

A line that stops long packets without a word (RFC 2923 section 2.1) lets pings and small pages
through and hangs everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.errors import TimedOut, Unreachable, Unsupported
from probes.icmp_wire import HEAD_OCTETS, TOO_BIG, EchoPacket
from probes.model import Metric, Probe, Reading, Sample
from probes.path.model import LARGE_BYTES, LineMtu

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probes.icmp_wire import EchoEnd, Version
    from probes.model import ProbeContext, Target
    from probes.path.line_client import LineClient

# What every IPv4 host takes, the least link of IPv6 (RFC 8200 section 5), and Ethernet's longest.
LEAST_BYTES: dict[Version, int] = {4: 576, 6: 1280}
MOST_BYTES = 1500
_SMALL, _TRIES, _TRIES_WHEN_LOSSY = 5, 3, 8
_GAP_S = 0.02
_FIRST_WAIT_S = 1.0
# A long packet takes longer than a short one, but not so many times as long.
_WAIT_S, _WAIT_RTTS = 0.15, 4.0

PATH_MTU = Metric(
    "wardops_path_mtu_bytes",
    "gauge",
    "Largest packet that passed and may not be fragmented, with its IP header.",
    ("vantage",),
    "bytes",
)


@dataclass(frozen=True, slots=True)
class _Size:
    """What became of packets of one length: one came back, or what was said instead.

    `is_own` is when this machine itself lets none that long out.
    """

    passed: bool
    told_bytes: int | None = None
    is_own: bool = False


async def run(target: Target, context: ProbeContext) -> Reading:
    """Find the largest packet that passes, between 576 (IPv6: 1280) and 1500 bytes.

    Raises TimedOut when not even the smallest comes back, Unsupported where no such packets can be
    sent. What the client raises (NotConfigured, NotPermitted, …) passes through.
    """
    line = context.transports.line
    if line is None:
        raise Unsupported("line_none")
    mtu = await find(line, target.host)
    samples = (Sample(PATH_MTU, mtu.passed_bytes, (target.vantage,)),)
    return Reading(samples=samples, mtu=mtu, method="icmp")


async def find(line: LineClient, host: str) -> LineMtu:
    """How long a packet to `host` may be; raises like `run`."""
    return await _Search(line, host, 6 if ":" in host else 4).find()


class _Search:
    """One search of one target; remembers what it saw of each length."""

    def __init__(self, line: LineClient, host: str, version: Version) -> None:
        self._line, self._host, self._version = line, host, version
        self._wait_s = _FIRST_WAIT_S
        self._tries = _TRIES
        self._seen: dict[int, _Size] = {}

    async def find(self) -> LineMtu:
        """Raises TimedOut when nothing comes back, Unreachable when a router has no way."""
        least = LEAST_BYTES[self._version]
        await self._look_at_small(least)
        if (await self._try(MOST_BYTES)).passed:
            return LineMtu(MOST_BYTES)
        passed, blocked = await self._halve(least, MOST_BYTES)
        large = await self._try(LARGE_BYTES)
        return LineMtu(passed, blocked, self._told(passed), large_passes=large.passed)

    async def _look_at_small(self, least: int) -> None:
        """The smallest packets must pass; they say how long to wait and how often to try others."""
        ends = await self._send(least, _SMALL, _FIRST_WAIT_S)
        rtts_s = [end.rtt_s for end in ends if end.rtt_s is not None]
        if not rtts_s:
            raise TimedOut("mtu_silent", sent=_SMALL, bytes=least)
        self._wait_s = min(_FIRST_WAIT_S, _WAIT_S + _WAIT_RTTS * max(rtts_s))
        if len(rtts_s) < _SMALL:
            self._tries = _TRIES_WHEN_LOSSY
        self._seen[least] = _Size(passed=True)

    async def _halve(self, passed: int, blocked: int) -> tuple[int, int]:
        """The longest that passes and the shortest that does not."""
        while blocked - passed > 1:
            length = self._next(passed, blocked)
            if (await self._try(length)).passed:
                passed = length
            else:
                blocked = length
        return passed, blocked

    def _next(self, passed: int, blocked: int) -> int:
        """What to try between: a limit that somebody named and the length behind it, else half."""
        named = {size.told_bytes for size in self._seen.values() if size.told_bytes}
        near = {length for limit in named for length in (limit, limit + 1)}
        between = sorted(length for length in near if passed < length < blocked)
        return between[0] if between else (passed + blocked) // 2

    def _told(self, passed: int) -> int | None:
        told = [size.told_bytes for size in self._seen.values() if size.told_bytes is not None]
        if not told and any(size.is_own for size in self._seen.values()):
            return passed
        return min(told, default=None)

    async def _try(self, length: int) -> _Size:
        """Whether packets of that length pass: one of several has to come back."""
        if length not in self._seen:
            ends = await self._send(length, self._tries, self._wait_s)
            self._seen[length] = _size(ends)
        return self._seen[length]

    async def _send(self, length: int, count: int, timeout_s: float) -> tuple[EchoEnd, ...]:
        payload = length - HEAD_OCTETS[self._version]
        packets = (EchoPacket(payload_octets=payload, dont_fragment=True),) * count
        ends = await self._line.echoes(self._host, packets, gap_s=_GAP_S, timeout_s=timeout_s)
        wrong = [(end.error.type, end.error.code) for end in ends if end.error is not None]
        if any(told != TOO_BIG[self._version] for told in wrong):
            raise Unreachable
        return ends


def _size(ends: Sequence[EchoEnd]) -> _Size:
    if any(end.rtt_s is not None and end.error is None for end in ends):
        return _Size(passed=True)
    told = [end.error for end in ends if end.error is not None]
    named = [one.mtu_bytes for one in told if one.mtu_bytes is not None]
    return _Size(
        passed=False, told_bytes=min(named, default=None), is_own=any(not one.by for one in told)
    )


PROBE = Probe(name="mtu", period_s=3600, timeout_s=10, run=run, metrics=(PATH_MTU,))
