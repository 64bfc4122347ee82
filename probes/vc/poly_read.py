"""What Poly's REST API says, in the common vocabulary: the Group series' dialect and VideoOS'.

Sources: RealPresence Group Series REST API reference 6.1; Poly VideoOS REST API reference 3.0 to
4.x (G7500, Studio X, Studio G62). The two name the same things a little differently; both forms are
read wherever they turn up, since releases moved between them. Who is on the other side of a call
(`address`, `callerID`, `systemID`, `name`, the call log) is never read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probes.model import Identity
from probes.transports.json_tree import as_dict, as_dicts, first, number_of, text_of, truth_of
from probes.vc.poly_calls import Talks, talks_of
from probes.vc.status import VcStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from probes.vc.status import VcMedia

SYSTEM, STATUS, CONFERENCES = "/rest/system", "/rest/system/status", "/rest/conferences"
SIP_SERVERS, GATEKEEPERS = "/rest/system/sipservers", "/rest/system/h323gatekeepers"
CAMERAS, MUTED, MICROPHONES = (
    "/rest/cameras/near/all",
    "/rest/audio/muted",
    "/rest/audio/microphones",
)

_NUMBERS = re.compile(r"\d+(?:\.\d+)+")
_UP_DOWN: Mapping[str, bool] = {"up": True, "down": False}  # off: not set up; unknown: not known
_ASLEEP: Mapping[str, bool] = {
    "asleep": True, "sleeping": True, "standby": True,
    "awake": False, "ready": False, "active": False, "idle": False, "up": False, "on": False,
}  # fmt: skip
_IN_CALL: Mapping[str, bool] = {"up": True, "on": True, "down": False, "off": False}
_PLUGGED: Mapping[str, bool] = {
    "connected": True, "ready": True, "up": True, "ok": True, "active": True, "online": True,
    "disconnected": False, "notconnected": False, "down": False, "missing": False, "offline": False,
}  # fmt: skip
_SYNCED: Mapping[str, bool] = {"TIMESERVER_UP": True, "TIMESERVER_DOWN": False}
_DUPLEX: Mapping[str, bool] = {"FULL": True, "HALF": False}
_PARTNER = re.compile(r"teams|zoom|google|ringcentral|goto|dialpad|8x8|device.?mode", re.IGNORECASE)
_MODE_KEY = re.compile(r"(?:provider|mode)$", re.IGNORECASE)
_TEN_YEARS_S = 3.2e8
_MILLISECONDS = 1e11  # since 1970: as seconds it would be the year 5138


@dataclass(frozen=True, slots=True)
class Told:
    """All that one poll brought: the answer to each path that was answered.

    `microphones` are those of an earlier poll where this one did not ask; `seen` are the cameras
    that were connected before.
    """

    answers: Mapping[str, Any]
    media: tuple[VcMedia, ...] = ()
    microphones: tuple[tuple[str, bool], ...] = ()
    seen: frozenset[str] = frozenset()


def version_of(text: str | None) -> str | None:
    """The version in a firmware's name: the last run of numbers with points between them."""
    found = _NUMBERS.findall(text or "")
    return found[-1] if found else None


def is_videoos(answers: Mapping[str, Any]) -> bool:
    """Whether the answers are of VideoOS: by how it names tags and states, else by what is absent.

    Status items of the Group series have `languageTag` and `state`.
    """
    items = as_dicts(answers.get(STATUS))
    if any("langtag" in item or "stateList" in item for item in items):
        return True
    return not any("languageTag" in item or "state" in item for item in items)


def identity_of(answers: Mapping[str, Any]) -> Identity:
    """Model, version, serial; what it is called (`systemName`) is not read."""
    system = as_dict(answers.get(SYSTEM))
    return Identity(
        vendor="Poly",
        os="poly_videoos" if is_videoos(answers) else "poly_group",
        device_class="video",
        model=first(text_of, system, "model", "modelName", "systemType"),
        version=version_of(first(text_of, system, "softwareVersion", "version")),
        serial=first(text_of, system, "serialNumber", "serial"),
    )


def microphones_of(answer: Any) -> tuple[tuple[str, bool], ...]:
    """Number and whether it is there, of each microphone whose state is told."""
    found: dict[str, bool] = {}
    for place, item in enumerate(as_dicts(answer), start=1):
        plugged = first(truth_of, item, "connected", "isConnected")
        if plugged is None:
            word = (first(text_of, item, "state", "status") or "").replace("_", "").lower()
            plugged = _PLUGGED.get(word)
        number = first(number_of, item, "number", "id")
        name = str(place) if number is None else str(int(number))
        if plugged is not None:
            found.setdefault(name, plugged)
    return tuple(found.items())


def cameras_of(answer: Any, seen: frozenset[str]) -> tuple[tuple[str, bool], ...]:
    """Number and whether it is there; an input where nothing was ever connected is not in use.

    Content inputs (`SRC_CONTENT`: a PC, a phone, the device's own layers) are no cameras.
    """
    found: dict[str, bool] = {}
    for place, item in enumerate(as_dicts(answer), start=1):
        plugged = truth_of(item.get("connected"))
        source = text_of(item.get("sourceType")) or "SRC_PEOPLE"
        number = first(number_of, item, "cameraIndex", "index", "id")
        name = str(place) if number is None else str(int(number))
        if plugged is not None and source == "SRC_PEOPLE" and (plugged or name in seen):
            found.setdefault(name, plugged)
    return tuple(found.items())


