"""Two readings of a counter to a rate: wraps, restarts, and rates that cannot be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Count:
    """A counter's value at a time in monotonic seconds; `uptime_ticks` is sysUpTime beside it."""

    value: int
    at_s: float
    uptime_ticks: int | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """Units per second, or None with the reason why there is no number.

    `untrusted`: the counter may have wrapped more than once, poll more often. `unknown`: the two
    readings do not belong together (restart, no time between them, a counter that went back).
    """

    per_s: float | None
    trust: Literal["ok", "untrusted", "unknown"] = "ok"


UNKNOWN = Rate(None, "unknown")
_TICKS_MODULUS = 1 << 32
_TICK_SLACK = 500  # agents update sysUpTime in steps of up to some seconds


def rate(
    older: Count, newer: Count, *, bits: Literal[32, 64], speed_bps: int | None = None
) -> Rate:
    """Turn two readings of one octet counter into octets per second.

    A smaller newer value is one wrap of a 32-bit counter when the port is too slow for two; at an
    unknown or higher speed the rate is untrusted, never a spike. A 64-bit counter does not wrap
    (RFC 2863, 3.1.6), so it going back is unknown. Raises nothing.
    """
    elapsed_s = newer.at_s - older.at_s
    if elapsed_s <= 0 or has_restarted(older.uptime_ticks, newer.uptime_ticks):
        return UNKNOWN
    if bits == 64:
        moved = newer.value - older.value
        return Rate(moved / elapsed_s) if moved >= 0 else UNKNOWN
    if not speed_bps or elapsed_s * speed_bps / 8 >= 1 << 32:
        return Rate(None, "untrusted")
    return Rate((newer.value - older.value) % (1 << 32) / elapsed_s)


def has_restarted(older_ticks: int | None, newer_ticks: int | None) -> bool:
    """Whether sysUpTime began anew between two readings.

    False when it is not told. A wrap after 497 days (2^32 ticks) is no restart: then the older
    value stands close below 2^32.
    """
    if older_ticks is None or newer_ticks is None or newer_ticks + _TICK_SLACK >= older_ticks:
        return False
    return older_ticks < _TICKS_MODULUS - 2 * 24 * 3600 * 100
