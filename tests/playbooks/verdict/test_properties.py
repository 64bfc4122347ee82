"""What holds for every assignment of the facts, sampled: 20,000 as a rule, 200,000 as a soak."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from playbooks.verdict import render
from playbooks.verdict.facts import FACT_NAMES, Fact, Facts, Truth
from playbooks.verdict.rootcause import judge
from playbooks.verdict.rows import rows_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playbooks.verdict.model import Verdict
    from playbooks.verdict.reading import Vantage

T, F, U, N = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN, Truth.NA
SAMPLES = 200_000 if os.environ.get("WARDOPS_SOAK") == "1" else 20_000
BOTH: tuple[Vantage, Vantage] = ("ward", "hub")

# The ward's own things: false, or for the second list true, is a fault.
GOOD_WHEN_TRUE = ("sw", "sw_traffic", "up_admin", "up_oper", "gw", "path_ok", "mtu", "dns",
                  "dns_city", "lan_ok")  # fmt: skip
GOOD_WHEN_FALSE = ("ups_batt", "ups_low", "local_dark", "up_err")
FALSE_IN_A_GOOD_WARD = (*GOOD_WHEN_FALSE, "host_batt", "sw_dark", "power_hint", "ups_low_before",
                        "up_full", "nb_pe", "nb_all")  # fmt: skip
SERVICES = ("tthc", "qlvb")
ELSEWHERE = ("dns_hub", "svc_hub[tthc]", "svc_hub[qlvb]")

PROOFS: dict[str, Callable[[Facts], bool]] = {
    "ro.power": lambda f: (
        (f.truth("local_dark") is F or f.truth("sw") is T) and f.truth("ups_batt") is not T
    ),
    "ro.lan": lambda f: f.truth("lan_ok") is T,
    "ro.switch": lambda f: f.truth("sw") is T and f.truth("up_oper") is T,
    "ro.switch_answers": lambda f: f.truth("sw") is T and f.truth("up_oper") is N,
    "ro.metronet": lambda f: f.truth("gw") is T and f.truth("path_ok") is not F,
    "ro.dc": lambda f: f.truth("nb_all") is F,
    "ro.service": lambda f: all(s.truth in (T, N) for s in f.services.values()),
}

VALUES: dict[str, dict[str, object]] = {
    "gw": {"ms": 3.14, "pct": 100.0, "n": 3, "m": 3, "l": "4G"},
    "ce": {"ms": 0.6},
    "up_oper": {"p": "Te1/1", "t": "14:20"},
    "ups_batt": {"n": 22, "t": "07:18"},
    "local_dark": {"n": 14, "m": 15, "s": 8},
    "lan_ok": {"n": 31, "m": 48, "k": 46},
    "nb_all": {"n": 9, "m": 12, "g": "PE-3"},
    "path_ok": {"loss_pct": 4.5, "jitter_ms": 12.0},
    "dns": {"reason": {"vi": "hết thời gian chờ", "en": "timeout"}},
}


def assignments(
    count: int, seed: int, *, alone: bool = False, **fixed: Truth
) -> Iterator[tuple[Facts, Vantage]]:
    """Random facts for both vantages; from one vantage `alone` nothing is known of the other."""
    chance = random.Random(seed)  # noqa: S311 sampling, not a secret
    for number in range(count):
        vantage = BOTH[number % 2]
        hidden = {*ELSEWHERE, *(("nb_pe", "nb_all") if vantage == "ward" else ())} if alone else ()
        is_near_good = chance.random() < 0.5
        mood = chance.choice(((1, 1, 1, 1), (8, 1, 1, 0.5), (3, 3, 1, 0), (1, 4, 4, 1)))

        def fact(
            name: str,
            mood: tuple[float, ...] = mood,
            hidden: frozenset[str] = frozenset(hidden),
            is_near_good: bool = is_near_good,
        ) -> Fact:
            if name in hidden:
                return Fact(U, promised=False)
            truth = fixed.get(name) or chance.choices((T, F, U, N), mood)[0]
            if name not in fixed and is_near_good and chance.random() < 0.95:
                truth = F if name in FALSE_IN_A_GOOD_WARD else T
            values = VALUES.get(name, {}) if chance.random() < 0.5 else {}
            late, source = chance.random() < 0.02, chance.choice(("icmp", "icmp+tcp"))
            return Fact(truth, source, values, age_late=late, promised=chance.random() < 0.8)

        named = {name: fact(name) for name in FACT_NAMES if chance.random() < 0.97}
        named["maint"] = Fact(F)
        yield (
            Facts(
                named | {name: Fact(truth) for name, truth in fixed.items()},
                {key: fact(f"svc[{key}]") for key in SERVICES},
                {key: fact(f"svc_hub[{key}]") for key in SERVICES},
                {"a": fact("vc[a]")},
                meeting_soon=chance.random() < 0.5,
                critical_lan=chance.random() < 0.5,
            ),
            vantage,
        )


def _is_fine(facts: Facts) -> bool:
    good = all(facts.truth(name) is not F for name in GOOD_WHEN_TRUE)
    quiet = all(facts.truth(name) is not T for name in GOOD_WHEN_FALSE)
    others = (*facts.services.values(), *facts.rooms.values())
    return good and quiet and all(fact.truth is not F for fact in others)


def _core_is_known(facts: Facts) -> bool:
    known = all(facts.truth(name) is T for name in ("sw", "gw"))
    softer = all(facts.truth(name) is not U for name in ("up_oper", "dns"))
    return known and softer and all(fact.truth is not U for fact in facts.services.values())


def _check(facts: Facts, vantage: Vantage, verdict: Verdict) -> None:
    assert verdict.row in {row.id for row in rows_for(vantage)}
    assert 0.0 <= verdict.confidence <= 0.99
    assert verdict.segment == "unknown" or verdict.confidence >= 0.60
    if verdict.segment == "none":
        assert _is_fine(facts)
        assert _core_is_known(facts)
    for sentence in verdict.ruled_out:
        assert PROOFS[sentence.key.removesuffix("_bare").removesuffix("_ports")](facts)
    if facts.truth("gw") is T:
        assert verdict.row not in ("M1", "M2", "M2n", "M3", "S3")
    dead = facts.truth("sw") is F and facts.truth("sw_traffic") is F
    if vantage == "ward" and dead and facts.truth("gw") is not T:
        assert verdict.segment not in ("metronet", "dc")
        assert not verdict.outside
    if vantage == "ward" and dead:
        assert (verdict.segment, verdict.state) != ("metronet", "down")
    assert f"{verdict.segment}/{verdict.part}" not in (*verdict.also, *verdict.alternatives)
    assert not set(verdict.also) & set(verdict.alternatives)


@pytest.mark.timeout(600)
def test_any_facts_give_one_verdict_that_keeps_the_rules() -> None:
    for facts, vantage in assignments(SAMPLES, seed=1):
        _check(facts, vantage, judge(facts, vantage))


@pytest.mark.timeout(600)
def test_the_same_facts_give_the_same_verdict() -> None:
    for facts, vantage in assignments(500, seed=2):
        assert judge(facts, vantage) == judge(facts, vantage)


@pytest.mark.timeout(600)
def test_one_vantage_alone_never_blames_the_centre_or_a_service() -> None:
    """The hub's own view of all wards counts as many vantages for the gateway, and only for it."""
    for facts, vantage in assignments(SAMPLES // 4, seed=3, alone=True):
        verdict = judge(facts, vantage)
        assert verdict.segment != "service"
        if verdict.segment == "dc":
            assert (vantage, verdict.part, facts.truth("nb_all")) == ("hub", "gateway", T)


@pytest.mark.timeout(600)
def test_a_terminal_device_that_ignores_ping_is_never_a_line_fault() -> None:
    """While the gateway answers over the primary line, its silence changes nothing."""
    ignoring = assignments(SAMPLES // 8, seed=4, gw=T, ce=F)
    declared = assignments(SAMPLES // 8, seed=4, gw=T, ce=N)
    for (silent, vantage), (known, _) in zip(ignoring, declared, strict=True):
        verdict = judge(silent, vantage)
        assert verdict.row == judge(known, vantage).row
        assert (verdict.segment, verdict.state) != ("metronet", "down")


@pytest.mark.timeout(600)
def test_a_switch_that_is_dead_behind_an_answering_terminal_device_is_no_line_fault() -> None:
    """From the hub: what answers in front of the switch shows that the line is whole."""
    for facts, vantage in assignments(SAMPLES // 8, seed=5, ce=T, sw=F, nb_pe=F):
        if vantage == "hub":
            verdict = judge(facts, vantage)
            assert (verdict.segment, verdict.state) != ("metronet", "down")


def test_every_sentence_can_be_said_in_both_languages_with_values_or_without() -> None:
    for facts, vantage in assignments(SAMPLES // 20, seed=6):
        verdict = judge(facts, vantage)
        assert verdict.headline is not None
        for language in ("vi", "en"):
            said = [render.headline(verdict, language, "xã")]
            sentences = (*verdict.evidence, *verdict.ruled_out)
            said += [render.text(sentence, language, "xã") for sentence in sentences]
            for text in said:
                assert text
                assert not any(mark in text for mark in ("None", "{", "}", "Sentence(", "nan"))
