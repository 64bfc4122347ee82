"""The desk where messages arrive: who sent it, is there a flood, what does it say, pass it on.

A message never sets a state; all it leads to is decided by whoever takes the hints.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from agent.hints import patterns, traps
from agent.hints.guard import FloodGuard, Losses, Repeats, Strangers
from agent.hints.model import Hint, HintKind, Outcome, Said
from agent.hints.senders import plain
from agent.hints.syslog import read_line
from agent.hints.v3 import Heard, UserMessages
from probes.snmp.ber import MalformedBer, version_of
from probes.snmp.notifications import read_notification

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agent.hints.model import Channel
    from agent.hints.patterns import Pattern
    from agent.hints.senders import Sender, Senders
    from agent.hints.v3 import Authority

_log = logging.getLogger(__name__)
_VERSION_3 = 3


class Tally(Protocol):
    """Counts messages. `what` is a trap's name or a line's severity, "" when it was not read."""

    def __call__(
        self, channel: Channel, device: str, what: str, outcome: Outcome, count: int = 1
    ) -> None: ...


class HintDesk:
    """Takes datagrams of both receivers; hands hints of known devices to `take`, counts all."""

    def __init__(
        self,
        senders: Senders,
        take: Callable[[Hint], None],
        tally: Tally,
        rules: Sequence[Pattern],
        engine: Authority,
    ) -> None:
        self._users = UserMessages(senders, engine)
        self.strangers = Strangers()
        self._senders = senders
        self._take = take
        self._tally = tally
        self._rules = rules
        self._guard: FloodGuard[tuple[str, str]] = FloodGuard()
        self._flooded: dict[tuple[str, str], tuple[Channel, int]] = {}  # and what was lost before
        self._losses = Losses()
        self._repeats = Repeats()

    def trap(self, data: bytes, host: str, mono: float) -> bytes | None:
        """Take one datagram of the trap port; what an inform is answered with, else None."""
        sender = self._admitted("trap", host, mono)
        if sender is None:
            return None
        try:
            heard = self._heard(data, host, mono)
        except MalformedBer:
            self._tally("trap", sender.device, "", Outcome.PARSE)
            return None
        if heard.sender is None or heard.notification is None:
            outcome = Outcome.AUTH if heard.answer is None else Outcome.ENGINE_ASKED
            self._tally("trap", sender.device, "", outcome)
        else:
            self._pass_on("trap", heard.sender, traps.meaning(heard.notification), mono)
        return heard.answer

    def admits(self, host: str, mono: float) -> bool:
        """Whether an address that connects for syslog is a device's; a stranger is counted."""
        if self._senders.of(host):
            return True
        self._note_stranger("syslog", host, mono)
        return False

    def syslog(self, data: bytes, host: str, mono: float) -> None:
        """Take one message of the syslog port: a datagram, or one out of a stream."""
        sender = self._admitted("syslog", host, mono)
        if sender is not None:
            said = patterns.meaning(read_line(data), self._rules)
            self._pass_on("syslog", sender, said, mono)

    @property
    def floods(self) -> Mapping[tuple[str, str], int]:
        """Ward and device of the floods that last, with how many messages were left out so far."""
        return self._guard.floods

    def lost(self, channel: Channel, count: int, mono: float) -> None:
        """Take note of datagrams that the kernel dropped before they were read, whoever's."""
        self._tally(channel, "", "", Outcome.LOST, count)
        if self._losses.note(channel, count, mono):
            _log.warning("datagrams lost in the kernel channel=%s", channel)

    @property
    def losses(self) -> Mapping[Channel, int]:
        """How many datagrams were lost in the kernel by channel, while that lasts."""
        return self._losses.lasting

    def look_after(self, mono: float) -> None:
        """Say of every flood that is over how many messages were left out; called now and then."""
        for (ward, device), dropped in self._guard.end_quiet(mono).items():
            channel, lost_before = self._flooded.pop((ward, device))
            said = {"dropped": dropped}
            # Nobody knows whose datagrams the kernel dropped, only that it did so meanwhile.
            if lost := self._losses.count - lost_before:
                said["lost"] = lost
            counts = " ".join(f"{what}={count}" for what, count in said.items())
            _log.warning("flood over ward=%s device=%s %s", ward, device, counts)
            self._take(Hint(ward, device, channel, HintKind.FLOOD_OVER, mono, values=said))
        for channel, count in self._losses.end_quiet(mono).items():
            _log.warning("datagrams lost in the kernel channel=%s count=%d", channel, count)

    def _admitted(self, channel: Channel, host: str, mono: float) -> Sender | None:
        """The sender of a message that is to be read; None for strangers and in a flood.

        Counting comes before reading, so that a flood costs little.
        """
        at_host = self._senders.of(host)
        if not at_host:
            self._note_stranger(channel, host, mono)
            return None
        sender = at_host[0]
        admission, began = self._guard.admit((sender.ward, sender.device), mono)
        if began:
            self._tell_flood(channel, sender, mono)
        if admission == "drop":
            self._tally(channel, sender.device, "", Outcome.FLOOD)
            return None
        return sender

    def _note_stranger(self, channel: Channel, host: str, mono: float) -> None:
        self.strangers.note(plain(host), channel, mono)
        self._tally(channel, "", "", Outcome.UNKNOWN_SENDER)

    def _heard(self, data: bytes, host: str, mono: float) -> Heard:
        """What a trap says and which of the devices at an address it is of. Raises MalformedBer."""
        if version_of(data) == _VERSION_3:
            return self._users.read(data, self._senders.of(host), mono)
        notification = read_notification(data)
        for sender in self._senders.of(host):
            if self._senders.has_community(sender, notification.community, mono):
                return Heard(sender, notification, notification.answer)
        return Heard()

    def _pass_on(self, channel: Channel, sender: Sender, said: Said, mono: float) -> None:
        same = (channel, sender.ward, sender.device, said.kind, said.text)
        if self._repeats.is_repeat(same, mono):
            self._tally(channel, sender.device, said.name, Outcome.REPEATED)
            return
        self._tally(channel, sender.device, said.name, Outcome.ACCEPTED)
        found = (said.kind, mono, said.text, said.values, said.name)
        self._take(Hint(sender.ward, sender.device, channel, *found))

    def _tell_flood(self, channel: Channel, sender: Sender, mono: float) -> None:
        self._flooded[sender.ward, sender.device] = channel, self._losses.count
        _log.warning("flood ward=%s device=%s channel=%s", sender.ward, sender.device, channel)
        self._take(Hint(sender.ward, sender.device, channel, HintKind.FLOOD, mono))
