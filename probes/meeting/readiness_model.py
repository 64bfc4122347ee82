"""What a look at a meeting room comes to, as values: items, whose side, one next step."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from inventory.model import Ward
    from probes.meeting.model import Meeting
    from probes.model import Observation, Target
    from probes.path.model import LineWay

ItemName: TypeAlias = Literal[
    "power", "switch", "endpoint", "registration", "socket", "line", "headroom", "resolver",
    "services", "camera", "microphone", "speaker", "display", "standby", "clock", "certificate",
    "diagnostics", "peripherals", "incident", "two_way", "sharing", "heard",
]  # fmt: skip
ItemState: TypeAlias = Literal["ok", "degraded", "down", "unknown", "waiting"]
Overall: TypeAlias = Literal["ok", "degraded", "down", "unknown"]
Side: TypeAlias = Literal["room", "lan", "line", "centre"]

ITEMS: tuple[ItemName, ...] = get_args(ItemName)
BY_PERSON: tuple[ItemName, ...] = ("two_way", "sharing", "heard")

_ROOM, _LINE = "PB-MTG-01", "PB-NET-01"
STEPS: Mapping[str, str | None] = MappingProxyType(
    {
        "mains": _LINE,
        "ups_look": None,
        "switch_look": _LINE,
        "port_open": _LINE,
        "cord": _ROOM,
        "endpoint_look": _ROOM,
        "no_endpoint": None,
        "credentials": None,
        "certificate": None,
        "ask_again": None,
        "registration_report": _ROOM,
        "registrar_report": _ROOM,
        "auto_negotiate": None,
        "line_report": _LINE,
        "lighten": _ROOM,
        "resolver_report": _LINE,
        "service_report": _ROOM,
        "camera_cord": _ROOM,
        "camera_on": _ROOM,
        "microphone_cord": _ROOM,
        "unmute": _ROOM,
        "volume": _ROOM,
        "display_on": _ROOM,
        "wake": _ROOM,
        "clock_report": None,
        "diagnostics_read": None,
        "panel_cord": None,
        "incident_follow": None,
        "measure": None,
        "two_way_at": _ROOM,
        "two_way": _ROOM,
        "two_way_wait": _ROOM,
        "two_way_failed": _ROOM,
        "sharing": _ROOM,
        "heard": _ROOM,
    }
)
"""The steps that may come next, each with the playbook that leads through it, if there is one."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list. `said` is the key of its words, `values` what stands in them.

    `side` is whose part it is, `step` what helps (a key of STEPS) unless it is good. `because` is
    the item that keeps this one from being measured. `age_s` is how old the measurement is.
    Required items count in the readiness ratio, and decide whether anything is known at all.
    """

    name: ItemName
    state: ItemState
    said: str
    values: Mapping[str, object] = field(default_factory=dict)
    side: Side = "room"
    step: str | None = None
    at: datetime | None = None
    age_s: float | None = None
    because: ItemName | None = None
    is_required: bool = False

    @property
    def by(self) -> Literal["auto", "person"]:
        """Who says it: the machine, or a person."""
        return "person" if self.name in BY_PERSON else "auto"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A person's word on one item of one meeting."""

    is_good: bool
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known beyond single measurements, None where it is not.

    `segment` is where the verdict sees the fault, `incident` an open one on the way where somebody
    keeps incidents (`has_book`), `line_share`
    how much of the committed rate is used (ratio) and `line_share_age_s` how old that is, `echoes`
    those of the last minutes to the far end of the line as one window.
    """

    segment: str | None = None
    incident: str | None = None
    has_book: bool = False
    line_share: float | None = None
    line_share_age_s: float | None = None
    echoes: LineWay | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a room is judged by: the ward, its targets, the newest run of each of their probes.

    `now` is the aware wall time for the meeting, `mono` monotonic seconds for ages.
    """

    ward: Ward
    targets: Mapping[str, Target]
    seen: Mapping[str, tuple[Observation, ...]]
    room: str
    now: datetime
    mono: float
    meeting: Meeting | None = None
    vantage: Literal["ward", "hub"] = "ward"
    confirmed: Mapping[str, Confirmed] = field(default_factory=dict)
    beside: Beside = field(default_factory=Beside)

    def minutes_left(self) -> float | None:
        """Minutes to the start, negative once it runs; None without a meeting."""
        if self.meeting is None:
            return None
        return (self.meeting.start - self.now).total_seconds() / 60


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a room is ready: the overall state and the one next step first, then every item.

    `guilty` is the item that decides, None when all is well; `step` is a key of STEPS with
    `step_values` in its words. `ratio` is passed required items over required ones.
    """

    room: str
    meeting: Meeting | None
    state: Overall
    items: tuple[Item, ...]
    guilty: ItemName | None = None
    side: Side | None = None
    step: str | None = None
    step_values: Mapping[str, object] = field(default_factory=dict)

    @property
    def playbook(self) -> str | None:
        """The playbook that leads through the next step."""
        return STEPS[self.step] if self.step else None

    @property
    def ratio(self) -> float | None:
        """Passed required items over required ones; None when nothing is required."""
        required = [one for one in self.items if one.is_required]
        passed = sum(one.state == "ok" for one in required)
        return passed / len(required) if required else None

    def item(self, name: ItemName) -> Item | None:
        """That item, None where it does not apply here."""
        return next((one for one in self.items if one.name == name), None)
