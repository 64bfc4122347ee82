"""What is known when a verdict is asked: named facts, each true, false, unknown or not applicable.

A stale value is unknown. What the inventory does not have (no UPS, no carrier edge, a CE declared
silent to ping, a device off duty) is not applicable. What is measured from the other vantage is
unknown while no link brings it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# The facts that a verdict may rest on; service, room and maintenance facts carry an id in brackets.
FACT_NAMES: tuple[str, ...] = (
    "maint", "hub_ok", "host_link", "host_batt", "sw_seen", "sw_dark",
    "ups_batt", "ups_low", "power_hint", "ups_low_before", "ups_ok_before", "local_dark",
    "sw", "sw_traffic", "up_admin", "up_oper", "up_err", "up_full",
    "ce", "pe", "gw", "path_ok", "mtu",
    "dns", "dns_city", "dns_hub", "lan_ok", "nb_pe", "nb_all",
)  # fmt: skip


class Truth(StrEnum):
    """Three-valued logic and a fourth value for what does not exist here."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"
    NA = "n/a"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact with where it comes from and the values that its sentences print.

    `age_late` is True when the fact is older than its own interval (but not yet stale): it lowers
    the verdict's confidence. `promised` says that the inventory leads one to expect this fact, so
    that it counts as "not measured" while unknown.
    """

    truth: Truth
    source: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    at: datetime | None = None
    age_late: bool = False
    promised: bool = True


UNKNOWN = Fact(Truth.UNKNOWN, promised=False)
NOT_APPLICABLE = Fact(Truth.NA, promised=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts about one ward at one moment.

    `named` holds facts by the names of `FACT_NAMES`; a missing name is unknown. `services` and
    `services_elsewhere` hold one fact per service id (`svc[i]` and `svc_hub[i]` of the table),
    `rooms` one per room. `meeting_soon` is True when a meeting runs or starts within 30 minutes.
    `critical_lan` is True when a watched port of role core is down.
    """

    named: Mapping[str, Fact] = field(default_factory=dict)
    services: Mapping[str, Fact] = field(default_factory=dict)
    services_elsewhere: Mapping[str, Fact] = field(default_factory=dict)
    rooms: Mapping[str, Fact] = field(default_factory=dict)
    meeting_soon: bool = False
    critical_lan: bool = False

    def fact(self, name: str) -> Fact:
        """The fact of that name, unknown when nobody measured it."""
        return self.named.get(name, UNKNOWN)

    def truth(self, name: str) -> Truth:
        """Shorthand for the fact's truth."""
        return self.fact(name).truth
