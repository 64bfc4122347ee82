"""One ICMP socket for all targets of an address family, with the kernel's receive stamps."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import struct
import time
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from probes import icmp_wire
from probes.errors import Busy, ProbeError, Unreachable
from probes.model import EchoStats
from probes.transports.os_errors import as_probe_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.clock import Clock
    from probes.icmp_wire import Failure, Reply, Version

Kind: TypeAlias = Literal["dgram", "raw"]

# Numbers of linux/socket.h, linux/in.h and linux/in6.h that Python's socket module does not name.
_SO_TIMESTAMPNS = 35
_IP_RECVERR, _IPV6_RECVERR = 11, 25
_MSG_ERRQUEUE = 0x2000
_SOL_RAW, _ICMP_FILTER, _ICMP6_FILTER = 255, 1, 1
_STAMP = struct.Struct("@ll")  # timespec
_EXTENDED_ERROR = struct.Struct("=IBBBBII")  # sock_extended_err: errno, origin, type, code, …
_RECEIVE_BUFFER = 1 << 20
_PACKETS_PER_S = 500

_FAMILIES: Mapping[Version, tuple[int, int]] = MappingProxyType(
    {4: (socket.AF_INET, socket.IPPROTO_ICMP), 6: (socket.AF_INET6, socket.IPPROTO_ICMPV6)}
)


@dataclass(slots=True)
class _Sent:
    """One request on its way: when it left by both clocks, and what became of it in the end."""

    host: str
    wall_ns: int
    mono_s: float
    outcome: asyncio.Future[float | None]  # seconds, or None for an ICMP error


class EchoSocket:
    """Sends echo requests and maps the answers. Needs the running loop; `close()` frees it.

    Raises OSError when the machine does not permit such a socket.
    """

    def __init__(self, version: Version, kind: Kind, clock: Clock) -> None:
        self.method = kind
        self._version: Version = version
        self._clock = clock
        self._run = secrets.randbits(64)
        self._identifier = secrets.randbits(16)
        self._number = secrets.randbits(16)
        self._sent: dict[int, _Sent] = {}
        self._next_at = 0.0
        self._loop = asyncio.get_running_loop()
        self._socket = _open(version, kind)
        self._loop.add_reader(self._socket.fileno(), self.drain)

    async def burst(self, host: str, *, count: int, gap_s: float, timeout_s: float) -> EchoStats:
        """Send `count` echoes `gap_s` apart; one is lost `timeout_s` after it left, not earlier.

        Raises Unreachable when an ICMP error came back and no answer, NotPermitted or Busy when the
        machine did not let them out.
        """
        numbers: list[int] = []
        try:
            for turn in range(count):
                await self._wait_turn(gap_s if turn else 0.0)
                numbers.append(self._send(host))
            sent = [self._sent[number] for number in numbers]
            left_s = sent[-1].mono_s + timeout_s - self._loop.time()
            await asyncio.wait([one.outcome for one in sent], timeout=max(0.0, left_s))
            self.drain()  # what arrived while the loop was busy is not lost
            return self._stats(sent, timeout_s)
        finally:
            for number in numbers:
                self._sent.pop(number, None)

    def close(self) -> None:
        """Stop listening and give the socket back."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def drain(self) -> None:
        """Read everything that has arrived: answers, and errors."""
        while True:
            try:
                octets, extra, _flags, source = self._socket.recvmsg(2048, 256)
            except BlockingIOError:
                return
            except OSError:  # a queued ICMP error shows up as an error of the next call
                self._drain_errors()
                continue
            self._take(octets, extra, source[0])

    async def _wait_turn(self, gap_s: float) -> None:
        """Keep the gap, and all targets together below the packet rate."""
        now = self._loop.time()
        at = max(now + gap_s, self._next_at)
        self._next_at = at + 1 / _PACKETS_PER_S
        if at > now:
            await self._clock.sleep(at - now)

    def _send(self, host: str) -> int:
        self._number += 1
        number = self._number
        packet = icmp_wire.request(self._version, self._identifier, self._run, number)
        sent = _Sent(host, _wall_ns(), self._loop.time(), self._loop.create_future())
        self._sent[number] = sent
        try:
            self._send_out(packet, host)
        except Unreachable:
            sent.outcome.set_result(None)
        except BaseException:
            del self._sent[number]
            raise
        return number

    def _send_out(self, packet: bytes, host: str) -> None:
        try:
            self._socket.sendto(packet, (host, 0))
        except BlockingIOError as error:
            raise Busy from error
        except OSError:
            # It may be the queued error of another target: take those, then mean this one.
            self._drain_errors()
            self._send_again(packet, host)

    def _send_again(self, packet: bytes, host: str) -> None:
        try:
            self._socket.sendto(packet, (host, 0))
        except OSError as error:
            raise _refused_by_host(error) from error

    def _stats(self, sent: list[_Sent], timeout_s: float) -> EchoStats:
        ended = [one.outcome.result() for one in sent if one.outcome.done()]
        rtts = tuple(rtt for rtt in ended if rtt is not None and rtt <= timeout_s)
        # Routers limit the rate of their errors (Linux: net.ipv4.icmp_ratelimit), so one that came
        # speaks for the packets of the burst that got none, as long as nothing was answered.
        if not rtts and None in ended:
            raise Unreachable
        return EchoStats(len(sent), len(sent) - len(rtts), rtts, self.method)

    def _take(self, octets: bytes, extra: list[tuple[int, int, bytes]], source: str) -> None:
        raw_ipv4 = self._version == 4 and self.method == "raw"
        message = icmp_wire.without_ip(octets) if raw_ipv4 else octets
        found = icmp_wire.parse(self._version, message) if message else None
        if isinstance(found, icmp_wire.Reply):
            self._answered(found, source, _stamp_ns(extra))
        elif isinstance(found, icmp_wire.Failure) and found.identifier == self._identifier:
            self._failed(found)

    def _answered(self, reply: Reply, source: str, stamp_ns: int | None) -> None:
        sent = self._sent.get(reply.number)
        if reply.run != self._run or sent is None or sent.host != source or sent.outcome.done():
            return
        upper_s = self._loop.time() - sent.mono_s
        rtt_s = upper_s if stamp_ns is None else (stamp_ns - sent.wall_ns) / 1e9
        # The stamp is wall time: when somebody set the clock in between, it is out of these bounds.
        sent.outcome.set_result(rtt_s if 0 <= rtt_s <= upper_s else upper_s)

    def _failed(self, failure: Failure) -> None:
        for number, sent in self._sent.items():
            if number & 0xFFFF == failure.sequence and sent.host == failure.to:
                if not sent.outcome.done():
                    sent.outcome.set_result(None)
                return

    def _drain_errors(self) -> None:
        """ICMP errors of datagram sockets come by the error queue, with the request quoted."""
        while True:
            try:
                octets, extra, _flags, to = self._socket.recvmsg(2048, 512, _MSG_ERRQUEUE)
            except OSError:
                return
            for _level, kind, value in extra:
                if kind in {_IP_RECVERR, _IPV6_RECVERR} and len(value) >= _EXTENDED_ERROR.size:
                    _errno, _origin, type_, code, *_rest = _EXTENDED_ERROR.unpack_from(value)
                    failure = icmp_wire.failure(self._version, to[0], octets, type_, code)
                    if failure is not None:
                        self._failed(failure)


