"""What people confirmed of meetings: two-way test, sharing, speaker; kept with the meeting."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from agent.incidents.record import Event
from agent.journal.rows import Kept
from probes.meeting.readiness_model import Confirmed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from agent.journal.rows import RecordTable
    from agent.journal.store import Store
    from probes.meeting.model import Meeting
    from probes.meeting.readiness_model import ItemName

_TABLE: RecordTable = "meeting_word"


class PeoplesWord:
    """Every confirmation by meeting; a change is in the journal before it holds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._said: dict[str, dict[str, Confirmed]] = {}
        for kept in store.kept(_TABLE):
            meeting, _, item = kept.key.rpartition("/")
            self._said.setdefault(meeting, {})[item] = _from_record(kept.data)

    def of(self, meeting: Meeting) -> Mapping[str, Confirmed]:
        """What was confirmed of one meeting, by item."""
        return dict(self._said.get(meeting.id, {}))

    def say(self, meeting: Meeting, item: ItemName, word: Confirmed) -> None:
        """Keep a person's word in place of what was said of the item before. Raises StoreError."""
        data = {"is_good": word.is_good, "at": word.at.isoformat(), "actor": word.actor}
        told = {"code": meeting.code, "room": meeting.room, "item": item, **data}
        event = Event("meeting.confirmed", word.at, meeting.ward, meeting.id, None, told)
        kept = Kept(f"{meeting.id}/{item}", meeting.ward, None, word.at, data)
        self._store.keep(_TABLE, [kept], event)
        self._said.setdefault(meeting.id, {})[item] = word

    def forget(self, known: Collection[str]) -> None:
        """Drop the words of meetings that are no longer kept. Raises StoreError."""
        for meeting in self._said.keys() - set(known):
            for item in self._said.pop(meeting):
                self._store.drop(_TABLE, f"{meeting}/{item}")


def _from_record(record: Mapping[str, object]) -> Confirmed:
    at = datetime.fromisoformat(str(record["at"]))
    return Confirmed(bool(record["is_good"]), at, str(record["actor"]))
