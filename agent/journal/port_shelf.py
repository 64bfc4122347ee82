"""Ports as records of the journal, and back. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING

from agent.chronicle import KnownPorts
from agent.journal.rows import Kept
from agent.port_identity import Port

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from agent.board import Subject


def to_records(key: Subject, ports: Iterable[Port], at: datetime) -> tuple[Kept, ...]:
    """One record per port of a device; its key is the port's identity."""
    ward, device = key
    return tuple(Kept(port.port_id, ward, device, at, asdict(port)) for port in ports)


def from_records(records: Iterable[Kept]) -> dict[Subject, KnownPorts]:
    """The ports of every device, with when they were last written."""
    ports: defaultdict[Subject, list[Port]] = defaultdict(list)
    saved_at: dict[Subject, datetime] = {}
    for record in records:
        key = (record.ward, record.device or "")
        ports[key].append(Port(**record.data))
        saved_at[key] = max(record.changed, saved_at.get(key, record.changed))
    return {key: KnownPorts(tuple(found), saved_at[key]) for key, found in ports.items()}
