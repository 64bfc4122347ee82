"""What the agent knows of one ward: observations in, checks and a Sight out.

The only mutable home of a ward's presence proofs, echo window and check states; everything that is
decided here is decided by the pure functions it calls.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agent.board import Board, subject
from agent.checks import (
    BAD,
    CheckState,
    Policy,
    State,
    laid_down,
    policy_for,
    remembered,
    restarted,
    retry_in_s,
    step,
)
from agent.data_quality import Ledger, run_tally
from agent.duty import on_duty
from agent.flapping import heed
from agent.hints.model import HintKind
from agent.maintenance.model import Covered
from agent.room_duty import RoomDuty
from agent.taken import Step, Taken
from agent.verdict.echoes import ECHOES
from agent.verdict.elsewhere import Elsewhere
from agent.verdict.hold import HoldRules, Holds, Orders, arrange, may_harden
from agent.verdict.line_doubt import LineDoubt, is_about
from agent.verdict.line_memory import LineMemory
from agent.verdict.reach import Proofs, answered, weigh
from agent.verdict.sight import Seen, Sight, UpsMemory, path_of, port_of
from agent.verdict.topology import CITY_RESOLVER, GATEWAY, REFLECTOR, RESOLVER
from agent.ward_checks import (
    HOST,
    MTU,
    ON_BATTERY,
    PATH,
    REACHABLE,
    ROOM,
    UPLINK,
    Roots,
    ends_here,
    far_end_name,
)  # fmt: skip
from inventory.model import Duty, Role
from probes.model import TTL_PERIODS, UpsStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from agent.config import Timing
    from agent.duty import Calendar
    from agent.hints.model import Hint
    from agent.verdict.topology import Topology
    from agent.ward_checks import CheckKey
    from inventory.model import Ward
    from inventory.values import Vantage
    from probes.model import Observation, Target
    from probes.vm.estate import Power

_AT_ONCE = Policy(max_attempts=1)
_FRESH, _UNPROVEN = CheckState(), Proofs()
_UPS_SAYS = {HintKind.UPS_ON_BATTERY: True, HintKind.UPS_ON_MAINS: False}
_SLOW_PERIOD_S = 300.0


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
        self.host_link: bool | None = None
        self._proofs: dict[str, Proofs] = {}
        self._known: dict[CheckKey, CheckState] = {}
        self.maintained = Covered()
        self.elsewhere = Elsewhere()
        # What a hypervisor says of a machine, and which: told by whoever knows them.
        self.power_of: Callable[[str], tuple[Power, str] | None] = lambda _name: None
        self.ledger = Ledger()
        self._ups: UpsMemory | None = None
        self._line_doubt = LineDoubt()
        self._timing = timing
        self._calendar = calendar
        self._chance = chance
        self._hold_rules = HoldRules(spread_s=timing.recheck_s)
        self.rooms = RoomDuty(ward, self.targets, self.board)
        self._far_end = far_end_name(ward, vantage)
        self.line = LineMemory(ward, self._far_end)
        core = ward.core.name if ward.core else None
        self._behind_core = frozenset(topology.descendants(core)) if core else frozenset()

    def take(self, seen: Observation, at: datetime) -> Taken:
        """Take one observation in: board, window, checks, hold."""
        before = self.line.far_end.present
        self.board.put(seen)
        self._remember(seen)
        name, mono = seen.target.name, seen.mono
        proofs, state = weigh(self._proofs.get(name, _UNPROVEN), seen)
        self._proofs[name] = proofs
        steps = []
        retry = None
        if state is not None and (state is State.OK or self.is_on_duty(name, at)):
            reach = self._reachable(name, state, at, mono, seen)
            steps.append(reach)
            if reach.state.is_bad and not self.maintained.has(name):
                retry = retry_in_s(reach.state, self._policy(seen.target, seen))
        elif state is not None and self.checks.get((name, REACHABLE), _FRESH).is_bad:
            # off duty: what it was in working hours says nothing about the next ones
            self.checks[name, REACHABLE] = laid_down(self.checks[name, REACHABLE], at, mono)
        steps.extend(self._derived(seen, at))
        orders = self._arrange(at, mono)
        doubt = bool(self._far_end == name and seen.probe == "watch")
        ask_burst = doubt and self._window_disagrees(seen)
        changed = self.line.far_end.present is not before
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
        if link is None or link.near_port is None:
            return ()
        ports = self.board.last_good(subject(self.targets[hint.device]), "snmp-interfaces")
        if not is_about(hint, link.near_port, ports):
            return ()
        self._line_doubt = LineDoubt(hint.mono)
        ends = dict.fromkeys((self._far_end, GATEWAY, *ends_here(self.ward)))
        echoes = [(name, probe) for name in ends if name in self.targets for probe in ECHOES]
        return ((core.name, "snmp-interfaces"), *echoes)

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
            far_end=self.line.far_end,
            host_link=self.host_link,
            behind_core=self._behind_core,
            ups_memory=self._ups,
            maintained=self.maintained,
            near=self.line.near,
            line_use=self.line.use,
            line_vlans=self.line.vlans,
            line=self.line.quality,
            elsewhere=self.elsewhere,
            rooms_in_meeting=self.rooms.in_meeting(at, mono),
            line_is_down=self._roots().is_line_lost(self.checks.get((self._far_end, REACHABLE))),
        )

    def seen(self, name: str, at: datetime, mono: float) -> Seen:
        """What is known of one target at this moment."""
        check = self.checks.get((name, REACHABLE), _FRESH)
        is_good, fresh = check.state is State.OK, False
        live: dict[str, Observation] = {}
        newest: Observation | None = None
        for one in self.observations(name):
            has_answered, is_live = answered(one), mono - one.mono <= one.ttl_s
            if has_answered and is_live:
                live[one.probe] = one
            if _tells_presence(one):
                fresh = fresh or (is_live and has_answered is is_good)
                newest = one if newest is None or one.mono > newest.mono else newest
        return Seen(
            target=self.targets[name],
            state=check.state,
            since=check.since,
            since_mono=check.since_mono,
            fresh=fresh,
            ever=self._proofs.get(name, _UNPROVEN).ever,
            on_duty=self.is_on_duty(name, at),
            live=live,
            last=newest,
            last_ok_mono=check.last_ok_mono,
            bad_since_mono=check.bad_since_mono,
        )

    def witnesses(self, name: str) -> tuple[str, ...]:
        """Whom to ask when that target falls silent, to tell whether it is what broke.

        For the far end the reflector and two services beyond it, for the core switch what hangs on
        it in the ward, for the ward's resolver the city's.
        The hub first asks whether it sees its own centre.
        """
        services = tuple(service.id for service in self.ward.services[:2])
        if name == self._far_end:
            reflector = (REFLECTOR,) if REFLECTOR in self.targets else ()
            own = () if self.vantage == "ward" else (GATEWAY,)
            return (*reflector, *own, *services)
        if name == RESOLVER:
            return tuple(one for one in (GATEWAY, CITY_RESOLVER) if one in self.targets)
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
        if duty is not Duty.MEETING:
            return on_duty(duty, at, self._calendar)
        return any(on_duty(duty, at, self._calendar, one) for one in self.rooms.meetings(name, at))

    @property
    def is_line_proven_down(self) -> bool:
        """Whether the line's port, read because of a linkDown, has said itself that it is down."""
        return self._line_doubt.is_proven

    def root_check(self, fact: str) -> CheckState | None:
        """The check behind a fact that an incident hangs on; None when the fact has none."""
        return self._roots().check(fact)

    def root_key(self, fact: str) -> CheckKey | None:
        """The name of the check behind a fact that an incident hangs on."""
        return self._roots().key_of(fact)

    def _roots(self) -> Roots:
        return Roots(self.ward, self.vantage, self.checks, self.holds)

    def _remember(self, seen: Observation) -> None:
        self.line.take(seen)
        if seen.reading.ups is not None and seen.reading.ups.on_battery is not None:
            self._ups = UpsMemory(seen.reading.ups, seen.mono)

    def _window_disagrees(self, seen: Observation) -> bool:
        """One echo alone says another thing than the window: five more will tell."""
        present = self.line.far_end.present
        return present != ("true" if seen.ok else "false")

    def _reachable(
        self, name: str, state: State, at: datetime, mono: float, seen: Observation
    ) -> Step:
        allowed = state not in BAD or may_harden(
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
        if name == self._far_end and seen.reading.mtu is not None:
            passes = State.OK if seen.reading.mtu.large_passes else State.WARN
            yield self._stepped((name, MTU), passes, _AT_ONCE, at, mono)
        is_line = self.vantage == "ward" and name == REFLECTOR
        if is_line or (name == self._far_end and seen.probe in ECHOES):
            path = path_of(self.line.far_end, self.line.quality, mono)
            clean = {"true": State.OK, "false": State.WARN}.get(path, State.UNKNOWN)
            yield self._stepped((self._far_end, PATH), clean, _AT_ONCE, at, mono)

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
        self._line_doubt, is_proof = self._line_doubt.weigh(mono, took_s, up=up)
        usual = _AT_ONCE if is_proof else self._line_policy()
        policy = replace(usual, rhythm_s=rhythm_s)
        yield self._stepped((name, UPLINK), _good(up), policy, at, mono)

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


def _good(is_good: bool) -> State:
    return State.OK if is_good else State.CRIT


def _tells_presence(seen: Observation) -> bool:
    """Slow probes (identity) live for hours; they say nothing about now. Nor does a no-proof."""
    return seen.is_proof and seen.ttl_s <= TTL_PERIODS * _SLOW_PERIOD_S
