"""Two readings of a counter to a rate: wraps, restarts, and rates that cannot be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Count:
    """A counter's value at a time in monotonic seconds, with what stood beside it.

    `uptime_ticks` is sysUpTime, `discontinuity_ticks` the port's ifCounterDiscontinuityTime, both
    None where the device does not say.
    """

    value: int
    at_s: float
    uptime_ticks: int | None = None
    discontinuity_ticks: int | None = None


Why: TypeAlias = Literal[
    "", "no_time", "gap", "restarted", "discontinuity", "went_back", "too_fast", "may_have_wrapped"
]


@dataclass(frozen=True, slots=True)
class Rate:
    """Units per second, or None with the reason why there is no number.

    `untrusted`: the counter may have wrapped more than once, poll more often. `unknown`: the two
    readings do not belong together (restart, no time between them, a counter that went back), or
    they say more than the port can carry.
    """

    per_s: float | None
    trust: Literal["ok", "untrusted", "unknown"] = "ok"
    why: Why = ""


LONGEST_GAP_PERIODS = 3
_SPEED_SLACK = 1.1  # counters and their reading are not of one moment
_WRAP_32 = 1 << 32
_TICKS_MODULUS = 1 << 32
_TICK_SLACK = 500  # agents update sysUpTime in steps of up to some seconds
_DRIFT = 0.01  # of the time between: cheap clocks run some seconds an hour apart

Uptime: TypeAlias = Literal["steady", "restarted", "jumped", "unknown"]


def rate(
    older: Count,
    newer: Count,
    *,
    bits: Literal[32, 64],
    speed_bps: int | None = None,
    period_s: float | None = None,
) -> Rate:
    """Turn two readings of one octet counter into octets per second.

    A smaller newer value is one wrap of a 32-bit counter when the port is too slow for two; at an
    unknown or higher speed the rate is untrusted, never a spike. A 64-bit counter does not wrap
    (RFC 2863, 3.1.6), so it going back is unknown. So is everything across a restart, a changed
    ifCounterDiscontinuityTime (RFC 2863, 3.1.5), or a gap of more than three periods, and what is
    more than 1.1 times the port's speed. Raises nothing.
    """
    elapsed_s = newer.at_s - older.at_s
    apart = _apart(older, newer, elapsed_s, period_s)
    if apart:
        return Rate(None, "unknown", apart)
    if bits == 32 and (not speed_bps or elapsed_s * speed_bps / 8 >= _WRAP_32):
        return Rate(None, "untrusted", "may_have_wrapped")
    moved = newer.value - older.value
    if bits == 32:
        moved %= _WRAP_32
    if moved < 0:
        return Rate(None, "unknown", "went_back")
    per_s = moved / elapsed_s
    if speed_bps and per_s * 8 > _SPEED_SLACK * speed_bps:
        return Rate(None, "unknown", "too_fast")
    return Rate(per_s)


def uptime_story(older_ticks: int | None, newer_ticks: int | None, elapsed_s: float) -> Uptime:
    """What two readings of sysUpTime, `elapsed_s` apart, say of the device between them.

    `steady` when the newer one is where it belongs, also across the wrap after 497 days (2^32
    hundredths of a second); `restarted` when it counts from within the time between; `jumped` when
    it is neither (the device's clock was moved); `unknown` when one is missing or negative.
    """
    if older_ticks is None or newer_ticks is None or min(older_ticks, newer_ticks) < 0:
        return "unknown"
    elapsed_ticks = elapsed_s * 100
    off = (newer_ticks - older_ticks - elapsed_ticks) % _TICKS_MODULUS
    if min(off, _TICKS_MODULUS - off) <= max(_TICK_SLACK, _DRIFT * elapsed_ticks):
        return "steady"
    return "restarted" if newer_ticks < elapsed_ticks + _TICK_SLACK else "jumped"


def _apart(older: Count, newer: Count, elapsed_s: float, period_s: float | None) -> Why:
    """Why two readings do not belong together, "" when they do."""
    if elapsed_s <= 0:
        return "no_time"
    if period_s is not None and elapsed_s > LONGEST_GAP_PERIODS * period_s:
        return "gap"
    if uptime_story(older.uptime_ticks, newer.uptime_ticks, elapsed_s) in ("restarted", "jumped"):
        return "restarted"
    if older.discontinuity_ticks != newer.discontinuity_ticks:
        return "discontinuity"
    return ""
