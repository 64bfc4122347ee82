"""Wards that are not the standard one: their inventories lack devices, or know more of the line.

The simulated ward itself stays as it is: what the inventory does not name is there all the same, as
in real wards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

PE_ADDRESS = "127.8.0.2"  # of the edge router that serves the first ward

Ward = dict[str, Any]


def apply_variants(inventory: Path, names: Collection[str]) -> None:
    """Change the wards of a written inventory as those variants say."""
    if not names:
        return
    yaml = YAML()
    for path in (inventory / "wards").glob("*.yaml"):
        ward = yaml.load(path.read_text(encoding="utf-8"))
        for name in names:
            VARIANTS[name](ward)
        with path.open("w", encoding="utf-8") as file:
            yaml.dump(ward, file)


def _without(*roles: str) -> Callable[[Ward], None]:
    def edit(ward: Ward) -> None:
        gone = {one["name"] for one in ward["devices"] if one["role"] in roles}
        ward["devices"] = [one for one in ward["devices"] if one["name"] not in gone]
        for one in ward["devices"]:
            if one.get("behind", "").partition(":")[0] in gone:
                del one["behind"]
            if "feeds" in one:
                one["feeds"] = [name for name in one["feeds"] if name not in gone]
        if ward["agent_at"] in gone:
            ward["agent_at"] = next(o["name"] for o in ward["devices"] if o["role"] == "core")
        for link in ward["links"]:
            if link.get("via") in gone:
                del link["via"]

    return edit


def _ce_without_ping(ward: Ward) -> None:
    _one(ward, "ce")["ping"] = False


def _ce_without_snmp(ward: Ward) -> None:
    _one(ward, "ce").pop("snmp", None)


def _plain_switch(ward: Ward) -> None:
    for one in ward["devices"]:
        if one["role"] in ("core", "access"):
            one.pop("snmp", None)
            one.pop("uplink", None)
            one |= {"kind": "generic_host", "ping": True}


def _with_edge(ward: Ward) -> None:
    ward["path"]["pe"] = {"address": PE_ADDRESS}


def _without_services(ward: Ward) -> None:
    ward["services"] = []


def _one(ward: Ward, role: str) -> Ward:
    found: Ward = next((one for one in ward["devices"] if one["role"] == role), {})
    return found


def _with_reflector(ward: Ward) -> None:
    ward["path"]["reflector"] = {"address": "127.8.0.51", "port": 862}


def _with_resolvers(ward: Ward) -> None:
    ward["dns"] = {
        "city": {"address": "127.8.0.52"},
        "ward": {"address": "127.16.0.1"},
        "canary": {"name": "tthc.sim.example", "expect": "^127[.]8[.]0[.]14$"},
    }


def _with_time_server(ward: Ward) -> None:
    name = {"vi": "Giờ chuẩn", "en": "Time server"}
    ntp = {"id": "ntp", "name": name, "module": "ntp", "url": "ntp://127.8.0.53"}
    ward["services"] = [*ward["services"], ntp]


VARIANTS: Mapping[str, Callable[[Ward], None]] = {
    "no UPS": _without("ups"),
    "no access switch": _without("access"),
    "no small devices": _without("ap", "other"),
    "a switch without SNMP": _plain_switch,
    "a CE that ignores ping": _ce_without_ping,
    "a CE without SNMP": _ce_without_snmp,
    "the carrier's edge known": _with_edge,
    "no services": _without_services,
    "a reflector": _with_reflector,
    "resolvers": _with_resolvers,
    "a time server": _with_time_server,
    "no CE": _without("ce"),  # last: the others may look for it
}
