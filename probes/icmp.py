"""Pings: the first way that works here, tried for real on loopback before it is believed.

The ladder: ICMP datagram socket (net.ipv4.ping_group_range), raw socket (CAP_NET_RAW), `fping`,
TCP connect.
"""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address, IPv6Address, ip_address
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from probes.errors import NotConfigured, NotPermitted, ProbeError
from probes.hostlink import host_link
from probes.icmp_other import FpingEcho, TcpEcho
from probes.icmp_socket import EchoSocket

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from probes.clock import Clock
    from probes.icmp_wire import EchoEnd, EchoPacket, Version
    from probes.model import EchoStats

Method: TypeAlias = Literal["dgram", "raw", "fping", "tcp"]
LADDER: tuple[Method, ...] = ("dgram", "raw", "fping", "tcp")

_LOOPBACK: Mapping[Version, str] = MappingProxyType({4: "127.0.0.1", 6: "::1"})
_TRIAL_S = 0.5


class Rung(Protocol):
    """One way to send echoes."""

    @property
    def method(self) -> str: ...

    async def burst(
        self, host: str, *, count: int, gap_s: float, timeout_s: float
    ) -> EchoStats: ...

    def close(self) -> None: ...


class IcmpEcho:
    """The real EchoClient: one way per address family, chosen at the first burst and then kept."""

    def __init__(
        self,
        clock: Clock,
        *,
        ladder: Sequence[Method] = LADDER,
        link: Callable[[], bool | None] = host_link,
    ) -> None:
        self._clock = clock
        self._ladder = tuple(ladder)
        self._link = link
        self._rungs: dict[Version, Rung] = {}
        self._choosing = asyncio.Lock()

    @property
    def method(self) -> str | None:
        """How IPv4 targets are pinged (`dgram`, `raw`, `fping`, `tcp`); None before the first."""
        rung = self._rungs.get(4)
        return rung.method if rung else None

    async def start(self) -> str:
        """Choose the way for IPv4 now and return its name; raises NotPermitted when none works."""
        return (await self._rung(4)).method

    async def burst(self, host: str, *, count: int, gap_s: float, timeout_s: float) -> EchoStats:
        """Send `count` echoes to an address, `gap_s` apart, each lost after `timeout_s`.

        Raises NotConfigured for a host that is no address, Unreachable when an ICMP error came
        back and no answer, NotPermitted when this machine may not ping at all.
        """
        address = _address(host)
        rung = await self._rung(4 if address.version == 4 else 6)
        return await rung.burst(str(address), count=count, gap_s=gap_s, timeout_s=timeout_s)

    async def shots(
        self, host: str, packets: Sequence[EchoPacket], *, gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        """Send echoes of chosen shapes `gap_s` apart; what became of each, in order of sending.

        Raises NotConfigured for a host that is no address, NotPermitted where this machine opens no
        ICMP socket: fping and TCP cannot send these.
        """
        address = _address(host)
        rung = await self._rung(4 if address.version == 4 else 6)
        if not isinstance(rung, EchoSocket):
            raise NotPermitted("icmp_none")
        return await rung.shots(str(address), packets, gap_s=gap_s, timeout_s=timeout_s)

    async def host_link(self) -> bool | None:
        """Whether the default route's interface has carrier; None when it cannot be told."""
        return self._link()

    def close(self) -> None:
        """Give the sockets back."""
        rungs, self._rungs = self._rungs, {}
        for rung in rungs.values():
            rung.close()

    async def _rung(self, version: Version) -> Rung:
        async with self._choosing:
            if version not in self._rungs:
                self._rungs[version] = await self._climb(version)
            return self._rungs[version]

    async def _climb(self, version: Version) -> Rung:
        for method in self._ladder:
            try:
                rung = self._open(method, version)
            except OSError:  # not permitted, or not there: the next one
                continue
            if await _answers(rung, _LOOPBACK[version]):
                return rung
            rung.close()
        raise NotPermitted("icmp_none")

    def _open(self, method: Method, version: Version) -> Rung:
        if method == "fping":
            return FpingEcho(version)
        if method == "tcp":
            return TcpEcho(self._clock)
        return EchoSocket(version, method, self._clock)


def _address(host: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(host)
    except ValueError as error:
        raise NotConfigured("not_address", host=host) from error


async def _answers(rung: Rung, host: str) -> bool:
    """Whether this way really brings an answer: a socket that opens may still be filtered."""
    try:
        stats = await rung.burst(host, count=1, gap_s=0.0, timeout_s=_TRIAL_S)
    except (ProbeError, OSError):
        return False
    return bool(stats.rtts_s)
