"""A ward's machines as the register shows them: the last judgement, and what is known by now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.machines.guests import Lodged
    from agent.machines.judging import Asked, Audited
    from agent.machines.quota import Share
    from probes.model import Observation
    from probes.vm.finding import Moment


@dataclass(frozen=True, slots=True)
class Judgement:
    """A ward as it was judged last, on that `day`; and the shares of its quota."""

    day: Moment
    audited: tuple[Audited, ...]
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """One machine, hypervisor or stray: the judgement of it, and what was seen of it by now.

    What was seen may be old: whoever shows it looks at its age. `failed` are the questions without
    a good answer. A stray is not asked.
    """

    audited: Audited
    asked: Asked | None = None
    lodged: Lodged | None = None
    failed: tuple[Observation, ...] = ()


@dataclass(frozen=True, slots=True)
class WardLook:
    """All of one ward."""

    judgement: Judgement
    looks: tuple[Look, ...]
