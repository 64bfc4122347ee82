"""Joins the blocks of all devices into one scrape: each family once, in catalogue order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING

from agent.exposition.family import header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from agent.exposition.block import Block
    from agent.exposition.catalogue import Catalogue
    from agent.exposition.family import Format

_FREED_AFTER_TTLS = 3


@dataclass(frozen=True, slots=True)
class Selection:
    """What a scrape asks for: the union of wards and devices, and only some families.

    Empty sets ask for everything. A family may be named as on its sample lines.
    """

    wards: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Whether every ward and device is asked for."""
        return not self.wards and not self.devices

    def has_block(self, block: Block) -> bool:
        """Whether the block's ward or device is asked for."""
        return self.is_whole or block.ward in self.wards or block.device in self.devices

    def has_family(self, name: str) -> bool:
        """Whether the family is asked for."""
        suffixes = ("", "_bucket", "_sum", "_count")
        return not self.names or any(name + suffix in self.names for suffix in suffixes)


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Scrape:
    """An immutable picture of what one scrape writes; safe to join in another thread."""

    families: Mapping[str, Sequence[Block]]
    catalogue: Catalogue
    selection: Selection

    def size(self) -> int:
        """Octets of all sample lines."""
        return sum(
            len(block.chunks[name]) for name, blocks in self.families.items() for block in blocks
        )

    def join(self, form: Format) -> list[bytes]:
        """Headers and chunks in catalogue order, without the trailer."""
        parts: list[bytes] = []
        for metric in self.catalogue:
            blocks = self.families.get(metric.name)
            if blocks and self.selection.has_family(metric.name):
                parts.append(header(metric, form))
                parts.extend(_chunks(metric.name, blocks))
        return parts


class Exposition:
    """The blocks that are live now, one per (ward, device, module)."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._blocks: dict[tuple[str, str, str], Block] = {}

    def __len__(self) -> int:
        return len(self._blocks)

    def put(self, block: Block) -> None:
        """Take in a block; it replaces the one before of the same device and module."""
        self._blocks[block.ward, block.device, block.module] = block

    def drop(self, ward: str, device: str) -> None:
        """Remove all of a device; the next scrape has none of its series."""
        for key in [key for key in self._blocks if key[:2] == (ward, device)]:
            del self._blocks[key]

    def picture(self, selection: Selection, mono: float, extra: Iterable[Block] = ()) -> Scrape:
        """What a scrape at that moment writes; frees what is older than three times its ttl.

        `extra` are blocks made for this scrape alone (states, ages, verdicts); where one of them
        has the same series as a device's block, it stands for it.
        """
        self._free(mono)
        live = [block for block in self._blocks.values() if mono - block.done_mono <= block.ttl_s]
        live.sort(key=lambda block: block.module)
        chosen = [block for block in (*extra, *live) if selection.has_block(block)]
        chosen.sort(key=lambda block: (block.ward, block.device))  # stable: extra stays in front
        families: dict[str, list[Block]] = {}
        for block in chosen:
            for name in block.chunks:
                families.setdefault(name, []).append(block)
        return Scrape(families, self._catalogue, selection)

    def render(
        self, selection: Selection, form: Format, mono: float, extra: Iterable[Block] = ()
    ) -> list[bytes]:
        """A whole scrape at once."""
        return [*self.picture(selection, mono, extra).join(form), form.trailer]

    def _free(self, mono: float) -> None:
        old = [
            key
            for key, block in self._blocks.items()
            if mono - block.done_mono > _FREED_AFTER_TTLS * block.ttl_s
        ]
        for key in old:
            del self._blocks[key]


def _chunks(name: str, blocks: Sequence[Block]) -> Iterator[bytes]:
    """The family's chunks; where two probes wrote one device's family, each series once."""
    for _device, group in groupby(blocks, key=lambda block: (block.ward, block.device)):
        same = list(group)
        yield same[0].chunks[name]
        if len(same) > 1:
            seen = {_series(line) for line in same[0].chunks[name].splitlines()}
            for block in islice(same, 1, None):
                yield _unseen(block.chunks[name], seen)


def _unseen(chunk: bytes, seen: set[bytes]) -> bytes:
    kept: list[bytes] = []
    for line in chunk.splitlines(keepends=True):
        series = _series(line)
        if series not in seen:
            seen.add(series)
            kept.append(line)
    return b"".join(kept)


def _series(line: bytes) -> bytes:
    """A line without its value, which is what follows the last space."""
    return line.rpartition(b" ")[0]
