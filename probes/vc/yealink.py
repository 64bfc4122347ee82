"""Reads a Yealink video endpoint by its control port: lines of ASCII over TCP 6024.

Source: Yealink, API Commands Introduction for Video Conferencing Systems 1.08. The port asks for no
log-in, so it should be open to this machine alone. Lines that nobody asked for arrive in between;
each line says by its first words what it is about. Numbers and names of others are never read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from probes.errors import LimitExceeded, ParseFailed, ProtocolBroken
from probes.model import Identity, Probe, Reading
from probes.services.parts import streams_of
from probes.transports.json_tree import number_of, text_of
from probes.transports.tls import as_leaves
from probes.vc.model import METRICS, samples_of
from probes.vc.poly_read import version_of
from probes.vc.status import VcCall, VcMedia, VcStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from probes.model import ProbeContext, Target
    from probes.wire import Stream

PORT = 6024
# The last one is answered by every model and in every state: after it, all others have answered.
QUESTIONS = ("version", "sysstatus get", "mute near get", "callinfo all", "volume get")
_MOST_OCTETS = 65_536
_MOST_LINES = 256
_LOUDEST = 10
_FIELD = re.compile(r'"([A-Za-z_]{1,24}):([^"\r\n]{0,200})"')
_LINES = re.compile(r"(\d{3,4})p?$")
_LOGS_IN = re.compile(r"(?i)^\s*(?:login|username|password)\b")
_STATES = frozenset({"sleeping", "idle", "outgoing", "ringing", "talking", "finished"})
_STREAMS: tuple[tuple[str, Literal["audio", "main", "content"]], ...] = (
    ("A", "audio"), ("V", "main"), ("S", "content"),
)  # fmt: skip
_WAYS: tuple[tuple[str, Literal["tx", "rx"]], ...] = (("Recv", "rx"), ("Send", "tx"))


async def run(target: Target, context: ProbeContext) -> Reading:
    """Ask five questions over one connection and read what comes until the last is answered.

    Raises ProtocolBroken where something else answers there or hangs up, LimitExceeded for a
    flood, ParseFailed where nothing can be made of it, and what sockets raise.
    """
    port = _port(target)
    with as_leaves(f"yealink://{target.host}:{port}"):
        async with streams_of(context).stream(target.host, port) as stream:
            stream.writer.write("".join(f"{line}\r\n" for line in QUESTIONS).encode())
            lines = await _lines(stream)
    identity, vc = read(lines)
    context.note(f"yealink: {identity.model}, {identity.version}; {len(lines)} lines")
    return Reading(samples=samples_of(vc, identity), identity=identity, vc=vc, method=f"tcp {port}")


def _port(target: Target) -> int:
    """The port of a URL; a device of the inventory has the usual one."""
    _, mark, rest = (target.url or "").partition("yealink://")
    told = rest.rpartition(":")[2]
    return int(told) if mark and told.isdecimal() else PORT


async def _lines(stream: Stream) -> Sequence[str]:
    lines: list[str] = []
    octets = 0
    while len(lines) < _MOST_LINES and octets < _MOST_OCTETS:
        try:
            line = await stream.reader.readline()
        except ValueError as error:  # a line without an end
            raise LimitExceeded("body_too_big", limit=_MOST_OCTETS) from error
        if not line:
            raise ProtocolBroken("reset")
        octets += len(line)
        lines.append(line.decode("utf-8", "replace").strip())
        if _LOGS_IN.match(lines[-1]) or lines[-1].startswith(("HTTP/", "SSH-", "<")):
            raise ProtocolBroken("vc_words")
        if lines[-1].startswith("volume "):
            return lines
    raise LimitExceeded("body_too_big", limit=_MOST_OCTETS)


def read(lines: Sequence[str]) -> tuple[Identity, VcStatus]:
    """What the lines say. Raises ParseFailed when not even the state is among them."""
    state = _last_word(lines, "sysstatus get")
    if state not in _STATES:
        raise ParseFailed("vc_words")
    version = next((_fields(line) for line in lines if line.startswith("version ")), {})
    calls = [_fields(line) for line in lines if re.match(r"callinfo (?:audio|video) ", line)]
    is_talking = state == "talking"
    volume = number_of(_last_word(lines, "volume") or _last_word(lines, "volume get"))
    known = volume is not None and 0 <= volume <= _LOUDEST
    identity = Identity(
        vendor="Yealink",
        os="yealink_vc",
        device_class="video",
        model=text_of(version.get("model")),
        version=version_of(version.get("firmware")),
    )
    return identity, VcStatus(
        in_call=is_talking,
        standby=state == "sleeping",
        calls=max(len(calls), 1) if is_talking else 0,
        live_calls=tuple(_call(call) for call in calls) if is_talking else (),
        mic_muted={"on": True, "off": False}.get(_last_word(lines, "mute near get") or ""),
        volume_ratio=volume / _LOUDEST if volume is not None and known else None,
        ringing=state == "ringing",
        media=tuple(_media(calls[0])) if calls and is_talking else (),
    )


def _last_word(lines: Sequence[str], about: str) -> str | None:
    """The word after what a line is about; the newest line counts, `talking max` is talking."""
    told = [
        line.removeprefix(f"{about} ").split() for line in lines if line.startswith(f"{about} ")
    ]
    words = [found[0].lower() for found in told if found and found[0] != "get"]
    return words[-1] if words else None


def _fields(line: str) -> Mapping[str, str]:
    return {name: value.strip() for name, value in _FIELD.findall(line)}


def _call(call: Mapping[str, str]) -> VcCall:
    protocol = call.get("protocol", "").lower()
    way = call.get("direction", "").lower()
    kilo = {dir_: number_of(call.get(f"TotalBw{end}")) for end, dir_ in _WAYS}
    tx, rx = kilo["tx"], kilo["rx"]
    return VcCall(
        status="Connected",
        direction="Incoming" if "in" in way else "Outgoing" if "out" in way else None,
        protocol=next((name for name in ("h323", "sip") if name in protocol), None),
        tx_bps=tx * 1000 if tx is not None and tx >= 0 else None,
        rx_bps=rx * 1000 if rx is not None and rx >= 0 else None,
    )


def _media(call: Mapping[str, str]) -> Iterator[VcMedia]:
    """Streams that have a codec or a picture; percent lost, jitter in milliseconds."""
    for letter, media in _STREAMS:
        for end, way in _WAYS:
            if not (call.get(f"{letter}codec{end}") or call.get(f"{letter}Codec{end}")):
                continue
            percent = _positive(call, f"{letter}tplp{end}")
            jitter_ms = _positive(call, f"{letter}Jr{end}")
            height = _LINES.search(call.get(f"{letter}Res{end}", "").strip())
            yield VcMedia(
                dir=way,
                media=media,
                loss_ratio=percent / 100 if percent is not None and percent <= 100 else None,
                jitter_s=None if jitter_ms is None else jitter_ms / 1000,
                height_px=int(height[1]) if height and media != "audio" else None,
                fps=_positive(call, f"{letter}Fr{end}") if media != "audio" else None,
            )


def _positive(call: Mapping[str, str], key: str) -> float | None:
    value = number_of(call.get(key, "").rstrip("% "))
    return value if value is not None and value >= 0 else None


PROBE = Probe(name="yealink", period_s=60, timeout_s=5, run=run, metrics=METRICS)
