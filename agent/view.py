"""What the engine shows to the outside: one frozen picture for scrapes, the API and state.json.

The engine makes an `AgentView` whenever somebody asks (`ViewSource`), so ages are those of that
moment. The web side knows nothing else of the engine but these values and `Commands`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from agent.data_quality import Quality

if TYPE_CHECKING:
    from datetime import datetime

    from agent.chronicle import Flow
    from agent.incidents.record import Incident
    from agent.link.standing import LinkStanding
    from agent.machines.look import WardLook
    from agent.maintenance.model import WeeklyRule, Window
    from agent.meetings.calendars import CalendarState
    from agent.meetings.record import MeetingMinute
    from agent.meetings.scribe import Room, RoomSeconds
    from agent.notices.model import Notice
    from agent.pace import Slowed
    from agent.reports.uplinks import UplinkUse
    from agent.troubles import Trouble
    from agent.wire import Command, CommandResult, Contact, Drill, PlaybookBrief, PlaybookRun
    from inventory.model import Unit, Ward
    from inventory.values import Realm, Vantage
    from playbooks.verdict.facts import Facts
    from playbooks.verdict.model import Segment, Verdict, VerdictState
    from probes.meeting.model import Meeting
    from probes.meeting.readiness_model import Readiness
    from probes.model import Identity, Observation, Reason, Target
    from probes.vc.quality import CallStanding
    from probes.vm.estate import Power

DeviceState: TypeAlias = Literal[
    "ok", "soft_down", "down", "unreachable", "flapping", "maintenance", "off_duty", "stale",
    "unknown",
]  # fmt: skip
NotReady: TypeAlias = Literal[
    "starting", "inventory_invalid", "journal_not_writable", "scheduler_late", "clock_stopped",
    "disk_full",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProbeRuns:
    """How the runs of one probe on one target went, beside its newest observation.

    `last_ok_at` is the wall time of the last good run; `runs` counts runs by reason.
    """

    last_ok_at: datetime | None = None
    runs: Mapping[Reason, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One target of a ward: a device, a hop of its path, or a service (`target.role`).

    `slowed` names the probes that are asked less often because they take so long.
    `restarts` and `renumberings` count since the agent started; `port_ids` and `flows` are by
    ifIndex of the newest interface table.

    `observations` are the newest of each probe, good or not. `data_age_s` is the age of the newest
    good one, infinity when there was none. `reachable` is None when unknown or off duty. `identity`
    is what the device said of itself last, kept while it is silent; `traffic` is that of its ports
    by name, between its last two answers. `parents` are names nearest first, `held_by` the broken
    one that holds this target. `is_ipv6_broken` is true of a service's IPv6 side while it fails and
    the other one is good.
    """

    target: Target
    state: DeviceState
    state_type: Literal["soft", "hard"]
    since: datetime | None
    data_age_s: float
    attempt: int = 0
    max_attempts: int = 3
    parents: tuple[str, ...] = ()
    held_by: str | None = None
    on_duty: bool = True
    reachable: bool | None = None
    observations: tuple[Observation, ...] = ()
    identity: Identity | None = None
    probes: Mapping[str, ProbeRuns] = field(default_factory=dict)
    series_dropped: Mapping[str, int] = field(default_factory=dict)
    restarts: int = 0
    renumberings: int = 0
    port_ids: Mapping[int, str] = field(default_factory=dict)
    flows: Mapping[int, Flow] = field(default_factory=dict)
    slowed: tuple[Slowed, ...] = ()
    is_ipv6_broken: bool = False


@dataclass(frozen=True, slots=True)
class PathState:
    """One of the five stations between the ward's desks and a service."""

    segment: Segment
    state: VerdictState
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class IncidentCounts:
    """Incidents of one ward as Prometheus counts them, restored from the journal at start.

    `opened` counts by (kind, segment, severity); `durations_s` holds the length of every resolved
    incident by segment.
    """

    opened: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    durations_s: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WardView:
    """One ward: what it is, what is believed of it, and its targets in inventory order.

    `verdict` is the settled one, None before the first. `incidents` are those not closed, plus
    whatever else the first screen shall show, newest first. `path` has the five stations; left
    empty it is made from the verdict and from `facts`, what was known when it was judged last.
    """

    ward: Ward
    unit: Unit
    verdict: Verdict | None
    since: datetime | None
    devices: tuple[DeviceView, ...]
    services: tuple[DeviceView, ...] = ()
    incidents: tuple[Incident, ...] = ()
    counts: IncidentCounts = IncidentCounts()
    path: tuple[PathState, ...] = ()
    facts: Facts | None = None
    quality: Quality = field(default_factory=Quality)

    @property
    def targets(self) -> tuple[DeviceView, ...]:
        """Devices, hops and services."""
        return (*self.devices, *self.services)

    @property
    def open_incidents(self) -> tuple[Incident, ...]:
        """Those that still hurt: open or acknowledged."""
        return tuple(incident for incident in self.incidents if incident.is_open)


