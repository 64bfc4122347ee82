"""Between values and rows of the journal's tables. Pure: no SQL, no file."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from agent.checks import CheckState, Ring, State
from agent.incidents.record import Event, Incident
from agent.journal.audit import AuditRow, Deed, canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

RecordTable: TypeAlias = Literal["maintenance", "meeting", "meeting_minute", "meeting_word", "port"]
CheckKey: TypeAlias = tuple[str, str, str]  # ward code, device (or target) name, check name


class Row(Protocol):
    """A row of a table, read by column name."""

    def __getitem__(self, column: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """A journal line as stored: its number, monotonic over restarts, and the event."""

    seq: int
    event: Event


@dataclass(frozen=True, slots=True)
class Kept:
    """One record of a table that the journal keeps for others, see `RecordTable`.

    `key` is unique in its table, `data` is JSON-able; `device` is None for a whole ward.
    """

    key: str
    ward: str
    device: str | None
    changed: datetime
    data: Mapping[str, Any]


def from_kept(kept: Kept) -> tuple[Any, ...]:
    """Columns of a table of records."""
    return (kept.key, kept.ward, kept.device, ms(kept.changed), canonical(kept.data))


def to_kept(row: Row) -> Kept:
    """A row of a table of records."""
    data = json.loads(row["record"])
    return Kept(row["key"], row["ward"], row["device"], _time(row["changed_ms"]), data)


def from_event(event: Event, mono_ns: int, boot: str) -> tuple[Any, ...]:
    """Columns of `event` after its number."""
    data = canonical(event.data)
    return (ms(event.at), mono_ns, boot, event.ward, event.device, event.kind, event.key, data)


def to_recorded(row: Row) -> Recorded:
    """A row of `event`."""
    event = Event(
        kind=row["kind"], at=_time(row["ts_ms"]), ward=row["ward"], key=row["key"],
        device=row["device"], data=json.loads(row["data"]),
    )  # fmt: skip
    return Recorded(row["seq"], event)


def named(event: Event, incident: str) -> Event:
    """The event with the incident's number, which people know it by."""
    return replace(event, data={**event.data, "id": incident})


def from_incident(incident: Incident) -> tuple[Any, ...]:
    """Columns of `incident`: what is asked for, and the whole record as JSON."""
    return (
        incident.uid, incident.id, incident.ward, incident.kind, incident.severity,
        incident.state, ms(incident.t_started), ms(incident.t0_detected),
        _ms_or_none(incident.t_resolved), _ms_or_none(incident.t_closed),
        incident.model_dump_json(),
    )  # fmt: skip


def to_incident(row: Row) -> Incident:
    """A row of `incident`."""
    return Incident.model_validate_json(row["record"])


def to_audit(row: Row) -> AuditRow:
    """A row of `audit`."""
    deed = Deed(**{name: row[name] for name in Deed.__slots__})
    return AuditRow(row["seq"], deed, row["prev"], row["sha"])


def from_audit(row: AuditRow) -> tuple[Any, ...]:
    """Columns of `audit`."""
    return (row.seq, *(getattr(row.deed, name) for name in Deed.__slots__), row.prev, row.sha)


def from_check(state: CheckState, held_by: str | None) -> tuple[Any, ...]:
    """Columns of `check_state` after its key."""
    ring = state.ring
    return (
        state.state, state.hard, state.attempt, _ms_or_none(state.since),
        _ms_or_none(state.bad_since), _ms_or_none(state.hard_since), state.last_state,
        state.told, ring.bits, ring.last, ring.flapping, held_by,
    )  # fmt: skip


def to_check(row: Row, now: datetime, mono: float) -> CheckState:
    """A row of `check_state`, its times moved onto this run's monotonic seconds."""
    since, bad, hard = (
        _time(row[name]) if row[name] is not None else None
        for name in ("since_ms", "bad_since_ms", "hard_since_ms")
    )
    last = row["flap_last"]
    return CheckState(
        state=State(row["state"]),
        hard=bool(row["hard"]),
        attempt=row["attempt"],
        since=since,
        since_mono=mono if since is None else _moved(since, now, mono),
        last_state=State(row["last_state"]),
        bad_since=bad,
        bad_since_mono=None if bad is None else _moved(bad, now, mono),
        hard_since=hard,
        hard_since_mono=None if hard is None else _moved(hard, now, mono),
        ring=Ring(row["flap_ring"], State(last) if last else None, bool(row["flapping"])),
        told=State(row["last_notified"]) if row["last_notified"] else None,
    )


def ms(at: datetime) -> int:
    """Milliseconds since 1970, as all tables keep time."""
    return round(at.timestamp() * 1000)


def _ms_or_none(at: datetime | None) -> int | None:
    return None if at is None else ms(at)


def _time(stamp_ms: int) -> datetime:
    return datetime.fromtimestamp(stamp_ms / 1000, UTC)


def _moved(at: datetime, now: datetime, mono: float) -> float:
    return mono - max(0.0, (now - at).total_seconds())
