"""What the state file says, as the screens draw it: old, of a known age, never the present."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from agent.wire import Snapshot, StateFile
from tui.freshness import Sight

if TYPE_CHECKING:
    from tui.times import Times


def sight_of(copy: bytes, ward: str | None, times: Times) -> Sight:
    """A sight from the file's octets; of the ward asked for, or of the only one."""
    try:
        state = StateFile.model_validate_json(copy)
    except ValidationError:
        return Sight()
    wards = [one for one in state.wards if ward in {None, one.ward.code}]
    if len(wards) != 1:
        return Sight()
    only = wards[0]
    snapshot = Snapshot(
        seq=state.seq,
        ts=state.generated_at,
        realm=state.realm,
        vantage=state.vantage,
        ward=only.ward,
        verdict=only.verdict,
        path=only.path,
        incidents=only.incidents,
    )
    age_s = (times.now() - state.generated_at).total_seconds()
    return Sight(
        snapshot=snapshot,
        heard=times.monotonic(),
        is_copy=True,
        copy_age_s=age_s if age_s >= -1 else None,  # from the future: a clock was set
    )
