"""What is answered as a whole: a snapshot, a list, a change, the state file, the status."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import Field, SerializeAsAny

from agent.wire.base import RealmName, Stamp, State, Text, Wire
from agent.wire.device import Device, Service
from agent.wire.incident import Incident
from agent.wire.maintenance import MaintenanceWindow
from agent.wire.meeting import Meeting
from agent.wire.run import PlaybookBrief, PlaybookRun
from agent.wire.verdict import PathNode, Verdict, WardRef, WardSummary

API_VERSION = "1.0"
SNAPSHOT_SCHEMA: Literal["wardops/snapshot/1"] = "wardops/snapshot/1"
STATE_SCHEMA: Literal["wardops/state/1"] = "wardops/state/1"
STATUS_SCHEMA: Literal["wardops/status/1"] = "wardops/status/1"
EventKind: TypeAlias = Literal[
    "obs", "state", "incident", "step", "meeting", "drill", "contact", "hb", "reset"
]


class ClockState(Wire):
    """The agent's wall clock; `offset_s` to the receiver, null when nobody compared it."""

    now: Stamp
    offset_s: float | None = None
    guard: Literal["ok", "hold", "stopped", "unverified"] = "unverified"


class Meta(Wire):
    """The first answer to a client: who speaks, for which wards, as what."""

    api: str = API_VERSION
    version: str
    ward: str | None
    wards: tuple[str, ...] | Literal["all"]
    realm: RealmName
    vantage: Literal["ward", "hub"]
    role: str
    capabilities: tuple[str, ...] = ()
    clock: ClockState
    seq: int


class Contact(Wire):
    """Whom a role or an escalation level stands for; a number that nobody entered is null.

    `hours` is as written in the escalation file, null when nothing is said there; outside them
    `after_hours` is called instead. `through` is the level that calls it, null when the ward itself
    may. `is_sample`: the file is the shipped sample, its hours and times are not the city's own.
    """

    role: str
    name: Text
    phone: str | None = None
    hours: str | None = None
    ack_min: int | None = None
    after_hours: str | None = None
    through: str | None = None
    is_sample: bool = False


class Circuit(Wire):
    """A Metronet circuit by the number under which its carrier knows it."""

    id: str
    carrier: str
    circuit: str
    role: str = "primary"


class Drill(Wire):
    """The drill that is played on this agent; `started` is null before its clock runs."""

    id: str
    title: Text
    started: Stamp | None = None
    limit_min: int | None = None


class Trouble(Wire):
    """What hinders the agent itself: its journal, its disk, a flood of messages; for every screen.

    `code` names the kind for programs and may be one that a reader does not know.
    """

    code: str
    text: Text


class LinkState(Wire):
    """How the link of a ward's agent to the hub stands.

    `group` is the common incident that the ward belongs to, as the hub said last.
    """

    state: Literal["new", "linked", "cut", "refused"]
    since: Stamp | None = None
    group: str | None = None


class Snapshot(Wire):
    """All that the first screen needs, at event `seq`.

    One ward (asked for, or the only one): `ward` and what follows are filled. Several: `ward` and
    `verdict` are null, and `wards`, `incidents` and `runs` speak of all of them. `playbooks` are
    those that fit the verdict, the best first; `runs` are the open ones, without lines;
    `maintenance` are the announced windows that are open or to come, `meetings` those that run or
    come, the earliest first. `troubles` are the agent's
    own, the worst first.
    """

    schema_: Literal["wardops/snapshot/1"] = Field(alias="schema", default=SNAPSHOT_SCHEMA)
    seq: int
    ts: Stamp
    realm: RealmName
    vantage: Literal["ward", "hub"]
    wards: tuple[WardSummary, ...] = ()
    ward: WardRef | None = None
    verdict: Verdict | None = None
    path: tuple[PathNode, ...] = ()
    devices: tuple[Device, ...] = ()
    services: tuple[Service, ...] = ()
    incidents: tuple[Incident, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    contacts: tuple[Contact, ...] = ()
    playbooks: tuple[PlaybookBrief, ...] = ()
    runs: tuple[PlaybookRun, ...] = ()
    circuits: tuple[Circuit, ...] = ()
    maintenance: tuple[MaintenanceWindow, ...] = ()
    drill: Drill | None = None
    troubles: tuple[Trouble, ...] = ()
    link: LinkState | None = None


Item = TypeVar("Item", bound=Wire)


class Page(Wire, Generic[Item]):
    """A part of a list; `next` is the cursor of the following part, null at the end."""

    items: tuple[SerializeAsAny[Item], ...]
    next: str | None = None
    seq: int


class Event(Wire):
    """One change: a JSON merge patch on the object at `key` of the snapshot."""

    seq: int
    ts: Stamp
    kind: EventKind
    key: str = ""
    ward: str | None = None
    patch: dict[str, Any] = Field(default_factory=dict)


class Heartbeat(Wire):
    """Sent every two seconds; `lag_ms` is how late the agent's loop was with it."""

    ts: Stamp
    lag_ms: float
    seq: int


class StateWard(Wire):
    """One ward in state.json; `meeting` is the one that runs or comes next."""

    ward: WardRef
    verdict: Verdict | None = None
    path: tuple[PathNode, ...] = ()
    incidents: tuple[Incident, ...] = ()
    meeting: Meeting | None = None
    data_age_s: float | None = None


class StateFile(Wire):
    """What the agent last knew, for when it does not answer; valid for `ttl_s` seconds.

    A hub with many wards writes what fits into 64 kB, the worst first; `left_out` counts the rest.
    """

    schema_: Literal["wardops/state/1"] = Field(alias="schema", default=STATE_SCHEMA)
    generated_at: Stamp
    ttl_s: float = 15.0
    realm: RealmName
    vantage: Literal["ward", "hub"]
    seq: int
    wards: tuple[StateWard, ...] = ()
    left_out: int = 0


class Status(Wire):
    """`wardops status --json`: `age_s` is the age of what is said, `fresh` whether it is current.

    `state` is the worst of all wards', `unknown` when the data is not fresh. The fields from `ward`
    on speak of the one ward there is (or was asked for); several wards stand in `wards`.
    """

    schema_: Literal["wardops/status/1"] = Field(alias="schema", default=STATUS_SCHEMA)
    source: Literal["agent", "state_file", "none"]
    as_of: Stamp | None = None
    age_s: float | None = None
    fresh: bool = False
    realm: RealmName | None = None
    state: State = "unknown"
    ward: WardRef | None = None
    verdict: Verdict | None = None
    path: tuple[PathNode, ...] = ()
    incidents: tuple[Incident, ...] = ()
    meeting: Meeting | None = None
    call: tuple[str, ...] = ()
    wards: tuple[WardSummary, ...] = ()
    left_out: int = 0
