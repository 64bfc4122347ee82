"""What all API types share: the frozen base, times as text, the closed lists of states."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer


def stamp(at: datetime) -> str:
    """`2026-11-21T07:32:07.412Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Wire(BaseModel):
    """Base of all API types: frozen; fields that are not known are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


StateName: TypeAlias = Literal["ok", "degraded", "down", "unknown", "maintenance"]
SegmentName: TypeAlias = Literal[
    "none", "power", "lan", "switch", "metronet", "dc", "service", "meeting", "unknown"
]
DeviceStateName: TypeAlias = Literal[
    "ok", "soft_down", "down", "unreachable", "flapping", "maintenance", "off_duty", "stale",
    "unknown",
]  # fmt: skip
RealmName: TypeAlias = Literal["live", "drill", "sim"]
PowerName: TypeAlias = Literal["on", "off", "suspended", "unknown"]
RunStateName: TypeAlias = Literal["running", "asking", "waiting", "done", "aborted", "unknown"]
ItemStateName: TypeAlias = Literal["open", "done", "failed", "unknown"]


def _or_unknown(*known: str) -> BeforeValidator:
    return BeforeValidator(lambda value: value if value in known else "unknown")


Stamp = Annotated[datetime, PlainSerializer(stamp, return_type=str, when_used="json")]
State = Annotated[StateName, _or_unknown(*get_args(StateName))]
Segment = Annotated[SegmentName, _or_unknown(*get_args(SegmentName))]
DeviceState = Annotated[DeviceStateName, _or_unknown(*get_args(DeviceStateName))]
Power = Annotated[PowerName, _or_unknown(*get_args(PowerName))]
RunState = Annotated[RunStateName, _or_unknown(*get_args(RunStateName))]
ItemState = Annotated[ItemStateName, _or_unknown(*get_args(ItemStateName))]


class Text(Wire):
    """A sentence in both languages."""

    vi: str
    en: str
