"""How long the processors of machines have worked: counters that follow what keeps them busy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drills.machine import shares_of

if TYPE_CHECKING:
    from drills.model import Value
    from drills.world import World


class Work:
    """Seconds that each processor of a machine was busy since its start; never set back but by one.

    Between two changes they are a formula of time, as all counters of a world.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._settled: dict[str, tuple[float, tuple[float, ...]]] = {}

    def busy_s(self, name: str, t: float) -> tuple[float, ...]:
        """Busy seconds of each processor; none for what is no machine."""
        machine = self._world.topology.nodes[name].machine
        if machine is None:
            return ()
        booted_at = self._world.booted_at(name)
        since, done = self._settled.get(name, (booted_at, ()))
        if since < booted_at or not done:
            since, done = booted_at, tuple(0.0 for _ in machine.busy)
        shares = shares_of(self._world, self._world.topology.nodes[name])
        return tuple(had + share * (t - since) for had, share in zip(done, shares, strict=True))

    def settle(self, name: str, t: float) -> None:
        """Write down where they have come to, before what keeps them busy changes."""
        self._settled[name] = (t, self.busy_s(name, t))

    def dump(self) -> dict[str, Value]:
        """What was written down, as JSON values."""
        return {name: [at, list(done)] for name, (at, done) in sorted(self._settled.items())}
