"""Looks at a video endpoint from outside: which of its ports answer. Nothing is told of the room.

For makers whose own interface is not read. A port that refuses is closed; one that is silent may be
filtered, so it stays unknown.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from probes.errors import ProbeError, Refused, TimedOut, Unsupported
from probes.model import Metric, Probe, Reading, Sample
from probes.services import sip
from probes.vc.model import VC_UP, samples_of
from probes.vc.status import VcStatus

if TYPE_CHECKING:
    from probes.model import ProbeContext, Target

_SPARE_S = 0.5  # of the deadline, to tell what was found

VC_PORT_OPEN = Metric(
    "wardops_vc_port_open",
    "gauge",
    "1 when this port of a video endpoint (https, h323, sip, sips) answers, 0 when it refuses; "
    "absent when it is silent.",
    ("port",),
)


@dataclass(frozen=True, slots=True)
class Doors:
    """The ports that are tried, all within so many seconds; h323 is that of H.225.0 (ITU-T)."""

    https: int = 443
    h323: int = 1720
    sip: int = 5060
    sips: int = 5061
    within_s: float = 3.0


async def run(target: Target, context: ProbeContext) -> Reading:
    """Try the usual ports. Raises as `look` does."""
    return await look(target, context, Doors())


async def look(target: Target, context: ProbeContext, doors: Doors) -> Reading:
    """Try all ports at once: TCP connects, and OPTIONS by UDP where SIP should answer.

    Raises Refused when the machine is there and every port that answers is closed, else the error
    of the first port.
    """
    until = min(context.deadline - _SPARE_S, context.clock.monotonic() + doors.within_s)
    found = await asyncio.gather(
        _connects(target, context, doors.https, until),
        _connects(target, context, doors.h323, until),
        _speaks_sip(target, context, doors.sip, until),
        _connects(target, context, doors.sips, until),
    )
    named = tuple(zip(("https", "h323", "sip", "sips"), found, strict=True))
    if not any(error is None for error in found):
        refused = any(isinstance(error, Refused) for error in found)
        raise Refused("vc_outside") if refused else found[0] or TimedOut()
    vc = VcStatus()
    told = [
        (name, error is None)
        for name, error in named
        if error is None or isinstance(error, Refused)
    ]
    context.note(f"vc-generic: {', '.join(name for name, is_open in told if is_open)} open")
    return Reading(
        samples=(
            *samples_of(vc),
            *(Sample(VC_PORT_OPEN, int(is_open), (name,)) for name, is_open in told),
        ),
        vc=vc,
        method="outside checks only",
    )


async def _connects(
    target: Target, context: ProbeContext, port: int, until: float
) -> ProbeError | None:
    try:
        await context.transports.tcp.connect(target.host, port, deadline=until)
    except ProbeError as error:
        return error
    return None


async def _speaks_sip(
    target: Target, context: ProbeContext, port: int, until: float
) -> ProbeError | None:
    """Whether it answers OPTIONS by UDP, whatever the answer; else whether TCP is open there."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    asked = replace(target, url=f"sip://{host}:{port}")
    half = (context.clock.monotonic() + until) / 2
    try:
        async with asyncio.timeout_at(half):
            await sip.run(asked, replace(context, deadline=half))
    except TimeoutError:
        pass
    except (TimedOut, Refused, Unsupported):
        pass
    except ProbeError as error:
        # An answer that tells of an illness is an answer; what is no SIP at all is none.
        if error.detail_code == "sip_ill":
            return None
    else:
        return None
    return await _connects(target, context, port, until)


PROBE = Probe(name="vc-generic", period_s=60, timeout_s=5, run=run, metrics=(VC_UP, VC_PORT_OPEN))
