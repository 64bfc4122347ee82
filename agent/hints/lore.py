"""Hints as lines of the journal, and the findings that several of them make."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from agent.hints.guard import IN_ALL, ONE_IN, PER_DEVICE
from agent.hints.habits import Habits
from agent.hints.model import HintKind
from agent.incidents.record import Event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from agent.hints.habits import Finding
    from agent.hints.model import Hint


# Lines that say nothing known and matter to nobody would fill the journal: they are counted only.
_CHATTER = ("info", "debug")


class Lore:
    """Remembers the habits of every ward's devices and writes hints down."""

    def __init__(self) -> None:
        self._habits: defaultdict[str, Habits] = defaultdict(Habits)

    def lines(self, hint: Hint, at: datetime) -> Iterator[Event]:
        """The journal lines of one hint: itself, a flood's limits, and a finding it completes.

        A line of severity info or debug that nothing is known of is none.
        """
        if hint.kind is HintKind.FLOOD:
            limits = {"per_device": PER_DEVICE, "in_all": IN_ALL, "one_in": ONE_IN}
            yield _event("hint-flood", hint, at, {"channel": hint.channel, **limits})
            return
        if hint.kind is HintKind.FLOOD_OVER:
            yield _event("hint-flood-over", hint, at, {"channel": hint.channel, **hint.values})
            return
        if hint.kind is HintKind.OTHER and hint.name in _CHATTER:
            return
        said = {"channel": hint.channel, "text": hint.text, "values": dict(hint.values)}
        yield _event("hint", hint, at, {"kind": hint.kind.value, **said})
        finding = self._habits[hint.ward].take(hint)
        if finding is not None:
            yield _event(finding, hint, at, {"channel": hint.channel})

    def present(self, ward: str, mono: float) -> tuple[tuple[str, Finding], ...]:
        """Device and finding of all that were seen in a ward within the last half hour."""
        return self._habits[ward].present(mono) if ward in self._habits else ()


def _event(kind: str, hint: Hint, at: datetime, data: dict[str, object]) -> Event:
    return Event(kind, at, hint.ward, hint.device, hint.device, data)
