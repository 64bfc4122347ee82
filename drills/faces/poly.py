"""The Poly endpoint's HTTPS face: its REST API in the Group series' dialect or in VideoOS'.

It has sessions, counts them and has room for few, as the real ones. What it tells is a `Room`,
which is made of the world; the values are our own.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from drills.calls import CALL_KBPS
from drills.model import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from drills.model import Ask, Node
    from drills.world import World

USER = "wardops"
MOST_SESSIONS = 4

Dialect: TypeAlias = Literal["group", "videoos"]
State: TypeAlias = Literal["up", "down", "off", "unknown"]
DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {"poly_group": "group", "poly_studio": "videoos"}
)

_MODELS = {"group": "RealPresence Group 310", "videoos": "Studio X50"}
_VERSIONS = {"group": "Release - 6.2.2.9-000000", "videoos": "4.4.1-000000"}
_FULL = 503
_LOGIN_PAGE = b"<!DOCTYPE html><html><body><form>Sign in (simulated)</form></body></html>"


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of the call: percent lost, jitter in milliseconds, picture."""

    direction: Literal["RX", "TX"]
    media: str
    percent_lost: float = 0.0
    jitter_ms: float = 4.0
    form: str = "1080p"
    frames: float = 30.0


@dataclass(frozen=True, slots=True)
class Room:
    """What a Poly endpoint would tell at one moment; `now_ms` counts from 1970.

    `call` is the state of its one connection, empty without any; `cameras` say (connected, model).
    """

    serial: str = "SIM0000000000"
    uptime_s: float = 3600.0
    now_ms: int = 0
    asleep: bool = False
    sip: State = "up"
    gatekeeper: State = "off"
    call: Literal["", "RINGING", "CONNECTED"] = ""
    streams: tuple[Stream, ...] = ()
    muted: bool = False
    microphones: tuple[bool, ...] = (True,)
    cameras: tuple[tuple[bool, str], ...] = ((True, "Simulated Camera"),)
    mode: str = ""
    clock_state: str = "TIMESERVER_UP"
    port_mode: str = "1000full"
    call_s: float = 60.0
    rate_kbps: int = 1920
    wants_reboot: bool = False
    far_end: str = "sip:far-end@meet.example"


@dataclass(slots=True)
class Desk:
    """The sessions of one endpoint: how many may be open, which are, how many there were.

    `since` is when the endpoint was last switched on: that ends them all.
    """

    password: str
    most: int = MOST_SESSIONS
    since: float = 0.0
    open: set[str] = field(default_factory=set)
    opened: int = 0
    refused: int = 0


def respond(world: World, asker: str, node: Node, request: Ask, t: float) -> Page | None:
    """The endpoint's answer, None for silence: no power, or no way there from the asker."""
    if not world.hears(asker, node.name, t):
        return None
    mode = world.fact("api", node.name)
    if mode == "login_page":
        return Page(200, "text/html", _LOGIN_PAGE)
    desk: Desk = world.desks.setdefault(node.name, Desk(world.api_password))
    if desk.since != (since := world.booted_at(node.name)):
        desk.since = since
        desk.open.clear()
    if mode == "busy" and not desk.open:
        return Page(_FULL, "application/json", b"{}")
    return answer(DIALECTS[node.kind], desk, room_of(world, node, t), request)


def room_of(world: World, node: Node, t: float) -> Room:
    """What the world has decided of the endpoint and its room."""
    name, call = node.name, world.calls.state(node.name, t)
    off = timedelta(seconds=t + world.fact("time_off_s", name))
    return Room(
        serial=f"SIM{node.ports[0].mac.hex().upper()}",
        uptime_s=round(t - world.booted_at(name), 2),
        now_ms=int((world.started_at + off).timestamp() * 1000),
        asleep=world.fact("standby", name) and call == "none",
        sip="up" if world.registered(name, t) else "down",
        call="" if call == "none" else "CONNECTED" if call == "connected" else "RINGING",
        streams=tuple(_streams_of(world, node, t)),
        muted=world.fact("mute", name) == "on",
        microphones=(bool(world.fact("microphone", name)),),
        cameras=((bool(world.fact("camera", name)), "Simulated Camera"),),
        clock_state="TIMESERVER_UP" if world.fact("time", name) == "right" else "TIMESERVER_DOWN",
        port_mode=world.fact("mode", f"{name}:{node.ports[0].name}") or "1000full",
        call_s=int(world.calls.duration_s(name, t)),
        rate_kbps=CALL_KBPS,
        wants_reboot=world.fact("diagnosis", name) != "none",
    )


def _streams_of(world: World, node: Node, t: float) -> Iterator[Stream]:
    for one in world.calls.streams(node.name, t):
        due = one.last_lost + one.last_received
        yield Stream(
            "TX" if one.dir == "tx" else "RX",
            one.media.upper(),
            100 * one.last_lost / due if due else 0.0,
            -1.0 if one.jitter_ms is None else one.jitter_ms,
            f"{one.height}p" if one.height else "",
            float(one.fps or 0),
        )


def answer(dialect: Dialect, desk: Desk, room: Room, request: Ask) -> Page:
    """What an endpoint in such a room answers; only a log-in needs no session."""
    if request.path == "/rest/session" and request.method == "POST":
        return _session(dialect, desk, request)
    if _key(request) not in desk.open:
        return Page(401, "application/json", b"{}")
    if request.method != "GET":
        return Page(405, "text/plain", b"", (("Allow", "GET"),))
    pages: Mapping[str, Callable[[], Any]] = {
        "/rest/system": lambda: _system(dialect, room),
        "/rest/system/status": lambda: _status(dialect, room),
        "/rest/conferences": lambda: _conferences(room),
        "/rest/cameras/near/all": lambda: _cameras(room),
        "/rest/audio/muted": lambda: room.muted,
        "/rest/audio/microphones": lambda: _microphones(room),
        **(_videoos_pages(room) if dialect == "videoos" else _group_pages(room)),
    }
    found = pages.get(request.path)
    if found is None:
        return Page(404, "application/json", b"{}")
    return _json(found())


