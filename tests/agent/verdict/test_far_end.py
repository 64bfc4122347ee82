"""The far end from the ward: echoes and a reflector together, and which way is poor."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.checks import State
from agent.verdict.echoes import Burst, EchoWindow
from agent.verdict.facts import facts_of
from agent.verdict.line_quality import Beyond, LineQuality, LineWindow, Way
from agent.verdict.sight import Seen, Sight
from inventory.model import Inventory, Path, StampReflector, Ward
from playbooks.verdict.facts import Fact, Truth
from playbooks.verdict.render import text
from playbooks.verdict.rootcause import judge
from probes.model import Observation, Reading, Reason
from probes.path.model import LineMtu
from probes.target import targets_of
from tests.agent.verdict.test_facts import (
    AT,
    CE,
    INVENTORY,
    TARGETS,
    WARD,
    answering,
    good_ward,
    silent,
)
from tests.agent.verdict.test_uplink import used

T, F, U, NA = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN, Truth.NA
NOW = 100.0
GONE = EchoWindow((Burst(96.0, 5, 5),), F, U)


def _with_reflector() -> Ward:
    assert WARD.path is not None
    reflector = StampReflector.model_validate({"address": "198.51.100.9"})
    path = Path(gateway=WARD.path.gateway, reflector=reflector)
    return WARD.model_copy(update={"path": path})


REFLECTED = _with_reflector()
REFLECTOR = next(
    target
    for target in targets_of(REFLECTED, Inventory(wards={WARD.ward: REFLECTED}, folder="."))
    if target.name == "reflector"
)


def reflector(*, answered: bool = True, ever: bool = True, began: float = 97.0) -> Seen:
    reason = Reason.OK if answered else Reason.TIMEOUT
    last = Observation(REFLECTOR, "stamp", reason, Reading(), AT, began + 3, 3.0, 75.0)
    state = State.OK if answered else State.CRIT
    return Seen(REFLECTOR, state, AT, 50.0, fresh=True, ever=ever, last=last)


def run_at(began: float, lost: int = 0) -> LineQuality:
    ways = (Way("out", 150, 0), Way("in", 150, 0), Way("round", 150, lost, 0.01))
    return LineQuality(windows=(LineWindow(began, began + 3, ways),), clean=T)


def ward(seen: Seen | None, line: LineQuality, far_end: EchoWindow, **other: Seen) -> Sight:
    """A good ward whose centre gateway fell silent at second 95 when the window says so."""
    sight = good_ward(**other)
    gateway = sight.seen["gateway"]
    if far_end.present is F:
        gone = replace(silent("gateway"), bad_since_mono=95.0, last_ok_mono=90.0)
        gateway = gone
    known = {**sight.seen, "gateway": gateway, **({"reflector": seen} if seen else {})}
    return replace(sight, ward=REFLECTED, seen=known, far_end=far_end, line=line)


def gateway(sight: Sight) -> Fact:
    return facts_of(sight).fact("gw")


def test_a_gateway_that_ignores_echoes_is_there_when_the_reflector_behind_it_answers() -> None:
    found = gateway(ward(reflector(), run_at(96.0), GONE))
    assert found.truth is T


def test_what_the_reflector_said_before_the_loss_proves_nothing() -> None:
    sight = ward(reflector(began=60.0), run_at(60.0), GONE)
    assert gateway(sight).truth is U  # it is being asked
    assert gateway(replace(sight, mono=105.0)).truth is F


def test_the_line_is_lost_when_both_are_silent() -> None:
    found = gateway(ward(reflector(answered=False), run_at(60.0), GONE))
    assert (found.truth, found.source) == (F, "icmp+stamp")


def test_a_reflector_that_never_answered_holds_nothing_up() -> None:
    sight = ward(reflector(answered=False, ever=False, began=60.0), LineQuality(), GONE)
    assert gateway(sight).truth is F


def test_a_burst_that_loses_half_proves_no_presence() -> None:
    sight = ward(reflector(), run_at(96.0, lost=75), GONE)
    assert gateway(replace(sight, mono=110.0)).truth is F


def test_echoes_and_reflector_that_agree_are_two_sources() -> None:
    found = gateway(ward(reflector(), run_at(90.0), EchoWindow(present=T, clean=T)))
    assert (found.truth, found.source) == (T, "icmp+stamp")


def poor(*beyond: Beyond) -> LineQuality:
    return replace(run_at(96.0), clean=F, poor=beyond)


LOST_BACK = Beyond("loss", "in", 30.0, 3, 0.07, 450, 32)


@pytest.mark.parametrize(
    ("beyond", "vi", "en"),
    [
        ((LOST_BACK,), "Mất gói 7% chiều về.", "7% of packets are lost on the way back."),
        (
            (replace(LOST_BACK, direction="out"),),
            "Mất gói 7% chiều đi.",
            "7% of packets are lost on the way out.",
        ),
        (
            (replace(LOST_BACK, direction="out"), LOST_BACK),
            "Mất gói 7% chiều đi, 7% chiều về.",
            "7% of packets are lost on the way out, 7% on the way back.",
        ),
        (
            (Beyond("jitter", "out", 30.0, 3, 0.0455),),
            "Dao động trễ 45,5 ms chiều đi.",
            "Jitter 45.5 ms on the way out.",
        ),
        (
            (Beyond("delay", "in", 30.0, 3, 0.2),),
            "Trễ 200,0 ms chiều về.",
            "Delay 200.0 ms on the way back.",
        ),
        (
            (Beyond("delay", "round", 30.0, 3, 0.4),),
            "Thời gian khứ hồi 400,0 ms.",
            "The round trip takes 400.0 ms.",
        ),
    ],
)
def test_the_evidence_names_the_direction(beyond: tuple[Beyond, ...], vi: str, en: str) -> None:
    clean = (Burst(30.0, 2000, 0, 0.001), *(Burst(31.0 + n, 1, 0, 0.001) for n in range(40)))
    sight = replace(
        ward(reflector(), poor(*beyond), EchoWindow(present=T, clean=T)),
        near={CE: clean},
        line_use=used([0.1] * 10),
    )
    verdict = judge(facts_of(sight), "ward")
    assert (verdict.row, verdict.part) == ("Q3", "quality")
    assert vi in [text(one, "vi", "phường") for one in verdict.evidence]
    assert en in [text(one, "en", "phường") for one in verdict.evidence]


@pytest.mark.parametrize("beyond", [LOST_BACK, Beyond("jitter", "in", 30.0, 3, 0.05)])
def test_what_the_own_stretch_shows_as_well_is_not_the_line_s(beyond: Beyond) -> None:
    shaky = tuple(Burst(31.0 + n, 10, 1, 0.001 + 0.06 * (n % 2)) for n in range(40))
    sight = replace(
        ward(reflector(), poor(beyond), EchoWindow(present=T, clean=T)),
        near={CE: shaky},
        line_use=used([0.1] * 10),
    )
    assert judge(facts_of(sight), "ward").row == "U1"


def test_a_line_that_lost_packets_by_echoes_alone_is_good_when_the_reflector_says_so() -> None:
    sight = ward(reflector(), run_at(96.0), EchoWindow(present=T, clean=F))
    assert facts_of(sight).truth("path_ok") is T
    stale = replace(sight, mono=300.0)
    assert facts_of(stale).truth("path_ok") is F


@pytest.mark.parametrize(("passes", "truth"), [(True, T), (False, F)])
def test_large_packets_that_do_not_pass_are_the_line_s(passes: bool, truth: Truth) -> None:
    mtu = LineMtu(1280, 1281, None, passes)
    sight = good_ward(gateway=answering("gateway", "mtu", Reading(mtu=mtu)))
    facts = facts_of(sight)
    assert facts.truth("mtu") is truth
    verdict = judge(facts, "ward")
    assert verdict.row == ("N1" if passes else "M6")
    if not passes:
        assert "Gói lớn không qua (1281 byte)." in [
            text(one, "vi", "phường") for one in verdict.evidence
        ]


def test_the_hub_reaches_the_ward_when_its_reflector_answers() -> None:
    core, ce = WARD.core, WARD.ce
    assert core is not None
    assert ce is not None
    quiet = {name: replace(silent(name), bad_since_mono=95.0) for name in (core.name, ce.name)}
    seen = {**{name: answering(name) for name in TARGETS}, **quiet}
    sight = replace(good_ward(), vantage="hub", seen=seen)
    late = replace(reflector(), last_ok_mono=99.0)
    old = replace(reflector(), last_ok_mono=80.0)
    gone = reflector(answered=False)
    for one, truth in ((late, T), (old, U), (gone, F)):
        with_it = replace(sight, seen={**seen, "reflector": one})
        assert facts_of(with_it).truth("gw") is truth
    assert INVENTORY.vantage == "ward"