@dataclass(frozen=True, slots=True)
class AgentView:
    """Everything at one moment: `mono` for ages, `now` (UTC) for stamps, `seq` of the last event.

    `restored` turns True once states and incidents were read from the journal: no scrape is
    answered before. `not_ready` says why the agent is not ready; empty means it is. `drill` is the
    drill that is played on this agent, if one is. `windows` of maintenance are those that are open
    or to come, the earliest first; `weekly` are the rules in force. `meetings` are those that are
    not over for long, the earliest first, `rooms` judges their rooms. `common` are the group
    incidents that are not closed, the newest first. `troubles` are the agent's own. `told` are the
    notices about each incident that hurts, by uid. `link` is how the link to the hub stands, None
    where no hub is called. `machines` judges machines and hypervisors.
    """

    mono: float
    now: datetime
    realm: Realm
    vantage: Vantage
    wards: tuple[WardView, ...]
    seq: int = 0
    restored: bool = True
    not_ready: tuple[NotReady, ...] = ()
    version: str = ""
    drill: Drill | None = None
    windows: tuple[Window, ...] = ()
    weekly: tuple[WeeklyRule, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    calendars: tuple[CalendarState, ...] = ()
    room_seconds: Mapping[Room, RoomSeconds] = field(default_factory=dict)
    calls: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    rooms: RoomBook | None = None
    troubles: tuple[Trouble, ...] = ()
    common: tuple[Incident, ...] = ()
    told: Mapping[str, tuple[Notice, ...]] = field(default_factory=dict)
    link: LinkStanding | None = None
    uplinks: Mapping[str, UplinkUse] = field(default_factory=dict)
    machines: MachineBook | None = None

    def ward(self, code: str) -> WardView | None:
        """The ward of that code, if this agent has it."""
        return next((ward for ward in self.wards if ward.ward.ward == code), None)


ViewSource: TypeAlias = Callable[[], AgentView]


class Commands(Protocol):
    """What the web side may ask of the engine beside the view."""

    async def execute(
        self, command: Command, *, actor: str, role: str, source: str
    ) -> CommandResult:
        """Carry out one command; it is asked once per command id.

        Raises ActionRefused (409), InputError (400) or StoreError (503); everything else is a bug.
        """

    def incident(self, incident_id: str) -> Incident | None:
        """The incident of that id, open or not."""

    def incidents(
        self, *, ward: str | None, kind: str | None, is_open: bool | None
    ) -> Sequence[Incident]:
        """All incidents that fit, newest first."""


class RoomBook(Protocol):
    """What the web side may ask about meeting rooms."""

    def room(self, ward: str, room: str, meeting: Meeting | None) -> Readiness | None:
        """Whether a room is ready, for a meeting if one is given; None for a foreign ward."""

    def pending(self, ward: str, room: str, since: datetime) -> int:
        """How many of the room's targets were not measured since that moment."""


class RunBook(Protocol):
    """What the web side may ask about playbooks, their runs and whom to tell."""

    def playbooks(self) -> Sequence[PlaybookBrief]:
        """All playbooks that can be conducted here, by id."""

    def suggested(self, ward: WardView) -> Sequence[PlaybookBrief]:
        """Those that fit what is believed of the ward, the best first."""

    def contacts(self, ward: WardView) -> Sequence[Contact]:
        """Whom the verdict of the ward names, else every level."""

    def runs(self, *, ward: str | None, is_open: bool | None) -> Sequence[PlaybookRun]:
        """Runs without their lines, newest first."""

    def run(self, run_id: str) -> PlaybookRun | None:
        """One run with its lines."""


class MachineBook(Protocol):
    """What the web side may ask about machines and hypervisors."""

    def look(self, ward: str) -> WardLook | None:
        """A ward's machines as judged last and seen by now; None before, or without any."""

    def power(self, ward: str, device: str) -> tuple[Power, str] | None:
        """What a hypervisor says of a machine's power, and which; None when nobody says it now."""


class MeetingBook(Protocol):
    """What the web side may ask about meetings beside the view."""

    def all(self) -> Sequence[Meeting]:
        """Every meeting that is known, over or to come, the earliest first."""

    def minutes(self, meeting: str) -> Sequence[MeetingMinute]:
        """The record of a meeting by its id."""

    def standing(self, meeting: str) -> CallStanding | None:
        """How good the call of a running meeting stands; None when it does not run."""
