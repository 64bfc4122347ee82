"""What the engine decided as sample lines, written anew at every scrape: ages, states, verdicts."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from agent import metrics_catalog as families
from agent.exposition.block import Buckets, histogram_chunk
from agent.incidents.deadlines import overdue
from agent.regions import region_of
from inventory.errors import InputError
from probes.model import Identity, Sample
from probes.registry import device_type
from probes.services.model import PROBE_SUCCESS as SERVICE_SUCCESS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.exposition.block import Block, Renderer
    from agent.exposition.writer import Selection
    from agent.reports.uplinks import UplinkUse
    from agent.view import AgentView, DeviceView, WardView
    from inventory.values import Vantage
    from probes.model import Observation

_MODULE = "engine"
_HOPS = ("gateway", "pe", "reflector", "resolver")
_DAY_S = 24 * 3600.0
_TTL_S = 1.0  # made and written at the same moment; any positive number would do


def engine_blocks(
    view: AgentView, renderer: Renderer, selection: Selection, *, drill: bool = False
) -> Iterator[Block]:
    """Blocks of the wards and devices that the selection asks for, as of the view's moment."""
    for ward in view.wards:
        code = ward.ward.ward
        in_ward = selection.is_whole or code in selection.wards
        if in_ward:
            yield _ward_block(ward, view, renderer, drill=drill)
        for target in ward.targets:
            name = target.target.name
            if in_ward or name in selection.devices:
                samples = (*_target_samples(target, view), *_call_samples(target, view))
                yield renderer.render_block(code, name, _MODULE, samples, view.mono, _TTL_S)


def _target_samples(target: DeviceView, view: AgentView) -> Iterator[Sample]:
    for observation in target.observations:
        yield from _probe_samples(target, observation)
    for module, count in target.series_dropped.items():
        if count:
            yield Sample(families.SERIES_DROPPED, count, (module,))
    if target.target.role == "service":
        yield from _service_samples(target, view)
    else:
        yield from _device_samples(target, view.vantage, view.mono)


def _call_samples(target: DeviceView, view: AgentView) -> Iterator[Sample]:
    if target.target.role == "vc":
        for result in families.CALL_RESULTS:
            count = view.calls.get((target.target.ward, target.target.name, result), 0)
            yield Sample(families.VC_CALLS, count, (result,))


def _meeting_samples(code: str, view: AgentView) -> Iterator[Sample]:
    """The next meeting of each room within a day, and the minutes of meetings so far."""
    told: set[str] = set()
    for one in view.meetings:
        starts_s = (one.start - view.now).total_seconds()
        if one.ward == code and one.end > view.now and starts_s <= _DAY_S and one.room not in told:
            told.add(one.room)
            yield Sample(families.MEETING_STARTS, starts_s, (one.room,))
            judged = view.rooms.room(code, one.room, one) if view.rooms is not None else None
            if judged is not None and judged.ratio is not None:
                yield Sample(families.MEETING_READINESS, judged.ratio, (one.room,))
    for (ward, room), seconds in sorted(view.room_seconds.items()):
        if ward == code:
            yield Sample(families.MEETING_GOOD, seconds.good_s, (room,))
            yield Sample(families.MEETING_SECONDS, seconds.all_s, (room,))


def _probe_samples(target: DeviceView, observation: Observation) -> Iterator[Sample]:
    name = observation.probe
    yield Sample(families.PROBE_SUCCESS, int(observation.ok), (name,))
    yield Sample(families.PROBE_DURATION, observation.took_s, (name,))
    if not observation.ok:
        yield Sample(families.PROBE_ERROR, 1, (name, observation.reason.value))
    history = target.probes.get(name)
    if history is None:
        return
    if history.last_ok_at is not None:
        yield Sample(families.PROBE_LAST_SUCCESS, history.last_ok_at.timestamp(), (name,))
    for reason, count in sorted(history.runs.items()):
        yield Sample(families.PROBE_RUNS, count, (name, reason.value))


def _service_samples(service: DeviceView, view: AgentView) -> Iterator[Sample]:
    """blackbox_exporter says 0 after a failed check, where a probe of ours gives no samples.

    The newest run counts: the good samples of the run before may still be within their ttl.
    """
    checks = (one for one in service.observations if one.is_proof)
    newest = max(checks, key=lambda one: one.mono, default=None)
    if newest is not None and view.mono - newest.mono <= newest.ttl_s:
        labels = (service.target.name, service.target.vantage)
        yield Sample(SERVICE_SUCCESS, int(newest.ok), labels)


def _device_samples(device: DeviceView, vantage: Vantage, mono: float) -> Iterator[Sample]:
    yield Sample(families.DEVICE_AGE, float(device.data_age_s))
    for state in families.DEVICE_STATES:
        yield Sample(families.DEVICE_STATE, int(state == device.state), (state,))
    if device.reachable is not None:
        yield Sample(families.DEVICE_REACHABLE, int(device.reachable), (vantage,))
    yield Sample(families.DEVICE_ON_DUTY, int(device.on_duty))
    yield Sample(families.DEVICE_INFO, 1, _device_info(device))
    if device.target.role not in _HOPS:
        yield Sample(families.DEVICE_RESTARTS, device.restarts)
    yield from _port_samples(device, mono)


