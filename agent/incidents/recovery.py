"""What came back after a cause had ended, in one sentence. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.checks import State
from agent.duty import ICT
from inventory.language import LANGUAGES, has, say
from inventory.values import Words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from agent.checks import CheckState
    from agent.incidents.record import Incident
    from inventory.language import Language


@dataclass(frozen=True, slots=True)
class Recovery:
    """The things that a cause had cut off, by how they are now."""

    working: tuple[str, ...]
    down: tuple[str, ...]
    unmeasured: tuple[str, ...]

    @property
    def affected(self) -> int:
        """How many there were."""
        return len(self.working) + len(self.down) + len(self.unmeasured)


def recovery_of(incident: Incident, states: Mapping[str, CheckState], since: float) -> Recovery:
    """How the held children of an incident are now.

    `states` are the reachability checks by name, `since` the moment (monotonic seconds) at which
    the cause ended: what gave no result after it is not measured yet.
    """
    names = dict.fromkeys(child.device for child in incident.held)
    how = {name: _now(states.get(name), since) for name in names}
    return Recovery(
        *(tuple(name for name in names if how[name] == word) for word in ("up", "down", "unknown"))
    )


def sentence(
    incident: Incident, found: Recovery, back_at: datetime, services: Collection[str] = ()
) -> Words:
    """The summary in both languages: the cause, when it ended, how many, which not yet.

    `services` are the names among the affected that are no devices.
    """
    names = (*found.working, *found.down, *found.unmeasured)
    what = "things" if any(name in services for name in names) else "devices"
    return Words(**{one: _said(incident, found, back_at, what, one) for one in LANGUAGES})


def _said(
    incident: Incident, found: Recovery, back_at: datetime, what: str, language: Language
) -> str:
    key = f"incident.back.{incident.root.segment}"
    key = key if has(key) and incident.root.part != "device" else "incident.back.other"
    about = {"count": found.affected, "what": say(f"incident.back.{what}", language)}
    parts = [say(key, language, time=f"{back_at.astimezone(ICT):%H:%M}")]
    if not (found.down or found.unmeasured):
        return " ".join((*parts, say("incident.back.all", language, **about)))
    counts = [say("incident.back.working", language, count=len(found.working))]
    for word, names in (("down", found.down), ("unmeasured", found.unmeasured)):
        if names:
            listed = ", ".join(names)
            counts.append(
                say(f"incident.back.still_{word}", language, count=len(names), names=listed)
            )
    said = say("incident.back.some", language, **about, counts=", ".join(counts))
    return " ".join((*parts, said))


def _now(state: CheckState | None, since: float) -> str:
    if state is None or state.seen_mono is None or state.seen_mono < since:
        return "unknown"
    if state.is_bad:
        return "down"
    return "up" if state.state is State.OK else "unknown"
