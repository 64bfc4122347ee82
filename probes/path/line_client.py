"""What the probes of the line need beyond plain echoes: packets of any size, mark and reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from probes.errors import ProbeError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from probes.icmp_wire import EchoEnd, EchoPacket
    from probes.transports.witness import Tally


class LineClient(Protocol):
    """Sends packets of which each has its own shape, and says what became of each, in order.

    Both raise NotConfigured for a host that is no address and NotPermitted where this machine may
    not send such packets. The shipped one: kernel sockets.
    """

    async def echoes(
        self, host: str, packets: Sequence[EchoPacket], *, gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        """Send these echo requests `gap_s` apart; each is lost `timeout_s` after it left."""

    async def datagrams(
        self, host: str, hop_limits: Sequence[int], *, gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        """Send a UDP datagram with each of these hop limits to a port where nobody listens."""


class WatchedLine:
    """A LineClient that tells of each packet and what became of it, and counts them."""

    def __init__(self, inner: LineClient, tell: Callable[[str], None], tally: Tally) -> None:
        self._inner, self._tell, self._tally = inner, tell, tally

    async def echoes(
        self, host: str, packets: Sequence[EchoPacket], *, gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        """Send them and tell."""
        self._tell(f"> {len(packets)} echoes to {host}, {gap_s * 1000:g} ms apart")
        ends = await self._told(
            self._inner.echoes(host, packets, gap_s=gap_s, timeout_s=timeout_s), len(packets)
        )
        for packet, end in zip(packets, ends, strict=True):
            self._tell(f"< {_packet_words(packet)}: {_end_words(end)}")
        return ends

    async def datagrams(
        self, host: str, hop_limits: Sequence[int], *, gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        """Send them and tell."""
        self._tell(f"> {len(hop_limits)} UDP datagrams to {host}, {gap_s * 1000:g} ms apart")
        ends = await self._told(
            self._inner.datagrams(host, hop_limits, gap_s=gap_s, timeout_s=timeout_s),
            len(hop_limits),
        )
        for limit, end in zip(hop_limits, ends, strict=True):
            self._tell(f"< hop limit {limit}: {_end_words(end)}")
        return ends

    async def _told(
        self, asking: Awaitable[tuple[EchoEnd, ...]], count: int
    ) -> tuple[EchoEnd, ...]:
        self._tally.requests += count
        try:
            return await asking
        except ProbeError as error:
            self._tell(f"< {error.reason.value}: {error}")
            raise


def _packet_words(packet: EchoPacket) -> str:
    shape = f"payload {packet.payload_octets}, DSCP {packet.dscp}"
    limit = "" if packet.hop_limit is None else f", hop limit {packet.hop_limit}"
    return shape + (", DF" if packet.dont_fragment else "") + limit


def _end_words(end: EchoEnd) -> str:
    if end.rtt_s is not None and end.error is None:
        return f"answer in {end.rtt_s * 1000:.3f} ms"
    if end.error is None:
        return "nothing"
    named = f", MTU {end.error.mtu_bytes}" if end.error.mtu_bytes else ""
    return f"ICMP {end.error.type}/{end.error.code} from {end.error.by or 'here'}{named}"
