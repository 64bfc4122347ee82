"""One answer about presence from several probes that each may be blocked on their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from agent.checks import State
from agent.verdict.reach import Proofs, weigh
from probes.model import Observation, Reading, Reason, Sample, Target
from probes.services.model import PROBE_CERT_EXPIRY

TARGET = Target(ward="26740", name="sw", kind="generic_switch", role="core", host="192.0.2.10")


def seen(probe: str, mono: float, reason: Reason, took_s: float = 1.0) -> Observation:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return Observation(TARGET, probe, reason, Reading(), at, mono, took_s, 75.0)


def story(*observations: Observation) -> list[State | None]:
    """What each observation in turn stands for."""
    proofs, states = Proofs(), []
    for observation in observations:
        proofs, state = weigh(proofs, observation)
        states.append(state)
    return states


def test_any_answer_proves_presence() -> None:
    assert story(seen("snmp-interfaces", 1, Reason.OK)) == [State.OK]


def test_silence_of_the_only_probe_is_bad() -> None:
    assert story(seen("icmp", 1, Reason.TIMEOUT)) == [State.CRIT]


def test_blocked_ping_does_not_speak_against_a_switch_that_answers_snmp() -> None:
    states = story(
        seen("icmp", 1, Reason.TIMEOUT),
        seen("snmp-interfaces", 2, Reason.OK),
        seen("icmp", 6, Reason.TIMEOUT),
        seen("icmp", 11, Reason.TIMEOUT),
    )
    assert states == [State.CRIT, State.OK, None, None]


def test_an_answer_from_before_the_silence_proves_nothing() -> None:
    states = story(
        seen("snmp-interfaces", 1, Reason.OK),
        seen("icmp", 2, Reason.OK),
        seen("icmp", 7, Reason.TIMEOUT),
        seen("snmp-interfaces", 12, Reason.TIMEOUT, 4.8),
    )
    assert states == [State.OK, State.OK, State.CRIT, State.CRIT]


def test_a_wrong_community_beside_an_answered_ping_decides_nothing() -> None:
    states = story(seen("icmp", 1, Reason.OK), seen("snmp-interfaces", 6, Reason.TIMEOUT, 5.5))
    assert states == [State.OK, None]


def test_wrong_credentials_are_unknown_never_absence() -> None:
    assert story(seen("cisco-ce", 1, Reason.AUTH)) == [State.UNKNOWN]


def test_what_a_failed_check_measured_all_the_same_is_no_answer() -> None:
    """The end of an expired certificate is worth telling, and the service stays broken."""
    end = Reading(samples=(Sample(PROBE_CERT_EXPIRY, 1.7e9, ("tthc", "ward")),))
    expired = replace(seen("http", 1, Reason.TLS_EXPIRED), reading=end)
    assert story(expired) == [State.CRIT]
    assert story(replace(expired, reason=Reason.LIMIT)) == [State.OK]


def test_a_registrars_word_about_a_device_is_no_proof_of_it() -> None:
    """It may still have the registration of an endpoint that is off, or be off itself."""
    heard = [
        replace(seen("sip-lookup", at, reason), is_proof=False)
        for at, reason in ((1, Reason.OK), (61, Reason.TIMEOUT), (121, Reason.AUTH))
    ]
    assert story(*heard) == [None, None, None]
    assert story(heard[0], seen("icmp", 5, Reason.TIMEOUT)) == [None, State.CRIT]
