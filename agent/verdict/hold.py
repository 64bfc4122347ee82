"""Children wait for their parents: who is held by whom, who must be asked now. Pure.

A child's first bad result is no news before its way has been asked again. A bad parent (SOFT
counts) holds what stands behind it; only the highest bad one may become an incident. When the way
is good again each held child stays held until its own fresh result.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from agent.checks import CheckState, State
from agent.verdict.topology import AGENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from agent.verdict.topology import Topology


@dataclass(frozen=True, slots=True)
class HoldRules:
    """The numbers of holding, all in seconds.

    A parent is asked at most once per `ask_gap_s`; held children are asked again within
    `spread_s` after recovery; a way that cannot be judged holds a child for `patience_s`; a child
    that was HARD at most `takeover_s` before its parent fell is that parent's symptom. A child
    with a good result more than `proof_s` after its parent fell proves that the parent does not
    cut it off (a terminal device that ignores ping).
    """

    ask_gap_s: float = 2.0
    spread_s: float = 60.0
    patience_s: float = 10.0
    takeover_s: float = 90.0
    proof_s: float = 3.0


RULES = HoldRules()


class Way(StrEnum):
    """What is known of the way to an object."""

    OPEN = "open"
    SHUT = "shut"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Passage:
    """The way to an object, and the highest bad ancestor on it when it is shut."""

    way: Way
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A child under its ancestor: since when, and when the way was seen open again (monotonic)."""

    by: str
    since: float
    cleared_at: float | None = None


@dataclass(frozen=True, slots=True)
class Holds:
    """Everything held in one ward, and when each parent was last asked because of a child."""

    held: Mapping[str, Held] = field(default_factory=dict)
    asked: Mapping[str, float] = field(default_factory=dict)

    def by(self, name: str) -> str | None:
        """Which ancestor holds `name`, if any."""
        found = self.held.get(name)
        return found.by if found else None


@dataclass(frozen=True, slots=True)
class Orders:
    """What has to be done after a look at a ward.

    `ask_now` are parents to be probed at once, `recheck` children with the moment (monotonic) of
    their re-check, `held` and `released` what changed, `restart` those of the released that are
    still bad on their own and count anew from attempt 1 (`checks.restarted`).
    """

    ask_now: tuple[str, ...] = ()
    recheck: tuple[tuple[str, float], ...] = ()
    held: tuple[str, ...] = ()
    released: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()


_NOTHING_TO_DO = Orders()

Known: TypeAlias = dict[tuple[str, float | None], Passage]


def passage(
    name: str,
    since: float,
    states: Mapping[str, CheckState],
    topology: Topology,
    rules: HoldRules = RULES,
    known: Known | None = None,
) -> Passage:
    """The way to `name`, as far as results since a moment (monotonic seconds) tell.

    A parent's good result proves the way only when it came at or after `since`; an older one
    leaves it unsure, unless something above is known to be bad. Objects without a check are looked
    through. With several ways one open is enough, unless the object needs them all. `known` is what
    was found in the same states so far: fifty children of one switch ask the same way.
    """
    known = {} if known is None else known
    # Whether a way is shut does not depend on `since`: only proof that it is open has an age.
    found = known.get((name, None)) or known.get((name, since))
    if found is None:
        found = _looked(name, since, states, topology, rules, known)
        known[name, None if found.way is Way.SHUT else since] = found
    return found


def _looked(
    name: str,
    since: float,
    states: Mapping[str, CheckState],
    topology: Topology,
    rules: HoldRules,
    known: Known,
) -> Passage:
    witness = states.get(name)
    ways = [
        _through(parent, witness, since, states, topology, rules, known)
        for parent in topology.parents(name)
    ]
    one, every = (all, any) if name in topology.in_series else (any, all)
    if one(found.way is Way.OPEN for found in ways):
        return Passage(Way.OPEN)
    if every(found.way is Way.SHUT for found in ways):
        return next(found for found in ways if found.way is Way.SHUT)
    return Passage(Way.UNSURE)


def _through(
    parent: str,
    witness: CheckState | None,
    since: float,
    states: Mapping[str, CheckState],
    topology: Topology,
    rules: HoldRules,
    known: Known,
) -> Passage:
    if parent == AGENT:
        return Passage(Way.OPEN)
    state = states.get(parent)
    above = passage(parent, since, states, topology, rules, known)
    if state is None or above.way is Way.SHUT or _outlived(witness, state, rules):
        return above
    if state.state is State.CRIT:
        return Passage(Way.SHUT, parent)
    proven = state.state in (State.OK, State.WARN) and _seen(state) >= since
    return Passage(Way.OPEN) if proven else Passage(Way.UNSURE)


def _outlived(witness: CheckState | None, parent: CheckState, rules: HoldRules) -> bool:
    """Whether the child answered clearly after the parent had fallen silent."""
    if witness is None or witness.last_ok_mono is None or parent.bad_since_mono is None:
        return False
    return witness.last_ok_mono > parent.bad_since_mono + rules.proof_s


def _seen(state: CheckState) -> float:
    return -math.inf if state.seen_mono is None else state.seen_mono


