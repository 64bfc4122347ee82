"""What a line does to the packets of one direction: delay, jitter, loss, rate, order, a size limit.

One arithmetic for the link between network namespaces, for relays on loopback and for simulated
worlds. Chance is a function of the seed and the packet's number: same seed, same losses.
"""

from __future__ import annotations

from dataclasses import dataclass

from drills.chance import between, share

QUEUE_S = 0.1


@dataclass(frozen=True, slots=True)
class Impairment:
    """One direction of a line.

    Each packet is late by `delay_s`, give or take up to `jitter_s` (uniform), and the share `loss`
    (0 to 1) is lost. `rate_bps` is what the line carries at most; what would wait longer than
    `queue_s` for its turn is dropped. With `reorder` a packet may overtake another, else jitter
    keeps the order. Packets of more than `largest` octets vanish without a word. Raises ValueError
    for values that no line has.
    """

    delay_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    rate_bps: float | None = None
    reorder: bool = False
    seed: int = 0
    largest: int | None = None
    queue_s: float = QUEUE_S

    def __post_init__(self) -> None:
        if not 0 <= self.jitter_s <= self.delay_s:
            raise ValueError(f"jitter_s {self.jitter_s}: 0 to delay_s ({self.delay_s})")
        if not 0 <= self.loss <= 1:
            raise ValueError(f"loss {self.loss}: 0 to 1")
        if self.rate_bps is not None and self.rate_bps <= 0:
            raise ValueError(f"rate_bps {self.rate_bps}: more than 0")
        if self.queue_s < 0:
            raise ValueError(f"queue_s {self.queue_s}: 0 or more")


CLEAR = Impairment()
CUT = Impairment(loss=1.0)


@dataclass(slots=True)
class Passage:
    """The packets that take one direction, in order: how many came through, how many were lost."""

    impairment: Impairment = CLEAR
    passed: int = 0
    lost: int = 0
    _free_at: float = 0.0
    _last_due: float = 0.0

    def due(self, now: float, octets: int) -> float | None:
        """When a packet that enters at `now` comes out, in seconds of the same clock; None: never.

        `now` must not go back.
        """
        number = self.passed + self.lost
        at = self._through(now, octets, number)
        if at is None:
            self.lost += 1
            return None
        self.passed += 1
        return at

    def _through(self, now: float, octets: int, number: int) -> float | None:
        line = self.impairment
        if line.largest is not None and octets > line.largest:
            return None
        if line.loss and share(line.seed, number, "loss") < line.loss:
            return None
        begun = now
        if line.rate_bps is not None:
            begun = max(now, self._free_at)
            if begun - now > line.queue_s:
                return None
            begun += 8 * octets / line.rate_bps
            self._free_at = begun
        at = begun + line.delay_s
        if line.jitter_s:
            at += between(-line.jitter_s, line.jitter_s, line.seed, number, "jitter")
        if not line.reorder:
            at = self._last_due = max(at, self._last_due)
        return at
