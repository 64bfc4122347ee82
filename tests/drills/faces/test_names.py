"""The resolvers' face, read by the program's own questions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills import faults
from drills.faces import names
from drills.topology import CANARY, ward_standard
from drills.world import World
from probes.clock import ManualClock
from probes.transports.question import Question

WARD = "26740"
WORLD = World(ward_standard((WARD,)), 1, ManualClock())


def asked(
    world: World, on: str, name: str = CANARY, kind: str = "a"
) -> tuple[str, tuple[str, ...]]:
    """Code and records of one resolver's answer."""
    question = Question(name, kind)
    octets = names.respond(world, world.topology.nodes[on], question.octets, world.time())
    assert octets is not None
    answer = question.read(octets)
    assert answer is not None
    return answer.code, answer.records


def broken(fault: str, on: str, **params: object) -> World:
    world = World(ward_standard((WARD,)), 1, ManualClock())
    faults.apply(world, fault, on, params)
    return world


@pytest.mark.parametrize("on", ["resolver", f"ce-{WARD}"])
def test_both_resolvers_know_the_canary_and_nothing_else(on: str) -> None:
    assert asked(WORLD, on) == ("NOERROR", (WORLD.topology.nodes["svc-tthc"].address,))
    assert asked(WORLD, on, kind="aaaa") == ("NOERROR", ())
    assert asked(WORLD, on, "other.sim.example") == ("NXDOMAIN", ())


@pytest.mark.parametrize(
    ("said", "code"),
    [("unknown", "NXDOMAIN"), ("refused", "REFUSED"), ("failing", "SERVFAIL")],
)
def test_a_resolver_may_fail_in_every_way_that_resolvers_do(said: str, code: str) -> None:
    assert asked(broken("dns_wrong", "resolver", answer=said), "resolver") == (code, ())


def test_a_ward_s_resolver_says_what_the_city_s_says() -> None:
    lying = broken("dns_wrong", "resolver")
    assert asked(lying, f"ce-{WARD}") == asked(lying, "resolver") == ("NOERROR", ("127.9.9.9",))
    assert asked(broken("cable_cut", "ce:wan"), f"ce-{WARD}") == ("SERVFAIL", ())
    own = broken("dns_wrong", "ce")
    assert asked(own, f"ce-{WARD}")[1] == ("127.9.9.9",)
    assert asked(own, "resolver")[1] != ("127.9.9.9",)


@given(st.binary(max_size=60))
def test_what_is_no_question_gets_no_answer_or_a_well_formed_one(octets: bytes) -> None:
    answer = names.respond(WORLD, WORLD.topology.nodes["resolver"], octets, 0.0)
    assert answer is None or answer[:2] == octets[:2]
