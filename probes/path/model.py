"""What the measurements of the line bring, as values for judging; sizes in octets of IP packets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

ClassName: TypeAlias = Literal["ef", "af41", "be"]
# `out` leads from the ward, whoever asks; `round` is there and back.
Direction: TypeAlias = Literal["out", "in", "round"]

# A meeting's packets are this long, so a line that stops them is broken whatever small ones do.
LARGE_BYTES = 1400


@dataclass(frozen=True, slots=True)
class TrafficClass:
    """Packets of one mark (DSCP, RFC 4594), as the line's queues see them."""

    name: ClassName
    dscp: int


CLASSES = (TrafficClass("ef", 46), TrafficClass("af41", 34), TrafficClass("be", 0))


@dataclass(frozen=True, slots=True)
class LineWay:
    """One direction of the line in one class, as one burst measured it.

    `sent` and `lost` are None where nobody can tell in which direction packets were lost. `delay_s`
    is the median: of `round` the round trip, of the others only while both clocks are sane.
    `jitter_s` is RFC 3550's, `ipdv_s` Y.1541's. `method` is `stamp` or `icmp`.
    """

    method: str
    kind: ClassName
    direction: Direction
    sent: int | None = None
    lost: int | None = None
    delay_s: float | None = None
    jitter_s: float | None = None
    ipdv_s: float | None = None

    @property
    def loss_ratio(self) -> float | None:
        """Lost over sent; None when that is not known."""
        return self.lost / self.sent if self.sent and self.lost is not None else None


@dataclass(frozen=True, slots=True)
class LineMtu:
    """How long a packet may be that must not be fragmented.

    `passed_bytes` is the longest that came back, `blocked_bytes` the shortest that did not, None
    when all passed; `told_bytes` is the limit that a router named (RFC 1191, RFC 8201), None when
    nobody said anything. `large_passes` is whether packets of 1,400 bytes pass while small ones do.
    """

    passed_bytes: int
    blocked_bytes: int | None = None
    told_bytes: int | None = None
    large_passes: bool = True

    @property
    def is_silent(self) -> bool:
        """Whether long packets vanish without an error, so that senders go on sending them."""
        return self.blocked_bytes is not None and self.told_bytes is None


@dataclass(frozen=True, slots=True)
class Hop:
    """One stop of the way: who answered (None for nobody), in how many seconds each time.

    `sign` is what a router said instead of passing the packet on: `!N`, `!H`, `!P`, `!X`, `!F` as
    traceroute writes them, empty otherwise.
    """

    number: int
    address: str | None = None
    rtts_s: tuple[float, ...] = ()
    sign: str = ""


@dataclass(frozen=True, slots=True)
class LineTrace:
    """The way to a target, hop by hop from 1; `reached` says whether the target itself answered.

    `method` is what the answers came by: `udp`, `icmp`, or `udp+icmp`. `changed` says that the way
    is another one than at the trace before.
    """

    target: str
    hops: tuple[Hop, ...]
    reached: bool
    method: str
    changed: bool = False

    @property
    def break_hop(self) -> int | None:
        """The last hop that answered when the way ends before the target; None when it does not.

        0 when not even the first hop answered.
        """
        if self.reached:
            return None
        return max((hop.number for hop in self.hops if hop.address), default=0)

    @property
    def addresses(self) -> tuple[str | None, ...]:
        """Who answered at each hop: what two traces are compared by."""
        return tuple(hop.address for hop in self.hops)


@dataclass(frozen=True, slots=True)
class LineBandwidth:
    """How many bits a second one direction carried of those that were sent, and what it lost."""

    direction: Literal["out", "in"]
    sent_bps: float
    received_bps: float
    loss_ratio: float | None = None
    jitter_s: float | None = None
