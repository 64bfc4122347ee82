"""The ping probe over an in-memory echo client."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from probes.clock import ManualClock, run_virtual
from probes.errors import NotPermitted, ProbeError, Unreachable
from probes.model import Reading, Reason, Target
from probes.path.icmp_probe import PROBE
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import Transports

if TYPE_CHECKING:
    from inventory.credentials import Secret
    from probes.model import Observation

GATEWAY = Target(
    ward="26740", name="gateway", kind="gateway", role="gateway", host="192.0.2.1", vantage="hub"
)
SWITCH = replace(GATEWAY, name="sw-1", kind="generic_switch", role="core")


def _no_secret(_ref: str) -> Secret:
    raise AssertionError


def seen_for(target: Target, *rtts: float | None, error: ProbeError | None = None) -> Observation:
    """What the probe makes of these round trips."""
    clock, snmp = ManualClock(), _nothing()
    echo = FakeEcho({"192.0.2.1": error or rtts})
    transports = Transports(snmp=snmp, http=FakeHttp({}), echo=echo, tcp=FakeTcp({}))
    story = observe(target, PROBE, transports, clock, 3.0, _no_secret)
    seen: Observation = run_virtual(story, clock)
    return seen


def _nothing() -> Any:
    return None


def _values(reading: Reading) -> dict[tuple[str, ...], float]:
    return {(s.metric.name, *s.labels): s.value for s in reading.samples}


def test_a_gateway_is_a_path_with_loss_and_jitter() -> None:
    seen = seen_for(GATEWAY, 0.010, None, 0.014, 0.010, 0.012)
    assert seen.reason is Reason.OK
    assert seen.reading.echo is not None
    assert (seen.reading.echo.sent, seen.reading.echo.lost) == (5, 1)
    values = _values(seen.reading)
    assert values[("probe_icmp_duration_seconds", "hub", "rtt")] == 0.011
    assert values[("wardops_path_loss_ratio", "hub", "icmp", "be", "round")] == 0.2
    assert values[("wardops_path_jitter_seconds", "hub", "icmp", "be", "round")] > 0


def test_a_switch_is_no_path() -> None:
    values = _values(seen_for(SWITCH, 0.001, 0.001, 0.003).reading)
    assert values == {("probe_icmp_duration_seconds", "hub", "rtt"): 0.001}


def test_one_answer_has_no_jitter() -> None:
    values = _values(seen_for(GATEWAY, 0.010, None, None, None, None).reading)
    assert ("wardops_path_loss_ratio", "hub", "icmp", "be", "round") in values
    assert not any(key[0] == "wardops_path_jitter_seconds" for key in values)


def test_silence_leaves_no_samples() -> None:
    seen = seen_for(GATEWAY, None, None, None, None, None)
    assert (seen.reason, seen.detail, seen.reading) == (Reason.TIMEOUT, "icmp_silent", Reading())


@pytest.mark.parametrize(
    ("error", "reason"),
    [(Unreachable(), Reason.UNREACHABLE), (NotPermitted("icmp_none"), Reason.PERMISSION)],
)
def test_what_the_network_says_is_the_reason(error: ProbeError, reason: Reason) -> None:
    seen = seen_for(GATEWAY, error=error)
    assert (seen.reason, seen.reading) == (reason, Reading())
