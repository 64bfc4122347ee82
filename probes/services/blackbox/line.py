"""One value as blackbox_exporter tells it, and the values that all its modules tell."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from probes.model import ProbeContext
    from probes.wire import Place

_FNV_START, _FNV_PRIME = 0x811C9DC5, 0x01000193


class Line(NamedTuple):
    """One sample: the family's name, its value, and pairs of label and text."""

    name: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


class Look(Protocol):
    """One asking by one module; what it saw can be told at any time, also when it failed."""

    async def ask(self, context: ProbeContext) -> bool:
        """Whether the service is good by this module; raises a ProbeError leaf."""

    def lines(self) -> Iterable[Line]:
        """What is known so far, without success and duration."""


def place_lines(place: Place | None) -> Iterator[Line]:
    """Where the target was found; zeros when it was not."""
    address = ip_address(place.address).packed if place else b""
    yield Line("probe_ip_addr_hash", fnv1a(address) if place else 0)
    yield Line("probe_ip_protocol", place.family if place else 0)


def fnv1a(octets: bytes) -> int:
    """FNV-1a of 32 bits (RFC 9923), by which an address is told without being told."""
    found = _FNV_START
    for octet in octets:
        found = (found ^ octet) * _FNV_PRIME & 0xFFFFFFFF
    return found


def phase_lines(name: str, phases: Mapping[str, float | None]) -> Iterator[Line]:
    """Seconds by phase; one that was not finished is 0."""
    for phase, seconds in phases.items():
        yield Line(name, seconds or 0, (("phase", phase),))
