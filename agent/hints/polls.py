"""Which polls a hint asks for: at most one hinted poll a device in five seconds."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from agent.hints.model import HintKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from agent.hints.model import Hint

APART_S = 5.0
Poll: TypeAlias = tuple[str, str]  # target name, probe name

_PORTS = ("snmp-interfaces",)
_WHOLE = ("snmp-interfaces", "snmp-identity")
PROBES: Mapping[HintKind, tuple[str, ...]] = MappingProxyType(
    {
        HintKind.LINK_DOWN: _PORTS,
        HintKind.LINK_UP: _PORTS,
        HintKind.COLD_START: _WHOLE,
        HintKind.WARM_START: _WHOLE,
        HintKind.CONFIG: _WHOLE,
        HintKind.UPS_ON_BATTERY: ("snmp-ups",),
        HintKind.UPS_ON_MAINS: ("snmp-ups",),
        HintKind.UPS_ALARM: ("snmp-ups",),
    }
)


class HintedPolls:
    """Remembers when each device was last polled because of a hint.

    What comes sooner waits for its turn and is not lost: the state after the last message of a
    burst is read as well. The line's own port is asked apart from the rest, since a port of a PC
    that fell a second before must not delay it.
    """

    def __init__(self) -> None:
        self._planned: dict[tuple[str, str, bool], float] = {}

    def ask(self, hint: Hint, proofs: Iterable[Poll] = ()) -> Iterator[tuple[str, str, float]]:
        """Target, probe and moment (monotonic seconds) of every poll that a hint leads to.

        `proofs` are those that say what became of the line; they are asked of several targets.
        """
        proofs = tuple(proofs)
        probes = PROBES.get(hint.kind, ())
        polls = proofs or tuple((hint.device, probe) for probe in probes)
        if not polls:
            return
        at = self._turn((hint.ward, hint.device, bool(proofs)), hint.mono)
        for name, probe in polls:
            yield name, probe, at

    def _turn(self, key: tuple[str, str, bool], mono: float) -> float:
        planned = self._planned.get(key)
        if planned is None or mono >= planned + APART_S:
            self._planned[key] = mono
        elif planned <= mono:
            self._planned[key] = planned + APART_S
        return self._planned[key]
