"""The LineClient over kernel sockets: echoes by the socket that pings, datagrams by their own."""

from __future__ import annotations

import asyncio
import secrets
import struct
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from probes import icmp_wire
from probes.errors import NotConfigured
from probes.icmp_options import outward, want_errors
from probes.icmp_wire import EchoEnd, EchoPacket
from probes.kernel_stamps import MSG_ERRQUEUE, error_of, left_ns, stamp_ns, wall_ns
from probes.path.stamp_socket import open_udp
from probes.transports.os_errors import as_probe_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probes.clock import Clock
    from probes.icmp import IcmpEcho
    from probes.icmp_wire import Version
    from probes.kernel_stamps import Extra

# Where traceroute begins: nobody listens there, and routers share out load by ports, so it stays.
_PORT = 33434
_TAG = struct.Struct("!QQ")  # run, turn
_OCTETS = 32


class KernelLine:
    """Sends packets of any size, mark and reach. `close()` of the echo client frees its sockets."""

    def __init__(self, echo: IcmpEcho, clock: Clock) -> None:
        self._echo = echo
        self._clock = clock

    async def echoes(
        self, host: str, packets: Sequence[EchoPacket], *, gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        """Send these echo requests `gap_s` apart; each is lost `timeout_s` after it left."""
        return await self._echo.shots(host, packets, gap_s=gap_s, timeout_s=timeout_s)

    async def datagrams(
        self, host: str, hop_limits: Sequence[int], *, gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        """Send a UDP datagram with each of these hop limits, all of one flow.

        It needs no right. A router that quotes less than the payload cannot be told from silence.
        """
        try:
            address = ip_address(host)
        except ValueError as error:
            raise NotConfigured("not_address", host=host) from error
        try:
            flow = _Flow(4 if address.version == 4 else 6, str(address), self._clock)
        except OSError as error:
            raise as_probe_error(error) from error
        try:
            return await flow.send(hop_limits, gap_s, timeout_s)
        finally:
            flow.close()


@dataclass(slots=True)
class _Sent:
    """One datagram: when it left by both clocks, and what became of it."""

    left_ns: int
    mono_s: float
    outcome: asyncio.Future[EchoEnd]


class _Flow:
    """Datagrams of one source port to one port, told apart by what is written in them."""

    def __init__(self, version: Version, host: str, clock: Clock) -> None:
        self._version: Version = version
        self._host = host
        self._clock = clock
        self._run = secrets.randbits(64)
        self._sent: dict[int, _Sent] = {}
        self._loop = asyncio.get_running_loop()
        self._socket = open_udp(version, departures=True)
        want_errors(self._socket, version)
        self._loop.add_reader(self._socket.fileno(), self._drain)

    async def send(
        self, hop_limits: Sequence[int], gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        for turn, limit in enumerate(hop_limits):
            if turn:
                await self._clock.sleep(gap_s)
            self._send(turn, limit)
        sent = [self._sent[turn] for turn in range(len(hop_limits))]
        left_s = sent[-1].mono_s + timeout_s - self._loop.time()
        await asyncio.wait([one.outcome for one in sent], timeout=max(0.0, left_s))
        self._drain()
        return tuple(one.outcome.result() if one.outcome.done() else EchoEnd() for one in sent)

    def close(self) -> None:
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _send(self, turn: int, limit: int) -> None:
        extra = outward(self._version, EchoPacket(hop_limit=limit))
        octets = _TAG.pack(self._run, turn).ljust(_OCTETS, b"\x00")
        sent = _Sent(wall_ns(), self._loop.time(), self._loop.create_future())
        self._sent[turn] = sent
        for last in (False, True):
            try:
                self._socket.sendmsg([octets], extra, 0, (self._host, _PORT))
            except OSError as error:
                if last:  # not the error of a packet before it
                    raise as_probe_error(error) from error
                self._drain()
            else:
                return

    def _drain(self) -> None:
        while True:
            try:
                octets, extra, _flags, _to = self._socket.recvmsg(2048, 512, MSG_ERRQUEUE)
            except OSError:
                return
            at_ns, turn = left_ns(extra), self._turn(octets)
            sent = None if turn is None else self._sent.get(turn)
            if sent is None:
                continue
            if at_ns is not None:
                sent.left_ns = max(sent.left_ns, at_ns)
            elif not sent.outcome.done():
                self._refused(sent, extra)

    def _turn(self, octets: bytes) -> int | None:
        """Which datagram a frame or a quote holds."""
        at = octets.find(self._run.to_bytes(8, "big"))
        if at < 0 or len(octets) < at + _TAG.size:
            return None
        turn: int = _TAG.unpack_from(octets, at)[1]
        return turn

    def _refused(self, sent: _Sent, extra: Extra) -> None:
        told = error_of(extra)
        if told is None:
            return
        wrong = icmp_wire.error(self._version, told.type, told.code, told.by, told.info)
        upper_s, at_ns = self._loop.time() - sent.mono_s, stamp_ns(extra)
        passed_s = upper_s if at_ns is None else (at_ns - sent.left_ns) / 1e9
        rtt_s = passed_s if 0 <= passed_s <= upper_s else upper_s
        sent.outcome.set_result(EchoEnd(rtt_s, wrong))
