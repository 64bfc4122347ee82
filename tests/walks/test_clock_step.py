"""The wall clock is set by an hour: polling, ages and rates do not notice, the journal does."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from agent.notices.desk import Desk
from agent.notices.model import NoticeType, Recipient
from agent.notices.office import Office
from agent.notices.wording import Advice
from inventory.values import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agent.notices.model import Notice
    from tests.walks.conftest import Story

_RUNS = re.compile(r'wardops_probe_runs_total\{ward="26740",device="[^"]+",[^}]*\} (\d+)')
_AGES = re.compile(r"wardops_device_data_age_seconds\{[^}]*\} (\S+)")


NOC = Recipient("webhook", "noc")
ALERTS = Recipient("alertmanager", "alertmanager", is_person=False)


@dataclass
class Receiver:
    """Somebody outside who takes everything."""

    got: list[NoticeType] = field(default_factory=list)

    async def send(self, notice: Notice) -> None:
        self.got.append(notice.type)

    async def refresh(self, rows: Sequence[Notice]) -> None:
        """Nothing is forgotten here."""

    async def close(self) -> None:
        """Nothing is kept open."""


async def _runs(story: Story) -> int:
    return sum(int(count) for count in _RUNS.findall(await story.metrics()))


@pytest.mark.parametrize("step_s", [3600.0, -3600.0, 7200.0, -7200.0])
def test_a_step_of_the_wall_clock_moves_no_poll_no_age_and_no_state(
    tell: Callable[[Any], None], step_s: float
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(120)
        first = await _runs(story)
        await story.wait(60)
        usual = await _runs(story) - first
        states = await story.states()
        story.clock.step_wall(step_s)
        before = await _runs(story)
        await story.wait(60)
        assert abs(await _runs(story) - before - usual) <= 0.1 * usual
        ages = [float(age) for age in _AGES.findall(await story.metrics())]
        assert ages
        assert all(0.0 <= age <= 61.0 for age in ages)
        assert await story.states() == states
        assert await story.incidents() == []
        assert (await story.verdict())["state"] == "ok"
        deeds = [row.deed for row in story.agent.store.audit_rows()]
        (deed,) = [one for one in deeds if one.action == "clock.step"]
        assert str(round(step_s)) in deed.data
        lines = [one.event for one in story.agent.store.events(limit=10_000)]
        (line,) = [one for one in lines if one.kind == "clock.step"]
        assert abs(line.data["seconds"] - step_s) < 1.0

    tell(plot)


def test_a_fault_right_after_a_step_is_noticed_as_quickly_as_ever(
    tell: Callable[[Any], None],
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(120)
        story.clock.step_wall(-3600.0)
        await story.wait(2)
        story.fault("cable_cut", "ce:wan")

        async def opened() -> list[dict[str, Any]]:
            return await story.incidents(is_open=True)

        assert await story.within(15, opened)

    tell(plot)


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_a_step_neither_ends_an_open_incident_nor_opens_or_sends_anything(
    tell: Callable[[Any], None], step_s: float
) -> None:
    """The line is cut all along: the incident is the same one, and is told of once."""

    async def plot(story: Story) -> None:
        store = story.agent.store
        advice = Advice(Words(vi="Phường", en="Ward"))
        receivers = {one: Receiver() for one in (NOC, ALERTS)}
        store.plan_notices_with(Desk(tuple(receivers), lambda _ward: advice, "sim"))
        office = Office(store, dict(receivers), story.clock, lambda _one, _result: None)
        work = asyncio.create_task(office.run())
        await story.wait(120)
        cut = story.fault("cable_cut", "ce:wan")
        await story.wait(60)
        (before,) = await story.incidents(is_open=True)
        told = [len(one.got) for one in receivers.values()]
        assert told == [1, 1]
        story.clock.step_wall(step_s)
        await story.wait(200)
        (after,) = await story.incidents()
        assert (after["uid"], after["state"]) == (before["uid"], before["state"])
        assert [len(one.got) for one in receivers.values()] == told
        story.mend(cut)
        await story.wait(200)
        (ended,) = await story.incidents()
        assert (ended["uid"], ended["state"]) == (before["uid"], "resolved")
        kinds = [line.event.kind for line in store.events(limit=10_000)]
        assert (kinds.count("incident.opened"), kinds.count("incident.resolved")) == (1, 1)
        assert [kind.value for kind in receivers[ALERTS].got] == ["problem", "recovery"]
        assert receivers[NOC].got[:2] == receivers[ALERTS].got
        assert store.verify_audit() is None
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work

    tell(plot)
