"""The items of readiness inside the room, as its video endpoint tells them. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from inventory.text import one_line
from probes.meeting.readiness_model import Item
from probes.meeting.readiness_sight import (
    SILENT,
    answers,
    endpoint_of,
    fresh,
    last_age_s,
    port_before,
    read,
)
from probes.meeting.readiness_values import number, percent, reason
from probes.model import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inventory.model import Device
    from probes.meeting.readiness_model import ItemName, ItemState, Scene, Side
    from probes.meeting.readiness_sight import Read
    from probes.model import Observation
    from probes.vc.status import VcStatus

_TYPE_CELLS = 22
QUIET_VOLUME = 0.2
SLOW_PORT_BPS = 100e6
CLOCK_OFF_S = 60.0
JOIN_MIN = 10.0  # from here on the room is in the meeting, muted
READY_MIN = 60.0  # from here on the room should be awake

_CERTIFICATE = {
    Reason.TLS_EXPIRED: "certificate_expired",
    Reason.TLS_UNTRUSTED: "certificate_untrusted",
    Reason.TLS_NAME: "certificate_name",
}
_CREDENTIALS = frozenset({Reason.AUTH, Reason.FORBIDDEN, Reason.CONFIG})
# What the endpoint tells about itself, in the order of the list.
_TOLD: tuple[ItemName, ...] = (
    "registration", "socket", "camera", "microphone", "speaker", "display", "standby", "clock",
    "diagnostics", "peripherals",
)  # fmt: skip
_NOTHING: Mapping[str, object] = MappingProxyType({})
_NEEDED = frozenset({"registration", "camera", "microphone", "display"})


class _Told(NamedTuple):
    """The endpoint's newest word, and the items judged before it."""

    scene: Scene
    vc: VcStatus
    read: Read
    way: Mapping[ItemName, Item]


def room_items(scene: Scene, way: Mapping[ItemName, Item]) -> Iterator[Item]:
    """The endpoint, its certificate, and what it says of itself.

    `way` are the items outside the room: what lies behind a broken one is not measured.
    """
    device = endpoint_of(scene)
    if device is None:
        yield Item("endpoint", "unknown", "no_endpoint", {"room": scene.room},
                   step="no_endpoint", is_required=True)  # fmt: skip
        return
    blocker = _blocker(scene, way)
    told = read(scene, device.name, lambda reading: reading.vc)
    endpoint = _endpoint(scene, device, told, blocker)
    yield endpoint
    if told is None or told.reading.vc is None:
        yield from _certificate(scene, device)
        cause = endpoint.because or "endpoint"
        for name in _TOLD:
            yield Item(name, "unknown", "behind", because=cause, is_required=name in _NEEDED)
        return
    yield Item("certificate", "ok", "certificate_good", age_s=told.age_s)
    yield from _said(_Told(scene, told.reading.vc, told, way))


def _blocker(scene: Scene, way: Mapping[ItemName, Item]) -> ItemName | None:
    """What stands broken between the agent and the endpoint."""
    names: tuple[ItemName, ...] = ("power", "switch")
    if scene.vantage == "hub":
        names = ("line", *names)
    return next((name for name in names if name in way and way[name].state == "down"), None)


# ---- the endpoint itself ----


def _endpoint(scene: Scene, device: Device, told: Read | None, blocker: ItemName | None) -> Item:
    age_s = last_age_s(scene, device.name)
    if told is not None:
        return Item("endpoint", "ok", "answers", at=told.seen.started, age_s=told.age_s,
                    is_required=True)  # fmt: skip
    if blocker is not None:
        return Item("endpoint", "unknown", "behind", because=blocker, is_required=True)
    runs = [one for one in fresh(scene, device.name) if not one.ok]
    presence = answers(scene, device.name)
    if presence is True:
        return _unread(_telling(runs), age_s)
    if presence is False:
        return _silent(scene, device, age_s)
    step = "credentials" if any(one.reason in _CREDENTIALS for one in runs) else "measure"
    return Item("endpoint", "unknown", "not_measured", step=step, age_s=age_s, is_required=True)


def _telling(runs: list[Observation]) -> Observation | None:
    """The failed run that says most: a refusal before a silence."""
    return next((one for one in runs if one.reason not in SILENT), next(iter(runs), None))


