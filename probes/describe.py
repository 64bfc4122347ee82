"""Observations of one target in words and as the one JSON object of `wardops probe --json`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from inventory.language import has, say
from probes.model import Reason
from probes.path.words import line_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from inventory.language import Language
    from probes.model import Identity, Interface, Observation, Sample, Sensor
    from probes.snmp.neighbours import Neighbour
    from probes.vc.status import VcCall, VcMedia, VcStatus
    from probes.vm.estate import Guest, Store
    from probes.vm.status import VmStatus

_PINGS = frozenset({"icmp", "watch"})


def reason_text(
    reason: Reason, detail: str, values: Mapping[str, object], language: Language
) -> str:
    """Why a probe gave no good answer, in one sentence: the detail's, else the reason's."""
    key = f"reason.{detail}"
    if reason is Reason.AUTH and detail in {"", reason.value}:
        key = "reason.auth_by" if "auth" in values else "reason.auth_check"
    if has(key):
        try:
            return say(key, language, **values)
        except KeyError:  # told without a value that the sentence needs: the plain one will do
            pass
    return say(f"reason.{reason.value}", language)


def deciding(observations: Sequence[Observation]) -> Observation:
    """The observation that stands for all: the first that went wrong, else the first.

    A ping decides only where nothing else was asked: many devices answer all but ping. An extra
    question that the device cannot answer (`unsupported`) decides only where all are such.
    """
    asked = [seen for seen in observations if seen.probe not in _PINGS] or list(observations)
    able = [seen for seen in asked if seen.reason is not Reason.UNSUPPORTED] or asked
    return next((seen for seen in able if not seen.ok), able[0])


def describe(
    name: str,
    observations: Sequence[Observation],
    *,
    seconds: float,
    requests: int,
    language: Language,
) -> dict[str, Any]:
    """The JSON object of the public surface; parts that no probe measured are absent.

    `observations` are of one target, at least one, in order of asking.
    """
    main = deciding(observations)
    error = reason_text(main.reason, main.detail, main.detail_values, language)
    described: dict[str, Any] = {
        "target": name,
        "reason": main.reason.value,
        "error": None if main.ok else error,
        "started": _stamp(observations[0].started),
        "seconds": round(seconds, 6),
        "requests": requests,
    }
    described.update(_parts(observations))
    described["samples"] = [
        _sample(sample) for seen in observations for sample in seen.reading.samples
    ]
    return described


def _parts(observations: Sequence[Observation]) -> Iterator[tuple[str, Any]]:
    readings = [seen.reading for seen in observations]
    for reading in readings:
        if reading.identity is not None:
            yield "identity", _identity(reading.identity)
        if reading.interfaces is not None:
            yield "interfaces", [_interface(port) for port in reading.interfaces]
        if reading.vc is not None:
            yield "vc", _vc(reading.vc)
            if reading.neighbours is not None:
                yield "neighbours", [_neighbour(one) for one in reading.neighbours]
        if reading.vm is not None:
            yield "vm", _vm(reading.vm)
        if reading.estate is not None:
            yield "vms", [_guest(one) for one in reading.estate.guests]
            yield "datastores", [_store(one) for one in reading.estate.stores]
        yield from line_parts(reading)
    sensors = [sensor for reading in readings for sensor in reading.sensors]
    if sensors:
        yield "sensors", [_sensor(sensor) for sensor in sensors]


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _number(value: float | None) -> float | None:
    """JSON has no infinity and no NaN: both say that the value is not known."""
    return value if value is not None and math.isfinite(value) else None


def _sample(sample: Sample) -> dict[str, Any]:
    labels = dict(zip(sample.metric.labels, sample.labels, strict=True))
    return {"name": sample.metric.name, "labels": labels, "value": _number(sample.value)}


def _identity(identity: Identity) -> dict[str, Any]:
    return {
        "vendor": identity.vendor,
        "os": identity.os,
        "class": identity.device_class,
        "model": identity.model,
        "version": identity.version,
        "serial": identity.serial,
    }


def _interface(port: Interface) -> dict[str, Any]:
    return {
        "index": port.index,
        "name": port.name,
        "descr": port.descr,
        "alias": port.alias,
        "type": port.type,
        "admin": port.admin,
        "oper": port.oper,
        "speed_bps": port.speed_bps,
        "mac": port.mac,
    }


def _sensor(sensor: Sensor) -> dict[str, Any]:
    return {
        "class": sensor.device_class,
        "name": sensor.name,
        "value": _number(sensor.value),
        "unit": sensor.unit,
        "kind": sensor.kind,
        "state": sensor.state,
    }


def _neighbour(one: Neighbour) -> dict[str, Any]:
    return {
        "name": one.system_name,
        "port": one.port,
        "address": one.address,
        "source": one.source,
    }


def _vc(vc: VcStatus) -> dict[str, Any]:
    return {
        "registered": {"sip": vc.sip_registered, "h323": vc.h323_registered},
        "in_call": vc.in_call,
        "standby": vc.standby,
        "temperature_celsius": _number(vc.temperature_celsius),
        "peripherals": [
            {"kind": kind, "name": name, "connected": connected}
            for kind, name, connected in vc.peripherals
        ],
        "calls": None if vc.calls is None else [_call(call) for call in vc.live_calls],
        "diagnostics": [{"level": level, "type": kind} for level, kind in vc.diagnostics]
        if vc.has_diagnostics
        else None,
        "ringing": vc.ringing,
        "cloud_registered": vc.cloud_registered,
        "media": [_media(stream) for stream in vc.media],
        "muted": {"microphones": vc.mic_muted, "video": vc.video_muted},
        "volume_ratio": _number(vc.volume_ratio),
        "uptime_seconds": _number(vc.uptime_s),
        "clock": {"offset_seconds": _number(vc.clock_offset_s), "synced": vc.clock_synced},
        "network": {"speed_bps": _number(vc.port_bps), "full_duplex": vc.full_duplex},
    }


def _media(stream: VcMedia) -> dict[str, Any]:
    return {
        "dir": stream.dir,
        "media": stream.media,
        "loss_ratio": _number(stream.loss_ratio),
        "jitter_seconds": _number(stream.jitter_s),
        "rtt_seconds": _number(stream.rtt_s),
        "height_pixels": stream.height_px,
        "fps": _number(stream.fps),
    }


def _call(call: VcCall) -> dict[str, Any]:
    return {
        "status": call.status,
        "direction": call.direction,
        "protocol": call.protocol,
        "tx_bps": _number(call.tx_bps),
        "rx_bps": _number(call.rx_bps),
        "duration_seconds": _number(call.duration_s),
        "encrypted": call.encrypted,
    }


def _vm(vm: VmStatus) -> dict[str, Any]:
    return {
        "memory_available_bytes": vm.memory_available_bytes,
        "memory_used_ratio": _number(vm.memory_used_ratio),
        "cpu_ratio": _number(vm.cpu_ratio),
        "load1": _number(vm.load1),
        "uptime_seconds": _number(vm.uptime_s),
        "filesystems": [
            {
                "mount": disk.mount,
                "avail_ratio": _number(disk.avail_ratio),
                "avail_bytes": _number(disk.avail_bytes),
                "avail_inodes_ratio": _number(disk.avail_inodes_ratio),
            }
            for disk in vm.filesystems
        ],
        "time_offset_seconds": _number(vm.time_offset_s),
        "clock_synced": vm.clock_synced,
        "failed_units": vm.failed_units,
        "pending_security_updates": vm.pending_security_updates,
        "reboot_required": vm.reboot_required,
        "release": vm.release,
        "listening": None
        if vm.listening is None
        else [{"protocol": o.protocol, "address": o.address, "port": o.port} for o in vm.listening],
    }


def _guest(guest: Guest) -> dict[str, Any]:
    return {
        "id": guest.id,
        "kind": guest.kind,
        "name": guest.name,
        "host": guest.host,
        "power": guest.power,
        "cpu_ratio": _number(guest.cpu_ratio),
        "memory_bytes": guest.memory_bytes,
        "memory_used_ratio": _number(guest.memory_used_ratio),
        "disk_bytes": guest.disk_bytes,
        "uptime_seconds": _number(guest.uptime_s),
        "tools": guest.tools,
        "snapshots": guest.snapshots,
        "oldest_snapshot_at": _moment(guest.oldest_snapshot_at),
        "backed_up_at": _moment(guest.backed_up_at),
        "is_in_backup": guest.is_in_backup,
    }


def _store(store: Store) -> dict[str, Any]:
    return {
        "name": store.name,
        "host": store.host,
        "total_bytes": store.total_bytes,
        "free_ratio": _number(store.free_ratio),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else _stamp(at)
