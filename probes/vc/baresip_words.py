"""What baresip is told and what it says: its files, netstrings of JSON, events of a call. Pure.

Written for the module `ctrl_tcp` of baresip 1.0 (modules/ctrl_tcp/README of its source): commands
and events are JSON objects in netstrings (`LENGTH:OCTETS,`).
"""

from __future__ import annotations

import json
import re
from array import array
from dataclasses import dataclass
from math import pi, sin
from typing import TYPE_CHECKING, Any

from probes.errors import NotConfigured, ParseFailed

if TYPE_CHECKING:
    from probes.services.sip_digest import Account

_MOST_OCTETS = 65_536
_RATE_HZ, _TONE_HZ, _LOUDNESS = 8000, 440, 3000
_UNWRITABLE = re.compile(r'[\s;,"<>\x00-\x1f\x7f]')  # what ends a value in the file `accounts`
_MODULES = ("g711", "aufile", "aubridge")
_APPLICATIONS = ("account", "menu", "ctrl_tcp")


@dataclass(frozen=True, slots=True)
class WayStats:
    """One direction of sound as RTCP counts it since the call stood: packets, seconds."""

    sent: int
    lost: int
    jitter_s: float


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the call. `stats` are (tx, rx) of its sound, with the round trip.

    A round trip of 0 is one that baresip does not know.
    """

    kind: str
    param: str = ""
    stats: tuple[WayStats, WayStats] | None = None
    rtt_s: float = 0.0

    @property
    def status(self) -> int | None:
        """The SIP status that ended the call; None for one that a person or program ended."""
        word = self.param.partition(" ")[0]
        return int(word) if re.fullmatch("[3-6][0-9]{2}", word) else None


def configuration(folder: str, modules: str, port: int) -> str:
    """The file `config`: sound from a file and into nothing, commands at a port of loopback."""
    lines = (
        "poll_method epoll",
        "call_max_calls 1",
        f"audio_source aufile,{folder}/tone.wav",
        "audio_player aubridge,sink",
        "audio_alert aubridge,alert",
        "audio_txmode thread",
        "rtp_stats yes",
        f"module_path {modules}",
        *(f"module {name}.so" for name in _MODULES),
        *(f"module_app {name}.so" for name in _APPLICATIONS),
        f"ctrl_tcp_listen 127.0.0.1:{port}",
    )
    return "\n".join(lines) + "\n"


def account_line(account: Account | None, server: str, transport: str) -> str:
    """The file `accounts`: who calls, through which server (`HOST:PORT`); nobody is registered.

    Raises NotConfigured for a name or password that the file cannot hold.
    """
    name, domain = (account.user, account.domain) if account else ("wardops", server)
    words = [f"<sip:{name}@{domain}>", "regint=0", "answermode=manual", "audio_codecs=pcma,pcmu"]
    words.append(f'outbound="sip:{server};transport={transport}"')
    if account is not None:
        password = account.password.reveal()
        if _UNWRITABLE.search(password) or _UNWRITABLE.search(account.user):
            raise NotConfigured("call_password")
        words += [f"auth_user={account.user}", f"auth_pass={password}"]
    return ";".join(words) + "\n"


def tone(seconds: float) -> bytes:
    """So many seconds of a quiet tone as a WAV file: one channel, 8 kHz, 16 bits."""
    turn = [round(_LOUDNESS * sin(2 * pi * _TONE_HZ * n / _RATE_HZ)) for n in range(_RATE_HZ)]
    octets = b"".join(value.to_bytes(2, "little", signed=True) for value in turn)
    octets *= int(seconds) + 1
    form = b"fmt \x10\0\0\0" + array("H", [1, 1]).tobytes()
    form += (_RATE_HZ).to_bytes(4, "little") + (2 * _RATE_HZ).to_bytes(4, "little") + b"\2\0\x10\0"
    rest = b"WAVE" + form + b"data" + len(octets).to_bytes(4, "little") + octets
    return b"RIFF" + len(rest).to_bytes(4, "little") + rest


def command(name: str, params: str = "") -> bytes:
    """One command as it is sent."""
    said = json.dumps({"command": name, "params": params, "token": name}).encode()
    return b"%d:%s," % (len(said), said)


def split_netstrings(heard: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """The messages that have come whole, and what is left. Raises ParseFailed."""
    found: list[bytes] = []
    while b":" in heard[:8]:
        head, _, rest = heard.partition(b":")
        if not head.isdigit() or int(head) > _MOST_OCTETS:
            raise ParseFailed("call_ended")
        length = int(head)
        if len(rest) <= length:
            return tuple(found), heard
        found.append(rest[:length])
        heard = rest[length + 1 :]
    if len(heard) > len(str(_MOST_OCTETS)):
        raise ParseFailed("call_ended")
    return tuple(found), heard


def read_event(message: bytes) -> Event | None:
    """What a message says; None for the answer to a command. Raises ParseFailed.

    Whose call it was stands in it too, and is not read.
    """
    try:
        said: Any = json.loads(message)
        if not said.get("event"):
            return None
        stats = said.get("rtcp_stats")
        if stats is None or said.get("param") != "audio":
            return Event(str(said["type"]), str(said.get("param", "")))
        ways = (_way(stats["tx"]), _way(stats["rx"]))
        return Event(str(said["type"]), "", ways, float(stats["rtt"]) / 1e6)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ParseFailed("call_ended") from error


def _way(told: dict[str, Any]) -> WayStats:
    """Jitter comes in microseconds; more came than were sent (duplicates) is no negative loss."""
    return WayStats(int(told["sent"]), max(0, int(told["lost"])), float(told["jit"]) / 1e6)
