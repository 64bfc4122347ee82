"""What stands at the two ends of the lab's line while it is measured: our own probes and reflector.

    python -m tests.lab.measuring icmp HOST COUNT GAP_S
    python -m tests.lab.measuring stamp HOST PORT BURSTS COUNT GAP_S
    python -m tests.lab.measuring reflect HOST PORT

The first two print one JSON object. Both ends of the lab live on one machine and so share a clock:
that is what they claim of it, and what makes the delay of one direction known.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from ipaddress import ip_network
from statistics import mean, median
from typing import TYPE_CHECKING, Any

from probes.clock import SystemClock
from probes.icmp import IcmpEcho
from probes.path.stamp_reflector import Reflector, ReflectorSocket
from probes.path.stamp_sender import StampSender
from probes.path.stamp_wire import ErrorEstimate
from tests.lab.metrolink import hurry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probes.path.stamp_quality import Way

TIMEOUT_S = 0.5
_LAB = ip_network("198.18.0.0/15")
_RATE_PER_S = 10_000


def one_clock() -> ErrorEstimate:
    """The same clock reads both ends."""
    return ErrorEstimate(error_s=1e-6, synchronised=True)


@dataclass(frozen=True, slots=True)
class WayFound:
    """One direction over all bursts: packets, and seconds."""

    sent: int
    lost: int
    delay_s: float | None
    jitter_s: float | None


def together(ways: Sequence[Way]) -> WayFound:
    """Several bursts' view of one direction as one."""
    losses = [way.loss for way in ways if way.loss is not None]
    delays = [way.delay_s for way in ways if way.delay_s is not None]
    jitters = [way.jitter_s for way in ways if way.jitter_s is not None]
    return WayFound(
        sum(loss.sent for loss in losses),
        sum(loss.lost for loss in losses),
        median(delays) if delays else None,
        mean(jitters) if jitters else None,
    )


async def icmp(host: str, count: int, gap_s: float) -> dict[str, Any]:
    """Echoes by the agent's own engine."""
    echo = IcmpEcho(SystemClock())
    try:
        await echo.start()
        found = await echo.burst(host, count=count, gap_s=gap_s, timeout_s=TIMEOUT_S)
    finally:
        echo.close()
    rtts = found.rtts_s
    return {
        "sent": found.sent,
        "lost": found.lost,
        "rtt_median_s": median(rtts) if rtts else None,
        "method": found.method,
    }


async def stamp(host: str, port: int, bursts: int, count: int, gap_s: float) -> dict[str, Any]:
    """Bursts by the agent's own sender."""
    sender = StampSender(estimate=one_clock)
    try:
        found = [
            await sender.burst(host, port, dscp=46, count=count, gap_s=gap_s, timeout_s=TIMEOUT_S)
            for _ in range(bursts)
        ]
    finally:
        sender.close()
    rtts = [rtt for one in found for rtt in one.rtts_s]
    return {
        "sent": sum(one.sent for one in found),
        "unplaced": sum(one.unplaced for one in found),
        "reordered": sum(one.reordered for one in found),
        "rtt_median_s": median(rtts) if rtts else None,
        "out": _shown(together([one.out for one in found])),
        "back": _shown(together([one.back for one in found])),
    }


def _shown(found: WayFound) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("sent", "lost", "delay_s", "jitter_s")}


async def reflect(host: str, port: int) -> None:
    """Answer STAMP packets until the process is ended."""
    opened = ReflectorSocket((host, port), Reflector((_LAB,), _RATE_PER_S), one_clock)
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        opened.close()


def main() -> int:
    """Do what the command line says, woken first where the machine allows it."""
    hurry()
    kind, host, *rest = sys.argv[1:]
    if kind == "reflect":
        asyncio.run(reflect(host, int(rest[0])))
    elif kind == "icmp":
        sys.stdout.write(json.dumps(asyncio.run(icmp(host, int(rest[0]), float(rest[1])))))
    else:
        port, bursts, count = (int(number) for number in rest[:3])
        found = asyncio.run(stamp(host, port, bursts, count, float(rest[3])))
        sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
