"""An incident as a value: the whole record as it is stored, shown and exported.

What moves it is in `life` (the machine and the acts that every incident has) and
`acts` (what people add to it). Fields hold accounts and roles, never names of people.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from pydantic import field_validator

from inventory.errors import ActionRefused
from inventory.values import Frozen, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind: TypeAlias = Literal["technical", "security", "drill"]
Severity: TypeAlias = Literal["S1", "S2", "S3", "S4"]
Answer: TypeAlias = Literal["unknown", "no", "yes"]
ClockGroup: TypeAlias = Literal["ack", "restore", "law"]
MACHINE = "machine"
PERSON = "role"


class IncidentState(StrEnum):
    """Where an incident stands. Until it is resolved it hurts."""

    OPEN = "open"
    ACKED = "acked"
    IN_PROGRESS = "in_progress"
    CANNOT_FIX_NOW = "cannot_fix_now"
    RESOLVED = "resolved"
    CLOSED = "closed"


HURTING = frozenset({
    IncidentState.OPEN, IncidentState.ACKED, IncidentState.IN_PROGRESS,
    IncidentState.CANNOT_FIX_NOW,
})  # fmt: skip


class Root(Frozen):
    """What the incident hangs on: the verdict's segment, part and row, and the fact at its root."""

    segment: str
    part: str
    row: str
    confidence: float
    fact: str
    whole_way: bool = False


class HeldChild(Frozen):
    """Something that is not measured because of this incident; `until` is None while it lasts."""

    device: str
    since: datetime
    by: str
    until: datetime | None = None


class Note(Frozen):
    """What a person wrote. `actor` is an account, never a name."""

    at: datetime
    actor: str
    text: str


class Action(Frozen):
    """What somebody did to the incident: verb, result, reason.

    `said` is a text that was prepared in both languages; `reason` is then its Vietnamese.
    """

    at: datetime
    actor: str
    verb: str
    result: str = "ok"
    reason: str | None = None
    said: Words | None = None


class CannotFixNow(Frozen):
    """A person's statement that it cannot be mended at once: why, until when, and what instead."""

    value: bool = False
    reason: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    expected_restore: datetime | None = None
    workaround: str | None = None


class Handover(Frozen):
    """The incident given to another role: the text as sent, its hash, when it was taken over."""

    at: datetime
    from_role: str
    to_role: str
    text: str
    text_sha256: str
    ref: str | None = None
    acked_at: datetime | None = None


class Deadline(Frozen):
    """One clock of an incident, with the rule it comes from as it stood when the incident began.

    `group` is `law` only for a rule of law; `ack` and `restore` are operational. `mark` says how
    well the source was read, `verified` on which day a person compared it last (None: nobody has).
    `only_serious` clocks end when a person says that the incident is not serious.
    """

    rule: str
    clock: str
    group: ClockGroup
    due: datetime
    met: datetime | None = None
    text: Words
    source: Words
    mark: str
    verified: date | None = None
    duty: str | None = None
    only_serious: bool = False

    @field_validator("source", mode="before")
    @classmethod
    def _in_both(cls, value: object) -> object:
        """Records of earlier versions name their source in one language."""
        return Words(vi=value, en=value) if isinstance(value, str) else value


class EvidencePiece(Frozen):
    """One file that was put aside when the incident opened; `sha256` names it on disk."""

    sha256: str
    name: str
    bytes: int
    at: datetime
    by: str = MACHINE


class Incident(Frozen):
    """One incident as it is stored and exported.

    `t_started` is the first bad result, `t0_detected` when it became HARD. `id` is given by the
    store when it is first written; `uid` identifies it everywhere. `reopened` counts how often its
    cause came back, `follows` names the closed incident whose cause this one repeats, `linked` the
    one of another kind that it was begun from, `symptom_of` the one whose cause explains it.
    `severity_rule` is the worst that the rules have said; a person may have set another `severity`.
    `public_service_impact` is None while nobody knows. `summary` is said once, after the cause has
    ended. A group incident has no `ward`; `sites` are its wards and `shared` is what they share
    (`pe:192.0.2.1`); its children name it in `group`.
    """

    uid: str
    ward: str
    severity: Severity
    root: Root
    t_started: datetime
    t0_detected: datetime
    id: str = ""
    kind: Kind = "technical"
    group: str | None = None
    state: IncidentState = IncidentState.OPEN
    severity_rule: Severity | None = None
    t_acked: datetime | None = None
    t_resolved: datetime | None = None
    t_closed: datetime | None = None
    detected_by: str = MACHINE
    sites: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    public_service_impact: bool | None = None
    headline: Words | None = None
    held: tuple[HeldChild, ...] = ()
    cannot_fix_now: CannotFixNow = CannotFixNow()
    personal_data: Answer = "unknown"
    abnormal_signs: Answer = "unknown"
    serious: Answer = "unknown"
    runs: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    actions: tuple[Action, ...] = ()
    handovers: tuple[Handover, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    evidence: tuple[EvidencePiece, ...] = ()
    cause: str | None = None
    workaround: str | None = None
    lessons: str | None = None
    reopened: int = 0
    follows: str | None = None
    linked: str | None = None
    symptom_of: str | None = None
    summary: Words | None = None
    shared: str | None = None

    @property
    def is_common(self) -> bool:
        """Whether it is one of several wards together: a group incident."""
        return self.ward == ""

    @property
    def is_open(self) -> bool:
        """Whether it still hurts: not yet resolved."""
        return self.state in HURTING

    @property
    def keeps_as_is(self) -> bool:
        """Whether nothing may be restarted or reinstalled: traces would be lost."""
        return self.kind == "security" and self.state is not IncidentState.CLOSED

    @property
    def held_now(self) -> tuple[HeldChild, ...]:
        """The children held at present."""
        return tuple(child for child in self.held if child.until is None)

    @property
    def is_the_machines(self) -> bool:
        """Whether measuring can tell that it is over; security is for people alone."""
        return self.kind != "security" and self.root.fact != ""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the journal: what happened to what. `data` is JSON-able."""

    kind: str
    at: datetime
    ward: str | None = None
    key: str | None = None
    device: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


Step: TypeAlias = tuple[Incident, Event]
Record = TypeVar("Record", bound=Frozen)


def changed(record: Record, **changes: object) -> Record:
    """A copy with other values, checked like a new one."""
    return type(record).model_validate({**dict(record), **changes})


def acted(
    incident: Incident, now: datetime, actor: str, verb: str, reason: str | Words | None,
    **changes: object,
) -> Incident:  # fmt: skip
    """The incident changed, with a line that says who did it."""
    said = reason if isinstance(reason, Words) else None
    text = said.vi if said else reason
    action = Action.model_validate(
        {"at": now, "actor": actor, "verb": verb, "reason": text, "said": said}
    )
    return changed(incident, actions=(*incident.actions, action), **changes)


def event_of(kind: str, incident: Incident, now: datetime, **data: object) -> Event:
    """The journal line of something that happened to this incident."""
    return Event(kind, now, ward=incident.ward, key=incident.uid, data=data)


def refuse_unless(allowed: bool, key: str, incident: Incident, **values: object) -> None:
    """Raise ActionRefused with the incident's number unless this is allowed."""
    if not allowed:
        raise ActionRefused(key, id=incident.id or incident.uid, **values)
