"""What a run needs from outside, as protocols: agent, command line and tests each bring their own.

There is no door for changing a device: a run measures, tells people and asks people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from playbooks.conditions import RunFact
    from probes.clock import Clock


class Prober(Protocol):
    """Measures facts of the ward that the run is about; read-only, so it may be asked again."""

    async def facts(self, names: Collection[str], budget_s: float) -> Mapping[str, RunFact]:
        """The facts of these names (`dc.loss_pct`, `verdict.part`, …) within `budget_s` seconds.

        What could not be measured is unknown with its reason, or absent. The caller cuts a prober
        that takes longer.
        """


@dataclass(frozen=True, slots=True)
class Message:
    """A text for roles. `key` is the same for the same act of the same run: never send it twice.

    `to` holds roles or levels (`ward.leader`, `L2`, `next`); `text` and `reason` are `{vi, en}`
    with their facts filled in.
    """

    key: str
    kind: Literal["notify", "escalate"]
    run: str
    ward: str
    to: tuple[str, ...]
    text: Mapping[str, str]
    reason: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message.

    `sent`: a channel took it; `queued`: it waits for a channel; `shown`: there is no channel, the
    person reads it out or copies it. `detail` is one line for the log.
    """

    state: Literal["sent", "queued", "shown"]
    detail: str = ""


class Notifier(Protocol):
    """Takes messages to people."""

    async def deliver(self, message: Message) -> Delivery:
        """Take the message to its roles; an error raised here leaves its outcome unknown."""


@dataclass(frozen=True, slots=True)
class Seams:
    """Everything a run reaches the world through."""

    prober: Prober
    notifier: Notifier
    clock: Clock
