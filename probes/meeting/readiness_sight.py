"""What single targets of a scene show: who answers, who is silent, what was read. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from inventory.model import Role
from probes.model import TTL_PERIODS, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inventory.model import Device
    from probes.meeting.readiness_model import Scene
    from probes.model import Interface, Observation, Reading

SILENT = frozenset({Reason.TIMEOUT, Reason.UNREACHABLE})
# Reasons that come from the other end, or from a machine that is there: nobody else refuses.
_THERE = frozenset(
    {
        Reason.OK, Reason.REFUSED, Reason.TLS_EXPIRED, Reason.TLS_UNTRUSTED, Reason.TLS_NAME,
        Reason.AUTH, Reason.FORBIDDEN, Reason.PROTOCOL, Reason.PARSE, Reason.LIMIT, Reason.BUSY,
        Reason.UNSUPPORTED,
    }
)  # fmt: skip
_BRISK_TTL_S = TTL_PERIODS * 60.0
_SLOW_TTL_S = TTL_PERIODS * 300.0  # what lives longer (who it is) says nothing of now


class Read(NamedTuple):
    """A reading with when it was made and how old it is."""

    reading: Reading
    seen: Observation
    age_s: float


def fresh(scene: Scene, name: str) -> tuple[Observation, ...]:
    """The runs on a target that still count, the newest first."""
    live = [
        one for one in scene.seen.get(name, ()) if scene.mono - one.mono <= one.ttl_s <= _SLOW_TTL_S
    ]
    return tuple(sorted(live, key=lambda one: -one.mono))


def checks(scene: Scene, name: str) -> tuple[Observation, ...]:
    """Those of the fresh runs that are about the target itself, not what others say of it."""
    return tuple(one for one in fresh(scene, name) if one.is_proof)


def answers(scene: Scene, name: str) -> bool | None:
    """Whether a target is there: any fresh answer says yes, silence of all says no.

    What is asked every few minutes only (time, certificates) may have answered before it fell.
    """
    runs = [one for one in checks(scene, name) if one.ttl_s <= _BRISK_TTL_S]
    if any(one.reason in _THERE for one in runs):
        return True
    return False if runs and all(one.reason in SILENT for one in runs) else None


def read(scene: Scene, name: str, has: Callable[[Reading], object]) -> Read | None:
    """The newest fresh reading in which `has` finds something."""
    for one in fresh(scene, name):
        if has(one.reading) is not None:
            return Read(one.reading, one, max(0.0, scene.mono - one.mono))
    return None


def last_age_s(scene: Scene, name: str) -> float | None:
    """How long ago a target was asked last, whatever came of it; None for never."""
    return min((scene.mono - one.mono for one in scene.seen.get(name, ())), default=None)


def endpoint_of(scene: Scene) -> Device | None:
    """The video endpoint of the room; an endpoint without a room is its own room."""
    for device in scene.ward.devices:
        target = scene.targets.get(device.name)
        is_endpoint = device.role is Role.VC or (target is not None and target.role == "vc")
        if is_endpoint and scene.room in (device.room, device.name):
            return device
    return None


def chain(scene: Scene, device: Device) -> Iterator[Device]:
    """The ward's devices that one is reached through, the nearest first; each once."""
    known, todo = set(), list(device.above)
    while todo:
        name = todo.pop(0)
        above = scene.ward.device(name)
        if above is not None and name not in known:
            known.add(name)
            yield above
            todo.extend(above.above)


def port_before(scene: Scene, device: Device) -> Interface | None:
    """The switch port that the device hangs on, as the switch itself says now."""
    for way in device.ways:
        name, _, port = way.partition(":")
        told = read(scene, name, lambda reading: reading.interfaces)
        ports = told.reading.interfaces if told is not None and port else None
        for one in ports or ():
            if port in (one.name, one.descr):
                return one
    return None
