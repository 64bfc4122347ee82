"""What the codec says of itself: one Status tree from the world, in the shape of its software.

Our own values in three families' shapes: TC (about 2013), CE 9, and RoomOS registered to the cloud.
Paths as in Cisco's API reference guides of each.
"""

from __future__ import annotations

from datetime import timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING

from drills.calls import CALL_KBPS
from drills.chance import between
from drills.faces.xapi.tree import Branch, branch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drills.calls import Stream
    from drills.model import Node
    from drills.world import World

VERSIONS: Mapping[str, str] = MappingProxyType(
    {"tc": "TC7.3.0.simulated", "ce": "ce9.15.0.simulated", "roomos": "RoomOS 11.0 simulated"}
)
_CALL = 7  # the number of a call, as the codec counts them
_WIDTHS = {1080: 1920, 720: 1280, 360: 640}
_DIRECTIONS = {"tx": "Outgoing", "rx": "Incoming"}
_MESSAGES = {
    "critical": ("Critical", "FanStopped"),
    "error": ("Error", "TemperatureTooHigh"),
    "warning": ("Warning", "NTPStatus"),
    "none": ("Info", "SimulatedEndpoint"),
}


def status(world: World, node: Node, t: float) -> Branch:
    """The whole tree of an endpoint at that time."""
    family = world.fact("firmware", node.name)
    parts = (
        _audio(world, node),
        *_calls(world, node, t),
        *_cameras(world, node, family),
        _diagnostics(world, node, family, t),
        *([] if family == "roomos" else [_h323()]),
        *([] if family == "tc" else _media(world, node, t)),
        _network(world, node),
        branch("NetworkServices", branch("NTP", Branch("Status", _ntp(world, node)))),
        *([] if family == "roomos" else [_sip(world, node, family, t)]),
        _standby(world, node, family, t),
        _system_unit(world, node, family, t),
        branch("Time", Branch("SystemTime", _system_time(world, node, t))),
        _video(world, node),
        *([_webex(world, node, t)] if family == "roomos" else []),
    )
    return branch("Status", *parts)


def _on_off(is_on: bool) -> str:
    return "On" if is_on else "Off"


def _true_false(is_true: bool) -> str:
    return "True" if is_true else "False"


def _audio(world: World, node: Node) -> Branch:
    is_in = world.fact("microphone", node.name)
    plug = Branch("ConnectionStatus", "Connected" if is_in else "NotConnected")
    microphone = branch("Microphone", plug, item=1)
    return branch(
        "Audio",
        branch("Input", branch("Connectors", microphone)),
        branch("Microphones", Branch("Mute", _on_off(world.fact("mute", node.name) == "on"))),
        Branch("Volume", "50"),
    )


def _cameras(world: World, node: Node, family: str) -> Iterator[Branch]:
    camera = branch(
        "Camera", Branch("Connected", _true_false(world.fact("camera", node.name))), item=1
    )
    yield camera if family == "tc" else branch("Cameras", camera)


def _calls(world: World, node: Node, t: float) -> Iterator[Branch]:
    state = world.calls.state(node.name, t)
    if state == "none":
        return
    is_up = state == "connected"
    rate = str(CALL_KBPS if is_up else 0)
    yield branch(
        "Call",
        Branch("AnswerState", "Answered" if is_up else "Unanswered"),
        Branch("CallType", "Video"),
        Branch("CallbackNumber", "sip:hop@sip.example"),
        Branch("DisplayName", "Simulated meeting"),
        Branch("Direction", "Incoming"),
        Branch("Duration", str(int(world.calls.duration_s(node.name, t)) if is_up else 0)),
        branch("Encryption", Branch("Type", "AES-128" if is_up else "None")),
        Branch("Protocol", "sip"),
        Branch("ReceiveCallRate", rate),
        Branch("RemoteNumber", "hop@sip.example"),
        Branch("Status", "Connected" if is_up else "Ringing"),
        Branch("TransmitCallRate", rate),
        item=_CALL,
    )


def _media(world: World, node: Node, t: float) -> Iterator[Branch]:
    streams = world.calls.streams(node.name, t)
    if streams:
        channels = [_channel(world, node, one, n) for n, one in enumerate(streams, start=1)]
        yield branch("MediaChannels", branch("Call", *channels, item=_CALL))


def _channel(world: World, node: Node, stream: Stream, number: int) -> Branch:
    is_ours = stream.dir == "tx"
    if stream.media == "audio":
        is_muted = is_ours and world.fact("mute", node.name) == "on"
        about = branch("Audio", Branch("Mute", _true_false(is_muted)), Branch("Protocol", "AACLD"))
    else:
        about = branch("Video", Branch("ChannelRole", "Main"), *_picture(stream))
    return branch(
        "Channel",
        about,
        Branch("Direction", _DIRECTIONS[stream.dir]),
        branch("Netstat", *_netstat(stream)),
        Branch("Type", stream.media.capitalize()),
        item=number,
    )


def _picture(stream: Stream) -> Iterator[Branch]:
    if stream.height is not None:
        yield Branch("FrameRate", str(stream.fps))
        yield Branch("Protocol", "H264")
        yield Branch("ResolutionX", str(_WIDTHS[stream.height]))
        yield Branch("ResolutionY", str(stream.height))


