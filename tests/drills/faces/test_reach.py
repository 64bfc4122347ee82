"""The reachability face: what a burst of echoes would have measured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drills.faces import reach
from drills.topology import ward_standard
from drills.world import World
from probes.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Mapping

GATEWAY = "127.8.0.1"


def _answer(world: World, **question: Any) -> Mapping[str, Any]:
    told = reach.respond(world, json.dumps({"id": 17, **question}).encode(), world.time())
    assert told is not None
    answer: Mapping[str, Any] = json.loads(told)
    return answer


def test_each_echo_has_its_round_trip(world: World) -> None:
    answer = _answer(world, **{"from": "ward:26740", "to": GATEWAY, "count": 5})
    assert answer["id"] == 17
    assert answer["host_link"] is True
    assert len(answer["rtts_ms"]) == 5
    assert all(1 < rtt < 15 for rtt in answer["rtts_ms"])


def test_an_empty_goal_asks_for_the_link_alone(world: World) -> None:
    asked = {"from": "ward:26740", "to": ""}
    assert _answer(world, **asked) == {"id": 17, "rtts_ms": [], "host_link": True}
    world.change("power", "sw-26740-02", False, who="test", source="inject")
    assert _answer(world, **asked)["host_link"] is False
    assert _answer(world, **{"from": "hub", "to": ""})["host_link"] is True


def test_who_does_not_answer_has_nulls(world: World) -> None:
    asked = {"from": "ward:26740", "count": 2}
    assert _answer(world, to="127.99.0.1", **asked)["rtts_ms"] == [None, None]
    world.change("ping", "ce-26740", False, who="test", source="inject")
    assert _answer(world, to="127.16.0.1", **asked)["rtts_ms"] == [None, None]
    assert None not in _answer(world, to=GATEWAY, **asked)["rtts_ms"]
    world.change("cable", "ce-26740:wan", False, who="test", source="inject")
    assert _answer(world, to=GATEWAY, **asked)["rtts_ms"] == [None, None]
    stranger = {"from": "ward:99999", "to": GATEWAY, "count": 1}
    assert _answer(world, **stranger) == {"id": 17, "rtts_ms": [None], "host_link": None}


def test_loss_and_delay_are_those_of_the_path(world: World, clock: ManualClock) -> None:
    world.change("loss", "ce-26740:wan", 0.3, who="test", source="inject")
    world.change("delay_ms", "ce-26740:wan", 200, who="test", source="inject")
    rtts: list[float | None] = []
    for _ in range(20):
        clock.move(5)
        rtts += reach.rtts_ms(world, "ward:26740", GATEWAY, 50, world.time())
    lost = rtts.count(None) / len(rtts)
    assert 0.25 < lost < 0.35
    assert all(rtt > 200 for rtt in rtts if rtt is not None)


@pytest.mark.parametrize(
    "request_",
    [
        b"", b"[]", b"{", b'{"id": 1}', b'{"id": 1, "from": 2, "to": ""}', b"\xff",
        b'{"id": 1, "from": "hub", "to": "", "count": true}', b"[" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_question_gets_no_answer(world: World, request_: bytes) -> None:
    assert reach.respond(world, request_, 0) is None


@settings(max_examples=100, deadline=None)
@given(st.integers(-5, 10**6))
def test_a_burst_has_a_limit(count: int) -> None:
    world = World(ward_standard(("26740",)), 1, ManualClock())
    answer = _answer(world, **{"from": "hub", "to": GATEWAY, "count": count})
    assert len(answer["rtts_ms"]) == min(max(count, 0), reach.MAX_COUNT)
