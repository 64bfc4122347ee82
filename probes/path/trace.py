"""Finds the stops on the way to a target and where the way ends, by packets of one flow.

Routers share out load by addresses and ports, so packets whose ports differ may go several ways
and show a path that none of them took (Augustin et al., "Avoiding traceroute anomalies with Paris
traceroute", IMC 2006): here ports, and the checksum of ICMP, stay the same. UDP first, ICMP for
the stops that it leaves open.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal, TypeAlias

from probes.errors import NotPermitted, TimedOut, Unsupported
from probes.icmp_wire import EchoPacket
from probes.model import Metric, Probe, Reading, Sample
from probes.path.model import Hop, LineTrace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from probes.icmp_wire import EchoEnd, IcmpError
    from probes.model import ProbeContext, Target
    from probes.path.line_client import LineClient

MOST_HOPS = 16
TRIES = 3
TIMEOUT_S = 1.0
_GAP_S = 0.02
# Few at a time: routers answer only some in a second (Linux: six, net.ipv4.icmp_ratelimit).
_AT_ONCE = 4
_SILENT_AT_MOST = 8

_VANTAGE = ("vantage",)
PATH_HOPS = Metric(
    "wardops_path_hops",
    "gauge",
    "Stops to the target, itself included; of a whole trace.",
    _VANTAGE,
)
PATH_BREAK = Metric(
    "wardops_path_break_hop",
    "gauge",
    "The last stop that answered where the way ends early; absent while it is complete.",
    _VANTAGE,
)
PATH_CHANGED = Metric(
    "wardops_path_changed_total", "counter", "Traces that went another way than before.", _VANTAGE
)

Method: TypeAlias = Literal["udp", "icmp"]

# As traceroute writes them: RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1, RFC 4443.
_SIGNS_4 = {
    0: "!N",
    1: "!H",
    2: "!P",
    4: "!F",
    5: "!S",
    6: "!N",
    7: "!H",
    9: "!X",
    10: "!X",
    13: "!X",
}
_SIGNS_6 = {0: "!N", 1: "!X", 2: "!S", 3: "!H", 5: "!X", 6: "!X"}
# What the last stop said instead of passing packets on, as keys of the catalogue.
_BROKEN = {"!N": "trace_no_route", "!H": "trace_no_host", "!X": "trace_filtered"}
_PORT_CLOSED = {4: (3, 3), 6: (1, 4)}
_EXCEEDED = {4: 11, 6: 3}
_TOO_BIG_6 = 2


@dataclass(frozen=True, slots=True)
class Shot:
    """What one packet with a hop limit brought: who answered, how, after how many seconds."""

    limit: int
    by: str | None = None
    rtt_s: float | None = None
    sign: str = ""
    reached: bool = False

    @property
    def ends(self) -> bool:
        """Whether no packet that may go further will find more."""
        return self.reached or bool(self.sign)


@dataclass(frozen=True, slots=True)
class Way:
    """Who stands at which stop, as far as all traces since the last change have told.

    `whole` says that the last of them is the target; `changes` counts since the first trace.
    """

    stops: tuple[str | None, ...] = ()
    whole: bool = False
    changes: int = 0

    def differs(self, found: LineTrace) -> bool:
        """Whether a trace went another way: a stop that did not answer says nothing."""
        if self.whole and found.reached and len(self.stops) != len(found.hops):
            return True
        pairs = zip(self.stops, found.addresses, strict=False)
        return any(one != other for one, other in pairs if one and other)

    def after(self, found: LineTrace) -> Way:
        """What is known with one trace more."""
        if self.differs(found):
            return Way(found.addresses, found.reached, self.changes + 1)
        both = zip_longest(found.addresses, self.stops)
        return Way(
            tuple(now or before for now, before in both), self.whole or found.reached, self.changes
        )


@dataclass(slots=True)
class _Found:
    """All shots so far, and by which methods."""

    shots: list[Shot] = field(default_factory=list)
    methods: list[Method] = field(default_factory=list)

    @property
    def is_reached(self) -> bool:
        """Whether the target itself answered."""
        return any(shot.reached for shot in self.shots)

    @property
    def end(self) -> int | None:
        """The stop at which the way ends, whether at the target or before; None while unknown."""
        return min((shot.limit for shot in self.shots if shot.ends), default=None)

    def silent(self, last: int) -> list[int]:
        """The stops up to `last` of which nobody answered."""
        told = {shot.limit for shot in self.shots if shot.by}
        return [limit for limit in range(1, last + 1) if limit not in told]


async def run(target: Target, context: ProbeContext) -> Reading:
    """Trace the way to the target.

    Raises TimedOut for a way that ends early, which says after which stop, and Unsupported where no
    such packets can be sent; what the client raises (NotConfigured, NotPermitted, Unreachable when
    this machine has no route) passes through.
    """
    line = context.transports.line
    if line is None:
        raise Unsupported("line_none")
    found = await trace(line, target.host)
    before = context.memory.kept if isinstance(context.memory.kept, Way) else Way()
    found = replace(found, changed=before.differs(found))
    context.memory.kept = now = before.after(found)
    samples = tuple(_samples(target.vantage, found, now.changes))
    if not found.reached:
        for line_ in lines_of(found):
            context.note(f"= {line_}")
        names = {address: name for name, address in target.peers}
        raise broken(found, names).with_samples(samples)
    return Reading(samples=samples, trace=found, method=found.method)


async def trace(line: LineClient, host: str) -> LineTrace:
    """The way to `host`, at most 16 stops, three packets each by UDP, ICMP for what stays open."""
    found = _Found()
    await _look(line, host, "udp", found)
    await _look(line, host, "icmp", found)
    return assemble(host, found.shots, "+".join(found.methods))


async def _look(line: LineClient, host: str, method: Method, found: _Found) -> None:
    """One method's turn: forwards until the way ends, then the rest of the tries.

    Where the target was reached already, only the stops that did not answer are asked.
    """
    again = found.silent(found.end or 0)
    if found.is_reached and not again:
        return
    try:
        if not found.is_reached:
            last = await _forward(line, host, method, found)
            again = list(range(1, last + 1)) * (TRIES - 1)
        found.shots += await _shoot(line, host, method, again)
    except NotPermitted:  # UDP needs no right: without ICMP, what it found stands
        if not found.methods:
            raise
        return
    found.methods.append(method)


async def _forward(line: LineClient, host: str, method: Method, found: _Found) -> int:
    """A packet per stop, a few stops at a time; the last stop that is worth asking again."""
    heard = 0
    for first in range(1, MOST_HOPS + 1, _AT_ONCE):
        shots = await _shoot(line, host, method, range(first, first + _AT_ONCE))
        found.shots += shots
        heard = max((shot.limit for shot in shots if shot.by), default=heard)
        ends = [shot.limit for shot in shots if shot.ends]
        if ends:
            return min(ends)
        if first + _AT_ONCE - 1 - heard >= _SILENT_AT_MOST:
            break
    return min(MOST_HOPS, heard + 1)


async def _shoot(line: LineClient, host: str, method: Method, limits: Sequence[int]) -> list[Shot]:
    if method == "udp":
        ends = await line.datagrams(host, limits, gap_s=_GAP_S, timeout_s=TIMEOUT_S)
    else:
        packets = [EchoPacket(hop_limit=limit, same_flow=True) for limit in limits]
        ends = await line.echoes(host, packets, gap_s=_GAP_S, timeout_s=TIMEOUT_S)
    return [read(host, limit, end) for limit, end in zip(limits, ends, strict=True)]


def read(host: str, limit: int, end: EchoEnd) -> Shot:
    """What the end of one packet says of the stop that its hop limit named. Pure."""
    if end.error is None:
        return Shot(limit) if end.rtt_s is None else Shot(limit, host, end.rtt_s, reached=True)
    version = 6 if ":" in host else 4
    by = end.error.by or None
    if (end.error.type, end.error.code) == _PORT_CLOSED[version]:
        return Shot(limit, by, end.rtt_s, reached=True)
    sign = "" if end.error.type == _EXCEEDED[version] else _sign(version, end.error)
    return Shot(limit, by, end.rtt_s, sign, reached=by == host)


def _sign(version: int, error: IcmpError) -> str:
    if version == 6 and error.type == _TOO_BIG_6:
        return "!F"
    return (_SIGNS_4 if version == 4 else _SIGNS_6).get(error.code, f"!{error.code}")


def assemble(host: str, shots: Sequence[Shot], method: str) -> LineTrace:
    """The way from what the packets brought, in any order. Pure.

    A router that refuses packets which may go further is the stop where it answered first.
    """
    reached_at = min((shot.limit for shot in shots if shot.reached), default=None)
    last = reached_at or max((shot.limit for shot in shots if shot.by), default=0)
    hops = [_hop(number, shots) for number in range(1, last + 1)]
    while len(hops) > 1 and hops[-1].sign and hops[-1].address == hops[-2].address:
        refused = hops.pop()
        hops[-1] = replace(hops[-1], sign=hops[-1].sign or refused.sign)
    return LineTrace(host, tuple(hops), reached_at is not None, method)


def _hop(number: int, shots: Iterable[Shot]) -> Hop:
    """One stop; the target itself stands before one who only refused what goes further."""
    here = [shot for shot in shots if shot.limit == number and shot.by]
    here.sort(key=lambda shot: (not shot.reached, bool(shot.sign)))
    by = here[0].by if here else None
    same = [shot for shot in here if shot.by == by]
    rtts_s = tuple(shot.rtt_s for shot in same if shot.rtt_s is not None)
    return Hop(number, by, rtts_s, next((shot.sign for shot in same if shot.sign), ""))


def broken(found: LineTrace, names: Mapping[str, str]) -> TimedOut:
    """What to say of a way that ends early; `names` are the names of known addresses. Pure."""
    at = found.break_hop or 0
    if at == 0:
        return TimedOut("trace_near")
    last = found.hops[at - 1]
    name = names.get(last.address or "", last.address)
    return TimedOut(_BROKEN.get(last.sign, "trace_broken"), hop=at, name=name, sign=last.sign)


def lines_of(found: LineTrace) -> Iterator[str]:
    """The stops as lines for `--debug`. Pure."""
    for hop in found.hops:
        took = ", ".join(f"{rtt_s * 1000:.3f} ms" for rtt_s in hop.rtts_s)
        yield f"hop {hop.number}: {hop.address or '*'} {hop.sign} {took}".rstrip()


def _samples(vantage: str, found: LineTrace, changes: int) -> Iterator[Sample]:
    if found.reached:
        yield Sample(PATH_HOPS, len(found.hops), (vantage,))
    if found.break_hop is not None:
        yield Sample(PATH_BREAK, found.break_hop, (vantage,))
    yield Sample(PATH_CHANGED, changes, (vantage,))


PROBE = Probe(
    name="trace",
    period_s=900,
    timeout_s=12,
    run=run,
    metrics=(PATH_HOPS, PATH_BREAK, PATH_CHANGED),
)
