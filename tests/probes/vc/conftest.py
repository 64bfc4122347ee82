"""What tests of video endpoints share: answers damaged at random, and a connector to nowhere."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from probes.model import Reading

_OCTETS = (0, 9, 10, 34, 44, 45, 48, 57, 58, 60, 62, 91, 93, 110, 123, 125, 200, 255)


@dataclass
class Damage:
    """Changes, drops, doubles and cuts octets; the same ones at every run."""

    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - seeded

    def of(self, text: str | bytes, share: float = 1.0) -> bytes:
        """The text, with that probability damaged."""
        octets = bytearray(text.encode() if isinstance(text, str) else text)
        if self.chance.random() >= share:
            return bytes(octets)
        for _ in range(self.chance.randint(1, 4)):
            at = self.chance.randrange(len(octets) + 1)
            new = (self.chance.choice(_OCTETS) for _ in range(self.chance.randint(0, 3)))
            octets[at : at + self.chance.randint(0, 3)] = bytes(new)
        cut = self.chance.random() < 0.3
        return bytes(octets[: self.chance.randrange(len(octets) + 1)] if cut else octets)


class OpenDoor:
    """A TcpClient that reaches everybody."""

    async def connect(self, host: str, port: int, *, deadline: float) -> float:  # noqa: ARG002
        """At once."""
        return 0.0


def check_series(reading: Reading) -> None:
    """Fail when a reading tells one series twice, or a label in more than a line."""
    series = [(sample.metric.name, *sample.labels) for sample in reading.samples]
    assert len(series) == len(set(series)), series
    assert all(label.isprintable() for one in series for label in one), series


class Hostile:
    """What tests ask of this file."""

    Damage = Damage
    OpenDoor = OpenDoor
    check_series = staticmethod(check_series)


@pytest.fixture
def hostile() -> Hostile:
    """Damaged answers and what must hold of the readings made of them."""
    return Hostile()