def may_harden(
    name: str,
    holds: Holds,
    states: Mapping[str, CheckState],
    topology: Topology,
    mono: float,
    rules: HoldRules = RULES,
) -> bool:
    """Whether a bad result of `name` may count as HARD now; asked before `checks.step`.

    Only when the way to it was seen open since its first bad result, or could not be judged for
    `patience_s`.
    """
    if name in holds.held:
        return False
    state = states.get(name)
    first_bad = state.bad_since_mono if state is not None else None
    first_bad = mono if first_bad is None else first_bad
    way = passage(name, first_bad, states, topology, rules).way
    return way is Way.OPEN or (way is Way.UNSURE and mono - first_bad >= rules.patience_s)


def arrange(
    holds: Holds,
    states: Mapping[str, CheckState],
    topology: Topology,
    mono: float,
    chance: Callable[[], float],
    rules: HoldRules = RULES,
) -> tuple[Holds, Orders]:
    """Hold, keep, or release the objects of one ward; called after every result.

    `states` are the reachability checks by name, `chance` gives numbers in 0..1 from a seeded
    generator. Returns the new holds and what has to be done.
    """
    if not holds.held and not any(one.state is State.CRIT for one in states.values()):
        return holds, _NOTHING_TO_DO
    known: Known = {}
    looks = [
        _look(name, holds.held.get(name), states, topology, mono, chance, rules, known)
        for name in topology.names
        if name in states
    ]
    asks = dict.fromkeys(parent for look in looks for parent in look.ask)
    ask_now = tuple(
        parent
        for parent in asks
        if parent in states and mono - holds.asked.get(parent, -math.inf) >= rules.ask_gap_s
    )
    after = Holds(
        held={look.name: look.held for look in looks if look.held is not None},
        asked={**holds.asked, **dict.fromkeys(ask_now, mono)},
    )
    return after, _orders(holds, after, looks, ask_now)


def not_measured(
    holds: Holds,
    states: Mapping[str, CheckState],
    topology: Topology,
    rules: HoldRules = RULES,
) -> frozenset[str]:
    """What stands behind a broken segment and has not answered since: neither red nor green.

    That is everything held, and everything whose last result is older than the break.
    """
    if not holds.held and not any(one.state is State.CRIT for one in states.values()):
        return frozenset()
    known: Known = {}
    behind = (
        name
        for name in topology.names
        if not (name in states and states[name].is_hard_bad)
        and passage(name, math.inf, states, topology, rules, known).way is Way.SHUT
    )
    return frozenset(holds.held) | frozenset(behind)


@dataclass(frozen=True, slots=True)
class _Look:
    name: str
    held: Held | None = None
    ask: tuple[str, ...] = ()
    recheck_at: float | None = None
    restart: bool = False


def _look(
    name: str,
    held: Held | None,
    states: Mapping[str, CheckState],
    topology: Topology,
    mono: float,
    chance: Callable[[], float],
    rules: HoldRules,
    known: Known,
) -> _Look:
    state = states[name]
    if state.state is not State.CRIT:  # good results release; UNKNOWN never replaces CRIT
        return _Look(name)
    if held is None:
        return _newly_bad(name, states, topology, mono, rules, known)
    way = passage(name, held.since, states, topology, rules, known)
    if way.way is Way.SHUT and way.by is not None:
        is_same = held.by == way.by and held.cleared_at is None
        kept = held if is_same else replace(held, by=way.by, cleared_at=None)
        return _Look(name, kept, _doubted(way.by, states))
    if way.way is Way.UNSURE:
        return _Look(name, held, topology.ancestors(name))
    if held.cleared_at is None:
        at = mono + chance() * rules.spread_s
        return _Look(name, replace(held, cleared_at=mono), recheck_at=at)
    if _seen(state) > held.cleared_at:
        return _Look(name, restart=True)
    return _Look(name, held)


def _newly_bad(
    name: str,
    states: Mapping[str, CheckState],
    topology: Topology,
    mono: float,
    rules: HoldRules,
    known: Known,
) -> _Look:
    state = states[name]
    first_bad = mono if state.bad_since_mono is None else state.bad_since_mono
    way = passage(name, first_bad, states, topology, rules, known)
    if way.way is Way.SHUT and way.by is not None:
        if _own_fault(state, states[way.by], rules):
            return _Look(name)
        return _Look(name, Held(way.by, mono), _doubted(way.by, states))
    unsure = way.way is Way.UNSURE and not state.hard
    return _Look(name, ask=topology.ancestors(name) if unsure else ())


def _own_fault(state: CheckState, cause: CheckState, rules: HoldRules) -> bool:
    """Whether the child was HARD too long before its ancestor fell to be its symptom."""
    if state.hard_since_mono is None or cause.bad_since_mono is None:
        return False
    return state.hard_since_mono < cause.bad_since_mono - rules.takeover_s


def _doubted(name: str, states: Mapping[str, CheckState]) -> tuple[str, ...]:
    return () if states[name].hard else (name,)


def _orders(
    before: Holds, after: Holds, looks: Iterable[_Look], ask_now: tuple[str, ...]
) -> Orders:
    looks = tuple(looks)
    return Orders(
        ask_now=ask_now,
        recheck=tuple((k.name, k.recheck_at) for k in looks if k.recheck_at is not None),
        held=tuple(name for name in after.held if name not in before.held),
        released=tuple(name for name in before.held if name not in after.held),
        restart=tuple(look.name for look in looks if look.restart),
    )
