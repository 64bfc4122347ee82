"""How much the line carries, by iperf3 to a server at its other end. It fills the line: on demand.

`iperf3 -c HOST -u -b RATE -t 5 -J`, then the same with -R; never more than a fifth of what the
contract promises, and not in working hours unless a person says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from datetime import time, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from probes.errors import (
    Busy,
    DnsFailed,
    NotConfigured,
    ParseFailed,
    Refused,
    TimedOut,
    Unreachable,
    Unsupported,
)
from probes.model import Metric, Probe, Reading, Sample
from probes.path.model import LineBandwidth
from probes.path.stamp_probe import directions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from probes.errors import ProbeError
    from probes.model import ProbeContext, Target
    from probes.path.model import Direction

PORT = 5201
MOST_BPS = 4_000_000
SHARE_OF_COMMITTED = 0.2
SECONDS = 5
# As long as a meeting's packets: longer ones would be taken apart on the way.
_PACKET_OCTETS = 1200
_GRACE_S = 6.0
_ICT = timezone(timedelta(hours=7))
_QUIET_FROM, _QUIET_UNTIL = time(17, 30), time(7, 0)

PATH_BANDWIDTH = Metric(
    "wardops_path_bandwidth_bits_per_second",
    "gauge",
    "What arrived in the last test of one direction; tests send no more than they may.",
    ("vantage", "dir"),
)
PATH_BANDWIDTH_AT = Metric(
    "wardops_path_bandwidth_timestamp_seconds",
    "gauge",
    "When the last test of the line's bandwidth was.",
    ("vantage",),
    "seconds",
)


def is_working_time(now: datetime) -> bool:
    """Whether people need the line at that moment: 07:00 to 17:30 in Viet Nam. Pure."""
    return _QUIET_UNTIL <= now.astimezone(_ICT).time() < _QUIET_FROM


def rate_bps(committed_mbps: float) -> int:
    """How fast a test may send over a line of that contract, bit/s. Pure."""
    return int(min(MOST_BPS, SHARE_OF_COMMITTED * committed_mbps * 1e6))


def server_of(url: str | None) -> tuple[str, int, int]:
    """Host, port and rate (bit/s) of `iperf3://HOST[:PORT]?commit_mbps=N`.

    Raises NotConfigured for anything else.
    """
    try:
        parts = urlsplit(url or "")
        port = PORT if parts.port is None else parts.port
        committed = float(parse_qs(parts.query)["commit_mbps"][0])
    except (ValueError, KeyError) as error:
        raise NotConfigured("iperf3_url", url=url) from error
    if parts.scheme != "iperf3" or not parts.hostname or not 0 < committed < 1e6:
        raise NotConfigured("iperf3_url", url=url)
    return parts.hostname, port, rate_bps(committed)


async def run(target: Target, context: ProbeContext) -> Reading:
    """Send for five seconds in each direction and read what arrived.

    Raises NotConfigured for a target without a server, Unsupported without iperf3 on this machine,
    Busy when the server measures for somebody else, Refused, Unreachable or TimedOut without one.
    """
    host, port, rate = server_of(target.url)
    there, here = directions(target.vantage)
    ways = [
        await _measured(host, port, rate, direction, context)
        for direction in ((there, ()), (here, ("-R",)))
    ]
    now = context.clock.now()
    return Reading(
        samples=tuple(_samples(target.vantage, ways, now)), bandwidth=tuple(ways), method="iperf3"
    )


async def _measured(
    host: str,
    port: int,
    rate: int,
    direction: tuple[Direction, tuple[str, ...]],
    context: ProbeContext,
) -> LineBandwidth:
    name, more = direction
    words = ("-c", host, "-p", str(port), "-u", "-b", str(rate), "-t", str(SECONDS))
    command = (*words, "-l", str(_PACKET_OCTETS), "-J", *more)
    context.note(f"> iperf3 {' '.join(command)}")
    told = await _run_iperf3(command)
    return read(told, name)


async def _run_iperf3(words: tuple[str, ...]) -> str:
    program = shutil.which("iperf3")
    if program is None:
        raise Unsupported("iperf3_missing")
    child = await asyncio.create_subprocess_exec(
        program,
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(SECONDS + _GRACE_S):
            out, _err = await child.communicate()
    except TimeoutError as error:
        raise TimedOut("iperf3_silent") from error
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    return out.decode("utf-8", "replace")


def read(told: str, direction: Direction) -> LineBandwidth:
    """What one run of `iperf3 -u -J` says. Pure.

    Raises the leaf that its error stands for, ParseFailed for what cannot be read.
    """
    try:
        said = json.loads(told)
        if "error" in said:
            raise _problem(str(said["error"]))
        end = said["end"]
        summed: Mapping[str, Any] = end["sum"]
        return LineBandwidth(
            direction="in" if direction == "in" else "out",
            sent_bps=float(end["sum_sent"]["bits_per_second"]),
            received_bps=float(end["sum_received"]["bits_per_second"]),
            loss_ratio=float(summed["lost_percent"]) / 100,
            jitter_s=float(summed["jitter_ms"]) / 1000,
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ParseFailed("iperf3_words") from error


# Words of iperf3's own errors (iperf_error.c) and of the C library's.
_PROBLEMS: tuple[tuple[str, type[ProbeError], str], ...] = (
    ("busy", Busy, "iperf3_busy"),
    ("refused", Refused, "iperf3_refused"),
    ("timed out", TimedOut, "iperf3_silent"),
    ("no route", Unreachable, ""),
    ("unreachable", Unreachable, ""),
    ("name or service", DnsFailed, ""),
    ("temporary failure in name", DnsFailed, ""),
)


def _problem(words: str) -> ProbeError:
    for part, leaf, detail in _PROBLEMS:
        if part in words.lower():
            return leaf(detail)
    return ParseFailed("iperf3_error", problem=words[:120])


def _samples(vantage: str, ways: list[LineBandwidth], now: datetime) -> Iterator[Sample]:
    for way in ways:
        yield Sample(PATH_BANDWIDTH, way.received_bps, (vantage, way.direction))
    yield Sample(PATH_BANDWIDTH_AT, now.timestamp(), (vantage,))


PROBE = Probe(
    name="bandwidth",
    period_s=86400,
    timeout_s=30,
    run=run,
    metrics=(PATH_BANDWIDTH, PATH_BANDWIDTH_AT),
    on_demand=True,
)
