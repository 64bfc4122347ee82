"""What the agent knows of one ward: observations in, checks and a Sight out.

The only mutable home of a ward's presence proofs, echo window and check states; everything that is
decided here is decided by the pure functions it calls.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from agent.board import Board, freshness, subject
from agent.checks import (
    CheckState,
    Policy,
    State,
    Transition,
    laid_down,
    policy_for,
    remembered,
    restarted,
    retry_in_s,
    state_of,
    step,
)
from agent.data_quality import Ledger, run_tally
from agent.doubt import kept
from agent.duty import MEETING_LEAD, SETTLING, on_duty
from agent.flapping import heed
from agent.hints.model import HintKind
from agent.maintenance import Covered
from agent.reach import Proofs, answered, weigh
from agent.sight import Seen, Sight, UpsMemory, port_of
from agent.verdict.hold import HoldRules, Holds, Orders, arrange, may_harden
from agent.verdict.topology import GATEWAY
from agent.window import Burst, EchoWindow
from inventory.model import Duty, Role
from probes.model import UpsStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from agent.config import Timing
    from agent.duty import Calendar
    from agent.flapping import Flap
    from agent.hints.model import Hint
    from agent.verdict.topology import Topology
    from inventory.model import Vantage, Ward
    from probes.model import Observation, Target

CheckKey: TypeAlias = tuple[str, str]  # target name, check name
REACHABLE = "reachable"
UPLINK = "uplink"
ON_BATTERY = "on_battery"
ROOM = "room"
PATH = "path"
LAN = "lan"
HOST = "host"

# Echoes that one run of a probe sends: a run without any answer carries no counts of its own.
ECHOES = {"watch": 1, "icmp": 5}
_AT_ONCE = Policy(max_attempts=1)
_FRESH = CheckState()
_UPS_SAYS = {HintKind.UPS_ON_BATTERY: True, HintKind.UPS_ON_MAINS: False}
_BEHIND_LINE = ("gw", "ce", "pe")
_LINE_DOUBT_S = 30.0  # a reading later than that is no longer the answer to a linkDown
_SLOW_PERIOD_S = 300.0
TTL_PERIODS = 2.5  # a value lives for so many periods of its probe


@dataclass(frozen=True, slots=True)
class Step:
    """A check that was fed: its key, what it is now, and what changed if anything did.

    `flap` is set when it began to flap or settled.
    """

    key: CheckKey
    state: CheckState
    transition: Transition | None
    flap: Flap | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What one observation led to: check steps, orders of the hold, and when to ask it again.

    `presence` is what it says about its target's being there, None when it decides nothing.
    """

    steps: tuple[Step, ...] = ()
    orders: Orders = field(default_factory=Orders)
    retry_in_s: float | None = None
    ask_burst: bool = False
    far_end_changed: bool = False
    presence: State | None = None

    @property
    def is_news(self) -> bool:
        """Whether a verdict may read differently now than before."""
        return self.far_end_changed or any(step.transition for step in self.steps)


