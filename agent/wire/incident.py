"""An incident with all that people and the law ask of it, as a client reads it."""

from __future__ import annotations

from typing import Literal

from agent.wire.base import Segment, Stamp, Text, Wire


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
    """What happened to an incident, by whom.

    `text` is a person's, in the person's language; `said` is a text prepared in both, then `text`
    is its Vietnamese.
    """

    at: Stamp
    actor: str
    verb: str
    text: str | None = None
    said: Text | None = None


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
    `runs` is false once it is met, or a person said that it does not apply; while it runs `left_s`
    are the seconds until it is due, below 0 when it is overdue.
    """

    rule: str
    clock: str
    group: str
    due: Stamp
    met: Stamp | None = None
    text: Text
    source: Text
    mark: str
    verified: str | None = None
    duty: str | None = None
    runs: bool = True
    left_s: float | None = None


class EvidencePiece(Wire):
    """A file put aside for the incident, by its SHA-256."""

    sha256: str
    name: str
    bytes: int
    at: Stamp
    by: str


class Told(Wire):
    """Where the newest notice to one recipient stands: sent (and when), waiting, failed, expired.

    `failed` was tried and is tried again; `expired` never arrived.
    """

    channel: str
    recipient: str
    type: str
    state: Literal["waiting", "sent", "failed", "expired"]
    at: Stamp


class IncidentChild(Wire):
    """A ward's incident that belongs to a group incident."""

    id: str
    ward: str
    state: str


class Incident(Wire):
    """An incident as people read it; `cause` is an id of a closed list, `cause_text` its words.

    A group incident (`GỘP-…`) has an empty `ward`: `sites` are its wards, `children` their own
    incidents, which name it in `group`; they stand only where one incident is asked for.

    `causes` are the words of that list for this incident, while it waits to be closed. `advice` is
    what must not be done while it lasts: a security incident's traces are kept.
    """

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
    serious: str = "unknown"
    advice: Text | None = None
    runs: tuple[str, ...] = ()
    handovers: tuple[Handover, ...] = ()
    evidence: tuple[EvidencePiece, ...] = ()
    cause_text: Text | None = None
    causes: tuple[Text, ...] = ()
    workaround: str | None = None
    lessons: str | None = None
    linked: str | None = None
    symptom_of: str | None = None
    children: tuple[IncidentChild, ...] = ()
    told: tuple[Told, ...] = ()
    summary: Text | None = None
