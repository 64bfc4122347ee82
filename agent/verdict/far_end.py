"""What the ward's agent knows of the line's far end: is it there, is the way to it clean. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.verdict.doubt import loss_of, silence
from agent.verdict.echoes import newest
from agent.verdict.line_quality import LIVE_S
from agent.verdict.sight import fact_of, reading_of
from agent.verdict.topology import GATEWAY, REFLECTOR
from playbooks.verdict.facts import NOT_APPLICABLE, UNKNOWN, Fact, Truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.verdict.line_quality import Beyond
    from agent.verdict.sight import Seen, Sight

# How long the gateway's silence waits for the word of a reflector: it is asked at the first lost
# echo, and a run without any answer takes less than 5 s.
REFLECTOR_S = 6.0
# The last packets of a run without any answer leave so long before its end.
_LAST_PACKETS_S = 1.2


def gateway_fact(sight: Sight) -> Fact:
    """Whether the data centre is reached: its gateway's echoes or its reflector say so.

    False only when both are silent, where there are both.
    """
    gateway = sight.of(GATEWAY)
    if gateway is None:
        return NOT_APPLICABLE
    echoes = sight.far_end.present if gateway.fresh else Truth.UNKNOWN
    stamp = _reflector_answers(sight)
    truth = echoes
    if truth is Truth.FALSE:
        truth = silence(sight)
        if truth is Truth.FALSE and stamp is Truth.UNKNOWN:
            truth = Truth.UNKNOWN
    if stamp is Truth.TRUE:
        truth = Truth.TRUE
    found = fact_of(gateway, truth, **_values(sight))
    agree = stamp is truth is echoes
    return Fact(found.truth, "icmp+stamp" if agree else found.source, found.values, found.at)


def _values(sight: Sight) -> dict[str, object]:
    bursts = newest(sight.far_end)
    sent, lost = sum(b.sent for b in bursts), sum(b.lost for b in bursts)
    rtts = [b.rtt_s for b in bursts if b.rtt_s is not None]
    values: dict[str, object] = {"n": lost, "m": sent, "via": "primary"}
    if sent:
        values["pct"] = 100 * lost / sent
    if rtts:
        values["ms"] = 1000 * rtts[0]
    return values


def _reflector_answers(sight: Sight) -> Truth:
    """Whether the reflector answers now; after the gateway's first lost echo only what it said
    since. Not applicable where there is none, or where nobody waits for its word any longer.
    """
    reflector = sight.of(REFLECTOR)
    if reflector is None:
        return Truth.NA
    loss = loss_of(sight)
    if loss is None:
        runs = sight.line.windows[-1:]
        is_live = bool(runs) and sight.mono - runs[0].mono <= LIVE_S
        return Truth.TRUE if is_live and runs[0].is_answered else Truth.NA
    if sight.line.answered_since(loss.since):
        return Truth.TRUE
    if _has_failed_since(reflector, loss.since):
        return Truth.FALSE
    is_awaited = reflector.ever and sight.mono - loss.since < REFLECTOR_S
    return Truth.UNKNOWN if is_awaited else Truth.NA


def _has_failed_since(reflector: Seen, since: float) -> bool:
    last = reflector.last
    return last is not None and not last.ok and last.mono - _LAST_PACKETS_S >= since


def path_fact(sight: Sight, gw: Fact) -> Fact:
    """Whether the line is within its profile, and which way is not."""
    if gw.truth is Truth.NA or sight.vantage == "hub":
        return NOT_APPLICABLE
    if gw.truth is not Truth.TRUE:
        return UNKNOWN
    if sight.line.judged(sight.mono) is not Truth.UNKNOWN:
        poor = sight.line.poor if sight.path is Truth.FALSE else ()
        return Fact(sight.path, source="stamp", values=dict(_named(poor)), at=gw.at)
    sent, lost = sight.far_end.totals()
    share = {"loss_pct": 100 * lost / sent} if sent else {}
    return Fact(sight.path, source="icmp", values=share, at=gw.at)


def _named(poor: tuple[Beyond, ...]) -> Iterator[tuple[str, object]]:
    """`loss_out_pct`, `delay_in_ms`, …; of the whole way without a direction."""
    for one in poor:
        way = "" if one.direction == "round" else f"_{one.direction}"
        if one.term == "loss":
            yield f"loss{way}_pct", round(100 * one.value, 1)
        else:
            yield f"{one.term}{way}_ms", round(1000 * one.value, 1)


def mtu_fact(sight: Sight, gw: Fact) -> Fact:
    """Whether packets of a meeting's size pass where small ones do."""
    gateway = sight.of(GATEWAY)
    if gateway is None or sight.vantage == "hub":
        return NOT_APPLICABLE
    reading = reading_of(gateway, lambda one: one.mtu)
    if reading is None or reading.mtu is None or gw.truth is not Truth.TRUE:
        return Fact(Truth.UNKNOWN, source="mtu", promised=False)
    truth = Truth.TRUE if reading.mtu.large_passes else Truth.FALSE
    blocked = reading.mtu.blocked_bytes
    values: dict[str, object] = {} if blocked is None else {"bytes": blocked}
    return Fact(truth, source="mtu", values=values)
