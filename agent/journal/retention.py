"""What the journal forgets: lines after 90 days, finished records after 400. The rest stays.

Audit rows go only as a whole prefix; the chain then starts at a noted anchor, which a row of the
chain itself names, so that cutting rows off by hand is still found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from inventory.values import Frozen

if TYPE_CHECKING:
    from datetime import datetime

    from agent.journal.store import Store

_SHORTEST_DAYS = 92  # three months: what the records are there for may be asked so much later


class RetentionSettings(Frozen):
    """How long the journal keeps what is over, in days."""

    events_days: int = Field(default=90, ge=1)
    # a year's report is due some days after its year; what it is made of must still be there
    incidents_days: int = Field(default=400, ge=_SHORTEST_DAYS)
    samples_days: int = Field(default=400, ge=_SHORTEST_DAYS)
    notices_days: int = Field(default=366, ge=_SHORTEST_DAYS)
    audit_days: int = Field(default=366, ge=_SHORTEST_DAYS)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows went."""

    events: int
    incidents: int
    notices: int
    audit: int


def forget_old(store: Store, now: datetime, settings: RetentionSettings) -> Forgotten:
    """Delete what is older than the settings say; an incident that is not closed is never old.

    Raises StoreError; what was deleted before then stays deleted.
    """

    def since(days: int) -> int:
        return round((now - timedelta(days=days)).timestamp() * 1000)

    database = store.database
    with database.transaction():
        events = database.execute(
            "DELETE FROM event WHERE ts_ms < ?", (since(settings.events_days),)
        ).rowcount
        incidents = database.execute(
            "DELETE FROM incident WHERE state = 'closed' AND t_closed_ms < ?",
            (since(settings.incidents_days),),
        ).rowcount
        notices = database.execute(
            "DELETE FROM notice WHERE state IN ('sent', 'expired', 'superseded') AND made_ms < ?"
            " AND subject NOT IN (SELECT uid FROM incident WHERE state != 'closed')",
            (since(settings.notices_days),),
        ).rowcount
    audit = store.audit.cut(now, now - timedelta(days=settings.audit_days), store.realm)
    return Forgotten(events, incidents, notices, audit)
