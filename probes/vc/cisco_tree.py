"""What the status tree of a Cisco video endpoint (TC, CE, RoomOS) says, in the common vocabulary.

Paths as in Cisco's xAPI references of TC 6 to CE 9 and its published schemas of RoomOS 10 to 26;
alternatives are asked in order, because releases renamed nodes. Who is on the other side of a call
(RemoteNumber, DisplayName), bookings and descriptions are never read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

from probes.model import Identity, Sensor
from probes.snmp.neighbours import Neighbour
from probes.vc.cisco_media import media_of
from probes.vc.cisco_node import ON_OFF, items, number, text, word
from probes.vc.cisco_parts import connected_parts
from probes.vc.status import VcCall, VcStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

READ = frozenset(  # what of the tree is read at all; the rest is not even built
    (
        *("Audio", "Call", "Camera", "Cameras", "Diagnostics", "H323", "MediaChannels", "Network"),
        *(
            "NetworkServices",
            "Peripherals",
            "SIP",
            "Standby",
            "SystemUnit",
            "Time",
            "Video",
            "Webex",
        ),
    )
)
_SIP: Mapping[str, bool] = {
    "Registered": True, "Failed": False, "Deregister": False, "Registering": False,
}  # fmt: skip
_H323: Mapping[str, bool] = {"Registered": True, "Rejected": False}
_STANDBY: Mapping[str, bool] = {
    "Off": False, "Halfwake": True, "EnteringStandby": True, "Standby": True,
    "On": True, "True": True, "False": False,
}  # fmt: skip
_SYNCED: Mapping[str, bool] = {
    "Synced": True, "Discarded": False, "NotSynced": False, "Not synced": False, "Unsynced": False,
}  # fmt: skip
_CLOUD: Mapping[str, bool] = {"Registered": True, "Registering": False, "Error": False}
_HEAT: Mapping[str, str] = {"Normal": "ok", "High": "bad", "Critical": "bad"}
_LEVEL = {"Critical": "critical", "Error": "error", "Warning": "warning", "Info": "ok"}
_TALKING = frozenset({"Connected", "OnHold", "Preserved", "RemotePreserved"})
_SPEED = re.compile(r"(\d{1,6})\s*(M|G)?(?:bps)?[\s_-]*(full|half)", re.IGNORECASE)
_SYSTEM = re.compile(r"(tc|ce|roomos)[ .]?(\d*)", re.IGNORECASE)
_ROOMOS = 10  # from this version on the software is called RoomOS, whatever its version begins with


@dataclass(frozen=True, slots=True)
class Endpoint:
    """All that one tree says. `neighbours` is None where it does not speak of CDP."""

    identity: Identity
    vc: VcStatus
    sensors: tuple[Sensor, ...] = ()
    neighbours: tuple[Neighbour, ...] | None = None


def read(status: Element, now: datetime) -> Endpoint:
    """What the tree says; `now` is the agent's time, for the offset of the endpoint's clock."""
    calls = tuple(_calls(status))
    active = _active_calls(status, calls)
    volume = number(status, "Audio/Volume")
    bps, full_duplex = _port(status)
    vc = VcStatus(
        sip_registered=_sip(status),
        h323_registered=word(status, _H323, "H323/Gatekeeper/Status"),
        in_call=None if active is None else active > 0,
        standby=word(status, _STANDBY, "Standby/State", "Standby/Active"),
        temperature_celsius=number(status, "SystemUnit/Hardware/Temperature"),
        uptime_s=number(status, "SystemUnit/Uptime"),
        peripherals=tuple(connected_parts(status)),
        diagnostics=tuple(_diagnostics(status)),
        calls=active,
        has_diagnostics=status.find("Diagnostics") is not None,
        live_calls=calls,
        mic_muted=word(status, ON_OFF, "Audio/Microphones/Mute"),
        video_muted=word(status, ON_OFF, "Video/Input/MainVideoMute"),
        volume_ratio=volume / 100 if volume is not None and 0 <= volume <= 100 else None,
        clock_offset_s=_clock_offset_s(status, now),
        ringing=_ringing(status, calls, active),
        media=media_of(status),
        clock_synced=word(status, _SYNCED, "NetworkServices/NTP/Status"),
        port_bps=bps,
        full_duplex=full_duplex,
        cloud_registered=word(status, _CLOUD, "Webex/Status"),
    )
    return Endpoint(_identity(status), vc, tuple(_heat(status)), _neighbours(status))


def _identity(status: Element) -> Identity:
    return Identity(
        vendor="Cisco",
        os=_system(status),
        device_class="video",
        model=text(status, "SystemUnit/ProductId", "SystemUnit/ProductPlatform"),
        version=text(status, "SystemUnit/Software/Version"),
        serial=text(
            status,
            "SystemUnit/Hardware/Module/SerialNumber",
            "SystemUnit/Hardware/MainBoard/SerialNumber",
        ),
    )


def _system(status: Element) -> str | None:
    """Its kind of software: `ce 9.6.1 …`, `RoomOS 10.9 …`, `TC7.3.6…`, `ce11.9…` (RoomOS too)."""
    for path in ("DisplayName", "Version"):
        found = _SYSTEM.match(text(status, f"SystemUnit/Software/{path}") or "")
        if found:
            kind, major = found.group(1).lower(), found.group(2)
            is_roomos = kind == "ce" and len(major) <= 3 and int(major or 0) >= _ROOMOS
            return "roomos" if is_roomos else kind
    return None


def _sip(status: Element) -> bool | None:
    """Whether any SIP account is registered; None where none is set up or the node is missing."""
    accounts = items(status, "SIP/Registration", "SIP/Profile/Registration")
    told = [text(item, "Status") for _n, item in accounts]
    known = [_SIP[state] for state in told if state is not None and state in _SIP]
    if known:
        return any(known)
    # Inactive with a proxy address is an account that should be registered and is not.
    proxy = text(status, "SIP/Proxy/Address", "SIP/Profile/Proxy/Address")
    return False if "Inactive" in told and proxy else None


def _calls(status: Element) -> Iterator[VcCall]:
    for _number_of, call in items(status, "Call"):
        encryption = text(call, "Encryption/Type")
        yield VcCall(
            status=text(call, "Status"),
            direction=text(call, "Direction"),
            protocol=text(call, "Protocol"),
            tx_bps=_kilo(number(call, "TransmitCallRate")),
            rx_bps=_kilo(number(call, "ReceiveCallRate")),
            duration_s=number(call, "Duration"),
            encrypted=None if encryption is None else encryption != "None",
        )


def _kilo(value: float | None) -> float | None:
    return None if value is None else value * 1000  # the xAPI tells call rates in kbit/s


def _active_calls(status: Element, calls: tuple[VcCall, ...]) -> int | None:
    """As told, else counted; a tree with neither number nor call does not say."""
    told = number(status, "SystemUnit/State/NumberOfActiveCalls")
    if told is not None:
        return int(told)
    return sum(call.status in _TALKING for call in calls) if calls else None


def _ringing(status: Element, calls: tuple[VcCall, ...], active: int | None) -> bool | None:
    """Whether somebody calls the room; the other side's ringing is `Ringing` and Outgoing."""
    if any(call.status == "Ringing" and call.direction != "Outgoing" for call in calls):
        return True
    in_progress = number(status, "SystemUnit/State/NumberOfInProgressCalls")
    is_told = bool(calls) or active is not None or in_progress == 0
    return False if is_told else None


