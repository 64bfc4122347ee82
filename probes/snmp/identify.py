"""Who made a device and what it is, from sysObjectID and sysDescr. Pure; the rules are data.

The longest prefix of sysObjectID wins; among rules of one prefix those with a condition on sysDescr
come first, in the order they stand. Where no rule names one, the enterprise number gives the
vendor, else the name that sysDescr begins with; a class that nothing tells stays unknown: a wrong
class is worse than none.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from probes.model import Identity
from probes.snmp.identify_table import BRANDS, RULES, VENDORS, Rule

_ENTERPRISES = (1, 3, 6, 1, 4, 1)
_NET_SNMP = "1.3.6.1.4.1.8072.3.2"
_VERSION = re.compile(
    r"(?i)\b(?:software version|version|release|SwOS|firmware|JUNOS|FL\.|FW v|V)[: ]*v?"
    r"(\d[\w.()\[\]-]*)"
)
# What no word introduces: releases of HP and Aruba (KA.15.03.3004), a number between semicolons
# (Axis), else one with two dots that is no address.
_RELEASE = re.compile(
    r"\b([A-Z]{1,2}\.\d\d\.\d\d\.\d{3,4})\b"
    r"|; (\d+(?:\.\d+)+);"
    r"|(?:^|[\s,;])(?!\d{1,3}(?:\.\d{1,3}){3}\b)v?(\d+(?:\.\d+){2,}[\w()+-]*)"
)


@lru_cache(maxsize=1 << 10)  # every poll of health asks it again of the same few devices
def identify(
    sys_object_id: str | None, sys_descr: str | None, sys_name: str | None = None
) -> Identity:
    """What is known of a device from its system group; what it does not say stays None."""
    arcs = _arcs(sys_object_id)
    descr = sys_descr or ""
    rule = next((rule for prefix, rule in _ordered() if _holds(prefix, rule, arcs, descr)), None)
    return Identity(
        vendor=(rule.vendor if rule else None) or _vendor(arcs) or brand(descr),
        os=rule.os if rule else None,
        device_class=rule.device_class if rule else "unknown",
        model=_first_group(rule.model, descr) if rule and rule.model else None,
        version=_first_group(_VERSION, descr) or _first_group(_RELEASE, descr),
        sys_name=sys_name,
        sys_descr=sys_descr,
        sys_object_id=sys_object_id,
    )


def is_ambiguous(identity: Identity) -> bool:
    """Whether sysObjectID is net-snmp's own and no rule says what stands behind it."""
    numbered = (identity.sys_object_id or "").strip(".").startswith(_NET_SNMP)
    return numbered and identity.os in (None, "linux", "linux_appliance")


def _holds(prefix: tuple[int, ...], rule: Rule, arcs: tuple[int, ...], descr: str) -> bool:
    if arcs[: len(prefix)] != prefix:
        return False
    return not rule.descr or re.search(rule.descr, descr) is not None


@cache
def _ordered() -> tuple[tuple[tuple[int, ...], Rule], ...]:
    """The rules, longest prefix first, conditional ones before the plain one of a prefix."""
    prefixed = [(_prefix(rule.prefix), rule) for rule in RULES]
    return tuple(sorted(prefixed, key=lambda pair: (-len(pair[0]), not pair[1].descr)))


def _prefix(text: str) -> tuple[int, ...]:
    if text.startswith("."):
        return _arcs(text)
    return _ENTERPRISES + _arcs(text) if text else ()


def _arcs(text: str | None) -> tuple[int, ...]:
    parts = (text or "").strip(".").split(".")
    return tuple(int(part) for part in parts) if all(map(str.isdecimal, parts)) else ()


def _vendor(arcs: tuple[int, ...]) -> str | None:
    if arcs[:6] != _ENTERPRISES or len(arcs) < 7:
        return None
    return VENDORS.get(arcs[6])


def brand(descr: str) -> str | None:
    """The maker whose name the text begins with, as the table spells it; None for others."""
    first = re.split(r"[\s;,/(]", descr.strip(), maxsplit=1)[0].casefold()
    return next((vendor for word, vendor in BRANDS if first == word.casefold()), None)


def _first_group(pattern: str | re.Pattern[str], text: str) -> str | None:
    found = re.search(pattern, text)
    groups = [group for group in found.groups() if group] if found else []
    return groups[0].strip() if groups else None
