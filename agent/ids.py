"""Names of records: incident numbers for people, time-ordered UUIDs for machines."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING
from uuid import UUID

from agent.duty import ICT

if TYPE_CHECKING:
    from datetime import datetime

INCIDENT_ID = re.compile(rb"SC-(\d{4})-(\d{6})")


def incident_year(at: datetime) -> int:
    """The year an incident is numbered in: the calendar year in Viet Nam."""
    return at.astimezone(ICT).year


def incident_id(year: int, number: int) -> str:
    """`SC-2026-000412`: counted per agent and year, from 1."""
    return f"SC-{year:04d}-{number:06d}"


def time_ordered_uuid(at: datetime, chance: bytes) -> str:
    """A version-7 UUID (RFC 9562, 5.7): 48 bits of milliseconds, then 74 of the 80 bits given.

    `chance` is ten random bytes. Two of them sort by time to the millisecond.
    """
    millis = int(at.timestamp() * 1000)
    bits = (millis << 80) | int.from_bytes(chance[:10], "big")
    bits = bits & ~(0xF << 76) | (0x7 << 76)
    bits = bits & ~(0x3 << 62) | (0x2 << 62)
    return str(UUID(int=bits))


def fresh_uid(at: datetime) -> str:
    """A new time-ordered UUID with the machine's own randomness."""
    return time_ordered_uuid(at, secrets.token_bytes(10))
