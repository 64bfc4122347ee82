"""The Metronet line of the lab: one process that holds a TAP device in each of two namespaces.

Frames that enter one come out of the other after what the Impairment of that direction does to
them. A Unix socket takes another impairment and tells counts and how late the process itself was:

    {"out": {"delay_s": 0.02, "loss": 0.05, "seed": 1}, "back": {}}  ->  {"out": {…}, "back": {…}}

`out` is from near to far. Run as `python -m tests.lab.metrolink`, as root of both namespaces.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import heapq
import json
import os
import select
import socket
import struct
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from drills.impairment import Impairment, Passage

WAYS = ("out", "back")
_CLONE_NEWNET = 0x4000_0000
_TUNSETIFF = 0x4004_54CA
_IFF_TAP, _IFF_NO_PI = 0x0002, 0x1000
_FRAME = 65_536
_ETHERNET = 14  # octets of a frame's header, which do not count for sizes
_IPV6_MULTICAST = b"\x33\x33"  # RFC 2464, 7
_MOST_MESSAGE = 4096
_REMEMBERED = 2000
_PRIORITY = 20


def enter(namespace: Path) -> None:
    """Move this process into a network namespace; raises OSError."""
    with namespace.open("rb") as opened:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(opened.fileno(), _CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(namespace))


def open_tap(name: str) -> int:
    """A TAP device of the current namespace; it is gone when the descriptor is closed."""
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    request = struct.pack("16sH22x", name.encode(), _IFF_TAP | _IFF_NO_PI)
    fcntl.ioctl(tap, _TUNSETIFF, request)
    return tap


@dataclass(slots=True)
class Direction:
    """One way through the line: where its frames come out and what happens to them."""

    exit: int
    passage: Passage = field(default_factory=Passage)
    late_s: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    refused: int = 0  # the device at the end took no frame: its link is down

    def told(self) -> dict[str, Any]:
        """Counts since the last change, and how late frames left, in seconds."""
        late = list(self.late_s)
        return {
            "passed": self.passage.passed,
            "lost": self.passage.lost,
            "refused": self.refused,
            "late_median_s": median(late) if late else None,
            "late_max_s": max(late, default=None),
        }


@dataclass(slots=True)
class Metrolink:
    """Carries frames between the descriptors of two TAP devices."""

    near: int
    far: int
    control: socket.socket
    ways: dict[str, Direction] = field(default_factory=dict)
    _heap: list[tuple[float, int, Direction, bytes]] = field(default_factory=list)
    _frames: int = 0

    def __post_init__(self) -> None:
        self.ways = {"out": Direction(self.far), "back": Direction(self.near)}

    def serve(self) -> None:
        """Carry frames for ever."""
        watched: tuple[Any, ...] = (self.near, self.far, self.control)
        while True:
            wait_s = max(0.0, self._heap[0][0] - time.monotonic()) if self._heap else None
            ready, _, _ = select.select(watched, (), (), wait_s)
            self._release()
            if self.near in ready:
                self._take(self.near, self.ways["out"])
            if self.far in ready:
                self._take(self.far, self.ways["back"])
            if self.control in ready:
                self._obey()
            self._release()

    def _take(self, entry: int, way: Direction) -> None:
        with suppress(BlockingIOError):
            while True:
                frame = os.read(entry, _FRAME)
                if frame.startswith(_IPV6_MULTICAST):
                    continue  # who its neighbour is each end has written down
                due = way.passage.due(time.monotonic(), len(frame) - _ETHERNET)
                if due is not None:
                    self._frames += 1
                    heapq.heappush(self._heap, (due, self._frames, way, frame))

    def _release(self) -> None:
        while self._heap and self._heap[0][0] <= (now := time.monotonic()):
            due, _, way, frame = heapq.heappop(self._heap)
            way.late_s.append(now - due)
            try:
                os.write(way.exit, frame)
            except OSError:
                way.refused += 1

    def _obey(self) -> None:
        asking, _ = self.control.accept()
        with asking:
            asking.settimeout(1.0)
            with suppress(OSError):
                asking.sendall(json.dumps(self._answer(asking.recv(_MOST_MESSAGE))).encode())

    def _answer(self, message: bytes) -> dict[str, Any]:
        try:
            wanted = json.loads(message)
            changed = {name: Impairment(**wanted[name]) for name in WAYS if name in wanted}
        except (ValueError, TypeError) as error:
            return {"error": str(error)}
        told = {name: way.told() for name, way in self.ways.items()}
        for name, impairment in changed.items():
            way = self.ways[name]
            way.passage, way.refused = Passage(impairment), 0
            way.late_s.clear()
        return told


def ask(path: Path, wanted: dict[str, dict[str, Any]] | None = None) -> dict[str, Any]:
    """Tell a line what to do from now on; its counts so far. Raises OSError, ValueError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
        asking.settimeout(5.0)
        asking.connect(str(path))
        asking.sendall(json.dumps(wanted or {}).encode())
        told: dict[str, Any] = json.loads(asking.recv(_MOST_MESSAGE))
    if "error" in told:
        raise ValueError(told["error"])
    return told


def hurry() -> bool:
    """Ask the kernel to be woken first: delays are only as true as this process is quick."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_PRIORITY))
    except OSError:
        return False
    return True


def main() -> int:
    """Open both devices and the socket, then carry frames until the process is ended."""
    parser = argparse.ArgumentParser(prog="metrolink")
    for end in ("--near", "--far"):
        parser.add_argument(end, required=True, nargs=2, metavar=("NAMESPACE", "DEVICE"))
    parser.add_argument("--control", required=True, type=Path)
    given = parser.parse_args()
    taps = []
    for namespace, device in (given.near, given.far):
        enter(Path(namespace))
        taps.append(open_tap(device))
    control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    control.bind(str(given.control))
    control.listen()
    hurry()
    Metrolink(taps[0], taps[1], control).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
