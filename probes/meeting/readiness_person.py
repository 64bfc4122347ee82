"""The items of readiness that only a person can confirm. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from probes.meeting.readiness_model import BY_PERSON, Item

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.meeting.model import Meeting
    from probes.meeting.readiness_model import Confirmed, ItemName, Scene

TEST_MIN = 30  # the two-way test with the centre is half an hour before the start
_TEST = timedelta(minutes=TEST_MIN)


def person_items(scene: Scene) -> Iterator[Item]:
    """Two-way test, content sharing, speaker heard; none without a meeting.

    The two-way test is required from its time on until the meeting runs.
    """
    for name in BY_PERSON if scene.meeting is not None else ():
        said = scene.confirmed.get(name)
        if said is None and scene.meeting is not None:
            yield _waiting(name, scene, scene.meeting)
        elif said is not None:
            yield _confirmed(name, said, scene)


def _waiting(name: ItemName, scene: Scene, meeting: Meeting) -> Item:
    left = scene.minutes_left() or 0.0
    is_due = left <= TEST_MIN
    if name != "two_way":
        return Item(name, "waiting", "not_tried", step=name if is_due else None)
    if not is_due:
        return Item(name, "waiting", "test_later", {"at": meeting.start - _TEST}, step="two_way_at")
    step = "two_way_wait" if meeting.join == "dial_out" else "two_way"
    return Item(name, "waiting", "not_tried", step=step, is_required=left > 0)


def _confirmed(name: ItemName, said: Confirmed, scene: Scene) -> Item:
    age_s = max(0.0, (scene.now - said.at).total_seconds())
    left = scene.minutes_left() or 0.0
    required = name == "two_way" and 0 < left <= TEST_MIN
    if said.is_good:
        return Item(name, "ok", "confirmed", at=said.at, age_s=age_s, is_required=required)
    if name == "two_way":
        return Item(
            name, "down", "test_failed", step="two_way_failed",
            at=said.at, age_s=age_s, is_required=True,
        )  # fmt: skip
    return Item(name, "degraded", "not_good", step=name, at=said.at, age_s=age_s)
