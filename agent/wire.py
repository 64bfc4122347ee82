"""The agent's API as types, version 1: what is sent, what a client may rely on.

Imports pydantic and the standard library alone, so that a screen loads nothing of the agent. Within
version 1 fields are only added; a reader ignores fields it does not know and takes a state it does
not know for `unknown`. Times are RFC 3339 in UTC with milliseconds, durations seconds. One flat
table of types, and therefore longer than most modules.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeAlias, TypeVar, get_args
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializeAsAny,
    StringConstraints,
)

API_VERSION = "1.0"
SNAPSHOT_SCHEMA: Literal["wardops/snapshot/1"] = "wardops/snapshot/1"
STATE_SCHEMA: Literal["wardops/state/1"] = "wardops/state/1"
STATUS_SCHEMA: Literal["wardops/status/1"] = "wardops/status/1"


def stamp(at: datetime) -> str:
    """`2026-11-21T07:32:07.412Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Wire(BaseModel):
    """Base of all API types: frozen; fields that are not known are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


StateName: TypeAlias = Literal["ok", "degraded", "down", "unknown", "maintenance"]
SegmentName: TypeAlias = Literal[
    "none", "power", "lan", "switch", "metronet", "dc", "service", "meeting", "unknown"
]
DeviceStateName: TypeAlias = Literal[
    "ok", "soft_down", "down", "unreachable", "flapping", "maintenance", "off_duty", "stale",
    "unknown",
]  # fmt: skip
RealmName: TypeAlias = Literal["live", "drill", "sim"]
RunStateName: TypeAlias = Literal["running", "asking", "waiting", "done", "aborted", "unknown"]
ItemStateName: TypeAlias = Literal["open", "done", "failed", "unknown"]
Code: TypeAlias = Literal[
    "bad_request", "not_found", "role_denied", "changes_off", "not_in_inventory", "conflict",
    "gone", "confirm_needed", "too_many", "busy", "unavailable", "internal",
]  # fmt: skip
EventKind: TypeAlias = Literal[
    "obs", "state", "incident", "step", "meeting", "drill", "contact", "hb", "reset"
]
Verb: TypeAlias = Literal[
    "probe_now", "ack", "unack", "take", "escalate", "hand_over", "close", "note", "evidence_add",
    "maintenance_set", "maintenance_end", "meeting_add", "meeting_check", "playbook_start",
    "playbook_answer", "playbook_back", "playbook_skip", "playbook_abort", "run_capability",
    "approve", "deny", "cannot_fix_now", "acknowledge_vanished", "accept_host_key", "drill_start",
    "drill_stop", "drill_submit", "handover_taken", "severity_set", "incident_fill", "clock_met",
    "resolve", "incident_report",
]  # fmt: skip


def _or_unknown(*known: str) -> BeforeValidator:
    return BeforeValidator(lambda value: value if value in known else "unknown")


Stamp = Annotated[datetime, PlainSerializer(stamp, return_type=str, when_used="json")]
State = Annotated[StateName, _or_unknown(*get_args(StateName))]
Segment = Annotated[SegmentName, _or_unknown(*get_args(SegmentName))]
DeviceState = Annotated[DeviceStateName, _or_unknown(*get_args(DeviceStateName))]
RunState = Annotated[RunStateName, _or_unknown(*get_args(RunStateName))]
ItemState = Annotated[ItemStateName, _or_unknown(*get_args(ItemStateName))]


class Text(Wire):
    """A sentence in both languages."""

    vi: str
    en: str


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


class Observation(Wire):
    """One value as a probe saw it; its freshness is the reader's to compute from `ts`, `ttl_s`."""

    value: float | None
    unit: str = ""
    state: State
    ts: Stamp
    ttl_s: float
    source: str
    method: str = ""
    reason: str
    replayed: bool = False


class PathNode(Wire):
    """One of the five stations; `reason` is `not_measured` for what lies behind a break."""

    segment: Segment
    state: State
    reason: str | None = None


class Evidence(Wire):
    """A true fact that speaks for the verdict, in words."""

    key: str
    text: Text
    source: str = ""
    ts: Stamp | None = None


class RuledOut(Wire):
    """A segment that is proven good, in words."""

    segment: Segment
    key: str
    text: Text
    ts: Stamp | None = None


class Verdict(Wire):
    """Where a ward's fault is, how sure, why. `headline` is the sentence for the screen."""

    ward: str
    state: State
    segment: Segment
    part: str = ""
    confidence: float
    row: str
    since: Stamp | None
    ts: Stamp
    ttl_s: float = 10.0
    seq: int
    headline: Text
    incident: str | None = None
    path: tuple[PathNode, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    vantage: str
    alternatives: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    outside: bool = False
    playbook: str | None = None
    call: tuple[str, ...] = ()
    dont: tuple[str, ...] = ()


class WardRef(Wire):
    """A ward by code and by the names people use."""

    code: str
    name: str
    slug: str
    kind: str
    area: str
    region: str = ""


class VerdictBrief(Wire):
    """The verdict in one line."""

    segment: Segment
    part: str = ""
    state: State
    since: Stamp | None
    confidence: float
    headline: Text


class WardSummary(WardRef):
    """A ward in a list. `data_age_s` is the oldest of its devices' ages, null when one has none."""

    state: State
    verdict: VerdictBrief
    path: tuple[PathNode, ...] = ()
    open_incidents: int
    data_age_s: float | None


class Device(Wire):
    """A device in a list; `data_age_s` is null when there was no good result yet."""

    name: str
    ward: str
    kind: str
    device_class: str = Field(alias="class")
    role: str
    state: DeviceState
    state_type: Literal["soft", "hard"]
    since: Stamp | None
    attempt: int = 0
    max_attempts: int = 0
    parents: tuple[str, ...] = ()
    held_by: str | None = None
    on_duty: bool = True
    reachable: bool | None = None
    data_age_s: float | None = None
    vendor: str | None = None
    model: str | None = None
    os: str | None = None
    version: str | None = None


class SlowedProbe(Wire):
    """A probe that is asked `factor` times less often, since a run took `longest_s` seconds."""

    probe: str
    factor: int
    period_s: float
    longest_s: float


class DeviceDetail(Device):
    """A device with what is known of it.

    `facts` holds its newest live values by name; `wardops_vc_registered{sip}` where one label is.
    """

    facts: dict[str, Observation] = Field(default_factory=dict)
    observations: tuple[Observation, ...] = ()
    slowed: tuple[SlowedProbe, ...] = ()


class Interface(Wire):
    """A port; what is not known is null."""

    port_id: str
    if_index: int = Field(alias="ifIndex")
    if_name: str = Field(alias="ifName")
    if_descr: str | None = Field(alias="ifDescr", default=None)
    if_alias: str | None = Field(alias="ifAlias", default=None)
    admin: str | None = None
    oper: str | None = None
    speed_bps: int | None = None
    in_bps: float | None = None
    out_bps: float | None = None
    in_err_rate: float | None = None
    rate_trusted: bool | None = None
    poe_w: float | None = None
    neighbor: str | None = None
    uplink: bool = False


class Service(Wire):
    """A shared service as this agent sees it."""

    id: str
    ward: str
    name: Text
    module: str
    state: DeviceState
    since: Stamp | None
    reason: str | None = None
    took_s: float | None = None
    data_age_s: float | None = None


class IncidentRoot(Wire):
    """What an incident hangs on."""

    segment: Segment
    part: str = ""
    row: str = ""
    confidence: float = 0.0


class HeldChild(Wire):
    """Something that is not measured because of the incident; `until` is null while it lasts."""

    device: str
    since: Stamp
    by: str
    until: Stamp | None = None


class TimelineEntry(Wire):
    """What happened to an incident, by whom; `text` is a person's, in the person's language."""

    at: Stamp
    actor: str
    verb: str
    text: str | None = None


class CannotFixNow(Wire):
    """A person's statement that it cannot be mended at once, and what is done instead."""

    value: bool = False
    reason: str | None = None
    decided_by: str | None = None
    decided_at: Stamp | None = None
    expected_restore: Stamp | None = None
    workaround: str | None = None


class Handover(Wire):
    """The incident given to another role, with the text as sent; `acked_at` null: not taken yet."""

    at: Stamp
    from_role: str
    to_role: str
    text: str
    text_sha256: str
    ref: str | None = None
    acked_at: Stamp | None = None


class Deadline(Wire):
    """One clock of an incident. `group` law: a rule of law; ack, restore: operational.

    `verified` is the day a person last compared the rule with its source, null when nobody has.
    """

    rule: str
    clock: str
    group: str
    due: Stamp
    met: Stamp | None = None
    text: Text
    source: str
    mark: str
    verified: str | None = None
    duty: str | None = None


class EvidencePiece(Wire):
    """A file put aside for the incident, by its SHA-256."""

    sha256: str
    name: str
    bytes: int
    at: Stamp
    by: str


class Incident(Wire):
    """An incident as people read it; `cause` is an id of a closed list, `cause_text` its words."""

    id: str
    uid: str
    ward: str
    kind: str
    severity: str
    state: str
    root: IncidentRoot
    headline: Text | None = None
    t_started: Stamp
    t0_detected: Stamp
    t_acked: Stamp | None = None
    t_resolved: Stamp | None = None
    t_closed: Stamp | None = None
    detected_by: str = "machine"
    sites: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    held: tuple[HeldChild, ...] = ()
    cause: str | None = None
    follows: str | None = None
    reopened: int = 0
    timeline: tuple[TimelineEntry, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    group: str | None = None
    public_service_impact: bool | None = None
    cannot_fix_now: CannotFixNow = CannotFixNow()
    personal_data: str = "unknown"
    abnormal_signs: str = "unknown"
    runs: tuple[str, ...] = ()
    handovers: tuple[Handover, ...] = ()
    evidence: tuple[EvidencePiece, ...] = ()
    cause_text: Text | None = None
    workaround: str | None = None
    lessons: str | None = None
    linked: str | None = None
    symptom_of: str | None = None
    summary: Text | None = None


class PlaybookBrief(Wire):
    """A playbook in a list; `minutes` is the time to a restored service that it aims at."""

    id: str
    version: str
    title: Text
    summary: Text | None = None
    minutes: int | None = None
    topic: str = ""


class RunOption(Wire):
    """One answer to a step: the digit to type, the value to send, the words to show."""

    key: str
    value: str
    text: Text


class ChecklistItem(Wire):
    """One line of a checklist, ticked by the machine (`auto`) or by a person."""

    id: str
    text: Text
    state: ItemState = "open"
    by: Literal["auto", "person"] = "person"


class RunStep(Wire):
    """The one step of a run that is to be shown.

    `message` is the text prepared for `to` (roles) when the step tells somebody. `dont` are the red
    lines of the playbook. `number` counts the steps entered so far from 1; `of` is null when the
    way is not known. `deadline` is when the step is over by itself.
    """

    id: str
    kind: str
    title: Text
    body: Text | None = None
    options: tuple[RunOption, ...] = ()
    items: tuple[ChecklistItem, ...] = ()
    message: Text | None = None
    to: tuple[str, ...] = ()
    dont: tuple[Text, ...] = ()
    can_back: bool = False
    can_skip: bool = False
    deadline: Stamp | None = None
    number: int = 1
    of: int | None = None


class RunLine(Wire):
    """One thing that happened in a run; `step` is empty for what concerns all of it."""

    at: Stamp
    step: str
    title: Text
    result: Text | None = None
    actor: str


class PlaybookRun(Wire):
    """A playbook being followed, as it is shown; `step` is null when it is over.

    `state`: `running` the machine works, `asking` a person is to answer, `waiting` for a condition.
    `lines` is empty in lists: ask for the one run.
    """

    id: str
    playbook: str
    title: Text
    version: str
    ward: str
    incident: str | None = None
    realm: RealmName
    actor: str
    state: RunState
    outcome: str | None = None
    started: Stamp
    ended: Stamp | None = None
    step: RunStep | None = None
    lines: tuple[RunLine, ...] = ()


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


class Snapshot(Wire):
    """All that the first screen needs, at event `seq`.

    One ward (asked for, or the only one): `ward` and what follows are filled. Several: `ward` and
    `verdict` are null, and `wards`, `incidents` and `runs` speak of all of them. `playbooks` are
    those that fit the verdict, the best first; `runs` are the open ones, without lines.
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
    meetings: tuple[dict[str, Any], ...] = ()
    contacts: tuple[Contact, ...] = ()
    playbooks: tuple[PlaybookBrief, ...] = ()
    runs: tuple[PlaybookRun, ...] = ()
    circuits: tuple[Circuit, ...] = ()
    drill: Drill | None = None


Item = TypeVar("Item", bound=Wire)


class Page(Wire, Generic[Item]):
    """A part of a list; `next` is the cursor of the following part, null at the end."""

    items: tuple[SerializeAsAny[Item], ...]
    next: str | None = None
    seq: int


class Problem(Wire):
    """Why a request was not carried out (RFC 9457), with a title for people."""

    type: str = "about:blank"
    title: Text
    status: int
    code: Code
    detail: str = ""


ActorName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}$")]


class Command(Wire):
    """What a person wants done. `id` is the client's: sent again it is done once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: UUID
    verb: Verb
    args: dict[str, Any] = Field(default_factory=dict)
    actor: ActorName = "local:unnamed"
    reason: Annotated[str, StringConstraints(max_length=2000)] | None = None
    confirm: str | None = None


class CommandResult(Wire):
    """What became of a command. `code` and `message` are set when it was not accepted."""

    id: UUID
    accepted: bool
    state: Literal["running", "done", "refused", "failed"] = "done"
    code: Code | None = None
    message: Text | None = None
    result: dict[str, Any] = Field(default_factory=dict)


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
    """One ward in state.json."""

    ward: WardRef
    verdict: Verdict | None = None
    path: tuple[PathNode, ...] = ()
    incidents: tuple[Incident, ...] = ()
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
    meeting: dict[str, Any] | None = None
    call: tuple[str, ...] = ()
    wards: tuple[WardSummary, ...] = ()
    left_out: int = 0
