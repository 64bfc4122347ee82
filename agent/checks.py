"""From results to a check's state: soft and hard, what a reason means, flapping. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

from probes.model import Reason

if TYPE_CHECKING:
    from datetime import datetime


class State(StrEnum):
    """What one result, or a check as a whole, says."""

    OK = "ok"
    WARN = "warn"
    CRIT = "crit"
    UNKNOWN = "unknown"


BAD = frozenset({State.WARN, State.CRIT})

# Wrong credentials, an unreadable answer or our own limits say nothing about the device's health.
_NOT_MEASURED = frozenset({
    Reason.AUTH, Reason.FORBIDDEN, Reason.PERMISSION, Reason.CONFIG, Reason.UNSUPPORTED,
    Reason.PARSE, Reason.LIMIT, Reason.BUSY, Reason.BUG,
})  # fmt: skip


def state_of(reason: Reason) -> State:
    """What a reachability-like check makes of a probe's reason.

    No answer, a refusal, a broken handshake or protocol is CRIT; what only says that nothing could
    be measured is UNKNOWN, never CRIT.
    """
    if reason is Reason.OK:
        return State.OK
    return State.UNKNOWN if reason in _NOT_MEASURED else State.CRIT


UNMEASURED_IN_A_ROW = 3  # so many UNKNOWN results make the finding "not measured"
_RING_BITS = 20
_RING_MASK = (1 << _RING_BITS) - 1
_NEWEST_WEIGHT = 118  # hundredths; a position back costs 2, so the oldest of 20 weighs 80
_FLAP_STARTS_ABOVE = 600  # sum of weights; / 20 is the value in percent: 30.0
_FLAP_ENDS_AT = 500  # 25.0


@dataclass(frozen=True, slots=True)
class Ring:
    """The last 20 changes between results and whether the check flaps.

    `bits` holds one bit per result, newest lowest: set when the result differs from the one
    before. Integers only, so that values are exact. The weights are those of Icinga 2
    (0.80 + 0.02 i over 20 results).
    """

    bits: int = 0
    last: State | None = None
    flapping: bool = False

    @property
    def weight(self) -> int:
        """Sum of the weights of all changes in hundredths, 0..1980."""
        changes = (k for k in range(_RING_BITS) if self.bits >> k & 1)
        return sum(_NEWEST_WEIGHT - 2 * k for k in changes)

    @property
    def percent(self) -> float:
        """The flapping value, 0.0..99.0."""
        return self.weight / 20

    @property
    def changes(self) -> int:
        """How many of the last 20 results differ from the one before."""
        return self.bits.bit_count()

    def entered(self, result: State) -> Ring:
        """The ring after one more measured result; UNKNOWN is never entered."""
        changed = self.last is not None and result is not self.last
        if not (changed or self.bits or self.flapping) and self.last is not None:
            return self  # most results find all quiet, as the one before
        after = Ring((self.bits << 1 | changed) & _RING_MASK, result, self.flapping)
        limit = _FLAP_ENDS_AT if self.flapping else _FLAP_STARTS_ABOVE
        return replace(after, flapping=after.weight > limit)


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient a check is: bad results until HARD, seconds between retries while SOFT.

    `volatile` checks (log-like) are HARD at every change. `rhythm_s` is how often the check is
    asked anyway: a retry in between that says the same again is no further result for flapping,
    else a line that comes and goes would hide behind the many retries of each fall.
    """

    max_attempts: int = 3
    retry_s: float = 10.0
    volatile: bool = False
    rhythm_s: float = 0.0

    @property
    def attempts(self) -> int:
        """Bad results in a row that make HARD."""
        return 1 if self.volatile else self.max_attempts


_QUICK_RETRY_ROLES = frozenset({"core", "uplink", "ce", "gateway", "pe"})


def policy_for(role: str, period_s: float) -> Policy:
    """The usual patience for a role: the line and the switch quickly, machines at once."""
    if role in _QUICK_RETRY_ROLES:
        return Policy(3, 2.0)
    if role == "vm":
        return Policy(1, max(5.0, period_s / 3))
    return Policy(3, max(5.0, period_s / 3))


