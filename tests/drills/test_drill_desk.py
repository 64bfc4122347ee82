"""What a trainee types and touches: read in both languages, seen in the world, told by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drills import faults
from drills.deeds import FORMS, Act, parse, usage
from drills.hands import Hands
from drills.states import holds, named
from inventory.errors import InputError
from inventory.language import say

if TYPE_CHECKING:
    from drills.deeds import Verb
    from drills.world import World
    from probes.clock import ManualClock


@pytest.mark.parametrize(
    ("line", "act"),
    [
        ("ack 'Đang xem'", Act("ack", "", "Đang xem")),
        ("nhận Đang xem", Act("ack", "", "Đang xem")),
        ("NHAN Đang xem", Act("ack", "", "Đang xem")),
        ("playbook PB-NET-01", Act("playbook", "PB-NET-01")),
        ("quy-trình PB-NET-01", Act("playbook", "PB-NET-01")),
        ("answer line_leds=1", Act("answer", "line_leds=1")),
        ("tell ward.leader,noc 'Đứt cáp'", Act("tell", "ward.leader,noc", "Đứt cáp")),
        ("close cable_cut xong rồi", Act("close", "cable_cut", "xong rồi")),
        ("  look   ce ", Act("look", "ce")),
        ("xong", Act("done")),
    ],
)
def test_a_line_is_read_in_both_languages(line: str, act: Act) -> None:
    assert parse(line) == act


@pytest.mark.parametrize(
    "line", ["look", "look moon", "answer x", "answer =1", "ack", "call L9 x", "done now"]
)
def test_a_line_half_said_is_answered_with_its_form(line: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(line)
    assert caught.value.key == "drill.deed.form"


def test_a_word_that_is_no_verb_is_answered_with_those_there_are() -> None:
    with pytest.raises(InputError) as caught:
        parse("dance")
    assert "xem" in caught.value.text("vi")
    assert "look" in caught.value.text("en")


@pytest.mark.parametrize("verb", FORMS)
def test_no_two_verbs_share_a_word(verb: Verb) -> None:
    for other in FORMS:
        if other != verb:
            assert say(f"drill.verb.{other}", "vi") != say(f"drill.verb.{verb}", "vi")
    assert usage(verb).startswith(verb)


def test_the_lights_show_what_the_world_is(world: World) -> None:
    hands = Hands(world)
    assert hands.lights("ce") == {"power": "on", "los": "off", "lan": "on"}
    cut = faults.apply(world, "cable_cut", "ce:wan")
    assert hands.lights("ce") == {"power": "on", "los": "red", "lan": "on"}
    assert hands.lights("switch") == {"power": "on", "uplink": "on", "trunk": "on"}
    faults.clear(world, cut)
    faults.apply(world, "power_off", "ce")
    assert set(hands.lights("ce").values()) == {"off"}
    assert hands.lights("switch")["uplink"] == "off"


def test_a_reset_is_the_trainees_and_ends_by_itself(world: World, clock: ManualClock) -> None:
    hands = Hands(world)
    hands.reset("ce")
    assert not holds(world, {"ce_power": True}, world.time())
    clock.move(89)
    hands.tick()
    assert not holds(world, {"ce_power": True}, world.time())
    clock.move(1)
    hands.tick()
    assert holds(world, {"ce_power": True, "line": True}, world.time())
    assert {mutation.source for mutation in world.mutations} == {"trainee"}


def test_a_pulled_fibre_loses_packets_even_after_the_repair(world: World) -> None:
    cut = faults.apply(world, "cable_cut", "ce:wan")
    Hands(world).pull()
    faults.clear(world, cut)
    assert holds(world, {"line": True, "line_clean": False}, world.time())


def test_things_are_called_as_people_call_them(world: World) -> None:
    assert named(world.topology, "ce:wan") == "ce-26740:wan"
    assert named(world.topology, "switch") == "sw-26740-01"
