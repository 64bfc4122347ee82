"""The excerpt of the view that goes into `state.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.statefile import INCIDENTS, TTL_S, WHOLE_WARDS
from agent.web.present import state_ward, worst_first
from agent.wire import StateFile

if TYPE_CHECKING:
    from agent.view import AgentView


def state_of_view(view: AgentView) -> StateFile:
    """What the agent knows at that moment, the worst wards first; of many without the evidence."""
    wards = worst_first(view.wards)
    is_brief = len(wards) > WHOLE_WARDS
    return StateFile(
        generated_at=view.now,
        ttl_s=TTL_S,
        realm=view.realm,
        vantage=view.vantage,
        seq=view.seq,
        wards=tuple(state_ward(ward, view, INCIDENTS, is_brief=is_brief) for ward in wards),
    )
