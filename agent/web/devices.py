"""Devices, their ports and services as the API's types."""

from __future__ import annotations

from dataclasses import asdict
from math import isfinite
from typing import TYPE_CHECKING

from agent import wire
from agent.checks import State, state_of
from agent.exposition.engine import declared
from agent.web.present import finite
from probes.model import Identity
from probes.snmp.sensor_metrics import SENSOR_OK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.view import AgentView, DeviceView, WardView
    from probes.counters import Rate
    from probes.model import Interface, Observation, Sample

STREAM = ("dir", "media")  # the labels of what is told of each stream of a call
_STATES = {State.OK: "ok", State.WARN: "degraded", State.CRIT: "down", State.UNKNOWN: "unknown"}


def device(found: DeviceView, view: AgentView) -> wire.Device:
    """A device in a list."""
    return wire.Device.model_validate(_fields(found, view))


def device_detail(found: DeviceView, view: AgentView) -> wire.DeviceDetail:
    """A device with the newest run of each probe, and its live values by name.

    Of values with one label the name is `name{label}`: `wardops_vc_registered{sip}`; what a device
    says of a part of itself is `wardops_sensor_ok{PSU 1,psu}`, of a call's stream
    `wardops_vc_media_loss_ratio{rx,main}`. Those of ports are with the ports.
    """
    facts = {
        _fact_name(sample): _fact(observation, sample.value, sample.metric.unit)
        for observation in found.observations
        if is_live(observation, view)
        for sample in observation.reading.samples
        if _is_told(sample) and isfinite(sample.value)
    }
    runs = tuple(_run(observation, view) for observation in found.observations)
    return wire.DeviceDetail.model_validate(
        {
            **_fields(found, view),
            "facts": facts,
            "observations": runs,
            "slowed": tuple(asdict(one) for one in found.slowed),
        }
    )


def interfaces(found: DeviceView, view: AgentView) -> Iterator[wire.Interface]:
    """The ports of the newest answer that is still live; none when nothing is."""
    beside = dict(_neighbours(found, view))
    for observation in found.observations:
        if is_live(observation, view):
            for port in observation.reading.interfaces or ():
                yield _port(found, port, beside.get(port.index))


def _neighbours(found: DeviceView, view: AgentView) -> Iterator[tuple[int, str]]:
    """Who stands behind a port by LLDP or CDP, with the port there, by ifIndex."""
    for observation in found.observations:
        for one in (observation.reading.neighbours or ()) if is_live(observation, view) else ():
            name = one.system_name or one.address or one.chassis
            if one.local_index is not None and name:
                yield one.local_index, f"{name} {one.port or ''}".strip()


def service(found: DeviceView, ward: WardView, view: AgentView) -> wire.Service:
    """A service as it is seen from here."""
    declared_as = next(one for one in ward.ward.services if found.target.name in one.names)
    name, mark = declared_as.name, " (IPv6)" if found.target.name != declared_as.id else ""
    newest = max(found.observations, key=lambda one: one.mono, default=None)
    live = newest if newest is not None and is_live(newest, view, good=False) else None
    return wire.Service(
        id=found.target.name,
        ward=ward.unit.code,
        name=wire.Text(vi=name.vi + mark, en=name.en + mark),
        module=declared_as.module,
        state=found.state,
        since=found.since,
        reason=live.reason.value if live else None,
        took_s=round(live.took_s, 6) if live else None,
        data_age_s=finite(found.data_age_s),
        finding="ipv6_broken" if found.is_ipv6_broken else None,
    )


def is_live(observation: Observation, view: AgentView, *, good: bool = True) -> bool:
    """Whether its values may be shown as current: a run that tells, not older than its ttl."""
    return (observation.tells or not good) and view.mono - observation.mono <= observation.ttl_s


def _fields(found: DeviceView, view: AgentView) -> dict[str, object]:
    target, said = found.target, found.identity or Identity()
    vendor, declared_class = declared(target.kind)
    known = said.device_class != "unknown"
    machines = view.machines
    power = machines.power(target.ward, target.name) if machines is not None else None
    return {
        "name": target.name, "ward": target.ward, "kind": target.kind, "role": target.role,
        "class": said.device_class if known else declared_class,
        "state": found.state, "state_type": found.state_type, "since": found.since,
        "attempt": found.attempt, "max_attempts": found.max_attempts, "parents": found.parents,
        "held_by": found.held_by, "on_duty": found.on_duty, "reachable": found.reachable,
        "data_age_s": finite(found.data_age_s), "vendor": said.vendor or vendor or None,
        "model": said.model, "os": said.os, "version": said.version,
        "insecure": target.https is not None and target.https.insecure,
        "power": power[0] if power else None, "power_by": power[1] if power else None,
    }  # fmt: skip


def _bits(octets: Rate) -> float | None:
    """Octets per second as bit/s."""
    return None if octets.per_s is None else round(octets.per_s * 8, 1)


def _run(observation: Observation, view: AgentView) -> wire.Observation:
    """A probe's newest run: how long it took, and what it came to."""
    live = is_live(observation, view, good=False)
    state = _STATES[state_of(observation.reason)] if live else "unknown"
    return _observed(observation, observation.took_s, "seconds", state)


def _is_told(sample: Sample) -> bool:
    """Whether a value stands with the device itself: it has at most one label, or is a stream's."""
    is_of_part = sample.metric is SENSOR_OK or sample.metric.labels == STREAM
    return len(sample.labels) <= 1 or is_of_part


def _fact_name(sample: Sample) -> str:
    name = sample.metric.name
    return f"{name}{{{','.join(sample.labels)}}}" if sample.labels else name


def _fact(observation: Observation, value: float, unit: str) -> wire.Observation:
    return _observed(observation, value, unit, "ok")


def _observed(observation: Observation, value: float, unit: str, state: str) -> wire.Observation:
    fields = {
        "value": value, "unit": unit, "state": state, "ts": observation.started,
        "ttl_s": observation.ttl_s, "source": observation.probe,
        "method": observation.reading.method, "reason": observation.reason.value,
    }  # fmt: skip
    return wire.Observation.model_validate(fields)


def _port(found: DeviceView, port: Interface, neighbor: str | None) -> wire.Interface:
    target = found.target
    flow = found.flows.get(port.index)
    return wire.Interface(
        port_id=found.port_ids.get(port.index) or f"{target.ward}/{target.name}/{port.name}",
        ifIndex=port.index,
        ifName=port.name,
        ifDescr=port.descr,
        ifAlias=port.alias,
        admin=port.admin,
        oper=port.oper,
        speed_bps=port.speed_bps,
        in_bps=_bits(flow.into) if flow else None,
        out_bps=_bits(flow.out) if flow else None,
        rate_trusted=flow.is_trusted if flow else None,
        neighbor=neighbor,
        uplink=port.name == target.uplink,
    )
