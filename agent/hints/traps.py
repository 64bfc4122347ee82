"""What a trap says: notification OIDs to kinds of hint. Pure.

Sources: RFC 3418 (coldStart to authenticationFailure), RFC 2863 (linkDown, linkUp), RFC 4188
(newRoot, topologyChange), RFC 3621 (PoE), RFC 6933 (entConfigChange), RFC 1628 (UPS),
IEEE 802.1AB (lldpRemTablesChange).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from agent.hints.model import HintKind, Said
from agent.hints.syslog import LONGEST_TEXT
from probes import oids
from probes.snmp import ber, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from probes.snmp.notifications import Notification
    from probes.snmp.types import Oid, Varbind

_UPS_TRAPS = "1.3.6.1.2.1.33.2"
_NAMED: Mapping[str, tuple[HintKind, str]] = MappingProxyType(
    {
        "1.3.6.1.6.3.1.1.5.1": (HintKind.COLD_START, "coldStart"),
        "1.3.6.1.6.3.1.1.5.2": (HintKind.WARM_START, "warmStart"),
        "1.3.6.1.6.3.1.1.5.3": (HintKind.LINK_DOWN, "linkDown"),
        "1.3.6.1.6.3.1.1.5.4": (HintKind.LINK_UP, "linkUp"),
        "1.3.6.1.6.3.1.1.5.5": (HintKind.AUTH_FAILURE, "authenticationFailure"),
        "1.3.6.1.2.1.17.0.1": (HintKind.TOPOLOGY, "newRoot"),
        "1.3.6.1.2.1.17.0.2": (HintKind.TOPOLOGY, "topologyChange"),
        "1.0.8802.1.1.2.0.0.1": (HintKind.TOPOLOGY, "lldpRemTablesChange"),
        "1.3.6.1.2.1.105.0.1": (HintKind.POWER_OVER_ETHERNET, "pethPsePortOnOffNotification"),
        "1.3.6.1.2.1.105.0.2": (HintKind.POWER_OVER_ETHERNET, "pethMainPowerUsageOnNotification"),
        "1.3.6.1.2.1.47.2.0.1": (HintKind.CONFIG, "entConfigChange"),
        # UPS-MIB was written for v1: from such senders the OID has a 0 before its last arc.
        **{
            f"{_UPS_TRAPS}{middle}.{number}": (kind, name)
            for middle in ("", ".0")
            for number, kind, name in (
                (1, HintKind.UPS_ON_BATTERY, "upsTrapOnBattery"),
                (2, HintKind.UPS_ALARM, "upsTrapTestCompleted"),
                (3, HintKind.UPS_ALARM, "upsTrapAlarmEntryAdded"),
                (4, HintKind.UPS_ALARM, "upsTrapAlarmEntryRemoved"),
            )
        },
    }
)
_BY_OID: Mapping[Oid, tuple[HintKind, str]] = MappingProxyType(
    {ber.oid(text): meaning for text, meaning in _NAMED.items()}
)
_ALARM_OF = {
    "upsTrapAlarmEntryAdded": HintKind.UPS_ON_BATTERY,
    "upsTrapAlarmEntryRemoved": HintKind.UPS_ON_MAINS,
}


def meaning(notification: Notification) -> Said:
    """What a notification says; `other` for an OID that is not in the table.

    Names become labels of a metric, so that only those of the table may be one.
    """
    trap = notification.trap
    kind, name = _BY_OID.get(trap, (HintKind.OTHER, "other"))
    if name in _ALARM_OF and _is_about_battery(notification.varbinds):
        kind = _ALARM_OF[name]
    said = _port(notification.varbinds)
    words = " ".join(f"{key}={value}" for key, value in said.items())
    title = name if kind is not HintKind.OTHER else ber.oid_text(trap)
    return Said(kind, name, f"{title} {words}".strip()[:LONGEST_TEXT], said)


def _is_about_battery(varbinds: Iterable[Varbind]) -> bool:
    """Whether the alarm that came or went is upsAlarmOnBattery (RFC 1628, upsWellKnownAlarms)."""
    return any(
        varbind.tag == ber.OID and varbind.value == oids.upsAlarmOnBattery for varbind in varbinds
    )


def _port(varbinds: Iterable[Varbind]) -> dict[str, str | int]:
    """The port a trap is about, by whatever of its columns came with it."""
    said: dict[str, str | int] = {}
    for varbind in varbinds:
        if varbind.oid.startswith(oids.ifIndex) and (index := values.count(varbind)) is not None:
            said["ifIndex"] = index
        for column, key in ((oids.ifName, "ifName"), (oids.ifDescr, "ifDescr")):
            if varbind.oid.startswith(column) and (text := values.text(varbind)):
                said[key] = text
    return said
