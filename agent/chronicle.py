"""What devices tell of themselves over time: restarts, which port is which, how much flows.

The one mutable home of these memories; what is decided is decided by pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from agent.board import subject
from agent.incidents.record import Event
from agent.port_identity import Matched, Port, match
from agent.reboot import Life, Restart, Vitals, start_trap, weigh
from probes.counters import Count, Rate, rate
from probes.model import TTL_PERIODS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from datetime import datetime

    from agent.board import Subject
    from probes.model import Interface, Observation

SLOW_POLL_S = 300.0


@dataclass(frozen=True, slots=True)
class Flow:
    """Octets per second into and out of a port, or why there is no number."""

    into: Rate
    out: Rate

    @property
    def is_trusted(self) -> bool:
        """False when a 32-bit counter may have wrapped more than once."""
        return "untrusted" not in (self.into.trust, self.out.trust)


@dataclass(frozen=True, slots=True)
class KnownPorts:
    """The ports of a device as they are kept over a restart of the program.

    `saved_at` is when they were last written: a device that runs longer than since then has not
    restarted in between.
    """

    ports: tuple[Port, ...]
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What one observation adds: journal lines, and the ports when they are to be written."""

    events: tuple[Event, ...] = ()
    ports: tuple[Port, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Counted:
    """The counters of one interface table, by port identity, and when they were read."""

    ports: Mapping[str, Interface]
    mono: float
    uptime_ticks: int | None
    period_s: float


@dataclass(slots=True)
class _Device:
    life: Life = field(default_factory=Life)
    ports: tuple[Port, ...] = ()
    saved_at: datetime | None = None
    is_same_boot: bool | None = None
    slow_at_s: float | None = None
    faces: tuple[tuple[object, ...], ...] = ()
    newest: _Counted | None = None
    before: _Counted | None = None
    ids: dict[int, str] = field(default_factory=dict)
    restarts: int = 0
    renumberings: int = 0
    doubled: tuple[str, ...] = ()
    is_scale_told: bool = False


class Chronicle:
    """The memories of all devices. `new_id` makes identities of ports."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._devices: dict[Subject, _Device] = {}

    def restore(self, known: Mapping[Subject, KnownPorts]) -> None:
        """Take over the ports that an earlier run of the program wrote."""
        for key, kept in known.items():
            self._devices[key] = _Device(ports=kept.ports, saved_at=kept.saved_at)

    def take(self, seen: Observation, at: datetime) -> Told:
        """Take in one observation; only good ones say anything."""
        vitals = vitals_of(seen)
        if seen.ok and seen.reading.ups is not None and seen.reading.ups.is_scale_fixed:
            return self._of_scale(seen, at)
        if seen.ok and seen.reading.clock_stepped:
            return Told((_event("clock-step", seen, at, {}),))
        if not seen.ok or (vitals is None and seen.reading.interfaces is None):
            return Told()
        device = self._devices.setdefault(subject(seen.target), _Device())
        events = [*self._age(device, seen, vitals, at)] if vitals else []
        ports = None
        found = seen.reading.interfaces
        if found is not None:
            if not _is_as_before(device, found):
                matched = self._match(device, seen, at)
                events += _port_events(matched, seen, at, new_doubles=device.doubled)
                device.doubled = matched.doubled
                ports = matched.ports if _is_changed(device.ports, matched.ports) else None
                if ports is not None:
                    device.saved_at = at
                device.ports = matched.ports
            _measure(device, seen, found)
        return Told(tuple(events), ports)

    def _of_scale(self, seen: Observation, at: datetime) -> Told:
        """A UPS card that counts in another unit than its MIB says is told once."""
        device = self._devices.setdefault(subject(seen.target), _Device())
        if device.is_scale_told:
            return Told()
        device.is_scale_told = True
        return Told((_event("ups-scale-fixed", seen, at, {"value": "input_volts"}),))

    def take_start_trap(self, key: Subject, mono: float) -> None:
        """Take in that a device said by a trap that it started."""
        device = self._devices.setdefault(key, _Device())
        device.life = start_trap(device.life, mono).life

    def restarts(self, key: Subject) -> int:
        """How often a device was seen to restart since the agent started."""
        return self._devices[key].restarts if key in self._devices else 0

    def renumberings(self, key: Subject) -> int:
        """How often a device numbered its interfaces anew since the agent started."""
        return self._devices[key].renumberings if key in self._devices else 0

    def port_ids(self, key: Subject) -> Mapping[int, str]:
        """Identity by ifIndex of the ports in the newest interface table."""
        return self._devices[key].ids if key in self._devices else {}

    def flows(self, key: Subject) -> Mapping[int, Flow]:
        """What flows through each port, by ifIndex; not those read only once or not counting."""
        device = self._devices.get(key)
        if device is None or device.newest is None or device.before is None:
            return {}
        return _Flows(device.ids, device.before, device.newest)

    def _age(
        self, device: _Device, seen: Observation, vitals: Vitals, at: datetime
    ) -> Iterator[Event]:
        weighed = weigh(device.life, vitals)
        device.life = weighed.life
        if weighed.restart is not None and weighed.restart.is_news:
            device.restarts += 1
            device.is_same_boot = False
            device.newest = device.before = None
            yield _event("device-restarted", seen, at, _evidence(weighed.restart, vitals.at_s))
        if weighed.clock_jumped:
            yield _event("device-clock-jumped", seen, at, {"ticks": vitals.ticks})

    def _match(self, device: _Device, seen: Observation, at: datetime) -> Matched:
        found = seen.reading.interfaces or ()
        is_slow = seen.reading.complete and self._is_slow(device, seen.mono)
        known = device.ports
        matched = match(
            known,
            found,
            self._new_id,
            same_boot=self._is_same_boot(device, seen, at),
            is_slow_poll=is_slow,
        )
        device.is_same_boot = True
        device.ids = {p.if_index: p.port_id for p in matched.ports if p.state == "present"}
        if matched.renumbered:
            device.renumberings += 1
            device.newest = _without(device.newest, {port.port_id for port in matched.renumbered})
        return matched

    @staticmethod
    def _is_slow(device: _Device, mono: float) -> bool:
        """Ports come with every poll; only one in five minutes counts for what is gone."""
        if device.slow_at_s is not None and mono - device.slow_at_s < SLOW_POLL_S:
            return False
        device.slow_at_s = mono
        return True

    @staticmethod
    def _is_same_boot(device: _Device, seen: Observation, at: datetime) -> bool:
        """After a start of the program the device's own uptime says whether it ran on."""
        if device.is_same_boot is not None:
            return device.is_same_boot
        ticks = seen.reading.uptime_ticks
        if ticks is None or device.saved_at is None:
            return False
        return ticks / 100 > (at - device.saved_at).total_seconds()


class _Flows(Mapping[int, Flow]):
    """Flows by ifIndex, reckoned when one is looked at: most ports are never asked for."""

    def __init__(self, ids: Mapping[int, str], before: _Counted, newest: _Counted) -> None:
        self._ids, self._before, self._newest = ids, before, newest

    def __getitem__(self, index: int) -> Flow:
        port_id = self._ids[index]
        older, newer = self._before.ports[port_id], self._newest.ports[port_id]
        return _flow((older, self._before), (newer, self._newest))

    def __iter__(self) -> Iterator[int]:
        for index, port_id in self._ids.items():
            if port_id in self._before.ports and port_id in self._newest.ports:
                yield index

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _measure(device: _Device, seen: Observation, ports: Iterable[Interface]) -> None:
    counted = {
        port_id: port
        for port in ports
        if port.in_octets is not None
        and port.out_octets is not None
        and (port_id := device.ids.get(port.index)) is not None
    }
    newest = _Counted(counted, seen.mono, seen.reading.uptime_ticks, seen.ttl_s / TTL_PERIODS)
    device.before, device.newest = device.newest, newest


def _without(counted: _Counted | None, ids: Collection[str]) -> _Counted | None:
    if counted is None:
        return None
    left = {port_id: port for port_id, port in counted.ports.items() if port_id not in ids}
    return replace(counted, ports=left)


def _is_as_before(device: _Device, found: Iterable[Interface]) -> bool:
    """Whether the table says of every port what the last one did; nothing is to be matched then.

    Ports that are gone have to be counted, and a restart has to be weighed: neither is as before.
    """
    faces = tuple((p.index, p.name_source, p.name, p.descr, p.mac, p.type) for p in found)
    before, device.faces = device.faces, faces
    all_there = len(device.ports) == len(device.ids) == len(faces)
    return device.is_same_boot is True and all_there and faces == before


def vitals_of(seen: Observation) -> Vitals | None:
    """What an observation says of how long its device has been running, if it says anything."""
    reading = seen.reading
    told = [part.uptime_s for part in (reading.vm, reading.vc) if part is not None]
    uptime_s = next((one for one in told if one is not None), None)
    # The host's own uptime and its SNMP agent's are two; each probe is held to one of them.
    ticks = reading.uptime_ticks if seen.probe == "snmp-interfaces" else None
    if ticks is None and reading.engine_boots is None and uptime_s is None:
        return None
    return Vitals(seen.mono, ticks, reading.engine_boots, reading.engine_time_s, uptime_s)


def _evidence(restart: Restart, mono: float) -> dict[str, object]:
    ago_s = None if restart.booted_at_s is None else round(mono - restart.booted_at_s, 1)
    return {
        "confidence": restart.confidence,
        "signs": list(restart.signs),
        "started_s_ago": ago_s,
    }


def _port_events(
    matched: Matched, seen: Observation, at: datetime, *, new_doubles: tuple[str, ...]
) -> Iterator[Event]:
    if matched.renumbered:
        yield _event("interfaces-renumbered", seen, at, {"n": len(matched.renumbered)})
    for kind, ports in (
        ("interface-vanished", matched.vanished),
        ("interface-returned", matched.returned),
    ):
        for port in ports:
            yield _event(kind, seen, at, {"port": port.if_name or port.if_descr or port.if_index})
    if set(matched.doubled) - set(new_doubles):
        yield _event("ifname-not-unique", seen, at, {"names": list(matched.doubled)})


def _event(kind: str, seen: Observation, at: datetime, data: Mapping[str, object]) -> Event:
    return Event(kind, at, seen.target.ward, seen.target.name, seen.target.name, data)


def _is_changed(before: tuple[Port, ...], after: tuple[Port, ...]) -> bool:
    """Whether anything that is worth a write differs; how often a port was missed is not."""
    return {replace(p, missed=0) for p in before} != {replace(p, missed=0) for p in after}


def _counts(port: Interface, seen: _Counted) -> tuple[Count, Count]:
    """What a port had received and sent; only ports that say both are kept."""
    into, out = (
        Count(octets or 0, seen.mono, seen.uptime_ticks, port.discontinuity_ticks)
        for octets in (port.in_octets, port.out_octets)
    )
    return into, out


def _flow(older: tuple[Interface, _Counted], newer: tuple[Interface, _Counted]) -> Flow:
    port, seen = newer
    into, out = (
        rate(
            before,
            now,
            bits=64 if port.counter_bits == 64 else 32,
            speed_bps=port.speed_bps,
            period_s=seen.period_s,
        )
        for before, now in zip(_counts(*older), _counts(*newer), strict=True)
    )
    return Flow(into, out)
