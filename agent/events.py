"""Changes on their way to the screens: numbered, remembered for a while, fanned out to clients.

A slow client never slows another or the engine: its own queue overflows, first into one newest
`obs` per key, then into a single `reset` that tells it to take a new snapshot.
"""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from agent.wire import Event
from inventory.errors import ActionRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from agent.wire import EventKind
    from probes.clock import Clock

RING_EVENTS = 10_000
RING_TIME = timedelta(minutes=5)
QUEUE_EVENTS = 1_000
MAX_CLIENTS = 64


class _Told(NamedTuple):
    """One event as it is remembered: a wire event is six times as large, and seldom asked for."""

    seq: int
    ts: datetime
    kind: EventKind
    key: str
    ward: str | None
    patch: Mapping[str, Any]

    def event(self) -> Event:
        return Event(
            seq=self.seq, ts=self.ts, kind=self.kind, key=self.key, ward=self.ward,
            patch=dict(self.patch),
        )  # fmt: skip


class TooManyClients(ActionRefused):
    """As many clients follow the events as may."""


class Subscription:
    """One client's queue, filled by the bus; read with `next_event`."""

    def __init__(self, bus: EventBus, wards: frozenset[str], kinds: frozenset[str]) -> None:
        self._bus = bus
        self._wards = wards
        self._kinds = kinds
        self._queue: deque[Event] = deque()
        self._filled = asyncio.Event()
        self.closed = False

    def wants(self, event: Event) -> bool:
        """Whether the client asked for this ward and kind; `reset` always passes."""
        if event.kind == "reset":
            return True
        ward_fits = not self._wards or event.ward is None or event.ward in self._wards
        return ward_fits and (not self._kinds or event.kind in self._kinds)

    def offer(self, event: Event) -> None:
        """Put an event into the queue; merges or resets when there is no room."""
        if not self.wants(event):
            return
        self._queue.append(event)
        if len(self._queue) > QUEUE_EVENTS:
            self._make_room()
        self._filled.set()

    async def next_event(self, until: float) -> Event | None:
        """The next event, or None when loop time `until` comes first or the bus was closed."""
        while not self._queue:
            if self.closed:
                return None
            self._filled.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._filled.wait()
            except TimeoutError:
                return None
        return self._queue.popleft()

    def end(self) -> None:
        """The bus has closed: what is queued may still be read."""
        self.closed = True
        self._filled.set()

    def leave(self) -> None:
        """The client is gone."""
        self._bus.unsubscribe(self)

    def _make_room(self) -> None:
        kept = list(_merged(self._queue))
        if len(kept) > QUEUE_EVENTS:
            kept = [self._bus.reset()]
        self._queue = deque(kept)


def _merged(events: Iterable[Event]) -> Iterator[Event]:
    """One `obs` per key, where its newest stood, saying what all of them said; others as is."""
    queued = tuple(events)
    newest = {event.key: event.seq for event in queued if event.kind == "obs"}
    said: dict[str, dict[str, Any]] = {}
    for event in queued:
        if event.kind != "obs":
            yield event
            continue
        said[event.key] = _patched(said.get(event.key, {}), event.patch)
        if newest[event.key] == event.seq:
            yield event.model_copy(update={"patch": said[event.key]})


def _patched(older: Mapping[str, Any], newer: Mapping[str, Any]) -> dict[str, Any]:
    """One JSON merge patch (RFC 7396) that does what the two do one after the other."""
    both = dict(older)
    for name, value in newer.items():
        before = both.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            both[name] = _patched(before, value)
        else:
            both[name] = value
    return both


class EventBus:
    """Numbers events on from `seq` (the journal's last), remembers some, hands them to clients."""

    def __init__(self, clock: Clock, seq: int = 0) -> None:
        self._clock = clock
        self._seq = seq
        self._forgotten = seq  # the newest event that the ring does not hold
        self._ring: deque[_Told] = deque()
        self._clients: set[Subscription] = set()

    @property
    def seq(self) -> int:
        """Number of the newest event."""
        return self._seq

    @property
    def clients(self) -> int:
        """How many follow now."""
        return len(self._clients)

    def publish(
        self,
        kind: EventKind,
        key: str,
        patch: Mapping[str, Any],
        *,
        ward: str | None = None,
        seq: int | None = None,
    ) -> int:
        """Tell everybody that the object at `key` changed; `seq` when the journal numbered it.

        Returns the event's number. The patch is the bus's from now on: whoever gave it does not
        change it any more.

        Raises ValueError for a number that does not go up.
        """
        number = self._seq + 1 if seq is None else seq
        if number <= self._seq:
            msg = f"event number {number} does not follow {self._seq}"
            raise ValueError(msg)
        self._seq = number
        told = _Told(number, self._clock.now(), kind, key, ward, patch)
        self._remember(told)
        if self._clients:
            event = told.event()
            for client in tuple(self._clients):
                client.offer(event)
        return number

    def subscribe(
        self,
        since: int | None = None,
        wards: frozenset[str] = frozenset(),
        kinds: frozenset[str] = frozenset(),
    ) -> Subscription:
        """Follow from now on, or from the event after `since` when the ring still holds it.

        A `since` that is too old, or from another life of the journal, gets `reset` first. Raises
        TooManyClients.
        """
        if len(self._clients) >= MAX_CLIENTS:
            raise TooManyClients("api.too_many_clients", count=MAX_CLIENTS)
        client = Subscription(self, wards, kinds)
        if since is not None:
            for event in self._missed(since):
                client.offer(event)
        self._clients.add(client)
        return client

    def unsubscribe(self, client: Subscription) -> None:
        """Forget a client."""
        self._clients.discard(client)

    def reset(self) -> Event:
        """The event that says: take a new snapshot."""
        return Event(seq=self._seq, ts=self._clock.now(), kind="reset")

    def close(self) -> None:
        """Let every client's stream end, so that a shutdown waits for nobody."""
        for client in tuple(self._clients):
            client.end()

    def _missed(self, since: int) -> Iterator[Event]:
        if since < self._forgotten or since > self._seq:
            yield self.reset()
            return
        yield from (told.event() for told in self._ring if told.seq > since)

    def _remember(self, told: _Told) -> None:
        self._ring.append(told)
        while len(self._ring) > RING_EVENTS or told.ts - self._ring[0].ts > RING_TIME:
            self._forgotten = self._ring.popleft().seq
