"""A hint as a value: which device said what; and the outcomes of receiving a message."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Channel: TypeAlias = Literal["trap", "syslog"]


class HintKind(StrEnum):
    """What a message hints at; `other` is a message that nothing is concluded from.

    A flood is what messages of a device make together; `dropped` among the values of its end.
    """

    LINK_DOWN = "link_down"
    LINK_UP = "link_up"
    COLD_START = "cold_start"
    WARM_START = "warm_start"
    AUTH_FAILURE = "auth_failure"
    UPS_ON_BATTERY = "ups_on_battery"
    UPS_ON_MAINS = "ups_on_mains"
    UPS_ALARM = "ups_alarm"
    TOPOLOGY = "topology"
    POWER_OVER_ETHERNET = "poe"
    CONFIG = "config"
    LOGIN_FAILED = "login_failed"
    MAC_FLAP = "mac_flap"
    FLOOD = "flood"
    FLOOD_OVER = "flood_over"
    OTHER = "other"


class Outcome(StrEnum):
    """What became of a received message: the `result` label of its counter.

    `repeated` is counted once with the message that it repeats; `engine_asked` is an inform of
    SNMPv3 whose sender did not know our engine or its clock, and was told. `lost` are those that
    the kernel dropped before anybody read them.
    """

    ACCEPTED = "accepted"
    REPEATED = "repeated"
    FLOOD = "flood"
    FLOOD_OVER = "flood_over"
    UNKNOWN_SENDER = "unknown_sender"
    ENGINE_ASKED = "engine_asked"
    AUTH = "auth"
    PARSE = "parse"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Hint:
    """One message of one device, as far as it was understood.

    `mono` is monotonic seconds of its arrival. `text` is for people, cleaned and at most 400
    characters. `values` hold what was read beside it, such as `ifIndex` or `ifName`; `name` is
    the trap's in its MIB, or the line's severity.
    """

    ward: str
    device: str
    channel: Channel
    kind: HintKind
    mono: float
    text: str = ""
    values: Mapping[str, str | int] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says, before anybody asked who sent it.

    `name` is one of few: a trap's in its MIB, a syslog line's severity, else "other".
    """

    kind: HintKind
    name: str
    text: str = ""
    values: Mapping[str, str | int] = field(default_factory=dict)
