"""observe(): one run of one probe always ends as a value, whatever the probe does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NoReturn

import pytest

from inventory.credentials import Secret
from inventory.errors import InputError
from inventory.language import LANGUAGES
from probes import errors
from probes.clock import ManualClock, run_virtual
from probes.describe import reason_text
from probes.model import Metric, Probe, Reading, Reason, Sample, Target
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import Transports

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from inventory.language import Language
    from probes.model import Observation, ProbeContext
    from probes.snmp.types import SnmpClient

    Run = Callable[[Target, ProbeContext], Awaitable[Reading]]

TARGET = Target(ward="26740", name="x", kind="generic_host", role="other", host="192.0.2.1")
ONE = Sample(Metric("wardops_test", "gauge", "A value."), 7)


class NoSnmp:
    """No SNMP here: a test that asks it fails."""

    def close(self) -> None:
        """Nothing is open."""


def _transports() -> Transports:
    nothing: SnmpClient = NoSnmp()  # type: ignore[assignment] # never asked in these tests
    return Transports(snmp=nothing, http=FakeHttp({}), echo=FakeEcho({}), tcp=FakeTcp({}))


def _secret(ref: str) -> Secret:
    raise InputError("inventory.secret_no_env", ref=ref, name=ref)


def seen_by(
    run: Run, *, within_s: float = 5.0, clock: ManualClock | None = None,
    secret: Callable[[str], Secret] = _secret,
) -> Observation:  # fmt: skip
    """What observe makes of a probe's run, on virtual time."""
    clock = clock or ManualClock()
    probe = Probe("test", period_s=30, timeout_s=within_s, run=run)

    async def story() -> Observation:
        deadline = clock.monotonic() + within_s
        return await observe(TARGET, probe, _transports(), clock, deadline, secret)

    seen: Observation = run_virtual(story(), clock)
    return seen


def test_a_good_run_keeps_its_reading_and_says_how_long_it_took() -> None:
    async def run(_target: Target, context: ProbeContext) -> Reading:
        await context.clock.sleep(1.5)
        return Reading(samples=(ONE,))

    clock = ManualClock()
    start = clock.now()
    seen = seen_by(run, clock=clock)
    assert (seen.reason, seen.reading.samples, seen.ok) == (Reason.OK, (ONE,), True)
    assert (seen.started, seen.took_s, seen.mono) == (start, 1.5, 1.5)
    assert seen.ttl_s == 75


LEAVES = (
    errors.DnsFailed,
    errors.Unreachable,
    errors.Refused,
    errors.TimedOut,
    errors.TlsExpired,
    errors.TlsUntrusted,
    errors.TlsWrongName,
    errors.AuthFailed,
    errors.Forbidden,
    errors.ProtocolBroken,
    errors.ParseFailed,
    errors.LimitExceeded,
    errors.Unsupported,
    errors.NotConfigured,
    errors.NotPermitted,
    errors.Busy,
)


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_leaf_becomes_its_reason_without_samples(leaf: type[errors.ProbeError]) -> None:
    async def run(_target: Target, _context: ProbeContext) -> NoReturn:
        raise leaf

    seen = seen_by(run)
    assert (seen.reason, seen.reading) == (leaf.reason, Reading())
    assert seen.detail == leaf.reason.value
    for language in LANGUAGES:
        assert reason_text(seen.reason, seen.detail, seen.detail_values, language)


def test_the_leaves_cover_every_reason_that_is_not_made_by_observe_itself() -> None:
    assert {leaf.reason for leaf in LEAVES} == set(Reason) - {Reason.OK, Reason.BUG}


def test_a_detail_comes_with_its_values() -> None:
    async def run(_target: Target, _context: ProbeContext) -> NoReturn:
        raise errors.ProtocolBroken("http_status", status=503)

    seen = seen_by(run)
    assert (seen.detail, dict(seen.detail_values)) == ("http_status", {"status": 503})
    assert "503" in reason_text(seen.reason, seen.detail, seen.detail_values, "en")


def test_a_silent_probe_is_cut_at_the_deadline() -> None:
    async def run(_target: Target, context: ProbeContext) -> NoReturn:
        await context.clock.sleep(3600)
        raise AssertionError

    seen = seen_by(run, within_s=8)
    assert (seen.reason, seen.reading, seen.took_s) == (Reason.TIMEOUT, Reading(), 8)


def test_an_answer_that_a_limit_cut_keeps_its_samples() -> None:
    async def run(_target: Target, _context: ProbeContext) -> Reading:
        return Reading(samples=(ONE,), complete=False)

    seen = seen_by(run)
    assert (seen.reason, seen.reading.samples, seen.ok) == (Reason.LIMIT, (ONE,), False)


@pytest.mark.parametrize("unforeseen", [ValueError("x"), TimeoutError("not ours"), KeyError("k")])
def test_what_a_probe_did_not_foresee_is_a_bug_and_is_logged_with_its_trace(
    unforeseen: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def run(_target: Target, _context: ProbeContext) -> NoReturn:
        raise unforeseen

    seen = seen_by(run)
    assert (seen.reason, seen.reading) == (Reason.BUG, Reading())
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[1] is unforeseen


def test_a_secret_that_is_not_there_is_configuration_in_both_languages() -> None:
    async def run(_target: Target, context: ProbeContext) -> NoReturn:
        context.secret("env:NO_SUCH")
        raise AssertionError

    seen = seen_by(run)
    assert seen.reason is Reason.CONFIG
    texts = {
        language: reason_text(seen.reason, seen.detail, seen.detail_values, language)
        for language in LANGUAGES
    }
    assert all("env:NO_SUCH" in text for text in texts.values())
    assert texts["vi"] != texts["en"]


def test_cancellation_passes_through() -> None:
    clock = ManualClock()
    entered = asyncio.Event()

    async def run(_target: Target, context: ProbeContext) -> NoReturn:
        entered.set()
        await context.clock.sleep(3600)
        raise AssertionError

    async def story() -> bool:
        probe = Probe("test", period_s=30, timeout_s=60, run=run)
        running = asyncio.ensure_future(observe(TARGET, probe, _transports(), clock, 60, _secret))
        await entered.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return running.cancelled()

    assert run_virtual(story(), clock)


def test_a_detail_told_without_its_values_falls_back_to_the_plain_reason() -> None:
    assert reason_text(Reason.PROTOCOL, "http_status", {}, "en") == "Wrong protocol"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refused_account_is_told_by_its_reference_and_not_by_its_secret(
    language: Language,
) -> None:
    async def run(_target: Target, context: ProbeContext) -> Reading:
        context.secret("file:secrets/look.yaml")
        raise errors.AuthFailed

    async def bare(_target: Target, _context: ProbeContext) -> NoReturn:
        raise errors.AuthFailed

    seen = seen_by(run, secret=lambda _ref: Secret("canary"))
    told = reason_text(seen.reason, seen.detail, seen.detail_values, language)
    assert (seen.reason, seen.detail) == (Reason.AUTH, "auth")
    assert "file:secrets/look.yaml" in told
    assert "canary" not in f"{told} {seen!r}"
    plain = seen_by(bare)
    word = {"vi": "kiểm tra", "en": "check"}[language]
    assert word in told
    assert word in reason_text(plain.reason, plain.detail, plain.detail_values, language)
