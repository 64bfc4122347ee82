"""What a fault is: a name, a function that says which root facts it changes, its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from drills.model import Value
    from drills.world import World

Params: TypeAlias = Mapping[str, "Value"]
Face: TypeAlias = Literal[
    "reach", "snmp", "xapi", "services", "node_exporter", "shell", "proxmox", "room"
]
"""Where a fault is seen; `room` is what people in the room and at the far end see and hear.

`shell` is a machine's over SSH, `proxmox` what its hypervisor tells.
"""


class Change(NamedTuple):
    """One fact that a fault sets."""

    kind: str
    on: str
    value: Value


_Build: TypeAlias = Callable[["World", str, Params], tuple[Change, ...]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: its name, the parameters it takes with their defaults, the faces that show it."""

    name: str
    build: _Build
    params: Params
    shown_by: tuple[Face, ...]


def fault(*shown_by: Face, **params: Value) -> Callable[[_Build], Fault]:
    """Make a function (world, on, params) -> changes into the fault of its name."""

    def made(build: _Build) -> Fault:
        return Fault(getattr(build, "__name__", ""), build, MappingProxyType(params), shown_by)

    return made
