"""Sends a test document from the ward to the centre and one back: does each arrive, and how soon.

Beta: it speaks the plain contract of a test object (JSON over HTTP, docs/services.md), because no
real system's API has been given yet. It sends, so that a person starts it; without a test object
in the inventory there is nothing to measure.
"""

from __future__ import annotations

import asyncio
import json
import secrets as chance
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from probes.errors import (
    AuthFailed,
    Forbidden,
    NotConfigured,
    ParseFailed,
    ProbeError,
    ProtocolBroken,
    TimedOut,
)
from probes.model import Metric, Probe, Reading, Sample
from probes.services.parts import streams_of, trust_of
from probes.transports.visit import Ask, visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import ProbeContext, Target
    from probes.transports.visit import Visit

TITLE = "KIỂM TRA wardops"  # what people see who come upon it: a test, to be ignored
_EACH_S = 50.0
_TO_WAIT = 0.8  # of a direction's share of the deadline; the rest is for clearing up
_LOOK_EVERY_S = 1.0
_TO_DELETE_S = 5.0
_MAX_BYTES = 100_000

FLOW_SECONDS = Metric(
    "wardops_document_flow_seconds",
    "gauge",
    "From sending a test document until the other side sees it.",
    ("service", "vantage", "leg"),
    "seconds",
)
FLOW_SUCCESS = Metric(
    "wardops_document_flow_success",
    "gauge",
    "1 when the test document of that direction arrived.",
    ("service", "vantage", "leg"),
)


class _Leg(NamedTuple):
    """One direction: its name, who sends and who waits, by their tokens."""

    name: str
    sender: str
    receiver: str


class _End(NamedTuple):
    """What became of one document: seconds until it was seen, or why it was not."""

    leg: str
    took_s: float | None = None
    error: ProbeError | None = None


async def run(target: Target, context: ProbeContext) -> Reading:
    """Try both directions, one after the other; each has its own time and its own result.

    A direction that fails makes the whole fail, by its own reason and with the samples of both.
    Raises NotConfigured without a test object.
    """
    if target.flow is None:
        raise NotConfigured("flow_none")
    ward, centre = (
        context.secret(ref).reveal().strip() for ref in (target.flow.ward, target.flow.centre)
    )
    legs = (_Leg("out", ward, centre), _Leg("in", centre, ward))
    ends = []
    for left, leg in zip((len(legs), 1), legs, strict=True):
        ends.append(await _try(leg, target, context, legs_left=left))
    samples = tuple(_samples(target, ends))
    failed = [(end.leg, end.error) for end in ends if end.error is not None]
    if not failed:
        return Reading(samples=samples, method="document flow")
    broken = "both" if len(failed) == len(ends) else failed[0][0]
    arrived = next((end.took_s for end in ends if end.took_s is not None), None)
    values = {} if arrived is None else {"seconds": round(arrived, 1)}
    raise type(failed[0][1])(f"flow_{broken}", **values).with_samples(samples)


async def _try(leg: _Leg, target: Target, context: ProbeContext, *, legs_left: int) -> _End:
    begun = context.clock.monotonic()
    share_s = _TO_WAIT * (context.deadline - begun) / legs_left
    try:
        async with asyncio.timeout(min(_EACH_S, share_s)):
            await _carry(leg, target, context)
    except TimeoutError:
        return _End(leg.name, error=TimedOut())
    except ProbeError as error:
        return _End(leg.name, error=error)
    return _End(leg.name, took_s=context.clock.monotonic() - begun)


async def _carry(leg: _Leg, target: Target, context: ProbeContext) -> None:
    """Send one document and wait until the other side sees it; it is deleted in any case."""
    number = f"wardops-{chance.token_hex(8)}"
    said = json.dumps({"number": number, "title": TITLE, "leg": leg.name}).encode()
    sent = await _ask(target, context, "", Ask("POST", said, leg.sender))
    _refuse(sent)
    document = _id_of(sent)
    try:
        while not await _is_seen(document, leg, target, context):
            await context.clock.sleep(_LOOK_EVERY_S)
    finally:
        with suppress(ProbeError, TimeoutError):
            async with asyncio.timeout(_TO_DELETE_S):
                await _ask(target, context, document, Ask("DELETE", token=leg.sender))


async def _is_seen(document: str, leg: _Leg, target: Target, context: ProbeContext) -> bool:
    looked = await _ask(target, context, document, Ask(token=leg.receiver))
    if looked.status == 404:
        return False
    _refuse(looked)
    return True


async def _ask(target: Target, context: ProbeContext, document: str, ask: Ask) -> Visit:
    base = target.flow.url.rstrip("/") if target.flow else ""
    url = f"{base}/{quote(document, safe='')}" if document else base
    wire, trust = streams_of(context), trust_of(target)
    return await visit(wire, url, trust, max_bytes=_MAX_BYTES, family=target.family, ask=ask)


def _refuse(answer: Visit) -> None:
    if answer.status == 401:
        raise AuthFailed
    if answer.status == 403:
        raise Forbidden
    if not 200 <= answer.status < 300:
        raise ProtocolBroken("http_status", status=answer.status)


def _id_of(answer: Visit) -> str:
    try:
        found = json.loads(answer.body)["id"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ParseFailed from error
    if not isinstance(found, str) or not found:
        raise ParseFailed
    return found


def _samples(target: Target, ends: list[_End]) -> Iterator[Sample]:
    for end in ends:
        labels = (target.name, target.vantage, end.leg)
        yield Sample(FLOW_SUCCESS, int(end.error is None), labels)
        if end.took_s is not None:
            yield Sample(FLOW_SECONDS, end.took_s, labels)


PROBE = Probe(
    name="document-flow",
    period_s=900,
    timeout_s=120,
    run=run,
    metrics=(FLOW_SECONDS, FLOW_SUCCESS),
    on_demand=True,
    silence="flow_both",
)
