"""Conferences, connections and media streams of Poly's REST API as calls of the vocabulary."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from probes.transports.json_tree import as_dicts, first, number_of, text_of, truth_of
from probes.vc.status import VcCall, VcMedia

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_Dir: TypeAlias = Literal["tx", "rx"]
_Kind: TypeAlias = Literal["audio", "main", "content"]

_TALKING = frozenset({"CONNECTED", "ONHOLD", "HELD", "HOLD"})
_RINGING = frozenset({"RINGING", "ALERTING", "INCOMING", "OFFERED"})
_DIRECTIONS: Mapping[str, _Dir] = {
    "RX": "rx", "RECEIVE": "rx", "TX": "tx", "TRANSMIT": "tx", "SEND": "tx",
}  # fmt: skip
_KINDS: tuple[tuple[str, _Kind], ...] = (
    ("CONTENT", "content"), ("PRESENTATION", "content"), ("AUDIO", "audio"),
    ("VIDEO", "main"), ("PEOPLE", "main"),
)  # fmt: skip
_LINES = re.compile(r"(?i)\b(?:\d{3,4}\s*x\s*)?(\d{3,4})(?:[pi]\b|\b)")
# Common Intermediate Format and its kin (ITU-T H.263, table 1).
_NAMED_LINES = {
    "QCIF": 144,
    "CIF": 288,
    "2CIF": 288,
    "4CIF": 576,
    "VGA": 480,
    "SVGA": 600,
    "XGA": 768,
}
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_CALLS = 8


@dataclass(frozen=True, slots=True)
class Talks:
    """What goes on: calls that are connected, whether one rings, and where their media is told.

    `places` are the numbers of conference and connection of each connected call.
    """

    live: tuple[VcCall, ...]
    ringing: bool
    places: tuple[tuple[str, str], ...]


def talks_of(answer: Any) -> Talks:
    """The calls of all conferences; one that waits (`PENDING`) without connections is none."""
    live: list[VcCall] = []
    places: list[tuple[str, str]] = []
    ringing = False
    for conference in as_dicts(answer):
        for connection in as_dicts(conference.get("connections")):
            state = (first(text_of, connection, "state", "sessionState") or "").upper()
            ringing = ringing or (
                state in _RINGING and truth_of(connection.get("incoming")) is not False
            )
            if state in _TALKING and len(live) < _MOST_CALLS:
                live.append(_call(connection, state))
                places += _place(conference, connection)
    return Talks(tuple(live), ringing, tuple(places))


def media_of(answers: Iterable[Any]) -> tuple[VcMedia, ...]:
    """One stream for each direction and kind: the worst of each figure, the tallest picture."""
    found: dict[tuple[_Dir, _Kind], VcMedia] = {}
    for answer in answers:
        for stream in _streams(answer):
            key = stream.dir, stream.media
            found[key] = _worse(found[key], stream) if key in found else stream
    return tuple(found[key] for key in sorted(found))


def _place(conference: Mapping[str, Any], connection: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The ids that go into a path; nothing of what the device says gets there unchecked."""
    ids = [str(text_of(item.get("id")) or "") for item in (conference, connection)]
    return [(ids[0], ids[1])] if all(_ID.fullmatch(told) for told in ids) else []


def _call(connection: Mapping[str, Any], state: str) -> VcCall:
    incoming = truth_of(connection.get("incoming"))
    words = f"{text_of(connection.get('callType'))} {text_of(connection.get('callInfo'))}".upper()
    rate = first(number_of, connection, "rate", "callRate")
    bps = rate * 1000 if rate is not None and rate > 0 else None  # told in kbit/s, for both ways
    return VcCall(
        status="Connected" if state == "CONNECTED" else "OnHold",
        direction=None if incoming is None else "Incoming" if incoming else "Outgoing",
        protocol=next((name for name in ("h323", "sip") if name.upper() in words), None),
        tx_bps=bps,
        rx_bps=bps,
        duration_s=_positive(connection, "duration"),
        encrypted=truth_of(connection.get("encrypted")),
    )


def _streams(answer: Any) -> Iterator[VcMedia]:
    for item in as_dicts(answer):
        way = _DIRECTIONS.get((first(text_of, item, "mediaDirection", "direction") or "").upper())
        named = (first(text_of, item, "mediaType", "mediaStream", "type") or "").upper()
        kind = next((kind for word, kind in _KINDS if word in named), None)
        if way is None or kind is None:
            continue
        percent = _positive(item, "percentPacketLoss")
        yield VcMedia(
            dir=way,
            media=kind,
            loss_ratio=percent / 100 if percent is not None and percent <= 100 else None,
            jitter_s=_from_ms(item, "jitter"),
            rtt_s=_from_ms(item, "roundTripTime", "roundTripDelay", "latency"),
            height_px=None if kind == "audio" else _lines(item),
            fps=None if kind == "audio" else _positive(item, "actualFrameRate"),
        )


def _positive(item: Mapping[str, Any], *keys: str) -> float | None:
    """The number there; negative ones stand for not known."""
    told: float | None = first(number_of, item, *keys)
    return told if told is not None and told >= 0 else None


def _from_ms(item: Mapping[str, Any], *keys: str) -> float | None:
    told = _positive(item, *keys)
    return None if told is None else told / 1000


def _lines(item: Mapping[str, Any]) -> int | None:
    """Lines of the picture: `1080p`, `1920x1080`, `4CIF`."""
    told = (first(text_of, item, "mediaFormat", "resolution") or "").strip()
    found = _LINES.search(told)
    return _NAMED_LINES.get(told.upper()) if found is None else int(found[1])


def _worse(one: VcMedia, other: VcMedia) -> VcMedia:
    return replace(
        one,
        loss_ratio=_larger(one.loss_ratio, other.loss_ratio),
        jitter_s=_larger(one.jitter_s, other.jitter_s),
        rtt_s=_larger(one.rtt_s, other.rtt_s),
        height_px=max((h for h in (one.height_px, other.height_px) if h is not None), default=None),
        fps=_larger(one.fps, other.fps),
    )


def _larger(one: float | None, other: float | None) -> float | None:
    return max((value for value in (one, other) if value is not None), default=None)
