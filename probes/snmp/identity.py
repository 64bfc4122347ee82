"""Probe "snmp-identity": what a device says it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from probes import oids
from probes.model import Identity, Probe, Reading
from probes.snmp import ber, values
from probes.snmp.ask import snmp_target
from probes.snmp.identify import brand, identify, is_ambiguous
from probes.snmp.identity_facts import with_facts

if TYPE_CHECKING:
    from probes.model import ProbeContext, Target
    from probes.snmp.types import Oid, SnmpTarget, Varbind

# Model and serial number are extras: asking for them must not cost what is known already.
_FACTS_S, _RESERVE_S = 3.0, 0.5
_ABSENT = (ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE, ber.END_OF_MIB_VIEW)


@dataclass(frozen=True, slots=True)
class _Telling:
    """An instance that one trade alone answers. `vendor` None: its text names the maker."""

    oid: Oid
    vendor: str | None
    os: str
    device_class: str


_TELLING = (
    _Telling(oids.synologySystemStatus, "Synology", "synology", "storage"),
    _Telling(ber.oid("1.3.6.1.4.1.24681.1.2.12.0"), "QNAP", "qnap", "storage"),  # NAS-MIB modelName
    # CHECKPOINT-MIB svnProdName
    _Telling(ber.oid("1.3.6.1.4.1.2620.1.6.1.0"), "Check Point", "checkpoint", "firewall"),
    # IMM-MIB tempProbes
    _Telling(ber.oid("1.3.6.1.4.1.2.3.51.3.1.1.1.0"), "IBM", "ibm_imm", "bmc"),
    _Telling(oids.upsIdentManufacturer, None, "ups_rfc1628", "ups"),
    # Printer-MIB (RFC 3805) prtGeneralPrinterName
    _Telling(ber.oid("1.3.6.1.2.1.43.5.1.1.16.1"), None, "printer", "printer"),
)


async def run(target: Target, context: ProbeContext) -> Reading:
    """Read the system group and judge it. Raises a ProbeError leaf.

    sysObjectID and sysDescr are asked in two GETs: some agents fail on both at once.
    """
    asked = snmp_target(target, context)
    object_id = await _cell(asked, context, oids.sysObjectID)
    descr = await _cell(asked, context, oids.sysDescr)
    name = await _cell(asked, context, oids.sysName)
    identity = identify(values.oid_text(object_id), values.text(descr), values.text(name))
    context.note(f"sysObjectID {identity.sys_object_id}, sysDescr {identity.sys_descr!r}")
    if is_vague(identity):
        identity = await refined(asked, context, identity)
    until = min(context.deadline - _RESERVE_S, context.clock.monotonic() + _FACTS_S)
    identity = await with_facts(context.transports.snmp, asked, identity, until)
    return Reading(identity=identity, method="snmp")


def is_vague(identity: Identity) -> bool:
    """Whether the system group leaves open what the device is."""
    return is_ambiguous(identity) or identity.device_class == "unknown"


async def refined(asked: SnmpTarget, context: ProbeContext, vague: Identity) -> Identity:
    """Ask what only one trade answers; a maker that is known already stays.

    One GET; raises the ProbeError leaf that it ends with.
    """
    wanted = tuple(one.oid for one in _TELLING)
    result = await context.transports.snmp.get(asked, wanted, deadline=context.deadline)
    for one, cell in zip(_TELLING, result.varbinds, strict=True):
        if cell.tag in _ABSENT:
            continue
        words = values.text(cell) or ""
        named = one.vendor or brand(words) or (words if one.device_class == "ups" else "")
        vendor = vague.vendor if vague.vendor not in (None, "Linux") else named or vague.vendor
        return replace(vague, vendor=vendor, os=one.os, device_class=one.device_class)
    return vague


async def _cell(asked: SnmpTarget, context: ProbeContext, oid: Oid) -> Varbind:
    result = await context.transports.snmp.get(asked, (oid,), deadline=context.deadline)
    return result.varbinds[0]


PROBE = Probe("snmp-identity", period_s=3600, timeout_s=8, run=run)
