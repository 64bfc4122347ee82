"""Runs one probe on one target under its deadline and turns whatever happens into a value."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from inventory.errors import InputError
from inventory.language import LANGUAGES
from probes.errors import ProbeError, TimedOut
from probes.model import Memory, Observation, ProbeContext, Reading, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from inventory.credentials import Secret
    from probes.clock import Clock
    from probes.model import Probe, Target
    from probes.transports.model import Transports

_log = logging.getLogger(__name__)
_NOTHING = Reading()


class _Outcome(NamedTuple):
    reason: Reason
    reading: Reading = _NOTHING
    detail: str = ""
    values: Mapping[str, Any] = {}


async def observe(
    target: Target,
    probe: Probe,
    transports: Transports,
    clock: Clock,
    deadline: float,
    secret: Callable[[str], Secret],
    note: Callable[[str], None] = lambda _line: None,
    memory: Memory | None = None,
) -> Observation:
    """Ask `target` with `probe`, at most until `deadline` (the loop's seconds); never raises.

    A failed run has a reason, and in its reading no more than samples which its error carries; an
    answer that a limit cut keeps its samples and has reason `limit`, one of which a part may not be
    read `forbidden`. Refused credentials are told with the reference that they came from. `secret`
    resolves a reference of the inventory; `memory` is what the probe keeps of the target.
    Cancellation passes through.
    """
    started, begun = clock.now(), clock.monotonic()
    taken: list[str] = []

    def resolved(ref: str) -> Secret:
        taken.append(ref)
        return secret(ref)

    context = ProbeContext(clock, deadline, transports, resolved, note, memory or Memory())
    outcome = await _run(target, probe, context)
    if outcome.reason is Reason.AUTH and taken:
        outcome = outcome._replace(values={**outcome.values, "auth": taken[-1]})
    ended = clock.monotonic()
    return Observation(
        target=target,
        probe=probe.name,
        reason=outcome.reason,
        reading=outcome.reading,
        started=started,
        mono=ended,
        took_s=ended - begun,
        ttl_s=probe.ttl_s,
        detail=outcome.detail,
        detail_values=outcome.values,
        is_proof=probe.is_proof,
    )


async def _run(target: Target, probe: Probe, context: ProbeContext) -> _Outcome:
    try:
        async with asyncio.timeout_at(context.deadline) as limit:
            reading = await probe.run(target, context)
    except ProbeError as error:
        return _failed(error)
    except InputError as error:  # a secret that is missing or malformed
        problem = {language: error.text(language) for language in LANGUAGES}
        return _Outcome(Reason.CONFIG, detail="input", values={"problem": problem})
    except Exception as error:  # noqa: BLE001 - the seam: an unforeseen error costs this run alone
        if isinstance(error, TimeoutError) and limit.expired():
            return _failed(TimedOut(probe.silence))
        _log.exception("bug probe=%s device=%s", probe.name, target.name)
        return _Outcome(Reason.BUG, detail="bug", values={"problem": type(error).__name__})
    if reading.complete and reading.withheld:
        return _Outcome(Reason.FORBIDDEN, reading, detail=reading.withheld)
    if reading.complete:
        return _Outcome(Reason.OK, reading)
    return _Outcome(Reason.LIMIT, reading, detail="limit")


def _failed(error: ProbeError) -> _Outcome:
    reading = Reading(samples=error.samples) if error.samples else _NOTHING
    return _Outcome(error.reason, reading, error.detail_code, error.values)