class WardWatch:
    """Everything known of one ward since the agent started; times as in `Observation`."""

    def __init__(
        self,
        ward: Ward,
        targets: tuple[Target, ...],
        topology: Topology,
        vantage: Vantage,
        timing: Timing,
        calendar: Calendar,
        chance: Callable[[], float],
    ) -> None:
        self.ward = ward
        self.targets: Mapping[str, Target] = {target.name: target for target in targets}
        self.topology = topology
        self.vantage = vantage
        self.board = Board()
        self.checks: dict[CheckKey, CheckState] = {}
        self.holds = Holds()
        self.far_end = EchoWindow()
        self.host_link: bool | None = None
        self._proofs: dict[str, Proofs] = {}
        self._known: dict[CheckKey, CheckState] = {}
        self.maintained = Covered()
        self.ledger = Ledger()
        self._ups: UpsMemory | None = None
        self._line_doubted_at: float | None = None
        self._near: dict[str, tuple[Burst, ...]] = {}
        self._timing = timing
        self._calendar = calendar
        self._chance = chance
        self._hold_rules = HoldRules(spread_s=timing.recheck_s)
        core = ward.core.name if ward.core else None
        self._behind_core = frozenset(topology.descendants(core)) if core else frozenset()

    def take(self, seen: Observation, at: datetime) -> Taken:
        """Take one observation in: board, window, checks, hold."""
        before = self.far_end.present
        self.board.put(seen)
        self._remember(seen)
        name, mono = seen.target.name, seen.mono
        proofs, state = weigh(self._proofs.get(name, Proofs()), seen)
        self._proofs[name] = proofs
        steps = []
        retry = None
        if state is not None and (state is State.OK or self.is_on_duty(name, at)):
            reach = self._reachable(name, state, at, mono, seen)
            steps.append(reach)
            retry = retry_in_s(reach.state, self._policy(seen.target, seen))
            retry = None if self.maintained.has(name) else retry
        elif state is not None and self.checks.get((name, REACHABLE), _FRESH).is_bad:
            # off duty: what it was in working hours says nothing about the next ones
            self.checks[name, REACHABLE] = laid_down(self.checks[name, REACHABLE], at, mono)
        steps.extend(self._derived(seen, at))
        orders = self._arrange(at, mono)
        doubt = bool(self._far_end_name() == name and seen.probe == "watch")
        ask_burst = doubt and self._window_disagrees(seen)
        changed = self.far_end.present is not before
        return Taken(tuple(steps), orders, retry, ask_burst, changed, state)

    def remember(self, known: Mapping[CheckKey, CheckState]) -> None:
        """Take over what an earlier run of the program knew of checks; nothing counts as measured.

        A check appears among `checks` when its first result of this run comes.
        """
        self._known = {key: remembered(one.ring, one.told) for key, one in known.items()}

    def take_hint(self, hint: Hint) -> tuple[tuple[str, str], ...]:
        """Take in what a device said by itself; no check moves by it.

        Returns target and probe of what is to be read at once when it may be about the line.
        """
        if hint.kind in _UPS_SAYS:
            status = self._ups.status if self._ups else UpsStatus()
            said = replace(status, on_battery=_UPS_SAYS[hint.kind])
            self._ups = UpsMemory(said, hint.mono)
        core, link = self.ward.core, self.ward.primary_link
        if hint.kind is not HintKind.LINK_DOWN or core is None or core.name != hint.device:
            return ()
        if link is None or link.near_port is None or not self._is_about(hint, link.near_port):
            return ()
        self._line_doubted_at = hint.mono
        ends = dict.fromkeys((self._far_end_name(), GATEWAY, *_ends_here(self.ward)))
        echoes = [(name, probe) for name in ends if name in self.targets for probe in ECHOES]
        return ((core.name, "snmp-interfaces"), *echoes)

    def _is_about(self, hint: Hint, port_name: str) -> bool:
        """Whether a hint may be about that port of the core switch: yes when nobody can tell."""
        known = self.board.last_good(subject(self.targets[hint.device]), "snmp-interfaces")
        port = next(
            (p for p in (known.reading.interfaces or ()) if port_name in (p.name, p.descr)), None
        ) if known else None  # fmt: skip
        names = {hint.values.get("ifName"), hint.values.get("ifDescr")} - {None}
        if port is not None and "ifIndex" in hint.values:
            return hint.values["ifIndex"] == port.index
        if names:
            return bool(names & {port_name, port.name if port else None, port and port.descr})
        return True

    def cover(self, covered: Covered, at: datetime, mono: float) -> tuple[str, ...]:
        """Take in what announced work covers now; returns what it no longer does.

        Nothing that is covered gets HARD. What comes out of a window counts from attempt 1, and
        the time inside it is not its own downtime.
        """
        names = dict.fromkeys([*self.targets, *(name for name, _check in self.checks)])
        released = [n for n in names if self.maintained.has(n) and not covered.has(n)]
        self.maintained = covered
        for key, state in self.checks.items():
            if key[0] in released and state.is_bad and not state.hard:
                self.checks[key] = restarted(state, at, mono)
        return tuple(name for name in released if name in self.targets)

    def tally(self, seen: Observation, received: int, valid: int, at: datetime) -> None:
        """Count what one run brought; where nothing is expected a silence is counted in neither."""
        name = seen.target.name
        expected = self.is_on_duty(name, at) and self.holds.by(name) is None
        counts = expected and not self.maintained.has(name)
        self.ledger = self.ledger.add(seen.mono, run_tally(seen, received, valid, counts=counts))

    def take_host(self, link: bool | None, at: datetime, mono: float) -> Step | None:
        """Take in whether the agent's own interface has link; None is unknown."""
        self.host_link = link
        if link is None:
            return None
        return self._stepped((HOST, REACHABLE), _good(link), Policy(), at, mono)

    def sight(self, at: datetime, mono: float) -> Sight:
        """What is known at this moment."""
        return Sight(
            ward=self.ward,
            vantage=self.vantage,
            seen={name: self.seen(name, at, mono) for name in self.targets},
            mono=mono,
            far_end=self.far_end,
            host_link=self.host_link,
            behind_core=self._behind_core,
            ups_memory=self._ups,
            maintained=self.maintained,
            near=self._near,
            line_is_down=self._is_line_lost(self.checks.get((self._far_end_name(), REACHABLE))),
        )

    def seen(self, name: str, at: datetime, mono: float) -> Seen:
        """What is known of one target at this moment."""
        check = self.checks.get((name, REACHABLE), CheckState())
        observations = self.observations(name)
        present = [o for o in observations if _tells_presence(o)]
        live = {o.probe: o for o in observations if _is_live(o, mono)}
        newest = max(present, key=lambda o: o.mono, default=None)
        wanted = [o for o in present if answered(o) is (check.state is State.OK)]
        return Seen(
            target=self.targets[name],
            state=check.state,
            since=check.since,
            since_mono=check.since_mono,
            fresh=any(freshness(o, mono) == "live" for o in wanted),
            ever=self._proofs.get(name, Proofs()).ever,
            on_duty=self.is_on_duty(name, at),
            live=live,
            last=newest,
            last_ok_mono=check.last_ok_mono,
            bad_since_mono=check.bad_since_mono,
        )

    def witnesses(self, name: str) -> tuple[str, ...]:
        """Whom to ask when that target falls silent, to tell whether it is what broke.

        For the far end two services beyond it, for the core switch what hangs on it in the ward.
        """
        if self.vantage == "ward" and name == self._far_end_name():
            return tuple(service.id for service in self.ward.services[:2])
        if self.ward.core is None or name != self.ward.core.name:
            return ()
        here = (device.name for device in self.ward.devices if device.site == "ward")
        return tuple(device for device in here if device in self._behind_core)

    def observations(self, name: str) -> tuple[Observation, ...]:
        """The newest observation of each probe of one target."""
        return self.board.of(subject(self.targets[name]))

    def is_on_duty(self, name: str, at: datetime) -> bool:
        """Whether silence of that target counts now. What is no device is always on duty."""
        duty = self.targets[name].duty or Duty.ALWAYS
        meeting = self._meeting(name) if duty is Duty.MEETING else None
        return on_duty(duty, at, self._calendar, meeting)

    def _meeting(self, name: str) -> tuple[datetime, datetime] | None:
        """A live call keeps its endpoint on duty until a quarter of an hour after it was seen."""
        key = subject(self.targets[name])
        good = [self.board.last_good(key, one.probe) for one in self.board.of(key)]
        calls = [o for o in good if o and o.reading.vc and o.reading.vc.in_call]
        seen = max((one.started for one in calls), default=None)
        return (seen - MEETING_LEAD, seen + SETTLING) if seen is not None else None

    def root_check(self, fact: str) -> CheckState | None:
        """The check behind a fact that an incident hangs on; None when the fact has none.

        While its object is held under a bad ancestor it cannot become HARD; the ancestor's check
        then says whether the break is beyond doubt.
        """
        key = self._key_of(fact)
        own = self.checks.get(key) if key else None
        if key is None or own is None or not own.is_bad or own.hard:
            return own
        if fact in _BEHIND_LINE and self._is_line_lost(own):
            return self._line_check()
        holder = self.holds.by(key[0])
        return self.checks.get((holder, REACHABLE), own) if holder else own

    def _is_line_lost(self, behind: CheckState | None) -> bool:
        """Whether the line's own port explains, beyond doubt, that something behind it is silent.

        Only a silence that began with the loss of signal: later a backup line carries, and a short
        loss there is to be judged like any other.
        """
        line = self._line_check()
        if behind is None or behind.bad_since_mono is None or line.bad_since_mono is None:
            return False
        is_together = behind.bad_since_mono - line.bad_since_mono <= _LINE_DOUBT_S
        return self.vantage == "ward" and line.is_hard_bad and is_together

    def _line_check(self) -> CheckState:
        """The line's own port at the core switch; without signal there nothing behind answers."""
        core = self.ward.core
        return self.checks.get((core.name, UPLINK), CheckState()) if core else CheckState()

    def _key_of(self, fact: str) -> CheckKey | None:
        group, _, rest = fact.partition("[")
        inner = rest.removesuffix("]")
        core = self.ward.core.name if self.ward.core else ""
        table: dict[str, CheckKey] = {
            "gw": (self._far_end_name(), REACHABLE),
            "pe": ("pe", REACHABLE),
            "sw": (core, REACHABLE),
            "sw_traffic": (core, REACHABLE),
            "local_dark": (core, REACHABLE),
            "ce": (self.ward.ce.name if self.ward.ce else "", REACHABLE),
            "up_admin": (core, UPLINK),
            "up_oper": (core, UPLINK),
            "path_ok": (self._far_end_name(), PATH),
            "lan_ok": (core, LAN),
            "host_link": (HOST, REACHABLE),
            "device": (inner, REACHABLE),
            "svc": (inner, REACHABLE),
        }
        if group == "ups_batt":
            return next((key for key in self.checks if key[1] == ON_BATTERY), None)
        if group == "vc":
            return self._room_key(inner)
        return table.get(group)

    def _room_key(self, room: str) -> CheckKey | None:
        for device in self.ward.devices:
            if room in (device.room, device.name) and device.role is Role.VC:
                key = (device.name, ROOM)
                return key if key in self.checks else (device.name, REACHABLE)
        return None

    def _far_end_name(self) -> str:
        """Ward: the centre gateway. Hub: the ward's own end, CE before switch."""
        if self.vantage == "ward":
            return GATEWAY
        nearest = self.ward.ce or self.ward.core
        return nearest.name if nearest else GATEWAY

    def _remember(self, seen: Observation) -> None:
        name, burst = seen.target.name, _burst(seen)
        if burst is not None and name == self._far_end_name():
            self.far_end = self.far_end.add(burst)
        if burst is not None and name in _ends_here(self.ward):
            self._near[name] = kept(self._near.get(name, ()), burst)
        if seen.reading.ups is not None and seen.reading.ups.on_battery is not None:
            self._ups = UpsMemory(seen.reading.ups, seen.mono)

    def _window_disagrees(self, seen: Observation) -> bool:
        """One echo alone says another thing than the window: five more will tell."""
        present = self.far_end.present
        return present != ("true" if seen.ok else "false")

    def _reachable(
        self, name: str, state: State, at: datetime, mono: float, seen: Observation
    ) -> Step:
        allowed = may_harden(
            name, self.holds, self._reach_states(), self.topology, mono, self._hold_rules
        )
        policy = replace(self._policy(seen.target, seen), rhythm_s=self._rhythm_s(seen))
        return self._stepped((name, REACHABLE), state, policy, at, mono, allowed=allowed)

    def _stepped(
        self,
        key: CheckKey,
        result: State,
        policy: Policy,
        at: datetime,
        mono: float,
        *,
        allowed: bool = True,
    ) -> Step:
        before = self.checks.get(key) or self._known.pop(key, CheckState())
        allowed = allowed and not self.maintained.has(key[0])
        stepped, transition = step(before, result, policy, at, mono, may_harden=allowed)
        after, flap = heed(before, stepped, at)
        self.checks[key] = after
        return Step(key, after, transition, flap)

    def _derived(self, seen: Observation, at: datetime) -> Iterator[Step]:
        """Checks that read more than presence from a good answer."""
        name, mono = seen.target.name, seen.mono
        if seen.reading.interfaces is not None:
            yield from self._ports(name, at, mono, seen.ttl_s / TTL_PERIODS, seen.took_s)
        if seen.reading.ups is not None and seen.reading.ups.on_battery is not None:
            result = _good(not seen.reading.ups.on_battery)
            yield self._stepped((name, ON_BATTERY), result, _AT_ONCE, at, mono)
        if seen.reading.vc is not None and seen.target.role == Role.VC:
            registered = seen.reading.vc.sip_registered is not False
            yield self._stepped((name, ROOM), _good(registered), Policy(), at, mono)
        if name == self._far_end_name() and seen.probe in ECHOES:
            clean = {"true": State.OK, "false": State.WARN}.get(self.far_end.clean, State.UNKNOWN)
            yield self._stepped((name, PATH), clean, _AT_ONCE, at, mono)

    def _ports(
        self, name: str, at: datetime, mono: float, rhythm_s: float, took_s: float
    ) -> Iterator[Step]:
        link, core = self.ward.primary_link, self.ward.core
        if core is None or core.name != name or link is None or link.near_port is None:
            return
        port = port_of(self.seen(name, at, mono), link.near_port)
        if port is None or port.oper is None:
            return
        up = port.oper == "up" and port.admin != "down"
        usual = _AT_ONCE if self._is_proof(mono, took_s, up=up) else self._line_policy()
        policy = replace(usual, rhythm_s=rhythm_s)
        yield self._stepped((name, UPLINK), _good(up), policy, at, mono)

    def _is_proof(self, mono: float, took_s: float, *, up: bool) -> bool:
        """Whether a reading of the line's own port answers a linkDown: then one is enough.

        One that was asked before the linkDown and says up is older than it and answers nothing.
        """
        doubted_at = self._line_doubted_at
        if doubted_at is None or mono < doubted_at:
            return False
        if not up or mono - took_s >= doubted_at or mono - doubted_at > _LINE_DOUBT_S:
            self._line_doubted_at = None
        return not up and mono - doubted_at <= _LINE_DOUBT_S

    def _policy(self, target: Target, seen: Observation) -> Policy:
        usual = policy_for(target.role, seen.ttl_s / TTL_PERIODS)
        if usual.retry_s <= self._line_policy().retry_s:
            return self._line_policy()
        return Policy(usual.max_attempts, self._timing.retry_s or usual.retry_s)

    def _rhythm_s(self, seen: Observation) -> float:
        """How often the target's presence is asked anyway: by its quickest probe so far."""
        newest = self.observations(seen.target.name)
        return min(one.ttl_s for one in (seen, *newest)) / TTL_PERIODS

    def _line_policy(self) -> Policy:
        return Policy(3, self._timing.line_retry_s)

    def _reach_states(self) -> dict[str, CheckState]:
        return {name: state for (name, check), state in self.checks.items() if check == REACHABLE}

    def _arrange(self, at: datetime, mono: float) -> Orders:
        self.holds, orders = arrange(
            self.holds, self._reach_states(), self.topology, mono, self._chance, self._hold_rules
        )
        for name in orders.restart:
            key = (name, REACHABLE)
            self.checks[key] = restarted(self.checks[key], at, mono)
        return orders


def _burst(seen: Observation) -> Burst | None:
    """The echoes of one run; None for a run that sent none."""
    count, echo = ECHOES.get(seen.probe), seen.reading.echo
    if count is None or (echo is None and state_of(seen.reason) is not State.CRIT):
        return None
    sent, lost = (echo.sent, echo.lost) if echo else (count, count)
    rtt = sorted(echo.rtts_s)[len(echo.rtts_s) // 2] if echo and echo.rtts_s else None
    return Burst(seen.mono, sent, lost, rtt)


def _ends_here(ward: Ward) -> tuple[str, ...]:
    """The ward's own switch and terminal device: what its own stretch of the way is judged by."""
    return tuple(device.name for device in (ward.core, ward.ce) if device is not None)


def _good(is_good: bool) -> State:
    return State.OK if is_good else State.CRIT


def _tells_presence(seen: Observation) -> bool:
    """Slow probes (identity) live for hours; they say nothing about now."""
    return seen.ttl_s <= TTL_PERIODS * _SLOW_PERIOD_S


def _is_live(seen: Observation, mono: float) -> bool:
    return answered(seen) and freshness(seen, mono) == "live"