def _open(version: Version, kind: Kind) -> socket.socket:
    family, protocol = _FAMILIES[version]
    type_ = socket.SOCK_DGRAM if kind == "dgram" else socket.SOCK_RAW
    opened = socket.socket(family, type_ | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, protocol)
    try:
        opened.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        with contextlib.suppress(OSError):  # a smaller buffer still works
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        if kind == "dgram":
            _want_errors(opened, version)
        else:
            _filter_types(opened, version)
    except OSError:
        opened.close()
        raise
    return opened


def _want_errors(opened: socket.socket, version: Version) -> None:
    if version == 4:
        opened.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
    else:
        opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)


def _filter_types(opened: socket.socket, version: Version) -> None:
    """A raw socket is handed every ICMP message of the host: let only answers and errors in."""
    wanted = {icmp_wire.ECHO_REPLY[version], *icmp_wire.ERRORS[version]}
    if version == 4:
        blocked = ~sum(1 << kind for kind in wanted) & 0xFFFF_FFFF
        opened.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", blocked))
        return
    words = [0xFFFF_FFFF] * 8
    for kind in wanted:
        words[kind // 32] &= ~(1 << kind % 32)
    opened.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("=8I", *words))


def _wall_ns() -> int:
    # The kernel stamps what it receives in this clock; Clock.now() is a Clock's, and too coarse.
    return time.clock_gettime_ns(time.CLOCK_REALTIME)


def _stamp_ns(extra: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, value in extra:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(value) >= _STAMP.size:
            seconds, nanoseconds = _STAMP.unpack_from(value)
            return int(seconds * 1_000_000_000 + nanoseconds)
    return None


def _refused_by_host(error: OSError) -> ProbeError:
    return Busy() if isinstance(error, BlockingIOError) else as_probe_error(error)
