"""The flood guard: how many messages are looked at, whatever is sent. Bounded in time and memory.

At most 20 a second of one device and 200 a second in all; of what is beyond, one in a hundred.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.hints.model import Channel

PER_DEVICE = 20
IN_ALL = 200
ONE_IN = 100
QUIET_S = (
    60.0  # a flood is over, and the next one worth an event, when nothing was left out so long
)
SAME_WITHIN_S = 5.0
REMEMBERED_MESSAGES = 1024
REMEMBERED_SENDERS = 20

Admission: TypeAlias = Literal["pass", "sample", "drop"]
Sender = TypeVar("Sender", bound=Hashable)


@dataclass(slots=True)
class _Second:
    """How many came in the present second, and how many were beyond the limit so far."""

    started_at: float = 0.0
    count: int = 0
    beyond: int = 0

    def enter(self, mono: float, limit: int) -> bool:
        """Whether one more is within the limit of its second."""
        if not 0 <= mono - self.started_at < 1:
            self.started_at, self.count = mono, 0
        self.count += 1
        return self.count <= limit


@dataclass(slots=True)
class _Flood:
    """How many messages of a device were left out since its flood began, and when the last."""

    dropped: int = 0
    last_at: float = 0.0


class FloodGuard(Generic[Sender]):
    """Decides for every message of a known device whether it is looked at.

    Devices are those of the inventory, so there are only so many counters.
    """

    def __init__(self) -> None:
        self._all = _Second()
        self._devices: dict[Sender, _Second] = {}
        self._floods: dict[Sender, _Flood] = {}

    def admit(self, device: Sender, mono: float) -> tuple[Admission, bool]:
        """What is done with one message, and whether a flood begins with it."""
        own = self._devices.setdefault(device, _Second())
        if own.enter(mono, PER_DEVICE) and self._all.enter(mono, IN_ALL):
            return "pass", False
        own.beyond += 1
        flood = self._floods.get(device)
        began = flood is None or mono - flood.last_at >= QUIET_S
        if flood is None or began:
            flood = self._floods[device] = _Flood()
        flood.last_at = mono
        if own.beyond % ONE_IN == 0:
            return "sample", began
        flood.dropped += 1
        return "drop", began

    @property
    def floods(self) -> Mapping[Sender, int]:
        """The devices whose floods are not over, with how many messages were left out so far."""
        return {device: flood.dropped for device, flood in self._floods.items()}

    def end_quiet(self, mono: float) -> Mapping[Sender, int]:
        """The floods that have ended since this was asked last, each said once."""
        over = {
            device: flood.dropped
            for device, flood in self._floods.items()
            if mono - flood.last_at >= QUIET_S
        }
        for device in over:
            del self._floods[device]
        return over


class Losses:
    """How many datagrams the kernel dropped on each channel, as they came faster than was read."""

    def __init__(self) -> None:
        self._lost: dict[Channel, _Flood] = {}
        self.count = 0

    def note(self, channel: Channel, count: int, mono: float) -> bool:
        """Count some; whether a spell of losing begins with them."""
        before = self._lost.get(channel)
        began = before is None or mono - before.last_at >= QUIET_S
        spell = _Flood() if before is None or began else before
        self._lost[channel] = spell
        self.count += count
        spell.dropped += count
        spell.last_at = mono
        return began

    @property
    def lasting(self) -> Mapping[Channel, int]:
        """The channels that lose datagrams at present, with how many so far."""
        return {channel: spell.dropped for channel, spell in self._lost.items()}

    def end_quiet(self, mono: float) -> Mapping[Channel, int]:
        """The spells that have ended since this was asked last, each said once."""
        over = {
            channel: spell.dropped
            for channel, spell in self._lost.items()
            if mono - spell.last_at >= QUIET_S
        }
        for channel in over:
            del self._lost[channel]
        return over


class Repeats:
    """Knows messages that were said already within five seconds."""

    def __init__(self) -> None:
        self._said: OrderedDict[Hashable, float] = OrderedDict()

    def is_repeat(self, message: Hashable, mono: float) -> bool:
        """Whether the same was taken less than five seconds ago; a new one is remembered."""
        said_at = self._said.get(message)
        if said_at is not None and mono - said_at < SAME_WITHIN_S:
            return True
        self._said[message] = mono
        self._said.move_to_end(message)
        while len(self._said) > REMEMBERED_MESSAGES:
            self._said.popitem(last=False)
        return False


@dataclass(frozen=True, slots=True)
class Stranger:
    """An address that is no device's: how often it sent, lastly when (monotonic seconds) and by."""

    host: str
    messages: int
    channel: Channel
    mono: float


class Strangers:
    """The last 20 addresses that sent something and are no device's, with how often they did."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, Stranger] = OrderedDict()
        self.count = 0

    def note(self, host: str, channel: Channel, mono: float) -> None:
        """Count one message of an address that nobody knows."""
        self.count += 1
        before = self._seen.get(host)
        self._seen[host] = Stranger(host, (before.messages if before else 0) + 1, channel, mono)
        self._seen.move_to_end(host)
        while len(self._seen) > REMEMBERED_SENDERS:
            self._seen.popitem(last=False)

    @property
    def seen(self) -> tuple[Stranger, ...]:
        """What is remembered of them, the latest last."""
        return tuple(self._seen.values())
