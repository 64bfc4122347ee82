"""Numbers that look like chance and are a function of a seed: same seed, same world."""

from __future__ import annotations

from hashlib import blake2b

_OCTETS = 8


def share(seed: int, *words: object) -> float:
    """A number from 0 up to, not including, 1 for these words."""
    return int.from_bytes(_digest(seed, words), "big") / float(1 << 8 * _OCTETS)


def between(low: float, high: float, seed: int, *words: object) -> float:
    """A number from `low` up to, not including, `high` for these words."""
    return low + (high - low) * share(seed, *words)


def octets(count: int, seed: int, *words: object) -> bytes:
    """Up to eight octets for these words."""
    return _digest(seed, words)[:count]


def _digest(seed: int, words: tuple[object, ...]) -> bytes:
    text = "\x1f".join(map(str, (seed, *words)))
    return blake2b(text.encode(), digest_size=_OCTETS).digest()
