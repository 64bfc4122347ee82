"""What happens to a run and what a run needs, as values; and the draft of a record. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from playbooks.run import MACHINE, Record

if TYPE_CHECKING:
    from datetime import datetime

    from playbooks.conditions import RunFact
    from playbooks.run import RecordType, Run
    from playbooks.seams import Message

Answer: TypeAlias = str | Mapping[str, str]
"""An option's key or value, `{item, state}` of a checklist, `{value, who}` of an escalation."""


@dataclass(frozen=True, slots=True)
class Filing:
    """What a person adds to a record: a note, a file by name, SHA-256 and bytes, or both.

    The file stays where it is; its hash proves later that it is the same.
    """

    text: str = ""
    name: str = ""
    sha256: str = ""
    size: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a note nor a file."""
        return not self.text.strip() and not self.name

    def said(self) -> str:
        """All of it on one line, for a timeline."""
        file = f"{self.name} ({self.size} B, sha256:{self.sha256})" if self.name else ""
        return " · ".join(filter(None, (self.text.strip(), file)))

    def written(self) -> dict[str, str | int]:
        """As a record holds it; what is empty is left out."""
        found: dict[str, str | int] = {"text": self.text.strip(), "name": self.name}
        if self.name:
            found |= {"sha256": self.sha256, "size": self.size}
        return {name: value for name, value in found.items() if value != ""}


@dataclass(frozen=True, slots=True)
class Measured:
    """Facts came in for this visit of this step."""

    at: datetime
    step: str
    visit: int
    facts: Mapping[str, RunFact]


@dataclass(frozen=True, slots=True)
class Answered:
    """A person answered the step: an option's key or value, or `{item, state}` of a checklist."""

    at: datetime
    step: str
    value: Answer
    actor: str


@dataclass(frozen=True, slots=True)
class Began:
    """An effect is about to be carried out."""

    at: datetime
    key: str
    kind: str
    text: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """An effect was carried out (`result` says how), or nobody knows (`result` is None)."""

    at: datetime
    key: str
    result: str | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WentBack:
    """A person goes back to the step answered last."""

    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A person leaves the step undone, and says why."""

    at: datetime
    step: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Filed:
    """A person adds something to the run: a note, a file by its name and hash, or both."""

    at: datetime
    actor: str
    filed: Filing


@dataclass(frozen=True, slots=True)
class Escalated:
    """A person hands the matter over to a level or role, at whatever step the run is."""

    at: datetime
    actor: str
    to: str
    text: str


@dataclass(frozen=True, slots=True)
class Aborted:
    """A person gives the run up."""

    at: datetime
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """Somebody took the run up from its log; what was begun then may or may not have happened."""

    at: datetime
    actor: str = MACHINE


@dataclass(frozen=True, slots=True)
class Started:
    """The run begins: nothing but its first record is there."""

    at: datetime


Persons: TypeAlias = Answered | WentBack | Skipped | Filed | Escalated | Aborted
Event: TypeAlias = Persons | Measured | Began | Finished | Resumed | Started


@dataclass(frozen=True, slots=True)
class Measure:
    """Measure these facts for this visit, not before `not_before`, in at most `budget_s`."""

    step: str
    visit: int
    names: tuple[str, ...]
    budget_s: float
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deliver:
    """Take this message to its roles, once."""

    message: Message


@dataclass(frozen=True, slots=True)
class Save:
    """Write the evidence file of this visit; writing it again is harmless."""

    key: str
    step: str
    visit: int
    collect: tuple[str, ...]


Effect: TypeAlias = Measure | Deliver | Save


@dataclass(frozen=True, slots=True)
class Draft:
    """A record without its number and time."""

    type: RecordType
    step: str
    data: Mapping[str, Any]
    actor: str = MACHINE

    def after(self, run: Run, at: datetime) -> Record:
        """The record that follows the run's last one."""
        return Record(run.seq + 1, at, self.type, self.step, self.actor, self.data)
