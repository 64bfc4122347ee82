"""Faults and states of a meeting room's video endpoint, by name.

A call in progress or a ringing one are no faults, but they are put in force and ended like these.
`power_off` on the endpoint is the one for an endpoint without power.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drills import fault_places as places
from drills.fault import Change, fault
from drills.topology import REGISTRAR

if TYPE_CHECKING:
    from drills.fault import Params
    from drills.world import World


def _one(world: World, on: str, kind: str, value: object) -> tuple[Change, ...]:
    return (Change(kind, places.endpoint(world, on).name, value),)


@fault("xapi", "room", hardware=False)
def vc_muted(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """The microphones are muted; with `hardware` by their own switch, which no status tells."""
    return _one(world, on, "mute", "hardware" if params["hardware"] else "on")


@fault("xapi", "room")
def vc_mic_unplugged(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """The microphone's cable is out."""
    return _one(world, on, "microphone", False)


@fault("xapi", "room")
def vc_camera_unplugged(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """The camera's cable is out."""
    return _one(world, on, "camera", False)


@fault("xapi", "room")
def vc_display_off(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """The display is off or unplugged."""
    return _one(world, on, "display", False)


@fault("xapi", "room")
def vc_standby(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """The endpoint sleeps, as it does when nobody uses it."""
    return _one(world, on, "standby", True)


@fault("xapi", registrar=False)
def vc_unregistered(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """The endpoint's SIP password is wrong; with `registrar` the city's registrar is stopped."""
    if params["registrar"]:
        return (Change("service", REGISTRAR, "stopped"),)
    return _one(world, on, "account", "wrong_password")


@fault("xapi", seconds=1800.0, zone_min=None)
def vc_wrong_clock(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """The clock is so many seconds fast; with `zone_min` it is right in another time zone."""
    if params["zone_min"] is not None:
        return _one(world, on, "zone_min", params["zone_min"])
    return _one(world, on, "time_off_s", params["seconds"])


@fault("xapi")
def vc_ntp_unsynced(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """The endpoint's clock follows no time server."""
    return _one(world, on, "time", "unsynchronised")


@fault("xapi")
def vc_cert_expired(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """The certificate of the endpoint's HTTPS is out of date."""
    return _one(world, on, "certificate", "expired")


@fault("xapi", "room")
def vc_in_call(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """The city's meeting has joined the room: a call runs, over the ward's line."""
    return _one(world, on, "call", "connected")


@fault("xapi", "room")
def vc_ringing(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """A call comes in and nobody has answered it."""
    return _one(world, on, "call", "ringing")


@fault("xapi", "snmp", "reach", mode="10half", ratio=0.02)
def vc_half_duplex(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """The endpoint's socket runs in half duplex against full: the switch counts broken packets."""
    near = f"{places.endpoint(world, on).name}:eth0"
    far = places.cable(world, near).far_end(near)
    return (Change("mode", near, params["mode"]), Change("error_ratio", far, params["ratio"]))


@fault("xapi", level="critical")
def vc_critical(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """The endpoint's own diagnostics have a message of that level."""
    return _one(world, on, "diagnosis", params["level"])


@fault("xapi")
def vc_busy(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """All sessions of the endpoint's API are taken: it refuses more."""
    return _one(world, on, "api", "busy")


@fault("xapi")
def vc_login_page(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """The API is switched off: a page for people answers in its place."""
    return _one(world, on, "api", "login_page")


@fault("xapi", family="tc")
def vc_firmware(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """The endpoint runs other software: `tc` (old), `ce`, or `roomos`, registered to the cloud."""
    return _one(world, on, "firmware", params["family"])


ROOM_FAULTS = (
    *(vc_muted, vc_mic_unplugged, vc_camera_unplugged, vc_display_off, vc_standby),
    *(vc_unregistered, vc_wrong_clock, vc_ntp_unsynced, vc_cert_expired),
    *(vc_in_call, vc_ringing, vc_half_duplex, vc_critical, vc_busy, vc_login_page, vc_firmware),
)
