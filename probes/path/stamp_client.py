"""What the probe of the line needs of whoever sends STAMP packets."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.path.stamp_quality import Counters, Quality, Way
    from probes.transports.witness import Tally


class StampClient(Protocol):
    """Sends bursts of STAMP packets (RFC 8762) to a reflector. The shipped one: kernel sockets."""

    async def burst(
        self, host: str, port: int, *, dscp: int, count: int, gap_s: float, timeout_s: float
    ) -> Quality:
        """Send `count` packets of one mark and say what the line did; raises a ProbeError leaf."""

    def counters(self, host: str, port: int, dscp: int) -> Counters:
        """What all bursts of that mark to that reflector brought so far."""


class WatchedStamp:
    """A StampClient that tells of each burst, and counts its packets as requests."""

    def __init__(self, inner: StampClient, tell: Callable[[str], None], tally: Tally) -> None:
        self._inner, self._tell, self._tally = inner, tell, tally

    async def burst(
        self, host: str, port: int, *, dscp: int, count: int, gap_s: float, timeout_s: float
    ) -> Quality:
        """Send a burst and tell what came of it, by direction."""
        self._tell(f"> {count} STAMP packets to {host} port {port}, DSCP {dscp}")
        found = await self._inner.burst(
            host, port, dscp=dscp, count=count, gap_s=gap_s, timeout_s=timeout_s
        )
        self._tally.requests += found.sent
        for name, way in (("round", found.round), ("out", found.out), ("back", found.back)):
            self._tell(f"< {name}: {_words(way)}")
        if found.rtts_s:
            self._tell(f"< round trip {_ms(median(found.rtts_s))}, min {_ms(min(found.rtts_s))}")
        return found

    def counters(self, host: str, port: int, dscp: int) -> Counters:
        """Pass the question on."""
        return self._inner.counters(host, port, dscp)


def _words(way: Way) -> str:
    lost = f"lost {way.loss.lost} of {way.loss.sent}" if way.loss else "loss not known"
    return f"{lost}, delay {_ms(way.delay_s)}, jitter {_ms(way.jitter_s)}"


def _ms(seconds: float | None) -> str:
    return "not known" if seconds is None else f"{seconds * 1000:.3f} ms"