def _port_samples(device: DeviceView, mono: float) -> Iterator[Sample]:
    """Whether the uplink's rate can be trusted; nothing when it was not read twice."""
    for seen in device.observations:
        if not seen.reading.interfaces or not seen.ok or mono - seen.mono > seen.ttl_s:
            continue
        yield Sample(families.RENUMBERINGS, device.renumberings)
        for port in seen.reading.interfaces:
            if device.target.uplink not in (port.name, port.descr):
                continue
            flow = device.flows.get(port.index)
            if flow is not None:
                labels = (port.name, port.descr or "", port.alias or "")
                yield Sample(families.RATE_TRUSTED, int(flow.is_trusted), labels)


def _device_info(device: DeviceView) -> tuple[str, ...]:
    """What the device says of itself, else what its type says; empty where neither does."""
    target, said = device.target, device.identity or Identity()
    vendor, kind_class = declared(target.kind)
    found_class = said.device_class if said.device_class != "unknown" else kind_class
    return (
        found_class, said.vendor or vendor, said.model or "", said.os or "", said.version or "",
        target.role, target.uplink or "",
    )  # fmt: skip


@cache
def declared(kind: str) -> tuple[str, str]:
    """Vendor and class that the device type of that kind gives; a hop of the path has neither."""
    try:
        found = device_type(kind)
    except InputError:
        return "", "unknown"
    return found.vendor, found.device_class


def _ward_block(ward: WardView, view: AgentView, renderer: Renderer, *, drill: bool) -> Block:
    code = ward.ward.ward
    samples = (
        *_ward_samples(ward), *_incident_samples(ward), *_overdue_samples(ward, view),
        *_meeting_samples(code, view), *_uplink_samples(view.uplinks.get(code)),
    )  # fmt: skip
    block = renderer.render_block(code, "", _MODULE, samples, view.mono, _TTL_S)
    metric = families.INCIDENT_DURATION
    durations = histogram_chunk(metric, _durations(ward), drill=drill)
    if not durations:
        return block
    return replace(block, chunks=MappingProxyType({**block.chunks, metric.name: durations}))


def _uplink_samples(use: UplinkUse | None) -> Iterator[Sample]:
    """The circuit by direction; the percentile alone only where the rule has a verdict."""
    if use is None:
        return
    for way, load in use.loads.items():
        yield Sample(families.UPLINK_CAPACITY, use.capacity_bps, (way, "contract"))
        if way in use.used:
            yield Sample(families.UPLINK_USED, use.used[way], (way,))
        yield Sample(families.UPLINK_COVERAGE, load.coverage, (way,))
        if load.p95 is not None and load.state != "not_enough":
            yield Sample(families.UPLINK_P95, load.p95.share, (way,))
            yield Sample(families.UPLINK_COMPLIANT, int(load.state != "breach"), (way,))


def _ward_samples(ward: WardView) -> Iterator[Sample]:
    unit, link, verdict = ward.unit, ward.ward.primary_link, ward.verdict
    place = (unit.name, unit.slug, unit.kind, unit.area, region_of(unit))
    yield Sample(families.WARD_INFO, 1, (*place, link.carrier if link else ""))
    now = verdict.state if verdict else "unknown"
    for state in families.WARD_STATES:
        yield Sample(families.WARD_STATE, int(state == now), (state,))
    where = verdict.segment if verdict else "unknown"
    for segment in families.SEGMENTS:
        yield Sample(families.WARD_VERDICT, int(segment == where), (segment,))
    if verdict:
        yield Sample(families.WARD_CONFIDENCE, verdict.confidence)
        yield Sample(families.WARD_UNMEASURED, len(verdict.unmeasured))
    if ward.since:
        yield Sample(families.WARD_SINCE, ward.since.timestamp())
    for dimension, share in ward.quality.figures.items():
        yield Sample(families.DATA_QUALITY, share, (dimension,))
    for quantile, age_s in ward.quality.age_s.items():
        yield Sample(families.DATA_AGE, age_s, (f"{quantile:g}",))


def _incident_samples(ward: WardView) -> Iterator[Sample]:
    now_open: Counter[tuple[str, str, str]] = Counter(
        (incident.kind, incident.root.segment, incident.severity.lower())
        for incident in ward.open_incidents
    )
    opened = {(*key[:2], key[2].lower()): n for key, n in ward.counts.opened.items()}
    for key in sorted({*now_open, *opened}):
        yield Sample(families.INCIDENT_OPEN, now_open[key], key)
        yield Sample(families.INCIDENTS, max(opened.get(key, 0), now_open[key]), key)
    held = sum(len(incident.held_now) for incident in ward.open_incidents)
    yield Sample(families.INCIDENT_SUPPRESSED, held)


def _overdue_samples(ward: WardView, view: AgentView) -> Iterator[Sample]:
    alive = (one for one in ward.incidents if one.t_closed is None)
    late = Counter[str](clock.group for one in alive for clock in overdue(one, view.now))
    for group in families.CLOCKS:
        yield Sample(families.INCIDENT_OVERDUE, late[group], (group,))


def _durations(ward: WardView) -> Iterator[Buckets]:
    for segment, durations_s in sorted(ward.counts.durations_s.items()):
        ordered = sorted(durations_s)
        bounds = tuple(
            (bound, bisect_right(ordered, bound)) for bound in families.DURATION_BOUNDS_S
        )
        labels = (("ward", ward.ward.ward), ("root_kind", segment))
        yield Buckets(labels, bounds, len(ordered), float(sum(ordered)))