def _session(dialect: Dialect, desk: Desk, request: Ask) -> Page:
    try:
        words = json.loads(request.body)
    except ValueError:
        return Page(400, "application/json", b"{}")
    if not isinstance(words, dict):
        return Page(400, "application/json", b"{}")
    if words.get("action") == "Logout":
        known = _key(request) in desk.open
        desk.open.discard(_key(request))
        return _json({"success": known}) if known else Page(401, "application/json", b"{}")
    told = f"{words.get('user')}:{words.get('password')}".encode()
    if not hmac.compare_digest(told, f"{USER}:{desk.password}".encode()):
        desk.refused += 1
        return Page(401, "application/json", b"{}")
    if len(desk.open) >= desk.most:
        desk.refused += 1
        return Page(_FULL, "application/json", b"{}")
    desk.opened += 1
    key = f"SIM{desk.opened:08d}"
    desk.open.add(key)
    told_state = "state" if dialect == "group" else "sessionState"
    body = {
        "success": True,
        "reason": "NewSession",
        "session": {"userId": USER, told_state: "OPEN"},
    }
    cookie = ("Set-Cookie", f"session_id={key}; Path=/; Secure; HttpOnly")
    return Page(200, "application/json", json.dumps(body).encode(), (cookie,))


def _key(request: Ask) -> str:
    try:
        cookies = SimpleCookie(request.headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies["session_id"].value if "session_id" in cookies else ""


def _json(value: Any) -> Page:
    return Page(200, "application/json", json.dumps(value).encode())


def _system(dialect: Dialect, room: Room) -> dict[str, Any]:
    return {
        "model": _MODELS[dialect],
        "serialNumber": room.serial,
        "softwareVersion": _VERSIONS[dialect],
        "systemName": "Simulated room",
        "uptime": room.uptime_s,
        "state": "ASLEEP" if room.asleep else "AWAKE",
        "lanStatus": {
            "duplex": room.port_mode.lstrip("0123456789").upper(),
            "speedMbps": int(room.port_mode.rstrip("fulha")),
            "state": "LAN_UP",
        },
        "systemTime": room.now_ms,
        "timeServerState": room.clock_state,
        "rebootNeeded": room.wants_reboot,
        **({"providerMode": room.mode} if room.mode else {}),
    }


def _status(dialect: Dialect, room: Room) -> list[dict[str, Any]]:
    states = {
        "inacall": ("IN_A_CALL", "up" if room.call == "CONNECTED" else "off"),
        "microphones": ("MICROPHONES", "up" if all(room.microphones) else "down"),
        "gatekeeper": ("GATEKEEPER", room.gatekeeper),
        "sipserver": ("SIP_SERVER", room.sip),
    }
    tag, told = ("languageTag", "state") if dialect == "group" else ("langtag", "stateList")
    return [
        {"name": f"system.status.{name}", tag: words[0], told: [words[1]]}
        for name, words in states.items()
    ]


def _conferences(room: Room) -> list[dict[str, Any]]:
    waiting = {"id": "PENDING", "connections": [], "isActive": False, "isPendingConference": True}
    if not room.call:
        return [waiting]
    connection = {
        "id": "7", "state": room.call, "address": room.far_end, "callType": "SIP",
        "rate": room.rate_kbps,
        "terms": [{"callerID": room.far_end, "name": room.far_end}],
        "duration": room.call_s, "encrypted": True, "incoming": room.call == "RINGING",
    }  # fmt: skip
    ringing = room.call == "RINGING"
    return [{**waiting, "id": "PENDING" if ringing else "0", "isPendingConference": ringing,
             "connections": [connection]}]  # fmt: skip


def _streams(room: Room) -> list[dict[str, Any]]:
    return [
        {
            "mediaDirection": one.direction, "mediaType": one.media, "mediaFormat": one.form,
            "actualBitRate": 1800, "actualFrameRate": one.frames, "jitter": one.jitter_ms,
            "packetLoss": 0, "percentPacketLoss": one.percent_lost, "qualityIndicator": "GOOD",
        }
        for one in room.streams
    ]  # fmt: skip


def _cameras(room: Room) -> list[dict[str, Any]]:
    return [
        {"cameraIndex": place, "connected": plugged, "model": model, "sourceType": "SRC_PEOPLE"}
        for place, (plugged, model) in enumerate(room.cameras, start=1)
    ]


def _microphones(room: Room) -> list[dict[str, Any]]:
    return [
        {"number": place, "connected": plugged}
        for place, plugged in enumerate(room.microphones, start=1)
    ]


def _videoos_pages(room: Room) -> Mapping[str, Callable[[], Any]]:
    def servers(state: State) -> list[dict[str, str]]:
        return [] if state == "off" else [{"state": state, "address": "sip.example"}]

    return {
        "/rest/system/sipservers": lambda: servers(room.sip),
        "/rest/system/h323gatekeepers": lambda: servers(room.gatekeeper),
        **({"/rest/conferences/0/mediastats": lambda: _streams(room)} if room.call else {}),
    }


def _group_pages(room: Room) -> Mapping[str, Callable[[], Any]]:
    path = "/rest/conferences/0/connections/7/mediastat"
    return {path: lambda: _streams(room)} if room.call else {}
