"""Reads a Cisco video endpoint (TC, CE, RoomOS) over HTTPS: one GET of its status tree.

Paths as in Cisco's xAPI reference; alternatives are asked in order because releases renamed nodes.
Who is on the other side of a call (RemoteNumber, DisplayName) is never read.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from probes.errors import LimitExceeded, NotConfigured, ParseFailed, ProtocolBroken
from probes.model import Identity, Probe, Reading, VcCall, VcStatus
from probes.transports.login import login_of
from probes.transports.status import check_status
from probes.vc.model import METRICS, peripheral_type, samples_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import ProbeContext, Target
    from probes.transports.model import HttpAnswer

MAX_DEPTH = 64

_SIP = {"Registered": True, "Failed": False, "Deregister": False, "Registering": False}
_H323 = {"Registered": True, "Rejected": False}
_STANDBY = {
    "Off": False,
    "Halfwake": True,
    "EnteringStandby": True,
    "Standby": True,
    "On": True,
    "True": True,
    "False": False,
}
_ON_OFF = {"On": True, "Off": False, "True": True, "False": False}
_CONNECTED = {"Connected": True, "NotConnected": False}  # "Unknown" is unknown
_PERIPHERAL = {"Connected": True, "ResponseTimedOut": False, "LostConnection": False}
_LEVEL = {"Critical": "critical", "Error": "error", "Warning": "warning", "Info": "ok"}
_SYSTEMS = frozenset({"tc", "ce", "roomos"})
_TALKING = frozenset({"Connected", "OnHold"})


async def run(target: Target, context: ProbeContext) -> Reading:
    """GET `/status.xml` with Basic credentials and read the endpoint's state from it.

    Raises ProtocolBroken for a log-in page or foreign XML; ParseFailed for a cut one; AuthFailed,
    Forbidden or Busy by status; NotConfigured without credentials; and what the client raises.
    """
    access = target.https
    if access is None:
        raise NotConfigured
    user, password = login_of(context.secret(access.auth))
    host = f"[{target.host}]" if ":" in target.host else target.host
    answer = await context.transports.http.get(
        f"https://{host}:{access.port}/status.xml",
        deadline=context.deadline,
        user=user,
        password=password,
        ca=str(Path(target.folder) / access.ca) if access.ca else None,
        pin=access.pin,
        insecure=access.insecure,
    )
    check_status(answer)
    status = parse(answer)
    identity, vc = read(status, context.clock.now())
    context.note(f"cisco-ce: {identity.model}, {identity.version}; {len(vc.diagnostics)} messages")
    return Reading(
        samples=samples_of(vc, identity), identity=identity, vc=vc, method="https /status.xml"
    )


def parse(answer: HttpAnswer) -> Element:
    """The `Status` tree of an answer. Raises ProtocolBroken, ParseFailed or LimitExceeded."""
    if answer.content_type.lower().startswith("text/html") or _is_html(answer.body):
        raise ProtocolBroken("login_page")
    try:
        root: Element = fromstring(answer.body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise ProtocolBroken("xml_entities") from error
    except ParseError as error:
        raise ParseFailed("xml", line=error.position[0]) from error
    except (ValueError, LookupError) as error:  # an encoding that is unknown or does not fit
        raise ParseFailed("xml", line=1) from error
    if root.tag != "Status":
        raise ProtocolBroken("not_status", root=str(root.tag)[:32])
    _check_depth(root)
    return root


def read(status: Element, now: datetime) -> tuple[Identity, VcStatus]:
    """What the tree says, in the common vocabulary; `now` is the agent's time, for the offset."""
    calls = tuple(_calls(status))
    active = _active_calls(status, calls)
    volume = _number(status, "Audio/Volume")
    return _identity(status), VcStatus(
        sip_registered=_sip(status),
        h323_registered=_H323.get(_text(status, "H323/Gatekeeper/Status") or ""),
        in_call=None if active is None else active > 0,
        standby=_STANDBY.get(_text(status, "Standby/State", "Standby/Active") or ""),
        temperature_celsius=_number(status, "SystemUnit/Hardware/Temperature"),
        uptime_s=_number(status, "SystemUnit/Uptime"),
        peripherals=tuple(_peripherals(status)),
        diagnostics=tuple(_diagnostics(status)),
        calls=active,
        has_diagnostics=status.find("Diagnostics") is not None,
        live_calls=calls,
        mic_muted=_ON_OFF.get(_text(status, "Audio/Microphones/Mute") or ""),
        video_muted=_ON_OFF.get(_text(status, "Video/Input/MainVideoMute") or ""),
        volume_ratio=None if volume is None else volume / 100,
        clock_offset_s=_clock_offset_s(status, now),
    )


