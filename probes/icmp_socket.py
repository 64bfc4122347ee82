"""One ICMP socket for all targets of an address family, with the kernel's own stamps.

A round trip is the kernel's stamp of the answer less its stamp of the request: what this program
takes to ask and to look is not in it.
"""

from __future__ import annotations

import asyncio
import errno
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes import icmp_wire
from probes.errors import Busy, ProbeError, Unreachable
from probes.icmp_options import keep_whole, open_icmp, outward
from probes.icmp_wire import PLAIN, EchoEnd, IcmpError
from probes.kernel_stamps import MSG_ERRQUEUE, error_of, left_ns, stamp_ns, wall_ns
from probes.model import EchoStats
from probes.transports.os_errors import as_probe_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probes.clock import Clock
    from probes.icmp_options import Kind
    from probes.icmp_wire import EchoPacket, Failure, Reply, Version
    from probes.kernel_stamps import Extra

_PACKETS_PER_S = 500
_LONGEST_QUEUE_S = 0.5  # so that a turn, and then an answer, come well within the run's deadline
_NO_WAY = EchoEnd(error=IcmpError(type=0, code=0))


@dataclass(slots=True)
class _Sent:
    """One request on its way: when it left by both clocks, and what became of it in the end.

    `left_ns` is this program's own time until the kernel's stamp comes.
    """

    host: str
    left_ns: int
    mono_s: float
    outcome: asyncio.Future[EchoEnd]


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
        self._unstamped = 0
        self._is_whole = False
        self._next_at = 0.0
        self._loop = asyncio.get_running_loop()
        self._socket, self._stamps_both = open_icmp(version, kind)
        self._loop.add_reader(self._socket.fileno(), self.drain)

    async def burst(
        self,
        host: str,
        *,
        count: int,
        gap_s: float,
        timeout_s: float,
        packet: EchoPacket = PLAIN,
    ) -> EchoStats:
        """Send `count` echoes `gap_s` apart; one is lost `timeout_s` after it left, not earlier.

        Raises Unreachable when an ICMP error came back and no answer, NotPermitted or Busy when the
        machine did not let them out.
        """
        ends = await self.shots(host, (packet,) * count, gap_s=gap_s, timeout_s=timeout_s)
        rtts_s = tuple(one.rtt_s for one in ends if one.rtt_s is not None and one.error is None)
        # Routers limit the rate of their errors (Linux: net.ipv4.icmp_ratelimit), so one that came
        # speaks for the packets of the burst that got none, as long as nothing was answered.
        if not rtts_s and any(one.error is not None for one in ends):
            raise Unreachable
        return EchoStats(count, count - len(rtts_s), rtts_s, self.method)

    async def shots(
        self, host: str, packets: Sequence[EchoPacket], *, gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        """Send these echoes `gap_s` apart and say what became of each, in order of sending.

        Raises NotPermitted or Busy when the machine did not let them out.
        """
        numbers: list[int] = []
        try:
            for turn, packet in enumerate(packets):
                await self._wait_turn(gap_s if turn else 0.0)
                numbers.append(self._send(host, packet))
            sent = [self._sent[number] for number in numbers]
            left_s = sent[-1].mono_s + timeout_s - self._loop.time()
            await asyncio.wait([one.outcome for one in sent], timeout=max(0.0, left_s))
            self.drain()  # what arrived while the loop was busy is not lost
            return tuple(_end(one, timeout_s) for one in sent)
        finally:
            for number in numbers:
                self._sent.pop(number, None)

    def close(self) -> None:
        """Stop listening and give the socket back."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def drain(self) -> None:
        """Read everything that has arrived: when packets left, answers, and errors."""
        # The stamp of a request stands in its queue before the answer can be in the other.
        if self._unstamped:
            self._drain_errors()
        while True:
            try:
                octets, extra, _flags, source = self._socket.recvmsg(2048, 512)
            except BlockingIOError:
                return
            except OSError:  # a queued ICMP error shows up as an error of the next call
                self._drain_errors()
                continue
            self._take(octets, extra, source[0])

    async def _wait_turn(self, gap_s: float) -> None:
        """Keep the gap, and all targets together below the packet rate.

        Raises Busy when its turn is too far off: what never left is not lost.
        """
        now = self._loop.time()
        at = max(now + gap_s, self._next_at)
        if at - now - gap_s > _LONGEST_QUEUE_S:
            raise Busy
        self._next_at = at + 1 / _PACKETS_PER_S
        if at > now:
            await self._clock.sleep(at - now)

    def _send(self, host: str, packet: EchoPacket) -> int:
        self._number += 1
        number = self._number
        octets = icmp_wire.request(self._version, self._identifier, self._run, number, packet)
        if packet.dont_fragment is not self._is_whole:
            keep_whole(self._socket, self._version, whole=packet.dont_fragment)
            self._is_whole = packet.dont_fragment
        extra = outward(self._version, packet)
        sent = _Sent(host, wall_ns(), self._loop.time(), self._loop.create_future())
        self._sent[number] = sent
        try:
            self._send_out(octets, extra, host)
        except Unreachable:
            sent.outcome.set_result(_NO_WAY)
        except _TooLong:
            kind, code = icmp_wire.TOO_BIG[self._version]
            sent.outcome.set_result(EchoEnd(error=IcmpError(kind, code)))
        except BaseException:
            del self._sent[number]
            raise
        else:
            self._unstamped += self._stamps_both
        return number

    def _send_out(self, octets: bytes, extra: Extra, host: str) -> None:
        try:
            self._socket.sendmsg([octets], extra, 0, (host, 0))
        except BlockingIOError as error:
            raise Busy from error
        except OSError:
            # It may be the queued error of another target: take those, then mean this one.
            self._drain_errors()
            self._send_again(octets, extra, host)

    def _send_again(self, octets: bytes, extra: Extra, host: str) -> None:
        try:
            self._socket.sendmsg([octets], extra, 0, (host, 0))
        except OSError as error:
            if error.errno == errno.EMSGSIZE:
                raise _TooLong from error
            raise _refused_by_host(error) from error

    def _take(self, octets: bytes, extra: Extra, source: str) -> None:
        raw_ipv4 = self._version == 4 and self.method == "raw"
        message = icmp_wire.without_ip(octets) if raw_ipv4 else octets
        found = icmp_wire.parse(self._version, message, source) if message else None
        if isinstance(found, icmp_wire.Reply):
            self._answered(found, source, stamp_ns(extra))
        elif isinstance(found, icmp_wire.Failure) and found.identifier == self._identifier:
            self._failed(found, stamp_ns(extra))

    def _answered(self, reply: Reply, source: str, at_ns: int | None) -> None:
        sent = self._sent.get(reply.number)
        if reply.run != self._run or sent is None or sent.host != source or sent.outcome.done():
            return
        sent.outcome.set_result(EchoEnd(self._passed_s(sent, at_ns)))

    def _failed(self, failure: Failure, at_ns: int | None) -> None:
        for number, sent in self._sent.items():
            if number & 0xFFFF == failure.sequence and sent.host == failure.to:
                if not sent.outcome.done():
                    sent.outcome.set_result(EchoEnd(self._passed_s(sent, at_ns), failure.error))
                return

    def _passed_s(self, sent: _Sent, at_ns: int | None) -> float:
        upper_s = self._loop.time() - sent.mono_s
        passed_s = upper_s if at_ns is None else (at_ns - sent.left_ns) / 1e9
        # The stamp is wall time: when somebody set the clock in between, it is out of these bounds.
        return passed_s if 0 <= passed_s <= upper_s else upper_s

    def _drain_errors(self) -> None:
        """What waits in the error queue: stamps of what left, and ICMP errors about it."""
        while True:
            try:
                octets, extra, _flags, to = self._socket.recvmsg(2048, 512, MSG_ERRQUEUE)
            except OSError:
                return
            at_ns = left_ns(extra)
            if at_ns is None:
                self._refused(octets, extra, to[0])
            else:
                self._left(octets, at_ns)

    def _left(self, frame: bytes, at_ns: int) -> None:
        self._unstamped = max(0, self._unstamped - 1)
        number = icmp_wire.number_of(self._run, frame)
        sent = None if number is None else self._sent.get(number)
        # It cannot have left before it was handed over: then the clock was set in between.
        if sent is not None and at_ns >= sent.left_ns:
            sent.left_ns = at_ns

    def _refused(self, octets: bytes, extra: Extra, to: str) -> None:
        """An ICMP error of a datagram socket comes by the error queue, with the request quoted."""
        told = error_of(extra)
        if told is None:
            return
        wrong = icmp_wire.error(self._version, told.type, told.code, told.by, told.info)
        failure = icmp_wire.failure(self._version, to, octets, wrong)
        if failure is not None:
            self._failed(failure, stamp_ns(extra))


class _TooLong(Exception):
    """The packet is longer than this machine's own interface lets out in one piece."""


def _end(sent: _Sent, timeout_s: float) -> EchoEnd:
    """What became of it; an answer that came too late is none."""
    end = sent.outcome.result() if sent.outcome.done() else EchoEnd()
    late = end.error is None and end.rtt_s is not None and end.rtt_s > timeout_s
    return EchoEnd() if late else end


def _refused_by_host(error: OSError) -> ProbeError:
    return Busy() if isinstance(error, BlockingIOError) else as_probe_error(error)
