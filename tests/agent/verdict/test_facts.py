"""From what was seen to facts: stale is unknown, silence of the never heard proves nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.checks import State
from agent.verdict.echoes import EchoWindow
from agent.verdict.facts import facts_of
from agent.verdict.sight import Seen, Sight, UpsMemory
from inventory.load import load
from playbooks.verdict.facts import Truth
from playbooks.verdict.rootcause import judge
from probes.model import Interface, Observation, Reading, Reason, Target, UpsStatus
from probes.target import targets_of

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
INVENTORY = load(Path(__file__).parents[2] / "inventory" / "good", with_secrets=False)
WARD = INVENTORY.wards["26740"]
TARGETS = {target.name: target for target in targets_of(WARD, INVENTORY)}
CORE, CE, UPS = "sw-26740-01", "ce-26740", "ups-26740"
PORT = "Gi1/0/48"


def observation(target: Target, probe: str, reading: Reading) -> Observation:
    return Observation(target, probe, Reason.OK, reading, AT, 100.0, 0.1, 75.0)


def answering(name: str, probe: str = "icmp", reading: Reading | None = None) -> Seen:
    """A target that was heard just now."""
    target = TARGETS[name]
    good = observation(target, probe, reading or Reading())
    return Seen(target, State.OK, AT, 50.0, fresh=True, ever=True, live={probe: good}, last=good)


def silent(name: str, *, ever: bool = True, since: float = 90.0) -> Seen:
    """A target that does not answer now."""
    target = TARGETS[name]
    bad = replace(observation(target, "icmp", Reading()), reason=Reason.TIMEOUT)
    return Seen(target, State.CRIT, AT, since, fresh=True, ever=ever, last=bad)


def ports(*, admin: str = "up", oper: str = "up") -> Reading:
    port: Any = {"index": 48, "name": PORT, "admin": admin, "oper": oper}
    return Reading(interfaces=(Interface(**port),))


def good_ward(**other: Seen) -> Sight:
    """Everything answers, but for what is given by name (dashes as underscores)."""
    seen = {name: answering(name) for name in TARGETS}
    seen[CORE] = answering(CORE, "snmp-interfaces", ports())
    seen[UPS] = answering(UPS, "snmp-ups", Reading(ups=UpsStatus(on_battery=False)))
    seen |= {name.replace("_", "-"): one for name, one in other.items()}
    behind = frozenset(TARGETS) - {CORE}
    far_end = EchoWindow(present=Truth.TRUE, clean=Truth.TRUE)
    return Sight(WARD, "ward", seen, 100.0, far_end, host_link=True, behind_core=behind)


def truths(sight: Sight) -> dict[str, Truth]:
    return {name: fact.truth for name, fact in facts_of(sight).named.items()}


def test_a_good_ward_is_all_true_and_judged_fine() -> None:
    sight = good_ward()
    found = truths(sight)
    for name in ("sw", "up_admin", "up_oper", "ce", "gw", "path_ok", "host_link"):
        assert found[name] is Truth.TRUE, name
    assert judge(facts_of(sight), "ward").segment == "none"


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_stale_target_makes_no_fact_true_or_false(name: str) -> None:
    sight = good_ward()
    stale = replace(sight.seen[name], fresh=False, live={})
    found = facts_of(replace(sight, seen={**sight.seen, name: stale}))
    told = {CORE: "sw", "gateway": "gw", UPS: "ups_batt"}
    if name in told:
        assert found.truth(told[name]) is Truth.UNKNOWN
    if name in found.services:
        assert found.services[name].truth is Truth.UNKNOWN


def test_a_stale_port_table_leaves_the_uplink_unknown() -> None:
    sight = good_ward(sw_26740_01=answering(CORE))
    assert truths(sight)["up_oper"] is Truth.UNKNOWN


@pytest.mark.parametrize(
    ("status", "truth"),
    [
        ("up", Truth.TRUE),
        ("down", Truth.FALSE),
        ("dormant", Truth.FALSE),
        ("unknown", Truth.UNKNOWN),
    ],
)
def test_the_uplink_is_what_the_switch_says_of_it(status: str, truth: Truth) -> None:
    sight = good_ward(sw_26740_01=answering(CORE, "snmp-interfaces", ports(oper=status)))
    assert truths(sight)["up_oper"] is truth


def test_a_terminal_device_that_forwards_is_alive() -> None:
    assert truths(good_ward(ce_26740=silent(CE)))["ce"] is Truth.TRUE


@pytest.mark.parametrize(("ever", "truth"), [(True, Truth.FALSE), (False, Truth.UNKNOWN)])
def test_silence_of_a_terminal_device_counts_only_if_it_was_ever_heard(
    ever: bool,
    truth: Truth,
) -> None:
    sight = replace(
        good_ward(ce_26740=silent(CE, ever=ever)), far_end=EchoWindow(present=Truth.FALSE)
    )
    assert truths(sight)["ce"] is truth


def test_services_behind_a_lost_line_were_not_measured() -> None:
    sight = replace(good_ward(tthc=silent("tthc")), far_end=EchoWindow(present=Truth.FALSE))
    assert facts_of(sight).services["tthc"].truth is Truth.UNKNOWN


def test_a_ups_last_seen_on_battery_hints_at_a_power_cut() -> None:
    memory = UpsMemory(UpsStatus(on_battery=True, charge_ratio=0.2), mono=60.0)
    sight = replace(good_ward(ups_26740=silent(UPS)), ups_memory=memory)
    assert truths(sight)["power_hint"] is Truth.TRUE
    # Half an hour before the silence counts; how long the silence lasts takes nothing back.
    assert truths(replace(sight, mono=60.0 + 7200))["power_hint"] is Truth.TRUE
    late = replace(good_ward(ups_26740=silent(UPS, since=60.0 + 1801)), ups_memory=memory)
    assert truths(replace(late, mono=60.0 + 1802))["power_hint"] is Truth.FALSE


def feeding(sight: Sight, *fed: str) -> Sight:
    """The same ward, whose inventory says what hangs on the UPS."""
    devices = tuple(
        device.model_copy(update={"feeds": fed}) if device.name == UPS else device
        for device in sight.ward.devices
    )
    return replace(sight, ward=sight.ward.model_copy(update={"devices": devices}))


@pytest.mark.parametrize(
    ("fed", "good"),
    [((CORE, CE), Truth.TRUE), ((CORE,), Truth.UNKNOWN), ((), Truth.UNKNOWN)],
)
def test_a_ups_back_on_mains_takes_the_hint_back_and_speaks_for_what_it_feeds(
    fed: tuple[str, ...], good: Truth
) -> None:
    memory = UpsMemory(UpsStatus(on_battery=False, charge_ratio=0.9), mono=95.0)
    sight = replace(good_ward(ups_26740=silent(UPS)), ups_memory=memory)
    found = truths(feeding(sight, *fed))
    assert (found["power_hint"], found["ups_ok_before"]) == (Truth.FALSE, good)


def test_an_answer_from_what_needs_mains_takes_the_hint_back() -> None:
    memory = UpsMemory(UpsStatus(on_battery=True, charge_ratio=0.2), mono=60.0)
    room = replace(silent("vc-26740-a"), last_ok_mono=70.0)
    sight = replace(good_ward(ups_26740=silent(UPS), vc_26740_a=room), ups_memory=memory)
    assert truths(sight)["power_hint"] is Truth.TRUE
    assert truths(feeding(sight, CORE, CE))["power_hint"] is Truth.FALSE
    earlier = {**sight.seen, "vc-26740-a": replace(room, last_ok_mono=50.0)}
    found = truths(feeding(replace(sight, seen=earlier), CORE, CE))
    assert found["power_hint"] is Truth.TRUE


def test_a_ward_is_dark_when_nearly_all_fell_silent_within_a_minute() -> None:
    sight = good_ward()
    names = (CORE, CE, UPS, "vc-26740-a")
    dark = {name: silent(name, since=40.0 + 10 * n) for n, name in enumerate(names)}
    assert truths(replace(sight, seen={**sight.seen, **dark}))["local_dark"] is Truth.TRUE
    slow = {name: replace(one, since_mono=70.0 * n) for n, (name, one) in enumerate(dark.items())}
    assert truths(replace(sight, seen={**sight.seen, **slow}))["local_dark"] is Truth.FALSE


STATES = st.sampled_from([State.OK, State.CRIT, State.UNKNOWN])


@given(st.data())
def test_a_dead_switch_or_a_mute_terminal_device_is_never_a_line_fault(data: st.DataObject) -> None:
    """Whatever else is seen: the line is blamed only while its own near end answers."""
    seen = {}
    for name in TARGETS:
        state, fresh = data.draw(STATES), data.draw(st.booleans())
        base = answering(name) if state is State.OK else silent(name, ever=data.draw(st.booleans()))
        seen[name] = replace(base, state=state, fresh=fresh)
    far_end = EchoWindow(present=data.draw(st.sampled_from(list(Truth)[:3])))
    link = data.draw(st.sampled_from([True, False, None]))
    sight = replace(good_ward(), seen=seen, far_end=far_end, host_link=link)
    facts = facts_of(sight)
    verdict = judge(facts, "ward")
    if verdict.segment == "metronet" and verdict.state == "down":
        assert facts.truth("gw") is Truth.FALSE
        assert Truth.TRUE in (facts.truth("sw"), facts.truth("ce"), facts.truth("pe"))
    if verdict.segment == "none":
        assert facts.truth("sw") is facts.truth("gw") is Truth.TRUE