@dataclass(frozen=True, slots=True)
class CheckState:
    """What is believed of one check.

    `since` is when `state` began to be what it is, `bad_since` the first bad result of the present
    run of bad ones, `hard_since` when that run became HARD. `seen_mono` is the newest measured
    result, `last_ok_mono` the newest good one. Times named `_mono` are monotonic seconds of this
    run of the program. `unmeasured` counts UNKNOWN results in a row. A fresh state is UNKNOWN.
    `told` is the hard state that people may have been told last, None for nothing yet (as good as
    OK); `flapping_since` is None after a restart in the middle of it. `entered_mono` is the newest
    result that the ring took.
    """

    state: State = State.UNKNOWN
    hard: bool = False
    attempt: int = 0
    since: datetime | None = None
    since_mono: float = 0.0
    last_state: State = State.UNKNOWN
    bad_since: datetime | None = None
    bad_since_mono: float | None = None
    hard_since: datetime | None = None
    hard_since_mono: float | None = None
    seen_mono: float | None = None
    last_ok_mono: float | None = None
    unmeasured: int = 0
    ring: Ring = field(default_factory=Ring)
    told: State | None = None
    flapping_since: datetime | None = None
    entered_mono: float | None = None

    @property
    def is_bad(self) -> bool:
        """WARN or CRIT, soft or hard."""
        return self.state in BAD

    @property
    def is_hard_bad(self) -> bool:
        """Bad and no longer doubted."""
        return self.hard and self.is_bad

    def ok_for_s(self, mono: float) -> float | None:
        """For how many seconds the check has been good, None while it is not."""
        return mono - self.since_mono if self.state is State.OK else None


Change: TypeAlias = Literal[
    "soft_bad", "hard_bad", "changed", "soft_ok", "recovered", "measured", "unmeasured"
]


@dataclass(frozen=True, slots=True)
class Transition:
    """What one result changed.

    `soft_bad` a first doubt (or another kind of bad while in doubt), `hard_bad` no more doubt,
    `changed` WARN and CRIT swapped while hard, `soft_ok` a doubt that went away silently,
    `recovered` hard bad -> good, `measured` good after not being measured, `unmeasured` no longer
    measured (`hard` once it is a finding).
    """

    change: Change
    before: State
    after: State
    hard: bool
    at: datetime


def step(
    state: CheckState,
    result: State,
    policy: Policy,
    at: datetime,
    mono: float,
    *,
    may_harden: bool = True,
) -> tuple[CheckState, Transition | None]:
    """The state after one more result, and what changed, if anything did.

    A bad result counts towards HARD (`policy.attempts` in a row; WARN -> CRIT keeps counting), one
    good result ends it at once, UNKNOWN neither opens nor clears anything bad. With `may_harden`
    False (the parents are not yet proven good) the state waits one attempt before HARD.
    """
    if result is State.OK and _is_well(state):
        return _still_well(state, policy, mono), None
    if result is State.UNKNOWN:
        after = _not_measured(state, at, mono)
    elif result is State.OK:
        after = _good(state, at, mono)
    else:
        after = _bad(state, result, policy, at, mono, may_harden)
    if result is not State.UNKNOWN:
        after = _entered(after, result, policy, mono)
    transition = _transition(state, after, at)
    return _noted(state, after, transition, at), transition


def remembered(ring: Ring, told: State | None) -> CheckState:
    """What a new run of the program takes over of a check: nothing of it counts as measured.

    Only the memory of changes and what people were told go on, so a restart neither ends flapping
    nor loses a recovery.
    """
    return CheckState(ring=ring, told=told)


def laid_down(state: CheckState, at: datetime, mono: float) -> CheckState:
    """A check whose object is not to be judged now (off duty): unknown, to be begun anew."""
    fresh = CheckState(
        seen_mono=state.seen_mono, last_ok_mono=state.last_ok_mono, last_state=state.state,
        ring=state.ring, told=state.told, flapping_since=state.flapping_since,
        entered_mono=state.entered_mono,
    )  # fmt: skip
    return replace(fresh, since=at, since_mono=mono)


def restarted(state: CheckState, at: datetime, mono: float) -> CheckState:
    """A bad state counted anew from attempt 1: what is still bad after its parent came back.

    The time it was held under its parent is not its own downtime.
    """
    return replace(
        state, hard=False, attempt=1, since=at, since_mono=mono,
        bad_since=at, bad_since_mono=mono, hard_since=None, hard_since_mono=None,
    )  # fmt: skip


def retry_in_s(state: CheckState, policy: Policy) -> float | None:
    """Seconds until a doubted state is to be asked again; None when nothing is in doubt."""
    return policy.retry_s if state.is_bad and not state.hard else None