def status_of(told: Told, now: datetime) -> VcStatus:
    """The endpoint's state; `now` is the agent's time, for the offset of the endpoint's clock."""
    answers = told.answers
    system, items = as_dict(answers.get(SYSTEM)), _items(answers.get(STATUS))
    talks = talks_of(answers.get(CONFERENCES)) if CONFERENCES in answers else None
    lan = as_dict(system.get("lanStatus"))
    mbps = number_of(lan.get("speedMbps"))
    return VcStatus(
        sip_registered=_registered(answers, SIP_SERVERS, items.get("sipserver")),
        h323_registered=_registered(answers, GATEKEEPERS, items.get("gatekeeper")),
        in_call=_in_call(talks, items),
        standby=_ASLEEP.get((first(text_of, system, "state", "systemState") or "").lower()),
        uptime_s=_uptime_s(system),
        peripherals=tuple(_peripherals(told, items)),
        diagnostics=tuple(_diagnostics(system)),
        calls=None if talks is None else len(talks.live),
        has_diagnostics=truth_of(system.get("rebootNeeded")) is not None,
        live_calls=talks.live if talks else (),
        mic_muted=_muted(answers.get(MUTED)),
        clock_offset_s=_clock_offset_s(system, now),
        ringing=talks.ringing if talks else None,
        media=told.media,
        clock_synced=_SYNCED.get(text_of(system.get("timeServerState")) or ""),
        port_bps=mbps * 1e6 if mbps is not None and mbps > 0 else None,
        full_duplex=_DUPLEX.get((text_of(lan.get("duplex")) or "").upper()),
    )


def _items(answer: Any) -> dict[str, frozenset[str]]:
    """States by the name of a status item, without what stands before its last point."""
    found: dict[str, frozenset[str]] = {}
    for item in as_dicts(answer):
        name = (text_of(item.get("name")) or "").rpartition(".")[2].lower()
        name = name or (first(text_of, item, "languageTag", "langtag") or "").lower()
        told = item.get("stateList", item.get("state"))
        states = told if isinstance(told, list) else [told]
        found[name] = frozenset((text_of(state) or "").lower() for state in states)
    return found


def _registered(answers: Mapping[str, Any], path: str, item: frozenset[str] | None) -> bool | None:
    """Up or down; None where it is off, not known, or the room is run by a partner's service.

    In Teams, Zoom or device mode the device registers nowhere, which is no fault.
    """
    if _is_partner(as_dict(answers.get(SYSTEM))):
        return None
    servers = as_dicts(answers.get(path))
    states = [(text_of(server.get("state")) or "").lower() for server in servers] or item or ()
    known = {_UP_DOWN[state] for state in states if state in _UP_DOWN}
    return any(known) if known else None


def _is_partner(system: Mapping[str, Any]) -> bool:
    told = (text_of(value) for key, value in system.items() if _MODE_KEY.search(key))
    return any(_PARTNER.search(value) for value in told if value)


def _in_call(talks: Talks | None, items: Mapping[str, frozenset[str]]) -> bool | None:
    if talks is not None:
        return bool(talks.live)
    states = items.get("inacall") or items.get("in_a_call") or ()
    return next((_IN_CALL[state] for state in states if state in _IN_CALL), None)


def _uptime_s(system: Mapping[str, Any]) -> float | None:
    told = number_of(system.get("uptime"))
    if told is None or told < 0:
        return None
    return told / 1000 if told > _TEN_YEARS_S else told


def _peripherals(
    told: Told, items: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, str, bool]]:
    for name, plugged in told.microphones:
        yield "microphone", name, plugged
    for name, plugged in cameras_of(told.answers.get(CAMERAS), told.seen):
        yield "camera", name, plugged
    for key, kind in (("microphones", "audio_microphone"), ("touchcontrol", "touch_panel")):
        for state in items.get(key, ()):
            if state in _UP_DOWN:
                yield kind, "", _UP_DOWN[state]


def _diagnostics(system: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if truth_of(system.get("rebootNeeded")):
        yield "warning", "RebootNeeded"
    if text_of(system.get("rcBatteryCondition")) == "BATTERY_LOW":
        yield "warning", "RemoteBatteryLow"


def _muted(answer: Any) -> bool | None:
    """A bare truth value, or an object around one."""
    bare = truth_of(answer)
    return first(truth_of, as_dict(answer), "muted", "mute", "result") if bare is None else bare


def _clock_offset_s(system: Mapping[str, Any], now: datetime) -> float | None:
    """`systemTime` counts from 1970 in UTC, in milliseconds."""
    told = number_of(system.get("systemTime"))
    if told is None or told <= 0:
        return None
    return (told / 1000 if told > _MILLISECONDS else told) - now.timestamp()
