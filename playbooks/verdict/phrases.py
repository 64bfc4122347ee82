"""Which sentence says which fact: as evidence of a fault, or of a good ward.

Each list holds variants, the fullest first: (key, values that it prints). The first whose values
are all known is said, so a missing number never shows as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from playbooks.verdict.facts import Truth

if TYPE_CHECKING:
    from collections.abc import Mapping

Variants: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]

_T, _F, _NA = Truth.TRUE, Truth.FALSE, Truth.NA


def _one(key: str, *needs: str) -> Variants:
    """The full sentence, and the same without its values (`<key>_bare`)."""
    return ((key, needs), (f"{key}_bare", ())) if needs else ((key, ()),)


EVIDENCE: Final[Mapping[tuple[str, Truth], Variants]] = {
    ("maint", _T): _one("ev.maintenance"),
    ("hub_ok", _F): _one("ev.hub_blind"),
    ("host_link", _F): _one("ev.host_link"),
    ("host_batt", _T): _one("ev.host_battery"),
    ("sw_seen", _T): _one("ev.switch_lit"),
    ("sw_dark", _T): _one("ev.switch_dark"),
    ("ups_batt", _T): (
        ("ev.ups", ("t", "n")),
        ("ev.ups_left", ("n",)),
        ("ev.ups_since", ("t",)),
        ("ev.ups_bare", ()),
    ),
    ("ups_low", _T): _one("ev.ups_low"),
    ("ups_low_before", _T): _one("ev.ups_low_before"),
    ("ups_ok_before", _T): _one("ev.ups_ok_before"),
    ("power_hint", _T): _one("ev.power_hint"),
    ("local_dark", _T): _one("ev.dark", "n", "m", "s"),
    ("sw", _F): (
        ("ev.sw_silent", ("d", "methods")),
        ("ev.sw_silent_name", ("d",)),
        ("ev.sw_silent_bare", ()),
    ),
    ("sw_traffic", _F): _one("ev.behind_silent"),
    ("sw_traffic", _T): _one("ev.behind_ok"),
    ("up_admin", _F): _one("ev.admin_down", "p"),
    ("up_oper", _F): (
        ("ev.oper_down", ("p", "t")),
        ("ev.oper_down_port", ("p",)),
        ("ev.oper_down_since", ("t",)),
        ("ev.oper_down_bare", ()),
    ),
    ("up_oper", _T): _one("ev.oper_up", "p"),
    ("up_err", _T): (
        ("ev.errors", ("n", "m")),
        ("ev.port_slower", ("mbps", "before")),
        ("ev.errors_bare", ()),
    ),
    ("up_full", _T): _one("ev.full", "pct"),
    ("up_vlan", _F): (
        ("ev.vlan_changed", ("p", "before", "after")),
        ("ev.vlan_lost", ("p", "lost")),
        ("ev.vlan_changed_bare", ()),
    ),
    ("ce", _F): _one("ev.ce_silent"),
    ("ce", _T): _one("ev.ce_ok", "ms"),
    ("pe", _F): _one("ev.pe_silent"),
    ("pe", _T): _one("ev.pe_ok", "ms"),
    ("gw", _F): (("ev.gw_loss", ("pct", "n", "m")), ("ev.gw_pct", ("pct",)), ("ev.gw_silent", ())),
    ("backup", _T): _one("ev.backup", "l"),
    ("nb_pe", _T): _one("ev.neighbours", "n", "m", "g"),
    ("nb_all", _T): _one("ev.neighbours", "n", "m", "g"),
    ("nb_pe", _F): _one("ev.no_neighbours", "m"),
    ("nb_all", _F): _one("ev.no_neighbours", "m"),
    ("path_ok", _F): (
        ("ev.path_loss_both", ("loss_out_pct", "loss_in_pct")),
        ("ev.path_loss_out", ("loss_out_pct",)),
        ("ev.path_loss_in", ("loss_in_pct",)),
        ("ev.path_delay_both", ("delay_out_ms", "delay_in_ms")),
        ("ev.path_delay_out", ("delay_out_ms",)),
        ("ev.path_delay_in", ("delay_in_ms",)),
        ("ev.path_jitter_both", ("jitter_out_ms", "jitter_in_ms")),
        ("ev.path_jitter_out", ("jitter_out_ms",)),
        ("ev.path_jitter_in", ("jitter_in_ms",)),
        ("ev.path", ("loss_pct", "jitter_ms")),
        ("ev.path_loss", ("loss_pct",)),
        ("ev.path_delay", ("delay_ms",)),
        ("ev.path_jitter", ("jitter_ms",)),
        ("ev.path_bare", ()),
    ),
    ("mtu", _F): _one("ev.mtu", "bytes"),
    ("dns", _F): _one("ev.dns", "reason"),
    ("dns_city", _T): _one("ev.dns_city_ok"),
    ("dns_hub", _F): _one("ev.dns_else"),
    ("dns_hub", _T): _one("ev.dns_else_ok"),
    ("lan_ok", _F): _one("ev.lan", "n", "m"),
    ("svc", _F): _one("ev.svc", "s", "reason"),
    ("svc_hub", _F): (("ev.svc_else", ("s",)),),
    ("svc_hub", _T): (("ev.svc_else_ok", ("s",)),),
    ("vc", _F): _one("ev.vc", "r", "what"),
}

GOOD: Final[Mapping[tuple[str, Truth], Variants]] = {
    ("sw", _T): _one("ev.sw_ok"),
    ("up_oper", _T): _one("ev.oper_up", "p"),
    ("gw", _T): _one("ev.gw_ok", "ms"),
    ("dns", _T): _one("ev.dns_ok"),
    ("lan_ok", _NA): (("ev.off_duty", ("off_duty",)),),
    ("maint", _T): _one("ev.maintenance"),
}

# Places that have a name of their own; a service is named by itself.
PLACES: Final = frozenset(
    {
        "power/ward", "power/ups", "lan/agent_link", "lan/devices", "lan/dns", "switch/device",
        "switch/uplink_shut", "switch/uplink_vlan", "switch/management", "switch/uplink_errors",
        "metronet/ce_link",
        "metronet/ce", "metronet/line_or_ce", "metronet/line", "metronet/core", "metronet/area",
        "metronet/backup", "metronet/mtu", "metronet/congestion", "metronet/quality", "dc/gateway",
        "dc/shared", "service/access", "meeting/endpoint", "meeting/registration",
        "meeting/peripheral", "meeting/far_end",
    }
)  # fmt: skip
