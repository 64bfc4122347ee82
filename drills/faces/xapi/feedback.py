"""What one connection wants to hear of: its subscriptions, and what is new for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from drills.faces.xapi.status import status
from drills.faces.xapi.tree import difference, pruned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drills.faces.xapi.tree import Branch, Path
    from drills.model import Node
    from drills.world import World

MOST_SUBSCRIPTIONS = 50
# These change with the time alone, and nobody is told.
_QUIET = frozenset({"Uptime", "SystemTime", "Duration"})

_K = TypeVar("_K")


class Subscriptions(dict[_K, "Path"]):
    """Queries by their key; `news` compares with the status as it was at the last look."""

    def __init__(self, world: World, node: Node) -> None:
        super().__init__()
        self._world, self._node = world, node
        self._seen: Branch | None = None

    def add(self, key: _K, query: Path) -> None:
        """Subscribe from now on."""
        if not self:
            self._seen = self._status()
        self[key] = query

    def news(self) -> Iterator[tuple[_K, Branch]]:
        """What has changed since the last look, for each subscription that it concerns."""
        if not self or self._seen is None:
            return
        now = self._status()
        changed = difference(self._seen, now, _QUIET)
        self._seen = now
        if changed is None:
            return
        for key, query in self.items():
            yield from ((key, one) for one in pruned([changed], query))

    def _status(self) -> Branch:
        return status(self._world, self._node, self._world.time())
