"""What is known when a verdict is asked: named facts, each true, false, unknown or not applicable.

A stale value is unknown. What the inventory does not have (no UPS, no carrier edge, a CE declared
silent to ping, a device off duty) is not applicable. What is measured from the other vantage is
unknown while no link brings it.

Values that sentences print, by fact (each may be absent: then a sentence without it is chosen; a
value may be `{"vi": …, "en": …}`). Numbers are numbers; times are aware datetimes or ready text.

- `gw`: `ms` round trip; `pct` lost, 0..100; `n` lost of `m` probes; `via` "primary" or "backup";
  `l` the backup line's name
- `sw`: `d` device name; `methods` that were tried, as text; `good` as that of `ce`, where the ward
  has no terminal device
- `ce`, `pe`: `ms` round trip; `good` false when it answers with loss or delay beyond the profile,
  None when that cannot be told (absent counts as good)
- `up_admin`, `up_oper`: `p` port name; `t` since when
- `up_err`: `n` errors in `m` packets; or the speed `mbps` and the one `before`
- `up_vlan`: `p` port name; `before` and `after`, the VLAN of untagged frames while the line worked
  and now; or `lost`, the tagged VLANs that are gone, as text
- `hub_ok`: `gw` whether the centre gateway itself answers, None when not told
- `up_full`: `pct` of the capacity, 0..100
- `path_ok`: `loss_pct` 0..100; `delay_ms`, `jitter_ms`; with a reflector the same by direction,
  where that one is what is poor: `loss_out_pct` (from the ward), `loss_in_pct`, `delay_out_ms`, …
- `mtu`: `bytes`, the size that does not pass
- `ups_batt`: `n` minutes left; `t` since when
- `local_dark`: `n` silent of `m` devices on duty; `s` seconds within which they fell silent
- `lan_ok`: `n` of `m` ports up; `k` hosts active; `off_duty` devices that are not measured now
- `nb_pe`, `nb_all`: true: `n` lost of `m` wards of group `g`; false: `m` wards that are fine
- `dns`: `reason`
- `svc[i]`, `svc_hub[i]`: `s` the service's name; `reason`
- `vc[r]`: `r` the room's name; `what` is wrong; `part` endpoint, registration, peripheral, far_end

`source` names the methods that say so; two joined by "+" (`icmp+tcp`, `icmp+stamp`) are two
independent sources that agree, which raises the confidence of a verdict that hangs on the fact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# The facts that a verdict may rest on; services and rooms are kept apart, by id. A maintenance
# window over the whole ward is `maint`; one over a single object may be given as `maint[<fact>]`.
FACT_NAMES: tuple[str, ...] = (
    "maint", "hub_ok", "host_link", "host_batt", "sw_seen", "sw_dark",
    "ups_batt", "ups_low", "power_hint", "ups_low_before", "ups_ok_before", "local_dark",
    "sw", "sw_traffic", "up_admin", "up_oper", "up_err", "up_full", "up_vlan",
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
        """The fact of that name (`gw`, `svc[tthc]`, `svc_hub[tthc]`, `vc[a]`), else unknown."""
        group, bracket, rest = name.partition("[")
        where = {"svc": self.services, "svc_hub": self.services_elsewhere, "vc": self.rooms}
        if bracket and group in where:
            return where[group].get(rest.removesuffix("]"), UNKNOWN)
        return self.named.get(name, UNKNOWN)

    def truth(self, name: str) -> Truth:
        """Shorthand for the fact's truth."""
        return self.fact(name).truth
