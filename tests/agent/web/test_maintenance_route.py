"""Announced maintenance as clients see it: open or to come, of one ward, with its weekly rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent.maintenance.model import WeeklyRule, Window
from agent.wire import Maintenance, Snapshot

if TYPE_CHECKING:
    from datetime import datetime


def announce(agent: Any) -> None:
    """An open window on a device and a weekly rule of the whole ward."""
    now: datetime = agent.engine.view.now
    common: dict[str, Any] = {
        "ward": "26740", "reason": "thay ắc quy", "actor": "local:it", "announced_at": now,
    }  # fmt: skip
    window = Window(
        id="BT-0001", device="ce-26740", start=now - timedelta(minutes=5),
        end=now + timedelta(hours=2), **common,
    )  # fmt: skip
    rule = WeeklyRule(id="BT-0002", days=("sat",), at="22:00", minutes=120, **common)
    agent.engine.view = replace(agent.engine.view, windows=(window,), weekly=(rule,))


async def test_the_list_says_what_is_open_and_what_comes_back_every_week(agent: Any) -> None:
    announce(agent)
    async with agent.client() as client:
        found = Maintenance.model_validate_json((await client.get("/api/v1/maintenance")).content)
    assert [(one.id, one.device, one.is_open) for one in found.windows] == [
        ("BT-0001", "ce-26740", True)
    ]
    assert [(one.id, one.days, one.device) for one in found.weekly] == [("BT-0002", ("sat",), None)]


async def test_the_first_screen_is_told_of_windows(agent: Any) -> None:
    announce(agent)
    async with agent.client() as client:
        shot = Snapshot.model_validate_json((await client.get("/api/v1/snapshot")).content)
    assert [one.id for one in shot.maintenance] == ["BT-0001"]


@pytest.mark.parametrize("path", ["/maintenance?ward=99999", "/maintenance?week=1"])
async def test_another_ward_or_question_is_refused(agent: Any, path: str) -> None:
    async with agent.client() as client:
        assert (await client.get(f"/api/v1{path}")).status_code in {400, 404}


async def test_a_refusal_says_why_in_both_languages(agent: Any) -> None:
    async with agent.client() as client:
        problem = (await client.get("/api/v1/maintenance?ward=99999")).json()
    assert problem["message"]["en"] == problem["detail"]
    assert problem["message"]["vi"] != problem["message"]["en"]
