"""What the HTTP surface is given: the engine's view, its commands, and what it renders from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from agent.events import EventBus
    from agent.exposition.block import Renderer
    from agent.exposition.writer import Exposition
    from agent.hints.guard import Strangers
    from agent.paper import Paper
    from agent.selfmetrics import SelfMetrics
    from agent.service_looks import ServiceLooks
    from agent.snmp_reads import SnmpReads
    from agent.view import Commands, MeetingBook, RunBook, ViewSource
    from agent.web.access import Access
    from probes.clock import Clock


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the routes need. `advertise` is the `host:port` that `/sd` hands out.

    `state` is the agent's state folder, whose raw samples the reports are made of.
    """

    view: ViewSource
    commands: Commands
    runs: RunBook
    paper: Paper
    bus: EventBus
    exposition: Exposition
    renderer: Renderer
    selfmetrics: SelfMetrics
    snmp: SnmpReads
    looks: ServiceLooks
    access: Access
    clock: Clock
    advertise: str
    strangers: Strangers
    state: Path
    meetings: MeetingBook
