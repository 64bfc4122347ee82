"""What an agent is built from, and what follows from it alone: its jobs, journal and playbooks."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agent.ids import fresh_uid
from agent.journal.database import Opening
from agent.schedule import Job
from playbooks.errors import PlaybookError
from playbooks.load import load_library
from probes.registry import probes_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from agent.config import AgentConfig, Timing
    from inventory.model import Inventory
    from playbooks.model import Playbook
    from probes.clock import Clock
    from probes.model import Probe, Target

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an agent is built from: what exists, how to go about it, where to keep state.

    `library` is the folder of playbooks, the shipped ones when None.
    """

    inventory: Inventory
    config: AgentConfig
    state: Path
    library: Path | None = None


def opening_of(plan: Plan, clock: Clock) -> Opening:
    """What the journal is told on opening: who, in which realm, at what time."""
    return Opening(
        agent_id=fresh_uid(clock.now()),
        realm=plan.inventory.site.realm,
        boot=fresh_uid(clock.now()),
        now=clock.now(),
        mono=clock.monotonic,
    )


def playbooks_of(plan: Plan) -> Mapping[str, Playbook]:
    """The library; none when it has a mistake, since watching must not wait for its repair."""
    try:
        return load_library(plan.library)
    except PlaybookError as error:
        for problem in error.problems:
            _log.error("playbooks left out problem=%s", problem)
        return {}


def jobs_for(targets: Iterable[Target], timing: Timing) -> list[Job]:
    """Every probe of every target in the rhythm that the settings say."""
    paced = ((target, _paced(probe, timing)) for target in targets for probe in probes_for(target))
    return [Job(target, probe, probe.period_s) for target, probe in paced]


def _paced(probe: Probe, timing: Timing) -> Probe:
    if probe.name == "watch":
        return replace(probe, period_s=timing.watch_s)
    quick = timing.period_s and min(probe.period_s, timing.period_s)
    return replace(probe, period_s=quick) if quick else probe
