"""Has a device restarted? Several signs, weighed together, one event per restart. Pure.

Signs: (a) snmpEngineBoots grew, (b) snmpEngineTime fell (RFC 3411, 5; RFC 3414, 2.2), (c) sysUpTime
stands where only a start in between can have put it, (d) a coldStart or warmStart trap, (e) the
uptime that a machine or video endpoint tells of itself fell. Silence, a missing or a negative value
says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from probes.counters import uptime_story

SAME_RESTART_S = 300.0
SURE = 0.80
_ENGINE_TIME_SLACK_S = 5
_BOOTS_LATCHED = 2_147_483_647  # RFC 3414, 2.2.2: the count stays there for ever

Sign: TypeAlias = Literal["engine_boots", "engine_time", "sys_uptime", "start_trap", "own_uptime"]


@dataclass(frozen=True, slots=True)
class Vitals:
    """What one answer says of how long a device has been running; None where it does not say.

    `at_s` is monotonic seconds, `ticks` sysUpTime in hundredths, `uptime_s` a machine's or
    endpoint's own uptime in seconds.
    """

    at_s: float
    ticks: int | None = None
    boots: int | None = None
    engine_time_s: int | None = None
    uptime_s: float | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """What is remembered of one device: its last known vitals, each with its time, and traps.

    `told_at_s` is when a restart was last reported.
    """

    ticks: tuple[float, int] | None = None
    boots: int | None = None
    engine_time_s: int | None = None
    uptime_s: tuple[float, float] | None = None
    trap_at_s: float | None = None
    told_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Restart:
    """A restart that signs speak for. `booted_at_s` is monotonic seconds, None when no sign says.

    `is_news` is False for one that is too doubtful to report, or was reported already.
    """

    confidence: float
    signs: tuple[Sign, ...]
    booted_at_s: float | None = None
    is_news: bool = True


@dataclass(frozen=True, slots=True)
class Weighed:
    """The new memory, the restart that was found if any, and whether the device's clock jumped."""

    life: Life
    restart: Restart | None = None
    clock_jumped: bool = False


def weigh(life: Life, now: Vitals) -> Weighed:
    """Weigh one answer against what is remembered."""
    signs, booted_at_s, jumped = _signs(life, now)
    confidence = _confidence(frozenset(signs))
    after = _remembered(life, now)
    if confidence == 0:
        return Weighed(after, clock_jumped=jumped)
    return _told(after, Restart(confidence, signs, booted_at_s), now.at_s)


def start_trap(life: Life, at_s: float) -> Weighed:
    """Take in a coldStart or warmStart trap: alone a hint to poll, never a verdict."""
    return Weighed(
        replace(life, trap_at_s=at_s), Restart(0.50, ("start_trap",), at_s, is_news=False)
    )


def _told(life: Life, restart: Restart, at_s: float) -> Weighed:
    """One restart is one report, however many signs of it come within five minutes."""
    again = life.told_at_s is not None and at_s - life.told_at_s <= SAME_RESTART_S
    is_news = restart.confidence >= SURE and not again
    told = replace(life, told_at_s=at_s, trap_at_s=None) if is_news else life
    return Weighed(told, replace(restart, is_news=is_news))


def _signs(life: Life, now: Vitals) -> tuple[tuple[Sign, ...], float | None, bool]:
    """The signs in one answer, when the device started by them, and whether its clock jumped."""
    signs: list[Sign] = []
    booted_at_s: float | None = None
    if _boots_grew(life, now):
        signs.append("engine_boots")
    if _engine_time_fell(life, now):
        signs.append("engine_time")
    story = _story(life.ticks, now.ticks, now.at_s)
    if story == "restarted" and now.ticks is not None:
        signs.append("sys_uptime")
        booted_at_s = now.at_s - now.ticks / 100
    if _own_uptime_fell(life, now) and now.uptime_s is not None:
        signs.append("own_uptime")
        booted_at_s = now.at_s - now.uptime_s
    if signs and life.trap_at_s is not None and now.at_s - life.trap_at_s <= SAME_RESTART_S:
        signs.append("start_trap")
    return tuple(signs), booted_at_s, story == "jumped"


def _story(before: tuple[float, int] | None, ticks: int | None, at_s: float) -> str:
    if before is None:
        return "unknown"
    return uptime_story(before[1], ticks, at_s - before[0])


def _own_uptime_fell(life: Life, now: Vitals) -> bool:
    if life.uptime_s is None or now.uptime_s is None or now.uptime_s < 0:
        return False
    at_s, before_s = life.uptime_s
    return uptime_story(int(before_s * 100), int(now.uptime_s * 100), now.at_s - at_s) == (
        "restarted"
    )


def _boots_grew(life: Life, now: Vitals) -> bool:
    if life.boots is None or now.boots is None or now.boots >= _BOOTS_LATCHED:
        return False
    return now.boots > life.boots >= 0


def _engine_time_fell(life: Life, now: Vitals) -> bool:
    if life.engine_time_s is None or now.engine_time_s is None or now.engine_time_s < 0:
        return False
    return now.engine_time_s < life.engine_time_s - _ENGINE_TIME_SLACK_S


def _confidence(signs: frozenset[Sign]) -> float:
    """How sure several signs together make it; engine time alone says nothing."""
    uptime = bool(signs & {"sys_uptime", "own_uptime"})
    if "engine_boots" in signs or (uptime and "start_trap" in signs):
        return 0.97
    if uptime:
        return 0.92 if "engine_time" in signs else SURE
    return 0.0


def _remembered(life: Life, now: Vitals) -> Life:
    """The newest known value of each kind: what an answer lacks is kept from before."""
    has_ticks = now.ticks is not None and now.ticks >= 0
    has_uptime = now.uptime_s is not None and now.uptime_s >= 0
    has_time = now.engine_time_s is not None and now.engine_time_s >= 0
    has_boots = now.boots is not None and now.boots >= 0
    return replace(
        life,
        ticks=(now.at_s, now.ticks or 0) if has_ticks else life.ticks,
        boots=now.boots if has_boots else life.boots,
        engine_time_s=now.engine_time_s if has_time else life.engine_time_s,
        uptime_s=(now.at_s, now.uptime_s or 0.0) if has_uptime else life.uptime_s,
    )
