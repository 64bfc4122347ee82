"""The checks of one ward by name, and which of them stands behind a fact of its verdict. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from agent.checks import CheckState
from agent.verdict.topology import GATEWAY, RESOLVER
from inventory.model import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.verdict.hold import Holds
    from inventory.model import Ward
    from inventory.values import Vantage

CheckKey: TypeAlias = tuple[str, str]  # target name, check name
REACHABLE = "reachable"
UPLINK = "uplink"
ON_BATTERY = "on_battery"
ROOM = "room"
PATH = "path"
MTU = "mtu"
LAN = "lan"
HOST = "host"

LINE_DOUBT_S = 30.0  # a reading later than that is no longer the answer to a linkDown
_UNFED = CheckState()
_BEHIND_LINE = ("gw", "ce", "pe")


def far_end_name(ward: Ward, vantage: Vantage) -> str:
    """Whose echoes tell of the line: the centre gateway; for a hub the ward's end, CE first."""
    if vantage == "ward":
        return GATEWAY
    nearest = ward.ce or ward.core
    return nearest.name if nearest else GATEWAY


def ends_here(ward: Ward) -> tuple[str, ...]:
    """The ward's own switch and terminal device: what its own stretch of the way is judged by."""
    return tuple(device.name for device in (ward.core, ward.ce) if device is not None)


@dataclass(frozen=True, slots=True)
class Roots:
    """The checks and holds of a ward at one moment, asked for what an incident hangs on."""

    ward: Ward
    vantage: Vantage
    checks: Mapping[CheckKey, CheckState]
    holds: Holds

    def check(self, fact: str) -> CheckState | None:
        """The check behind a fact that an incident hangs on; None when the fact has none.

        While its object is held under a bad ancestor it cannot become HARD; the ancestor's check
        then says whether the break is beyond doubt.
        """
        key = self.key_of(fact)
        own = self.checks.get(key) if key else None
        if key is None or own is None or not own.is_bad or own.hard:
            return own
        if fact in _BEHIND_LINE and self.is_line_lost(own):
            return self._line_check()
        holder = self.holds.by(key[0])
        return self.checks.get((holder, REACHABLE), own) if holder else own

    def is_line_lost(self, behind: CheckState | None) -> bool:
        """Whether the line's own port explains, beyond doubt, that something behind it is silent.

        Only a silence that began with the loss of signal: later a backup line carries, and a short
        loss there is to be judged like any other.
        """
        line = self._line_check()
        if behind is None or behind.bad_since_mono is None or line.bad_since_mono is None:
            return False
        is_together = behind.bad_since_mono - line.bad_since_mono <= LINE_DOUBT_S
        return self.vantage == "ward" and line.is_hard_bad and is_together

    def _line_check(self) -> CheckState:
        """The line's own port at the core switch; without signal there nothing behind answers."""
        core = self.ward.core
        return self.checks.get((core.name, UPLINK), _UNFED) if core else _UNFED

    def key_of(self, fact: str) -> CheckKey | None:
        """Which check stands behind a fact, fed or not; None when it has none."""
        group, _, rest = fact.partition("[")
        inner = rest.removesuffix("]")
        core = self.ward.core.name if self.ward.core else ""
        far_end = far_end_name(self.ward, self.vantage)
        table: dict[str, CheckKey] = {
            "gw": (far_end, REACHABLE),
            "pe": ("pe", REACHABLE),
            "sw": (core, REACHABLE),
            "sw_traffic": (core, REACHABLE),
            "local_dark": (core, REACHABLE),
            "ce": (self.ward.ce.name if self.ward.ce else "", REACHABLE),
            "up_admin": (core, UPLINK),
            "up_oper": (core, UPLINK),
            "path_ok": (far_end, PATH),
            "mtu": (far_end, MTU),
            "dns": (RESOLVER, REACHABLE),
            "lan_ok": (core, LAN),
            "host_link": (HOST, REACHABLE),
            "device": (inner, REACHABLE),
            "svc": (inner, REACHABLE),
        }
        if group == "ups_batt":
            return next((key for key in self.checks if key[1] == ON_BATTERY), None)
        if group == "vc":
            return self._room_key(inner)
        return table.get(group)

    def _room_key(self, room: str) -> CheckKey | None:
        for device in self.ward.devices:
            if room in (device.room, device.name) and device.role is Role.VC:
                key = (device.name, ROOM)
                return key if key in self.checks else (device.name, REACHABLE)
        return None
