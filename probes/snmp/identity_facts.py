"""Model, serial number and version where sysDescr does not say them: ENTITY-MIB, else the maker's.

Sources: ENTITY-MIB (RFC 6933), UPS-MIB (RFC 1628), Printer-MIB (RFC 3805), PowerNet-MIB, XUPS-MIB,
MG-SNMP-UPS-MIB, CPS-MIB, MIKROTIK-MIB, JUNIPER-MIB, FORTINET-CORE-MIB, IDRAC-MIB, CPQSINFO-MIB,
SYNOLOGY-SYSTEM-MIB, ZYXEL-ES-COMMON, TPLINK-SYSINFO-MIB, SFOS-FIREWALL-MIB, CHECKPOINT-MIB,
PAN-COMMON-MIB, RADLAN-Physicaldescription-MIB, HUAWEI-SERVER-IBMC-MIB, ISM-STORAGE-SVC-MIB.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from probes import oids
from probes.errors import ProbeError
from probes.snmp import ber, values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probes.model import Identity
    from probes.snmp.types import SnmpClient, SnmpTarget, Varbind

_E = "1.3.6.1.4.1."
_CHASSIS, _STACK = 3, 11
_MAX_ROWS = 32  # the chassis stands in front; the rest are its parts
_COLUMNS = (
    oids.entPhysicalClass,
    oids.entPhysicalSerialNum,
    oids.entPhysicalModelName,
    ber.oid("1.3.6.1.2.1.47.1.1.1.1.10"),  # entPhysicalSoftwareRev
    ber.oid("1.3.6.1.2.1.47.1.1.1.1.9"),  # entPhysicalFirmwareRev
)
# entPhysicalClass of what is no part of something else; some agents give none at all. FortiGate and
# ESXi number their only chassis so, Accton's units are containers.
_CHASSIS_LIKE = (None, 1, 2, 4, 5)  # -, other, unknown, backplane, container

# Model, serial number, version: scalars of the makers, by kind, else by class.
_BY_KIND: Mapping[str, tuple[str, str, str]] = {
    "ups_apc": (f"{_E}318.1.1.1.1.1.1.0", f"{_E}318.1.1.1.1.2.3.0", f"{_E}318.1.1.1.1.2.1.0"),
    "apc_pdu": (f"{_E}318.1.1.12.1.5.0", f"{_E}318.1.1.12.1.6.0", f"{_E}318.1.1.12.1.3.0"),
    "ups_eaton_xups": (f"{_E}534.1.1.2.0", "", f"{_E}534.1.1.3.0"),
    "ups_eaton_mge": (f"{_E}705.1.1.2.0", f"{_E}705.1.1.7.0", f"{_E}705.1.1.4.0"),
    "ups_cyberpower": (
        f"{_E}3808.1.1.1.1.1.1.0",
        f"{_E}3808.1.1.1.1.2.3.0",
        f"{_E}3808.1.1.1.1.2.1.0",
    ),
    "mikrotik_ros": ("", f"{_E}14988.1.1.7.3.0", f"{_E}14988.1.1.4.4.0"),
    "mikrotik_swos": ("", f"{_E}14988.1.1.7.3.0", ""),
    "junos": ("", f"{_E}2636.3.1.3.0", ""),
    "fortiswitch": ("", f"{_E}12356.100.1.1.1.0", f"{_E}12356.106.4.1.1.0"),
    "panos": ("", f"{_E}25461.2.1.2.1.3.0", f"{_E}25461.2.1.2.1.1.0"),
    "checkpoint": (f"{_E}2620.1.6.16.7.0", f"{_E}2620.1.6.16.3.0", f"{_E}2620.1.6.4.1.0"),
    "sophos": (f"{_E}2604.5.1.1.2.0", f"{_E}2604.5.1.1.4.0", f"{_E}2604.5.1.1.3.0"),
    "tplink_jetstream": (
        f"{_E}11863.6.1.1.5.0",
        f"{_E}11863.6.1.1.8.0",
        f"{_E}11863.6.1.1.6.0",
    ),
    "zyxel_zynos": ("", "", f"{_E}890.1.15.3.1.6.0"),
    "dell_powerconnect": (
        f"{_E}674.10895.3000.1.2.100.1.0",
        "",
        f"{_E}674.10895.3000.1.2.100.4.0",
    ),
    "huawei_ibmc": (f"{_E}2011.2.235.1.1.1.6.0", f"{_E}2011.2.235.1.1.1.7.0", ""),
    "huawei_oceanstor": ("", f"{_E}34774.4.1.1.1.0", f"{_E}34774.4.1.1.6.0"),
    "esxi": ("", "", f"{_E}6876.1.2.0"),
    "fortigate": ("", f"{_E}12356.100.1.1.1.0", f"{_E}12356.101.4.1.1.0"),
    "dell_idrac": (
        f"{_E}674.10892.5.1.3.12.0",
        f"{_E}674.10892.5.1.3.2.0",
        f"{_E}674.10892.5.1.1.8.0",
    ),
    "hpe_ilo": (f"{_E}232.2.2.4.2.0", f"{_E}232.2.2.2.1.0", f"{_E}232.9.2.2.2.0"),
    "synology": (f"{_E}6574.1.5.1.0", f"{_E}6574.1.5.2.0", f"{_E}6574.1.5.3.0"),
    "zyxel_zywall": (
        f"{_E}890.1.15.3.1.11.0",
        f"{_E}890.1.15.3.1.12.0",
        f"{_E}890.1.15.3.1.6.0",
    ),
}
_BY_CLASS: Mapping[str, tuple[str, str, str]] = {
    "ups": ("1.3.6.1.2.1.33.1.1.2.0", "", "1.3.6.1.2.1.33.1.1.3.0"),
    "printer": ("1.3.6.1.2.1.25.3.2.1.3.1", "1.3.6.1.2.1.43.5.1.1.17.1", ""),
}


async def with_facts(
    client: SnmpClient, asked: SnmpTarget, identity: Identity, deadline: float
) -> Identity:
    """The identity with what else the device says; what it does not answer stays as it was."""
    facts = _BY_KIND.get(identity.os or "") or _BY_CLASS.get(identity.device_class)
    try:
        if facts is not None:
            identity = await _from_scalars(client, asked, identity, facts, deadline)
        if facts is None or None in (identity.serial, identity.model, identity.version):
            table = await client.table(asked, _COLUMNS, max_rows=_MAX_ROWS, deadline=deadline)
            identity = from_entities(identity, tuple(table.rows.values()))
    except ProbeError:
        return identity
    return identity


async def _from_scalars(
    client: SnmpClient,
    asked: SnmpTarget,
    identity: Identity,
    facts: tuple[str, str, str],
    deadline: float,
) -> Identity:
    """One GET for all: a maker's scalar is preferred to a guess from sysDescr's wording."""
    names = tuple(ber.oid(name) for name in facts if name)
    result = await client.get(asked, names, deadline=deadline)
    told = {one.oid: values.text(one) for one in result.varbinds}
    model, serial, version = (told.get(ber.oid(name)) if name else None for name in facts)
    return replace(
        identity,
        model=model or identity.model,
        serial=serial or identity.serial,
        version=version or identity.version,
    )


def from_entities(identity: Identity, rows: Sequence[Sequence[Varbind | None]]) -> Identity:
    """Serial number, model and version of the first chassis, else of the stack, that has a serial.

    The model that the device's own inventory names is preferred to a word of sysDescr. Parts are
    not the device: a serial number of a module alone leaves it unknown.
    """
    for wanted in ((_CHASSIS,), (_STACK,), _CHASSIS_LIKE):
        for kind, serial, *others in rows:
            number = values.text(serial)
            if values.number(kind) in wanted and number and " " not in number:
                model, version = _named(*others)
                is_model = model is not None and any(map(str.isdigit, model))
                return replace(
                    identity,
                    serial=identity.serial or number,
                    model=model if is_model else identity.model or model,
                    version=identity.version or version,
                )
    return identity


def _named(
    model: Varbind | None, software: Varbind | None, firmware: Varbind | None
) -> tuple[str | None, str | None]:
    """Model and version of a row; QNAP writes its own with stray quotes."""
    version = values.text(software) or values.text(firmware)
    return values.text(model), (version or "").strip('\\" ') or None
