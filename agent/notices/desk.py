"""Where transitions become notices: names who gets them and puts them into words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from agent.groups.incidents import unit_of
from agent.notices.model import USUAL, NoticeState
from agent.notices.planner import Turn, plan_flapping, plan_incident
from agent.notices.wording import flapping_body, wording

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agent.incidents.record import Event, Incident
    from agent.notices.model import Notice, NoticeRules, Recipient
    from agent.notices.wording import Advice

FLAPPING, SETTLED = "check.flapping", "check.settled"


def _nobody_waits(_ward: str) -> Mapping[str, timedelta]:
    return {}


@dataclass(frozen=True, slots=True)
class Desk:
    """Plans notices for its recipients. `advise` says for a ward what a message adds.

    `waits` says for a ward how long each level of its escalation waits for those below.
    """

    recipients: tuple[Recipient, ...]
    advise: Callable[[str], Advice]
    realm: str
    rules: NoticeRules = USUAL
    waits: Callable[[str], Mapping[str, timedelta]] = _nobody_waits

    def of_incident(
        self,
        before: Incident | None,
        after: Incident,
        event: Event,
        transition: int,
        rows: Sequence[Notice],
    ) -> tuple[Notice, ...]:
        """The rows to write with a transition of an incident."""
        words = wording(after, event, self._advice(after), self.realm)
        waits = self.waits(after.ward or after.sites[0])
        turn = Turn(before, after, event, transition, rows, waits)
        return plan_incident(turn, words, self.recipients, self.rules)

    def of_event(self, event: Event, transition: int, rows: Sequence[Notice]) -> tuple[Notice, ...]:
        """The rows to write with a line about a check that flaps or has settled.

        `rows` are those about the check, and about the incident that hangs on it.
        """
        data, begins = event.data, event.kind == FLAPPING
        if not begins and not data["tell"]:
            return tuple(
                replace(row, state=NoticeState.SUPERSEDED)
                for row in rows
                if row.state is NoticeState.PLANNED and row.subject == subject_of(event)
            )
        since = datetime.fromisoformat(data["since"]) if data["since"] else event.at
        body = flapping_body(
            self.advise(event.ward or "").unit,
            (event.device or "", event.key or ""),
            data["state"],
            data["changes"],
            since if begins else event.at,
            begins=begins,
        )
        return plan_flapping(
            subject_of(event), event.ward or "", transition, event.at, body,
            begins=begins, rows=rows, recipients=self._people(), incident=data.get("incident"),
        )  # fmt: skip

    def _advice(self, incident: Incident) -> Advice:
        """What a message about an incident adds; for several wards that of the first of them."""
        if not incident.is_common:
            return self.advise(incident.ward)
        return replace(self.advise(incident.sites[0]), unit=unit_of(""))

    def _people(self) -> tuple[Recipient, ...]:
        return tuple(one for one in self.recipients if one.is_person)


def subject_of(event: Event) -> str:
    """What notices about a check are filed under."""
    return f"check:{event.ward}/{event.device}/{event.key}"
