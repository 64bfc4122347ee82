"""The reflector on a socket: STAMP packets come as late as the world's ways are, or get lost."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

from drills.faces import stamp
from inventory.errors import InputError
from probes.kernel_stamps import wall_ns
from probes.path import stamp_wire as wire
from probes.path.stamp_reflector import Reflector
from probes.path.stamp_socket import open_udp, receive, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from drills.world import World
    from probes.path.stamp_reflector import Answer
    from probes.path.stamp_socket import Datagram

_ANY = "0.0.0.0"  # noqa: S104 - whoever opens it keeps it to loopback
_DRAIN = 64
_RATE_PER_S = 1e6  # the simulation asks itself
_OWN_AT = slice(4, 8)  # the own address in struct in_pktinfo
_SURE = wire.ErrorEstimate(0.001, synchronised=True)  # one machine, one clock


class StampDoor:
    """One wildcard socket; needs the running loop, `close()` frees it.

    Raises InputError when the port is taken.
    """

    def __init__(self, world: World, asker: str, port: int) -> None:
        self._world, self._asker = world, asker
        self._reflector = Reflector((ip_network("127.0.0.0/8"),), _RATE_PER_S)
        self._loop = asyncio.get_running_loop()
        self._late: set[asyncio.TimerHandle] = set()
        try:
            self.socket: socket.socket = open_udp(4, (_ANY, port))
        except OSError as error:
            problem = error.strerror or type(error).__name__
            raise InputError("sim.port_taken", host=_ANY, port=port, problem=problem) from error
        self._loop.add_reader(self.socket, self._read)

    def close(self) -> None:
        """Lose what is on its way and give the socket back."""
        for timer in self._late:
            timer.cancel()
        self._loop.remove_reader(self.socket)
        self.socket.close()

    def _read(self) -> None:
        for _ in range(_DRAIN):
            try:
                came = receive(self.socket)
            except OSError:  # who asked earlier is gone
                continue
            if came is None:
                return
            if came.own is not None:
                self._carry(came, socket.inet_ntoa(came.own[2][_OWN_AT]))

    def _carry(self, came: Datagram, address: str) -> None:
        """Take the packet to the world's reflector, as late as the way there is."""
        one = stamp.trip(self._world, self._asker, address, self._world.time(), came.octets[:4])
        if one.there_s is None:
            return
        there_ns, back_s = round(one.there_s * 1e9), one.back_s

        def reflect() -> None:
            there = replace(came, at_ns=max(wall_ns(), came.at_ns + there_ns))
            answer = self._reflector.answer(there, self._loop.time(), _SURE)
            if answer is not None and back_s is not None:
                self._after(back_s, lambda: self._send(came, answer))

        self._after(one.there_s, reflect)

    def _send(self, came: Datagram, answer: Answer) -> None:
        octets = wire.encode_reply(answer.reply)[: len(came.octets)]
        with suppress(OSError):  # who asked is gone
            send(self.socket, octets, came.source, dscp=answer.dscp, own=came.own)

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        def acted() -> None:
            self._late.discard(timer)
            act()

        timer = self._loop.call_later(seconds, acted)
        self._late.add(timer)