def _unread(failed: Observation | None, age_s: float | None) -> Item:
    """It is there, and does not tell how it is: that is no fault of the room."""
    if failed is None:
        return Item("endpoint", "unknown", "no_access", step="credentials", age_s=age_s,
                    is_required=True)  # fmt: skip
    if failed.reason in _CERTIFICATE:
        return Item("endpoint", "unknown", "behind", because="certificate", age_s=age_s,
                    is_required=True)  # fmt: skip
    if failed.detail == "login_page" or failed.reason in _CREDENTIALS:
        said = "login_page" if failed.detail == "login_page" else "unread"
        return Item("endpoint", "unknown", said, {"why": reason(failed.reason)},
                    step="credentials", age_s=age_s, is_required=True)  # fmt: skip
    return Item("endpoint", "unknown", "unread", {"why": reason(failed.reason)},
                step="ask_again", age_s=age_s, is_required=True)  # fmt: skip


def _silent(scene: Scene, device: Device, age_s: float | None) -> Item:
    port = port_before(scene, device)
    if port is not None and port.oper == "down":
        return Item("endpoint", "down", "port_dark", {"port": port.name}, step="cord",
                    age_s=age_s, is_required=True)  # fmt: skip
    said = "silent_link" if port is not None and port.oper == "up" else "silent"
    return Item("endpoint", "down", said, step="endpoint_look", age_s=age_s, is_required=True)


def _certificate(scene: Scene, device: Device) -> Iterator[Item]:
    for one in fresh(scene, device.name):
        said = _CERTIFICATE.get(one.reason)
        if said is not None:
            yield Item("certificate", "degraded", said, step="certificate", at=one.started,
                       age_s=max(0.0, scene.mono - one.mono))  # fmt: skip
            return
    yield Item("certificate", "unknown", "behind", because="endpoint")


# ---- what it says ----


def _said(told: _Told) -> Iterator[Item]:
    for judge in (
        _registration, _socket, _camera, _microphone, _speaker, _display, _standby, _clock,
        _diagnostics, _peripherals,
    ):  # fmt: skip
        yield judge(told)


def _registration(told: _Told) -> Item:
    known = [one for one in (told.vc.sip_registered, told.vc.h323_registered) if one is not None]
    if not known:
        return _item(told, "registration", "unknown", "not_said")
    if any(known):
        return _item(told, "registration", "ok", "registered")
    line, centre = told.way.get("line"), told.way.get("services")
    if line is not None and line.state == "down" and line.said != "line_loss":
        return Item("registration", "unknown", "behind", because="line", is_required=True)
    if centre is not None and centre.state == "down":
        return Item("registration", "unknown", "behind", side="centre", because="services",
                    is_required=True)  # fmt: skip
    step = "registration_report" if _call_server_answers(told.scene) else "registrar_report"
    return _item(told, "registration", "down", "not_registered", step=step)


def _call_server_answers(scene: Scene) -> bool:
    names = (name for one in scene.ward.services if one.module == "sip" for name in one.names)
    return any(answers(scene, name) is True for name in names)


def _socket(told: _Told) -> Item:
    if told.vc.full_duplex is False:
        return _item(told, "socket", "degraded", "half_duplex", step="auto_negotiate", side="lan")
    speed = told.vc.port_bps
    if speed is not None and speed < SLOW_PORT_BPS:
        values = {"mbps": number(speed / 1e6)}
        return _item(told, "socket", "degraded", "slow_port", values, "auto_negotiate", "lan")
    if speed is None or told.vc.full_duplex is None:
        return _item(told, "socket", "unknown", "not_said", side="lan")
    return _item(told, "socket", "ok", "full_duplex", {"mbps": number(speed / 1e6)}, side="lan")


def _camera(told: _Told) -> Item:
    found = _plugged(told, "camera", "camera_cord")
    if found.state != "ok" or not told.vc.video_muted:
        return found
    return _item(told, "camera", "degraded", "picture_off", step="camera_on")


def _microphone(told: _Told) -> Item:
    """From the time of joining on, muted is as it should be; before, nobody would be heard."""
    found = _plugged(told, "microphone", "microphone_cord")
    if found.state == "down" or not told.vc.mic_muted:
        return found
    left = told.scene.minutes_left()
    if left is not None and left <= JOIN_MIN:
        return _item(told, "microphone", "ok", "muted_rightly")
    return _item(told, "microphone", "degraded", "muted", step="unmute")