def _diagnostics(status: Element) -> Iterator[tuple[str, str]]:
    """(level, type) of each message; its description may hold names and is not read."""
    for _n, item in items(status, "Diagnostics/Message"):
        level = _LEVEL.get(text(item, "Level") or "")
        if level is not None:
            yield level, text(item, "Type") or ""


def _clock_offset_s(status: Element, now: datetime) -> float | None:
    try:
        told = datetime.fromisoformat(text(status, "Time/SystemTime") or "")
    except ValueError:
        return None
    return (told - now).total_seconds() if told.tzinfo is not None else None


def _port(status: Element) -> tuple[float | None, bool | None]:
    """Bit/s and full duplex of its network socket, told as `100full`; None, None where not."""
    found = _SPEED.fullmatch(text(status, "Network/Ethernet/Speed") or "")
    if found is None:
        return None, None
    figure, unit, duplex = found.groups()
    return int(figure) * (1e9 if unit in {"G", "g"} else 1e6), duplex.lower() == "full"


def _heat(status: Element) -> Iterator[Sensor]:
    """RoomOS 10 and later say how warm it is by a word, some without a number."""
    path = "SystemUnit/Hardware/Monitoring/Temperature/Status"
    state = _HEAT.get(text(status, path) or "")
    if state is not None:
        yield Sensor("temperature", "endpoint", None, "state", state=state)


def _neighbours(status: Element) -> tuple[Neighbour, ...] | None:
    """The switch and the port it hangs on, as the switch says by CDP; None where it says nothing.

    An endpoint that hears no CDP has the nodes, all of them empty: that is no finding on cabling.
    """
    found = tuple(_cdp_neighbours(status))
    return found or None


def _cdp_neighbours(status: Element) -> Iterator[Neighbour]:
    for _number_of, network in items(status, "Network"):
        name = text(network, "CDP/DeviceId", "CDP/DeviceID", "CDP/SysName")
        address = _address(text(network, "CDP/PrimaryMgmtAddress", "CDP/Address"))
        if name or address:
            yield Neighbour(
                local_port=None,
                chassis=None,
                port=text(network, "CDP/PortID", "CDP/PortId"),
                system_name=name,
                address=address,
                source="cdp",
                system_descr=text(network, "CDP/Platform"),
            )


def _address(told: str | None) -> str | None:
    try:
        return str(ip_address(told or ""))
    except ValueError:
        return None
