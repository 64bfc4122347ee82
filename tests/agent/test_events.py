"""Events are numbered without gaps, remembered for a while, and no slow client hurts anybody."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.events import MAX_CLIENTS, QUEUE_EVENTS, RING_EVENTS, EventBus, TooManyClients
from probes.clock import ManualClock, run_virtual

if TYPE_CHECKING:
    from agent.events import Subscription
    from agent.wire import Event


async def taken(client: Subscription, count: int) -> list[Event]:
    """The next so many events of a client, fewer when there are none."""
    loop = asyncio.get_running_loop()
    found: list[Event] = []
    while len(found) < count:
        event = await client.next_event(loop.time() + 1)
        if event is None:
            break
        found.append(event)
    return found


async def test_a_client_gets_what_is_published_after_it_came() -> None:
    bus = EventBus(ManualClock(), seq=88120)
    bus.publish("state", "verdict", {"state": "ok"}, ward="26740")
    client = bus.subscribe()
    bus.publish("state", "verdict", {"state": "down"}, ward="26740")
    (event,) = await taken(client, 1)
    assert event.seq == 88122
    assert event.patch == {"state": "down"}


async def test_a_client_that_comes_back_gets_what_it_missed() -> None:
    bus = EventBus(ManualClock())
    for state in ("ok", "degraded", "down"):
        bus.publish("state", "verdict", {"state": state})
    client = bus.subscribe(since=1)
    assert [event.patch["state"] for event in await taken(client, 2)] == ["degraded", "down"]


@pytest.mark.parametrize("since", [4, 700_000])
async def test_a_client_from_too_long_ago_or_another_life_is_told_to_start_anew(since: int) -> None:
    clock = ManualClock()
    bus = EventBus(clock, seq=10)
    bus.publish("state", "verdict", {})
    (event,) = await taken(bus.subscribe(since=since), 1)
    assert event.kind == "reset"
    assert event.seq == 11


async def test_events_older_than_five_minutes_are_forgotten() -> None:
    clock = ManualClock()
    bus = EventBus(clock)
    bus.publish("state", "a", {})
    clock.move(301)
    bus.publish("state", "b", {})
    assert [e.kind for e in await taken(bus.subscribe(since=0), 1)] == ["reset"]
    assert [e.key for e in await taken(bus.subscribe(since=1), 1)] == ["b"]


async def test_the_ring_holds_no_more_than_its_size() -> None:
    bus = EventBus(ManualClock())
    for _ in range(RING_EVENTS + 5):
        bus.publish("obs", "devices/sw-1", {})
    assert [e.kind for e in await taken(bus.subscribe(since=4), 1)] == ["reset"]
    assert [e.seq for e in await taken(bus.subscribe(since=RING_EVENTS), 9)] == [
        RING_EVENTS + number for number in (1, 2, 3, 4, 5)
    ]


async def test_a_full_queue_keeps_the_newest_observation_of_each_key() -> None:
    bus = EventBus(ManualClock())
    client = bus.subscribe()
    bus.publish("incident", "incidents/SC-2026-000001", {"state": "open"})
    bus.publish("obs", "devices/sw-0", {"facts": {"first": 1, "n": -1}, "gone": 1})
    for number in range(QUEUE_EVENTS - 1):
        patch = {"n": number, "facts": {"n": number}, "gone": None}
        bus.publish("obs", f"devices/sw-{number % 10}", patch)
    events = await taken(client, QUEUE_EVENTS + 1)
    assert events[0].kind == "incident"
    assert [e.patch["n"] for e in events[1:]] == list(range(QUEUE_EVENTS - 11, QUEUE_EVENTS - 1))
    merged = next(e for e in events if e.key == "devices/sw-0")
    assert merged.patch["facts"] == {"first": 1, "n": merged.patch["n"]}
    assert merged.patch["gone"] is None


async def test_a_queue_full_of_what_cannot_be_merged_becomes_one_reset() -> None:
    bus = EventBus(ManualClock())
    client = bus.subscribe()
    for number in range(QUEUE_EVENTS + 1):
        bus.publish("state", f"devices/d-{number}", {})
    bus.publish("state", "verdict", {"state": "down"})
    first, second = await taken(client, 2)
    assert first.kind == "reset"
    assert second.key == "verdict"
    assert second.seq == first.seq + 1, "nothing is lost after the reset"


async def test_wards_and_kinds_are_filtered_but_a_reset_always_comes() -> None:
    bus = EventBus(ManualClock(), seq=5)
    client = bus.subscribe(since=1, wards=frozenset({"26740"}), kinds=frozenset({"incident"}))
    bus.publish("incident", "a", {}, ward="26740")
    bus.publish("incident", "b", {}, ward="26743")
    bus.publish("obs", "c", {}, ward="26740")
    bus.publish("incident", "d", {})
    assert [(e.kind, e.key) for e in await taken(client, 9)] == [
        ("reset", ""),
        ("incident", "a"),
        ("incident", "d"),
    ]


async def test_the_sixty_fifth_client_is_refused_until_one_leaves() -> None:
    bus = EventBus(ManualClock())
    clients = [bus.subscribe() for _ in range(MAX_CLIENTS)]
    with pytest.raises(TooManyClients):
        bus.subscribe()
    clients[0].leave()
    clients[0].leave()
    assert bus.clients == MAX_CLIENTS - 1
    bus.subscribe()


async def test_closing_the_bus_ends_a_client_after_what_is_queued() -> None:
    bus = EventBus(ManualClock())
    client = bus.subscribe()
    bus.publish("state", "verdict", {})
    bus.close()
    loop = asyncio.get_running_loop()
    assert await client.next_event(loop.time() + 60) is not None
    assert await client.next_event(loop.time() + 60) is None
    assert client.closed


def test_waiting_ends_at_its_time() -> None:
    clock = ManualClock()

    async def story() -> float:
        client = EventBus(clock).subscribe()
        assert await client.next_event(clock.monotonic() + 2.0) is None
        return clock.monotonic()

    assert run_virtual(story(), clock) == pytest.approx(2.0)


def test_a_number_that_does_not_go_up_is_refused() -> None:
    bus = EventBus(ManualClock(), seq=9)
    with pytest.raises(ValueError, match="9"):
        bus.publish("state", "verdict", {}, seq=9)
    assert bus.publish("state", "verdict", {}, seq=12) == 12


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["obs", "state"]), max_size=40),
    st.integers(0, 45),
    st.integers(0, 40),
)
async def test_resuming_anywhere_gives_exactly_the_rest_or_a_reset(
    kinds: list[str], since: int, cut: int
) -> None:
    bus = EventBus(ManualClock())
    for number, kind in enumerate(kinds[:cut]):
        bus.publish(kind, f"k{number}", {})  # type: ignore[arg-type]
    client = bus.subscribe(since=since)
    for number, kind in enumerate(kinds[cut:]):
        bus.publish(kind, f"l{number}", {})  # type: ignore[arg-type]
    bus.close()
    got = await taken(client, 100)
    published = min(cut, len(kinds))
    if since > published:
        assert got[0].kind == "reset"
        got = got[1:]
        since = published
    assert [event.seq for event in got] == list(range(since + 1, len(kinds) + 1))