def _not_measured(state: CheckState, at: datetime, mono: float) -> CheckState:
    count = state.unmeasured + 1
    if state.is_bad:
        return replace(state, unmeasured=count)
    hard = count >= UNMEASURED_IN_A_ROW
    return _moved(
        replace(state, hard=hard, attempt=count, unmeasured=count), State.UNKNOWN, at, mono
    )


def _good(state: CheckState, at: datetime, mono: float) -> CheckState:
    measured = replace(
        state, hard=True, attempt=0, unmeasured=0, seen_mono=mono, last_ok_mono=mono,
        bad_since=None, bad_since_mono=None, hard_since=None, hard_since_mono=None,
    )  # fmt: skip
    return _moved(measured, State.OK, at, mono)


def _is_well(state: CheckState) -> bool:
    """Whether one more good result moves nothing but the times of what was seen."""
    ring = state.ring
    return (
        state.state is State.OK
        and state.hard
        and not state.attempt
        and not state.unmeasured
        and state.since is not None
        and state.bad_since is None
        and state.bad_since_mono is None
        and state.hard_since is None
        and state.hard_since_mono is None
        and state.flapping_since is None
        and ring.last is State.OK
        and not ring.bits
        and not ring.flapping
    )


def _still_well(state: CheckState, policy: Policy, mono: float) -> CheckState:
    """The same as by `_good`, `_entered` and `_noted`, at a fifth of their cost: most results."""
    last = state.entered_mono
    is_again = last is not None and mono - last < _NEARLY * policy.rhythm_s
    entered = last if is_again else mono
    return replace(state, seen_mono=mono, last_ok_mono=mono, entered_mono=entered)


def _bad(
    state: CheckState, result: State, policy: Policy, at: datetime, mono: float, may_harden: bool
) -> CheckState:
    before = state if state.is_bad else replace(
        state, hard=False, attempt=0, bad_since=at, bad_since_mono=mono
    )  # fmt: skip
    ceiling = policy.attempts if may_harden or before.hard else max(1, policy.attempts - 1)
    attempt = min(before.attempt + 1, ceiling)
    hard = before.hard or (may_harden and attempt >= policy.attempts)
    newly_hard = hard and not before.hard
    counted = replace(
        before, hard=hard, attempt=attempt, unmeasured=0, seen_mono=mono,
        hard_since=at if newly_hard else before.hard_since,
        hard_since_mono=mono if newly_hard else before.hard_since_mono,
    )  # fmt: skip
    return _moved(counted, result, at, mono)


_NEARLY = 0.9  # of the rhythm: runs end now sooner, now later


def _entered(state: CheckState, result: State, policy: Policy, mono: float) -> CheckState:
    last = state.entered_mono
    again = result is state.ring.last and last is not None
    if again and mono - (last or 0.0) < _NEARLY * policy.rhythm_s:
        return state
    return replace(state, ring=state.ring.entered(result), entered_mono=mono)


def _moved(state: CheckState, to: State, at: datetime, mono: float) -> CheckState:
    if state.state is to and state.since is not None:
        return state
    return replace(state, state=to, since=at, since_mono=mono, last_state=state.state)


def _transition(before: CheckState, after: CheckState, at: datetime) -> Transition | None:
    if (before.state, before.hard) == (after.state, after.hard):
        return None
    change = _change(before, after)
    return Transition(change, before.state, after.state, after.hard, at)


_TOLD_CHANGES = frozenset({"hard_bad", "changed", "recovered"})


def _noted(
    before: CheckState, after: CheckState, transition: Transition | None, at: datetime
) -> CheckState:
    """The state with what people hear of it by the change itself, and since when it flaps."""
    flapping = after.ring.flapping
    since = (before.flapping_since if before.ring.flapping else at) if flapping else None
    told = after.told
    if not flapping and transition is not None and transition.change in _TOLD_CHANGES:
        told = after.state
    return replace(after, told=told, flapping_since=since)


def _change(before: CheckState, after: CheckState) -> Change:
    if after.state is State.UNKNOWN:
        return "unmeasured"
    if after.is_bad:
        if not after.hard:
            return "soft_bad"
        return "changed" if before.is_hard_bad else "hard_bad"
    if before.is_hard_bad:
        return "recovered"
    return "soft_ok" if before.is_bad else "measured"
