"""Wards for the verdict's tests: a good one, one whose line is cut, one dark from the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from playbooks.verdict.facts import Fact, Facts, Truth

if TYPE_CHECKING:
    from collections.abc import Callable

T, F, U, N = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN, Truth.NA
LETTERS = {"T": T, "F": F, "U": U, "N": N}

GOOD: dict[str, Truth] = {
    "maint": F, "hub_ok": T, "host_link": T, "host_batt": F, "sw_seen": U, "sw_dark": U,
    "ups_batt": F, "ups_low": F, "power_hint": F, "ups_low_before": F, "ups_ok_before": T,
    "local_dark": F, "sw": T, "sw_traffic": T, "up_admin": T, "up_oper": T, "up_err": F,
    "up_full": F, "up_vlan": T, "ce": T, "pe": N, "gw": T, "path_ok": T, "mtu": T, "dns": T,
    "dns_city": T, "dns_hub": T, "lan_ok": T, "nb_pe": F, "nb_all": F,
    "svc[tthc]": T, "svc[qlvb]": T, "svc_hub[tthc]": T, "svc_hub[qlvb]": T, "vc[a]": T,
}  # fmt: skip

# What lies behind the gateway, and what only the hub knows.
CUT = GOOD | {
    "gw": F, "path_ok": U, "mtu": U, "dns": U, "dns_city": U, "dns_hub": U, "nb_pe": U,
    "nb_all": U, "svc[tthc]": U, "svc[qlvb]": U, "svc_hub[tthc]": U, "svc_hub[qlvb]": U,
}  # fmt: skip

# Terminal device, switch and reflector are silent for the hub; the ward agent cannot tell it more.
DARK = GOOD | {
    "gw": F, "ce": F, "sw": F, "sw_traffic": F, "local_dark": T, "ups_batt": U, "ups_low": U,
    "up_admin": U, "up_oper": U, "up_err": U, "up_full": U, "up_vlan": U, "path_ok": U,
    "mtu": U, "lan_ok": U,
    "vc[a]": U, "dns_hub": U, "svc_hub[tthc]": U, "svc_hub[qlvb]": U,
}  # fmt: skip

BASES = {"good": GOOD, "cut": CUT, "dark": DARK, "nothing": {}}


def facts_of(truths: dict[str, Truth], late: tuple[str, ...] = (), source: str = "") -> Facts:
    """Facts without values from truths by name; `svc[x]`, `svc_hub[x]`, `vc[x]` by their groups."""
    groups: dict[str, dict[str, Fact]] = {"": {}, "svc": {}, "svc_hub": {}, "vc": {}}
    for name, truth in truths.items():
        group, bracket, rest = name.partition("[")
        is_grouped = bool(bracket) and group in groups
        key = rest.removesuffix("]") if is_grouped else name
        fact = Fact(truth, age_late=name in late, source=source)
        groups[group if is_grouped else ""][key] = fact
    return Facts(groups[""], groups["svc"], groups["svc_hub"], groups["vc"])


def edited(base: str, edits: str) -> dict[str, Truth]:
    """`"sw=F ce=N"` over a base; `gw=backup` is a gateway that answers over the backup line."""
    changes = dict(edit.split("=") for edit in edits.split())
    over = {name: LETTERS.get(letter, T) for name, letter in changes.items()}
    return BASES[base] | over


@pytest.fixture
def ward() -> Callable[..., Facts]:
    """Build facts: `ward("cut", "ce=N", late=("sw",))`."""

    def build(base: str, edits: str = "", late: tuple[str, ...] = (), source: str = "") -> Facts:
        facts = facts_of(edited(base, edits), late, source)
        if [edit for edit in edits.split() if edit.startswith("gw=")][-1:] != ["gw=backup"]:
            return facts
        over = Fact(T, source=source, values={"via": "backup"})
        return Facts({**facts.named, "gw": over}, facts.services, facts.services_elsewhere,
                     facts.rooms)  # fmt: skip

    return build
