"""How a row reads one fact: its truth, whether it speaks of a fault, and what it rests on.

Here also stands what the names mean to a verdict: which are objects of the ward, which are core,
which speak of a fault when true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from playbooks.verdict.facts import Facts, Truth

Vantage: TypeAlias = Literal["ward", "hub"]

# Facts that only the one vantage can have; the other reads them as not applicable.
WARD_ONLY: Final = frozenset({"host_link", "host_batt", "sw_seen", "sw_dark", "up_vlan"})
HUB_ONLY: Final = frozenset({"hub_ok", "ups_low_before", "ups_ok_before"})

# A fault when true. All others are a fault when false, or neither.
BAD_WHEN_TRUE: Final = frozenset(
    {
        "host_batt", "sw_dark", "ups_batt", "ups_low", "power_hint", "ups_low_before",
        "local_dark", "up_err", "up_full", "nb_pe", "nb_all",
    }
)  # fmt: skip
BAD_WHEN_FALSE: Final = frozenset(
    {
        "host_link", "hub_ok", "sw", "sw_traffic", "up_admin", "up_oper", "up_vlan", "ce", "pe",
        "gw", "path_ok", "mtu", "dns", "dns_city", "dns_hub", "lan_ok",
    }
)  # fmt: skip

# Objects of the ward whose fault keeps it from being "all fine". Not in here: what only explains a
# fault (a full line with a good path, a hint, the host's battery) and what stands elsewhere
# (neighbours, the other vantage's own checks).
OBJECTS: Final = (
    "host_link", "ups_batt", "sw", "up_admin", "up_oper", "up_err", "ce", "pe", "gw",
    "path_ok", "mtu", "dns", "dns_city", "lan_ok",
)  # fmt: skip
SIGNS: Final = ("hub_ok", "ups_low", "local_dark", "sw_traffic")

CORE: Final = ("sw", "up_oper", "gw", "dns")

# Not counted as "not measured": people's answers, history, sums of other facts, other vantages.
NEVER_PROMISED: Final = frozenset(
    {
        "maint", "host_batt", "sw_seen", "sw_dark", "power_hint", "ups_low_before",
        "ups_ok_before", "ups_low", "local_dark", "sw_traffic", "dns_hub", "nb_pe", "nb_all",
        "up_vlan",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """One fact as a row sees it.

    `is_bad`: it is known and speaks of a fault. `support`: the known facts under it. `unknown`: the
    facts that would settle it. `focus`: the facts it is about (`svc[tthc]`, `vc[a]`).
    """

    truth: Truth
    is_bad: bool = False
    support: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    focus: tuple[str, ...] = ()


def plain(name: str, facts: Facts, vantage: Vantage) -> Reading:
    """The fact of that name; what only the other vantage can know is not applicable."""
    if name in (HUB_ONLY if vantage == "ward" else WARD_ONLY):
        return Reading(Truth.NA)
    truth = facts.truth(name)
    if truth is Truth.UNKNOWN:
        return Reading(truth, unknown=(name,), focus=(name,))
    if truth is Truth.NA:
        return Reading(truth, focus=(name,))
    return Reading(truth, is_bad=_is_bad(name, truth), support=(name,), focus=(name,))


def _is_bad(name: str, truth: Truth) -> bool:
    if truth is Truth.TRUE:
        return name in BAD_WHEN_TRUE
    return truth is Truth.FALSE and name in BAD_WHEN_FALSE
