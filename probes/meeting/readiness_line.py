"""The line of a meeting: does it carry, is it within the meeting's profile, is there room. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.language import both
from probes.meeting.readiness_model import Item
from probes.meeting.readiness_sight import answers, last_age_s, read
from probes.meeting.readiness_values import number, percent
from probes.path.quality import PROFILES, WINDOW_PACKETS, Grade, judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.values import LineProfile
    from probes.meeting.readiness_model import Beside, ItemName, ItemState, Scene, Side
    from probes.path.model import LineWay
    from probes.path.quality import Judged

WARN_SHARE, FULL_SHARE = 0.8, 0.95  # of the committed rate
_FAR_ENDS = ("reflector", "gateway")
_STATES: dict[Grade, ItemState] = {
    Grade.GOOD: "ok", Grade.FAIR: "degraded", Grade.POOR: "down",
}  # fmt: skip


def line_items(scene: Scene, *, is_behind: bool) -> Iterator[Item]:
    """The line and its head-room; `is_behind`: the switch before it is broken."""
    yield line_item(scene, is_behind=is_behind)
    share, age_s = scene.beside.line_share, scene.beside.line_share_age_s
    if share is None:
        return
    if is_behind or line_passes(scene) is False:  # room on a line that carries nothing is no news
        because: ItemName = "switch" if is_behind else "line"
        yield Item("headroom", "unknown", "behind", side="line", because=because)
        return
    values = {"pct": percent(share)}
    if share < WARN_SHARE:
        yield Item("headroom", "ok", "line_free", values, side="line", age_s=age_s)
    else:
        said = "line_full" if share >= FULL_SHARE else "line_busy"
        yield Item("headroom", "degraded", said, values, side="line", step="lighten", age_s=age_s)


def line_item(scene: Scene, *, is_behind: bool) -> Item:
    """Whether the line carries, and how well by the meeting's profile."""
    if is_behind:
        return Item("line", "unknown", "behind", side="line", because="switch", is_required=True)
    passes = line_passes(scene)
    if passes is False:
        return _broken(scene)
    if passes is None:
        return _unmeasured(scene)
    measured = _quality(scene)
    if measured is None:
        return Item(
            "line", "unknown", "line_few", side="line", step="measure", is_required=True,
            age_s=_age_s(scene),
        )  # fmt: skip
    return _judged(scene, measured)


def line_passes(scene: Scene) -> bool | None:
    """Whether anything came through the line lately; None when nobody knows.

    From the ward the centre's end or a service answers, from the centre something in the ward.
    """
    told = {name: answers(scene, name) for name in _ends(scene) if name in scene.targets}
    if any(told.values()):
        return True
    # A service that is silent alone tells of itself; only a far end tells of the line.
    ends = [told.get(name) for name in _FAR_ENDS] if scene.vantage == "ward" else [*told.values()]
    return False if any(one is False for one in ends) else None


def _ends(scene: Scene) -> tuple[str, ...]:
    if scene.vantage == "ward":
        services = (name for one in scene.ward.services for name in one.names)
        return (*_FAR_ENDS, *services)
    return tuple(one.name for one in scene.ward.devices if one.site == "ward")


def _broken(scene: Scene) -> Item:
    """The line carries nothing: at the port that leads to it, or beyond."""
    link = scene.ward.primary_link
    side: Side = "centre" if scene.beside.segment in {"dc", "service"} else "line"
    if _uplink_state(scene) == "down" and link is not None:
        return Item(
            "line", "down", "line_no_signal", {"port": link.near_port}, side="line",
            step="line_report", age_s=_age_s(scene), is_required=True,
        )  # fmt: skip
    said = "centre_silent" if side == "centre" else "line_silent"
    return Item("line", "down", said, side=side, step="line_report", age_s=_age_s(scene),
                is_required=True)  # fmt: skip


def _uplink_state(scene: Scene) -> str | None:
    """The oper state of the port that leads to the line, as its switch says now."""
    link = scene.ward.primary_link
    told = read(scene, link.near_device, lambda r: r.interfaces) if link is not None else None
    if told is None or link is None:
        return None
    ports = (p for p in told.reading.interfaces or () if link.near_port in (p.name, p.descr))
    return next((port.oper for port in ports), None)


def _unmeasured(scene: Scene) -> Item:
    asked = [name for name in _FAR_ENDS if name in scene.targets]
    said = "line_unmeasured" if asked or scene.vantage == "hub" else "line_no_far_end"
    return Item("line", "unknown", said, side="line", step="measure", is_required=True)


def _quality(scene: Scene) -> Judged | None:
    """How good the line is by the meeting's own profile; None before enough packets."""
    profile = scene.meeting.profile if scene.meeting is not None else _own_profile(scene)
    found = [*_grades(scene, profile), *_windows(scene, profile)]
    return max(found, key=lambda one: one.grade, default=None)


def _own_profile(scene: Scene) -> LineProfile:
    return scene.ward.path.profile if scene.ward.path is not None else "hd-meeting"


def _grades(scene: Scene, profile: LineProfile) -> list[Judged]:
    """What the reflector's bursts bear out; they were judged by the line's own profile."""
    told = read(scene, "reflector", lambda reading: reading.grades or None)
    if told is None:
        return []
    if profile == _own_profile(scene):
        return list(told.reading.grades)
    kinds = {way.kind for way in told.reading.ways}
    by_kind = ([way for way in told.reading.ways if way.kind == kind] for kind in sorted(kinds))
    return [one for ways in by_kind if (one := judge(ways, PROFILES[profile])) is not None]


def _windows(scene: Scene, profile: LineProfile) -> list[Judged]:
    """The echoes of the last minutes, where no reflector tells more."""
    window = _echoes(scene.beside)
    has_reflector = read(scene, "reflector", lambda reading: reading.grades or None) is not None
    if window is None or has_reflector:
        return []
    found = judge([window], PROFILES[profile])
    return [found] if found is not None else []


def _echoes(beside: Beside) -> LineWay | None:
    window = beside.echoes
    return window if window is not None and (window.sent or 0) >= WINDOW_PACKETS else None


def _judged(scene: Scene, found: Judged) -> Item:
    is_good = found.grade is Grade.GOOD
    value = percent(found.value, 1) if found.term == "loss" else number(1000 * found.value)
    way = both(f"probe.way_{found.direction}")
    is_own = (scene.beside.line_share or 0.0) >= FULL_SHARE
    return Item(
        "line", _STATES[found.grade], "line_good" if is_good else f"line_{found.term}",
        {"value": value, "way": way}, side="line",
        step=None if is_good else "lighten" if is_own else "line_report",
        age_s=_age_s(scene), is_required=True,
    )  # fmt: skip


def _age_s(scene: Scene) -> float | None:
    ages = [last_age_s(scene, name) for name in _ends(scene)[:2] if name in scene.targets]
    return min((age for age in ages if age is not None), default=None)
