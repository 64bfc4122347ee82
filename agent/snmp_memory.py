"""What the SNMP engine learned of devices: kept over restarts, dropped when a device is another.

What it found out about a device goes to the journal, once for each device until it changes.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypeAlias

from agent.incidents.record import Event
from agent.statefile import replace_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from probes.clock import Clock
    from probes.model import Observation, Reading, Target
    from probes.snmp.types import Note, SnmpLessons

_log = logging.getLogger(__name__)
FILE_NAME = "snmp-learned.json"
SAVE_EVERY_S = 600.0
_LARGEST = 16 * 1024 * 1024

Place: TypeAlias = tuple[str, int]  # address and port


@dataclass(frozen=True, slots=True)
class Make:
    """By what a device is known to be the one that the lessons are about; None while unknown."""

    sys_object_id: str | None = None
    version: str | None = None
    ports: int | None = None

    def after(self, reading: Reading) -> Make:
        """What is known after one more reading."""
        said = reading.identity
        ports = self.ports if reading.interfaces is None else len(reading.interfaces)
        if said is None:
            return Make(self.sys_object_id, self.version, ports)
        return Make(said.sys_object_id or self.sys_object_id, said.version or self.version, ports)

    def is_other_than(self, before: Make) -> bool:
        """Whether something that was known is now another."""
        pairs = ((getattr(before, one.name), getattr(self, one.name)) for one in fields(self))
        return any(was is not None and was != now for was, now in pairs)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The file's content. `told` are the words already in the journal, by place."""

    at: datetime
    lessons: dict[str, Any] = field(default_factory=dict)
    makes: dict[str, Make] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)


class SnmpMemory:
    """Keeps an engine's lessons in `path` and hands its notes to `journal`."""

    def __init__(
        self,
        lessons: SnmpLessons,
        path: Path,
        clock: Clock,
        targets: Iterable[Target],
        journal: Callable[[Event], None],
    ) -> None:
        self._lessons = lessons
        self._path = path
        self._clock = clock
        self._journal = journal
        self._targets: dict[Place, list[Target]] = {}
        for target in targets:
            if target.snmp is not None:
                self._targets.setdefault(_place(target), []).append(target)
        self._makes: dict[str, Make] = {}
        self._told: dict[str, set[str]] = {}
        lessons.listen(self._hear)

    def restore(self) -> None:
        """Take over what an earlier run wrote; without it everything is learned anew."""
        try:
            kept = _read(self._path)
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            _log.warning("snmp lessons not read file=%s problem=%s", self._path, error)
            return
        age_s = max(0.0, (self._clock.now() - kept.at).total_seconds())
        self._lessons.recall(kept.lessons, self._clock.monotonic(), age_s)
        self._makes.update(kept.makes)
        self._told.update((name, set(words)) for name, words in kept.told.items())

    def save(self) -> None:
        """Write the file; a failure is one log line, since polling goes on without it."""
        known = {_name(place) for place in self._targets}
        learned = self._lessons.remember(self._clock.monotonic()).items()
        kept = {
            "at": self._clock.now().isoformat(),
            "lessons": {name: told for name, told in learned if name in known},
            "makes": {
                name: [make.sys_object_id, make.version, make.ports]
                for name, make in self._makes.items()
            },
            "told": {name: sorted(words) for name, words in self._told.items()},
        }
        try:
            replace_whole(self._path, json.dumps(kept).encode() + b"\n")
        except OSError as error:
            _log.warning("snmp lessons not written file=%s problem=%s", self._path, error)

    async def keep(self) -> None:
        """Write the file every ten minutes until cancelled."""
        while True:
            await self._clock.sleep(SAVE_EVERY_S)
            self.save()

    def take(self, seen: Observation) -> None:
        """Look whether the device is still the one that the lessons are about."""
        if not seen.ok or seen.target.snmp is None or not seen.probe.startswith("snmp-"):
            return
        place = _place(seen.target)
        before = self._makes.get(_name(place), Make())
        now = before.after(seen.reading)
        self._makes[_name(place)] = now
        if now.is_other_than(before):
            self._lessons.forget(*place)

    def fallbacks(self) -> Iterator[str]:
        """The devices that the second engine reads now because the first one cannot."""
        for place in self._lessons.fallbacks(self._clock.monotonic()):
            yield from (target.name for target in self._targets.get(place, ()))

    def _hear(self, note: Note) -> None:
        place = (note.host, note.port)
        told = self._told.setdefault(_name(place), set())
        if note.word == "device-replaced":
            told.clear()
        elif note.word in told and note.word != "snmp-engine-fallback":
            return
        told.add(note.word)
        _log.warning("snmp note=%s host=%s port=%d", note.word, note.host, note.port)
        for target in self._targets.get(place, ()):
            at = self._clock.now()
            self._journal(Event(note.word, at, target.ward, target.name, target.name))


def open_memory(
    lessons: SnmpLessons | None,
    folder: Path,
    clock: Clock,
    targets: Iterable[Target],
    journal: Callable[[Event], None],
) -> SnmpMemory | None:
    """What the engine learned in earlier runs, handed to it; None where no engine learns."""
    if lessons is None:
        return None
    memory = SnmpMemory(lessons, folder / FILE_NAME, clock, targets, journal)
    memory.restore()
    return memory


def _place(target: Target) -> Place:
    """Under which address and port the engine knows a device."""
    port = target.snmp.port if target.snmp is not None else 0
    try:
        return str(ip_address(target.host)), port
    except ValueError:
        return target.host, port


def _name(place: Place) -> str:
    return f"{place[0]}|{place[1]}"


def _read(path: Path) -> _Kept:
    """The file's content. Raises OSError, or ValueError when it is not such a file."""
    with path.open("rb") as stream:
        text = stream.read(_LARGEST)
    try:
        told = json.loads(text)
        return _Kept(
            datetime.fromisoformat(told["at"]).astimezone(UTC),
            dict(told["lessons"]),
            {str(name): Make(*_make(made)) for name, made in told["makes"].items()},
            {str(name): [str(word) for word in words] for name, words in told["told"].items()},
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _make(made: list[Any]) -> tuple[str | None, str | None, int | None]:
    sys_object_id, version, ports = made
    if not isinstance(ports, int | None):
        raise TypeError("ports")
    return sys_object_id and str(sys_object_id), version and str(version), ports
