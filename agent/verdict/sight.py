"""What one agent knows of one ward at one moment: the values that facts are made from. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.checks import State
from agent.maintenance.model import Covered
from agent.verdict.elsewhere import Elsewhere
from agent.verdict.line_quality import LineQuality
from agent.verdict.port_vlans import VlanMemory
from agent.verdict.uplink import PortUse
from playbooks.verdict.facts import Fact, Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from agent.verdict.echoes import Burst, EchoWindow
    from inventory.model import Ward
    from inventory.values import Vantage
    from probes.model import Interface, Observation, Reading, Target, UpsStatus

# How long single echoes of the ward's own switch and terminal device are remembered.
BURSTS_KEPT_S = 600.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one target now.

    `state` is its reachable-check's state, `since_mono` when that state began. `fresh` is False
    when its newest result is older than its time to live. `ever` says whether it answered at least
    once since the agent started. `live` holds the newest good observation per probe that is still
    within its time to live. `last_ok_mono` is its newest good result, `bad_since_mono` the first of
    the present run of bad ones.
    """

    target: Target
    state: State
    since: datetime | None = None
    since_mono: float = 0.0
    fresh: bool = False
    ever: bool = False
    on_duty: bool = True
    live: Mapping[str, Observation] = field(default_factory=dict)
    last: Observation | None = None
    last_ok_mono: float | None = None
    bad_since_mono: float | None = None

    @property
    def answers(self) -> Truth:
        """Whether it is there: unknown when stale, off duty or not measured."""
        if not self.fresh or self.state is State.UNKNOWN:
            return Truth.UNKNOWN
        if self.state is State.OK:
            return Truth.TRUE
        return Truth.FALSE if self.on_duty else Truth.UNKNOWN


@dataclass(frozen=True, slots=True)
class UpsMemory:
    """The newest thing a UPS said, and when (monotonic seconds)."""

    status: UpsStatus
    mono: float


@dataclass(frozen=True, slots=True)
class Sight:
    """What one agent knows of one ward at one moment, and what another vantage told of it.

    `near` holds the echoes of the last minutes to the ward's own switch, its terminal device and
    the carrier's edge, `line_use` how the port that leads to the line was used, `line_vlans` in
    which VLANs it was, `line` what the bursts to a reflector said of it.
    """

    ward: Ward
    vantage: Vantage
    seen: Mapping[str, Seen]
    mono: float
    far_end: EchoWindow
    host_link: bool | None = None
    behind_core: frozenset[str] = frozenset()
    ups_memory: UpsMemory | None = None
    maintained: Covered = field(default_factory=Covered)
    near: Mapping[str, tuple[Burst, ...]] = field(default_factory=dict)
    line_is_down: bool = False
    line_use: PortUse = field(default_factory=PortUse)
    line: LineQuality = field(default_factory=LineQuality)
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    line_vlans: VlanMemory = field(default_factory=VlanMemory)
    rooms_in_meeting: frozenset[str] = frozenset()

    @property
    def has_heard(self) -> bool:
        """Whether anything at all answered since the agent started.

        Until then silence says as much about this machine or its inventory as about the ward.
        """
        return any(seen.ever for seen in self.seen.values())

    @property
    def path(self) -> Truth:
        """Whether the line is within its profile: by a reflector's word, else by echoes alone."""
        return path_of(self.far_end, self.line, self.mono)

    def of(self, name: str | None) -> Seen | None:
        """The target of that name, if the ward has it."""
        return self.seen.get(name) if name else None


def path_of(far_end: EchoWindow, line: LineQuality, mono: float) -> Truth:
    """Whether the line is within its profile; echoes count where no reflector has said enough."""
    measured = line.judged(mono)
    return far_end.clean if measured is Truth.UNKNOWN else measured


def fact_of(seen: Seen, truth: Truth, **values: object) -> Fact:
    """A fact about a target, with the probe and the time of its newest result."""
    newest_result = seen.last
    return Fact(
        truth,
        source=newest_result.probe if newest_result else "",
        values=values,
        at=newest_result.started if newest_result else None,
    )


def reading_of(seen: Seen, has: Callable[[Reading], object]) -> Reading | None:
    """The first live reading in which `has` finds something."""
    return next((o.reading for o in seen.live.values() if has(o.reading) is not None), None)


def port_of(seen: Seen | None, name: str) -> Interface | None:
    """The port of that ifName (or ifDescr) in the newest live interface table, if any."""
    observation = seen.live.get("snmp-interfaces") if seen else None
    return port_named(name, observation.reading) if observation else None


def port_named(name: str, reading: Reading) -> Interface | None:
    """The port of that ifName (or ifDescr) in one interface table."""
    ports = reading.interfaces or ()
    return next((port for port in ports if name in (port.name, port.descr)), None)
