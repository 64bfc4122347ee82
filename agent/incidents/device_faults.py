"""Single devices that are silent on their own: no verdict speaks of them, nothing explains them.

A fault behind the verdict's segment is its symptom; one that is not is independent, has an
incident of its own, and stands beside the verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.incidents.severity import WHOLE_WARD, device_severity
from agent.verdict.hold import not_measured
from agent.verdict.sight import port_of
from agent.ward_checks import REACHABLE
from inventory.meetings import room_of
from inventory.model import Role
from playbooks.verdict.model import Sentence, Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from agent.incidents.record import Severity
    from agent.watching import WardWatch
    from inventory.model import Device
    from playbooks.verdict.model import Segment
    from probes.model import Interface
    from probes.vm.estate import Power

# The verdict's own objects: its rows say what their silence means.
_JUDGED = frozenset({Role.CORE, Role.CE})


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """One silent device: its verdict-like sentence, its severity, for how many seconds HARD."""

    name: str
    verdict: Verdict
    severity: Severity
    hard_for_s: float


def faults_of(
    watch: WardWatch, verdict: Verdict, at: datetime, mono: float
) -> tuple[DeviceFault, ...]:
    """The independent faults of a ward beside its verdict, in the inventory's order."""
    states = {name: state for (name, check), state in watch.checks.items() if check == REACHABLE}
    silent = [d for d in watch.ward.devices if d.name in states and states[d.name].is_hard_bad]
    if not silent:
        return ()
    dark = not_measured(watch.holds, states, watch.topology)
    rooms = watch.rooms.in_meeting(at, mono)
    return tuple(
        _fault(watch, device, verdict, mono - (states[device.name].hard_since_mono or mono), rooms)
        for device in silent
        if device.name not in dark and is_independent(watch, device, verdict, at, mono)
    )


def _fault(
    watch: WardWatch, device: Device, verdict: Verdict, hard_for_s: float, rooms: frozenset[str]
) -> DeviceFault:
    children = len(watch.topology.descendants(device.name))
    severity = device_severity(children=children, in_meeting=room_of(device) in rooms)
    power = watch.power_of(device.name)
    return DeviceFault(device.name, _as_verdict(device, verdict, power), severity, hard_for_s)


def is_independent(
    watch: WardWatch, device: Device, verdict: Verdict, at: datetime, mono: float
) -> bool:
    """Whether that device's silence now is neither off duty, nor the verdict's, nor explained."""
    if device.role in _JUDGED or not watch.is_on_duty(device.name, at):
        return False
    return verdict.root != fact_of(device) and not is_explained(watch, device, verdict, at, mono)


def is_explained(
    watch: WardWatch, device: Device, verdict: Verdict, at: datetime, mono: float
) -> bool:
    """Whether a broken ancestor holds the device, or the verdict's segment stands before it."""
    if watch.holds.by(device.name) is not None:
        return True
    if verdict.segment == "lan" and verdict.part == "devices":
        return _port_is_lost(watch, device, at, mono)
    if verdict.state != "down" or device.site != "ward":
        return False
    if verdict.segment == "switch":
        core = watch.ward.core
        return core is not None and device.name in watch.topology.descendants(core.name)
    return verdict.segment in WHOLE_WARD or verdict.part == "agent_link"


def fact_of(device: Device) -> str:
    """The fact that an incident about this device hangs on; a room's endpoint is its room."""
    if device.role is Role.VC:
        return f"vc[{room_of(device)}]"
    return f"device[{device.name}]"


def device_named(watch: WardWatch, fact: str) -> Device | None:
    """The device that a fact is about, None for the facts of a whole ward."""
    return next((one for one in watch.ward.devices if fact_of(one) == fact), None)


def _port_is_lost(watch: WardWatch, device: Device, at: datetime, mono: float) -> bool:
    """Whether the port that leads to it has no link; of redundant ones all, of needed ones any."""
    ways = [way.partition(":") for way in device.ways]
    lost = [
        port is not None and port.oper is not None and port.oper != "up"
        for name, _, named in ways
        for port in [_port(watch, name, named, at, mono)]
    ]
    return bool(lost) and (any(lost) if device.needs_all else all(lost))


def _port(watch: WardWatch, name: str, port: str, at: datetime, mono: float) -> Interface | None:
    return port_of(watch.seen(name, at, mono), port) if port and name in watch.targets else None


def _as_verdict(device: Device, verdict: Verdict, power: tuple[Power, str] | None) -> Verdict:
    """What a silent device is told as; a machine that is off with who says so."""
    segment, part = _place(device)
    said, values = "device_silent", {"d": device.name}
    if power is not None and power[0] in {"off", "suspended"}:
        said, values = f"device_{power[0]}", {"d": device.name, "h": power[1]}
    return Verdict(
        vantage=verdict.vantage,
        segment=segment,
        part=part,
        state="degraded",
        confidence=0.90,
        row="",
        root=fact_of(device),
        headline=Sentence(f"incident.{said}", values),
    )


def _place(device: Device) -> tuple[Segment, str]:
    """Segment and part of a single device: where it stands, never whose fault a whole side is."""
    if device.role is Role.VC:
        return "meeting", "endpoint"
    return ("dc", "device") if device.site == "dc" else ("lan", "device")