def _is_html(body: bytes) -> bool:
    return body.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html"))


def _check_depth(root: Element) -> None:
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return
    raise LimitExceeded("xml_depth", limit=MAX_DEPTH)


def _text(status: Element, *paths: str) -> str | None:
    """Text of the first path that exists and is not empty: an empty element says nothing."""
    for path in paths:
        found = (status.findtext(path) or "").strip()
        if found:
            return found
    return None


def _number(status: Element, *paths: str) -> float | None:
    try:
        value = float(_text(status, *paths) or "")
    except ValueError:
        return None
    return value if abs(value) < 1e15 else None


def _items(status: Element, path: str) -> Iterator[tuple[str, Element]]:
    """The items of a list with their number; `ghost="True"` marks one that is no longer there."""
    for position, element in enumerate(status.iterfind(path), start=1):
        if element.get("ghost") != "True":
            yield element.get("item") or str(position), element


def _identity(status: Element) -> Identity:
    version = _text(status, "SystemUnit/Software/Version")
    shown = _text(status, "SystemUnit/Software/DisplayName") or ""  # "ce 9.6.1 …", "RoomOS 10.9 …"
    named = shown.lower().partition(" ")[0]
    return Identity(
        vendor="Cisco",
        os=named if named in _SYSTEMS else None,
        device_class="video",
        model=_text(status, "SystemUnit/ProductId", "SystemUnit/ProductPlatform"),
        version=version,
        serial=_text(status, "SystemUnit/Hardware/Module/SerialNumber"),
    )


def _sip(status: Element) -> bool | None:
    """Whether any SIP account is registered; None where none is set up or the node is missing."""
    told = [_text(item, "Status") for _n, item in _items(status, "SIP/Registration")]
    told = told or [_text(status, "SIP/Profile/Registration/Status")]
    known = [_SIP[state] for state in told if state in _SIP]
    if known:
        return any(known)
    # Inactive with a proxy address is an account that should be registered and is not.
    return False if "Inactive" in told and _text(status, "SIP/Proxy/Address") else None


def _calls(status: Element) -> Iterator[VcCall]:
    for _number_of, call in _items(status, "Call"):
        encryption = _text(call, "Encryption/Type")
        yield VcCall(
            status=_text(call, "Status"),
            direction=_text(call, "Direction"),
            protocol=_text(call, "Protocol"),
            tx_bps=_kilo(_number(call, "TransmitCallRate")),
            rx_bps=_kilo(_number(call, "ReceiveCallRate")),
            duration_s=_number(call, "Duration"),
            encrypted=None if encryption is None else encryption != "None",
        )


def _kilo(value: float | None) -> float | None:
    return None if value is None else value * 1000  # the xAPI tells call rates in kbit/s


def _active_calls(status: Element, calls: tuple[VcCall, ...]) -> int | None:
    """As told, else counted; a tree with neither number nor call does not say."""
    told = _number(status, "SystemUnit/State/NumberOfActiveCalls")
    if told is not None:
        return int(told)
    return sum(call.status in _TALKING for call in calls) if calls else None


def _peripherals(status: Element) -> Iterator[tuple[str, str, bool]]:
    numbered = (
        ("microphone", "Audio/Input/Connectors/Microphone", "ConnectionStatus", _CONNECTED),
        ("camera", "Cameras/Camera", "Connected", _ON_OFF),
        ("display", "Video/Output/Connector", "Connected", _ON_OFF),
    )
    for kind, path, child, states in numbered:
        for number, item in _items(status, path):
            if (connected := states.get(_text(item, child) or "")) is not None:
                yield kind, number, connected
    for _n, item in _items(status, "Peripherals/ConnectedDevice"):
        if (connected := _PERIPHERAL.get(_text(item, "Status") or "")) is not None:
            yield peripheral_type(_text(item, "Type") or ""), _text(item, "Name") or "", connected


def _diagnostics(status: Element) -> Iterator[tuple[str, str]]:
    """(level, type) of each message; its description may hold names and is not read."""
    for _n, item in _items(status, "Diagnostics/Message"):
        level = _LEVEL.get(_text(item, "Level") or "")
        if level is not None:
            yield level, _text(item, "Type") or ""


def _clock_offset_s(status: Element, now: datetime) -> float | None:
    try:
        told = datetime.fromisoformat(_text(status, "Time/SystemTime") or "")
    except ValueError:
        return None
    return (told - now).total_seconds() if told.tzinfo is not None else None


PROBE = Probe(name="cisco-ce", period_s=30, timeout_s=10, run=run, metrics=METRICS)
