"""Is the room ready for the meeting, whose side is it if not, and what is the one next step. Pure.

What is stale or was never measured is unknown, never good; what lies behind a broken part of the
way is not measured, and points to that part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.meeting.readiness_model import ITEMS, Readiness
from probes.meeting.readiness_person import person_items
from probes.meeting.readiness_room import room_items
from probes.meeting.readiness_way import way_items

if TYPE_CHECKING:
    from probes.meeting.readiness_model import Item, ItemName, Overall, Scene

# Where several things are wrong, the one that explains or hinders most is named first.
_FIRST_CAUSES: tuple[ItemName, ...] = (
    "power", "switch", "line", "headroom", "resolver", "services", "certificate", "endpoint",
    "registration", "microphone", "camera", "display", "two_way", "speaker", "socket", "standby",
    "diagnostics", "clock", "peripherals", "heard", "sharing", "incident",
)  # fmt: skip


def readiness_of(scene: Scene) -> Readiness:
    """Judge one room, for its meeting where there is one. Raises nothing."""
    way = tuple(way_items(scene))
    room = tuple(room_items(scene, {one.name: one for one in way}))
    items = tuple(sorted((*way, *room, *person_items(scene)), key=lambda i: ITEMS.index(i.name)))
    state = _overall(items)
    guilty = _guilty(items, state)
    if guilty is None:
        coming = next((one for one in items if one.state == "waiting" and one.step), None)
        return Readiness(
            scene.room, scene.meeting, state, items,
            step=coming.step if coming else None, step_values=coming.values if coming else {},
        )  # fmt: skip
    return Readiness(
        scene.room, scene.meeting, state, items,
        guilty=guilty.name, side=guilty.side,
        step=guilty.step or "measure", step_values=guilty.values,
    )  # fmt: skip


def _overall(items: tuple[Item, ...]) -> Overall:
    """Down before unknown before degraded: a flaw says nothing while the rest is not known."""
    if any(one.state == "down" for one in items):
        return "down"
    if any(one.is_required and one.state in {"unknown", "waiting"} for one in items):
        return "unknown"
    return "degraded" if any(one.state == "degraded" for one in items) else "ok"


def _guilty(items: tuple[Item, ...], state: Overall) -> Item | None:
    """The item that decides: the first cause among those of the overall state."""
    if state == "ok":
        return None
    if state == "unknown":
        open_ones = [o for o in items if o.is_required and o.state in {"unknown", "waiting"}]
    else:
        open_ones = [one for one in items if one.state == state]
    first = min(open_ones, key=lambda one: _FIRST_CAUSES.index(one.name))
    by_name = {one.name: one for one in items}
    while first.because is not None and first.because in by_name:
        first = by_name[first.because]
    return first