def _display(told: _Told) -> Item:
    return _plugged(told, "display", "display_on")


def _plugged(told: _Told, name: ItemName, step: str) -> Item:
    """One of a kind is enough: endpoints have sockets for more than a room uses.

    Where none is seen the room may have it built in: a two-way test that went well says so.
    """
    found = [on for kind, _name, on in told.vc.peripherals if kind == name]
    values = {"n": sum(found), "of": len(found)}
    if not found:
        return _item(told, name, "unknown", "not_said")
    if any(found):
        return _item(told, name, "ok", "plugged", values)
    word = told.scene.confirmed.get("two_way")
    state: ItemState = "degraded" if word is not None and word.is_good else "down"
    return _item(told, name, state, "unplugged", values, step)


def _speaker(told: _Told) -> Item:
    volume = told.vc.volume_ratio
    if volume is None:
        return _item(told, "speaker", "unknown", "not_said")
    values = {"pct": percent(volume)}
    if volume <= 0:
        return _item(told, "speaker", "down", "volume_zero", step="volume")
    if volume < QUIET_VOLUME:
        return _item(told, "speaker", "degraded", "volume_low", values, "volume")
    return _item(told, "speaker", "ok", "volume", values)


def _standby(told: _Told) -> Item:
    if told.vc.standby is None:
        return _item(told, "standby", "unknown", "not_said")
    if not told.vc.standby:
        return _item(told, "standby", "ok", "awake")
    left = told.scene.minutes_left()
    if left is None or left > READY_MIN:
        return _item(told, "standby", "ok", "asleep_rightly")
    return _item(told, "standby", "degraded", "asleep", step="wake")


def _clock(told: _Told) -> Item:
    offset = told.vc.clock_offset_s
    if offset is not None and abs(offset) >= CLOCK_OFF_S:
        values = {"minutes": number(abs(offset) / 60)}
        return _item(told, "clock", "degraded", "clock_off", values, "clock_report")
    if told.vc.clock_synced is False:
        return _item(told, "clock", "degraded", "not_synced", step="clock_report")
    if offset is None and told.vc.clock_synced is None:
        return _item(told, "clock", "unknown", "not_said")
    return _item(told, "clock", "ok", "clock_right")


def _diagnostics(told: _Told) -> Item:
    """Warnings are no hindrance: endpoints in use always have some."""
    if not told.vc.has_diagnostics:
        return _item(told, "diagnostics", "unknown", "not_said")
    levels = [level for level, _type in told.vc.diagnostics]
    named = dict(reversed(told.vc.diagnostics))
    for level in ("critical", "error"):
        if level in levels:
            values = {"n": levels.count(level), "type": one_line(named[level], _TYPE_CELLS)}
            is_critical = level == "critical"
            return _item(told, "diagnostics", "down" if is_critical else "degraded",
                         f"diagnostics_{level}", values, "diagnostics_read")  # fmt: skip
    return _item(told, "diagnostics", "ok", "diagnostics_clean", {"n": levels.count("warning")})


def _peripherals(told: _Told) -> Item:
    others = [
        (kind, on)
        for kind, _name, on in told.vc.peripherals
        if kind not in {"camera", "microphone", "display"}
    ]
    if not others:
        return _item(told, "peripherals", "unknown", "not_said")
    lost = next((kind for kind, on in others if not on), None)
    if lost is not None:
        return _item(told, "peripherals", "degraded", "panel_lost", {"kind": lost}, "panel_cord")
    return _item(told, "peripherals", "ok", "plugged", {"n": len(others), "of": len(others)})


def _item(
    told: _Told,
    name: ItemName,
    state: ItemState,
    said: str,
    values: Mapping[str, object] = _NOTHING,
    step: str | None = None,
    side: Side = "room",
) -> Item:
    """An item read just now; what the endpoint does not say is asked of nobody else."""
    return Item(
        name, state, said, values, side, step, told.read.seen.started, told.read.age_s,
        is_required=name in _NEEDED and state != "unknown",
    )  # fmt: skip