def _netstat(stream: Stream, *, is_old: bool = False) -> Iterator[Branch]:
    yield Branch("ChannelRate", str(stream.rate_kbps * 1000))
    if stream.jitter_ms is not None:
        yield Branch("Jitter", str(round(stream.jitter_ms)))
    yield Branch("LastIntervalLost", str(stream.last_lost))
    yield Branch("LastIntervalReceived", str(stream.last_received))
    yield Branch("Loss", str(stream.lost))
    yield Branch("MaxJitter", str(round(stream.max_jitter_ms)))
    yield Branch("Packets", str(stream.received))
    if stream.rtt_ms is not None and not is_old:
        yield Branch("RoundTripTime", str(round(stream.rtt_ms)))


def _diagnostics(world: World, node: Node, family: str, t: float) -> Branch:
    level, kind = _MESSAGES[world.fact("diagnosis", node.name)]
    message = branch(
        "Message",
        Branch("Description", "Written by the wardops simulator."),
        Branch("Level", level),
        Branch("References", ""),
        Branch("Type", kind),
        item=1,
    )
    streams = world.calls.streams(node.name, t) if family == "tc" else ()
    if not streams:
        return branch("Diagnostics", message)
    old = (
        branch(
            f"{_DIRECTIONS[one.dir]}{one.media.capitalize()}Channel",
            branch("Netstat", *_netstat(one, is_old=True), item=1),
            item=n,
        )
        for n, one in enumerate(streams, start=1)
    )
    return branch("Diagnostics", branch("Call", branch("Channels", *old), item=_CALL), message)


def _h323() -> Branch:
    return branch("H323", branch("Gatekeeper", Branch("Reason", ""), Branch("Status", "Inactive")))


def _network(world: World, node: Node) -> Branch:
    port = node.ports[0]
    mac = ":".join(f"{octet:02X}" for octet in port.mac)
    speed = world.fact("mode", f"{node.name}:{port.name}") or "1000full"
    return branch(
        "Network",
        branch("Ethernet", Branch("MacAddress", mac), Branch("Speed", speed)),
        branch("IPv4", Branch("Address", node.address)),
        item=1,
    )


def _ntp(world: World, node: Node) -> str:
    return "Synced" if world.fact("time", node.name) == "right" else "NotSynced"


def _sip(world: World, node: Node, family: str, t: float) -> Branch:
    is_known = world.registered(node.name, t)
    refused = world.fact("account", node.name) != "right"
    reason = "" if is_known else ("403 Forbidden" if refused else "Timeout")
    state = Branch("Status", "Registered" if is_known else "Failed")
    if family == "tc":
        registration = branch("Registration", Branch("Reason", reason), state, item=1)
        return branch("SIP", branch("Profile", registration, item=1))
    uri = Branch("URI", f"{node.name}@sip.example")
    proxy = branch(
        "Proxy",
        Branch("Address", "sip.example"),
        Branch("Status", "Active" if is_known or refused else "Timeout"),
        item=1,
    )
    return branch(
        "SIP", proxy, branch("Registration", Branch("Reason", reason), state, uri, item=1)
    )


def _standby(world: World, node: Node, family: str, t: float) -> Branch:
    # A call wakes it.
    is_asleep = world.fact("standby", node.name) and world.calls.state(node.name, t) == "none"
    if family == "tc":
        return branch("Standby", Branch("Active", _on_off(is_asleep)))
    return branch("Standby", Branch("State", "Standby" if is_asleep else "Off"))


def _system_unit(world: World, node: Node, family: str, t: float) -> Branch:
    serial = f"SIM{node.ports[0].mac.hex().upper()}"
    celsius = between(38, 52, world.seed, node.name, "temperature")
    state = world.calls.state(node.name, t)
    hardware = [branch("Module", Branch("SerialNumber", serial))]
    if family == "roomos":
        normal = branch("Temperature", Branch("Status", "Normal"))
        hardware.append(branch("Monitoring", normal))
    else:
        hardware.append(Branch("Temperature", f"{celsius:.1f}"))
    return branch(
        "SystemUnit",
        branch("Hardware", *hardware),
        Branch("ProductId", node.model),
        branch("Software", Branch("Version", VERSIONS[family])),
        branch(
            "State",
            Branch("NumberOfActiveCalls", str(int(state == "connected"))),
            Branch("NumberOfInProgressCalls", str(int(state == "ringing"))),
        ),
        Branch("Uptime", str(int(t - world.booted_at(node.name)))),
    )


def _system_time(world: World, node: Node, t: float) -> str:
    off = timedelta(seconds=t + world.fact("time_off_s", node.name))
    zone = timezone(timedelta(minutes=world.fact("zone_min", node.name)))
    return (world.started_at + off).astimezone(zone).isoformat(timespec="seconds")


def _video(world: World, node: Node) -> Branch:
    is_there = world.fact("camera", node.name)
    camera = branch(
        "Connector",
        Branch("Connected", _true_false(is_there)),
        Branch("SignalState", "OK" if is_there else "Unknown"),
        item=1,
    )
    display = branch(
        "Connector", Branch("Connected", _true_false(world.fact("display", node.name))), item=1
    )
    return branch(
        "Video",
        branch("Input", camera, Branch("MainVideoMute", "Off")),
        branch("Output", display),
    )


def _webex(world: World, node: Node, t: float) -> Branch:
    return branch(
        "Webex", Branch("Status", "Registered" if world.registered(node.name, t) else "Error")
    )
