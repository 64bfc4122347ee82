"""Asks a SIP server for its OPTIONS (RFC 3261 section 11): alive, ill, or silent.

Any final answer of the server itself proves it alive, also one that refuses: only 5xx and 6xx say
that it is ill, and 408 that what stands behind it is silent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.model import Probe, Reading
from probes.services.model import SIP_CODE, SIP_RTT, SIP_UP
from probes.services.parts import (
    COMMON,
    OF_TLS,
    SILENCE,
    advised,
    check_samples,
    endpoint,
    sample,
    tls_samples,
)
from probes.services.sip_message import Request, opened, written
from probes.services.sip_talk import Seen, open_talk, refuse_ill, transport_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import ProbeContext, Sample, Target
    from probes.services.sip_message import Place


async def run(target: Target, context: ProbeContext) -> Reading:
    """OPTIONS to the server of the service's URL: by UDP, TCP (`?transport=tcp`) or TLS (`sips:`).

    Raises ProtocolBroken for 5xx and 6xx, TimedOut for 408 and silence, ParseFailed for other
    talk, NotConfigured for another transport, what handshakes and sockets raise.
    """
    begun, seen = context.clock.monotonic(), Seen()
    async with open_talk(target, context, seen) as talk:
        answer = await talk.ask(_question(endpoint(target.url or ""), talk.local))
    refuse_ill(answer)
    took_s = context.clock.monotonic() - begun
    samples = tuple(_samples(target, answer.status, took_s, seen))
    return Reading(samples=samples, method=f"sip {transport_of(target.url or '')}")


def _question(there: Place, here: Place) -> Request:
    """RFC 3261 section 11.1; no name of a person or room is in it."""
    own, other = f"sip:wardops@{written(here)}", f"sip:{written(there)}"
    accept = ("Accept", "application/sdp")
    return Request("OPTIONS", other, opened(own, other, own), more=(accept,))


def _samples(target: Target, status: int, took_s: float, seen: Seen) -> Iterator[Sample]:
    yield from check_samples(target, took_s, seen.course)
    yield sample(SIP_UP, 1, target)
    yield sample(SIP_CODE, status, target)
    yield sample(SIP_RTT, took_s, target)
    yield from tls_samples(target, seen.seal)


PROBE = Probe(
    name="sip-options",
    period_s=60,
    timeout_s=5,
    run=advised(run),
    silence=SILENCE,
    metrics=(*COMMON, SIP_UP, SIP_CODE, SIP_RTT, *OF_TLS),
)
