"""Who sent traps or syslog lines without being a device of the inventory, as the API sends it."""

from __future__ import annotations

from agent.wire.base import Stamp, Wire


class UnknownSender(Wire):
    """One address, how many messages it sent, and when and by which channel the last one came."""

    address: str
    messages: int
    channel: str
    seen_at: Stamp


class UnknownSenders(Wire):
    """The last addresses, the latest first. `messages` counts all, also of those forgotten."""

    senders: tuple[UnknownSender, ...] = ()
    messages: int = 0
