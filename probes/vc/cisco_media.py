"""The streams of a live call as a Cisco endpoint counts them.

CE and RoomOS: `MediaChannels/Call/Channel` with `Type`, `Direction` and `Netstat` (Cisco's xAPI
schemas of CE 9.15 to RoomOS 26). TC named a channel by what it carries and whither
(`IncomingVideoChannel`), with its `Netstat` under `MediaChannels` or, before TC 5, under
`Diagnostics/Call/Channels` (Codec C90 API guides). Both are read, whichever is there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from probes.vc.cisco_node import items, number, text
from probes.vc.status import VcMedia

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

_Dir: TypeAlias = Literal["tx", "rx"]
_Media: TypeAlias = Literal["audio", "main", "content"]

_OLD = re.compile(r"(Incoming|Outgoing)(Audio|Video)Channel")
_DIRECTIONS: dict[str, _Dir] = {"Incoming": "rx", "Outgoing": "tx"}
_CONTENT = "Presentation"  # the role of what is shared; people are Main, TC also said Legacy


@dataclass(frozen=True, slots=True)
class _Channel:
    """One channel: whither and what, and the nodes that speak of it."""

    dir: _Dir
    type: str
    nodes: tuple[Element, ...]

    def number(self, *paths: str) -> float | None:
        """The number at the first path that any of the nodes has."""
        found = (number(node, *paths) for node in self.nodes)
        return next((value for value in found if value is not None), None)

    def text(self, *paths: str) -> str | None:
        """The text at the first path that any of the nodes has."""
        return next((said for node in self.nodes if (said := text(node, *paths))), None)

    @property
    def media(self) -> _Media:
        """What it carries."""
        if self.type == "Audio":
            return "audio"
        return "content" if self.text("Video/ChannelRole", "ChannelRole") == _CONTENT else "main"

    @property
    def is_used(self) -> bool:
        """A channel that stands ready for what nobody sends has protocol Off."""
        return self.text(f"{self.type}/Protocol") != "Off"


def media_of(status: Element) -> tuple[VcMedia, ...]:
    """The streams of all calls, one for each direction and kind; () outside calls.

    Where several channels are of one kind (one picture for each speaker) the losses are summed, the
    worst jitter and round trip stand, and the tallest picture.
    """
    kinds: defaultdict[tuple[_Dir, _Media], list[_Channel]] = defaultdict(list)
    for channel in _channels(status):
        if channel.is_used:
            kinds[channel.dir, channel.media].append(channel)
    return tuple(_stream(dir_, media, found) for (dir_, media), found in sorted(kinds.items()))


def _channels(status: Element) -> Iterator[_Channel]:
    """All channels; the nodes of one and the same channel under both old roots are put together."""
    found: defaultdict[tuple[str, str, str], list[Element]] = defaultdict(list)
    for call, part in _parts(status):
        for name in dict.fromkeys(child.tag for child in part):
            if name == "Channel" or _OLD.fullmatch(name):
                for item, channel in items(part, name):
                    found[call, name, item].append(channel)
    for (_call, name, _item), nodes in found.items():
        known = _channel(name, tuple(nodes))
        if known is not None:
            yield known


def _parts(status: Element) -> Iterator[tuple[str, Element]]:
    """What may hold channels, with the number of its call."""
    for root in ("MediaChannels/Call", "Diagnostics/Call"):
        for number_of, call in items(status, root):
            yield number_of, call
            yield from ((number_of, part) for part in call.iterfind("Channels"))


def _channel(name: str, nodes: tuple[Element, ...]) -> _Channel | None:
    old = _OLD.fullmatch(name)
    if old:
        return _Channel(_DIRECTIONS[old.group(1)], old.group(2), nodes)
    direction = _DIRECTIONS.get(text(nodes[0], "Direction") or "")
    kind = text(nodes[0], "Type")
    if direction is None or kind not in {"Audio", "Video"}:  # Data is far-end camera control
        return None
    return _Channel(direction, kind, nodes)


def _stream(
    dir_: _Dir,
    media: _Media,
    channels: Sequence[_Channel],
) -> VcMedia:
    tallest = max(channels, key=lambda one: one.number("Video/ResolutionY") or 0)
    height = tallest.number("Video/ResolutionY")
    return VcMedia(
        dir=dir_,
        media=media,
        loss_ratio=_loss_ratio(channels),
        jitter_s=_worst_s(channels, "Netstat/Jitter", "Netstat/MaxJitter"),
        rtt_s=_worst_s(channels, "Netstat/RoundTripTime"),
        height_px=int(height) if height and height > 0 else None,
        fps=_known(tallest.number("Video/FrameRate")) if media != "audio" else None,
    )


def _loss_ratio(channels: Sequence[_Channel]) -> float | None:
    """Lost of all packets of the last interval (about 5 s); None while none was due."""
    lost = received = 0.0
    for channel in channels:
        missed = _known(channel.number("Netstat/LastIntervalLost"))
        came = _known(channel.number("Netstat/LastIntervalReceived"))
        if missed is not None and came is not None:
            lost, received = lost + missed, received + came
    return lost / (lost + received) if lost + received > 0 else None


def _worst_s(channels: Sequence[_Channel], *paths: str) -> float | None:
    """The longest of the times at those paths, which are told in milliseconds."""
    told = [_known(channel.number(*paths)) for channel in channels]
    return max((value / 1000 for value in told if value is not None), default=None)


def _known(value: float | None) -> float | None:
    return value if value is not None and value >= 0 else None  # -1 stands for not known
