"""What people write of a machine that nobody can measure: where it stands, when it was saved."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from inventory.values import Name

# Named so that the sentence about a wrong value can be found by its pattern.
OPEN_PORT = r"^(tcp|udp)/([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

RuleId: TypeAlias = Literal[
    "DC-01", "DC-02", "DC-03", "DC-04", "DC-05", "DC-06", "DC-07", "DC-08", "DC-09", "DC-10",
    "DC-11", "DC-12", "DC-13", "DC-14", "DC-15", "DC-16", "DC-17", "DC-18", "DC-19", "DC-20",
    "DC-21", "DC-22", "DC-23",
]  # fmt: skip


def _day(value: object) -> date:
    """Read a day as it is written, and nothing else: pydantic would take numbers for seconds."""
    try:
        if _DAY.fullmatch(str(value)):
            return date.fromisoformat(str(value))
    except ValueError:
        pass
    raise PydanticCustomError("day_written", "a day is written YYYY-MM-DD")


Day: TypeAlias = Annotated[date, BeforeValidator(_day)]


class Acceptance(BaseModel, frozen=True, extra="forbid"):
    """A hygiene rule that a machine may break, why, and the last day on which it may."""

    rule: RuleId
    reason: str = Field(min_length=1)
    until: Day


class GuestPlace(BaseModel, frozen=True, extra="forbid"):
    """Which machine of which hypervisor a device is: the hypervisor's device name, its own number.

    The hypervisor may stand in another ward's file: a data centre's hosts carry machines of many.
    """

    hypervisor: Name
    id: str = Field(min_length=1, max_length=80)


class Quota(BaseModel, frozen=True, extra="forbid"):
    """What a ward was given in the data centre: processor cores, memory and disks in GiB (2^30)."""

    cpu_cores: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    memory_gib: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    disk_gib: float | None = Field(default=None, gt=0, allow_inf_nan=False)


class MachineCare(BaseModel, frozen=True, extra="forbid"):
    """What is known of a machine by hand. Days are Viet Nam's; what is not written is unknown.

    `allow_ports` are what it may listen on, as `tcp/443`; an empty list allows none. `backed_up` is
    the day of the last backup, `restore_tested` when one was last restored to try it, `off_since`
    when the machine was switched off.
    `guest` says which guest of a hypervisor it is, where its name does not. With `look_outside`
    an audit connects to its ports, to see which answer; at `tls_ports` it looks at certificates.
    """

    hosting: Literal["onsite", "dc", "cloud"] | None = None
    guest: GuestPlace | None = None
    allow_ports: tuple[Annotated[str, StringConstraints(pattern=OPEN_PORT)], ...] | None = None
    backed_up: Day | None = None
    restore_tested: Day | None = None
    off_since: Day | None = None
    look_outside: bool = False
    tls_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = Field(default=(), max_length=8)
