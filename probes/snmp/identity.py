"""Probe "snmp-identity": what a device says it is."""

from __future__ import annotations

from dataclasses import replace
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
    if is_ambiguous(identity):
        identity = await _refined(asked, context, identity)
    until = min(context.deadline - _RESERVE_S, context.clock.monotonic() + _FACTS_S)
    identity = await with_facts(context.transports.snmp, asked, identity, until)
    return Reading(identity=identity, method="snmp")


async def _refined(asked: SnmpTarget, context: ProbeContext, linux: Identity) -> Identity:
    """Ask what only a Synology or a UPS answers."""
    result = await context.transports.snmp.get(
        asked, (oids.synologySystemStatus, oids.upsIdentManufacturer), deadline=context.deadline
    )
    synology, ups = result.varbinds
    if synology.tag not in _ABSENT:
        return replace(linux, vendor="Synology", os="synology", device_class="storage")
    if ups.tag not in _ABSENT:
        maker = values.text(ups) or ""
        return replace(
            linux, vendor=brand(maker) or maker or None, os="ups_rfc1628", device_class="ups"
        )
    return linux


async def _cell(asked: SnmpTarget, context: ProbeContext, oid: Oid) -> Varbind:
    result = await context.transports.snmp.get(asked, (oid,), deadline=context.deadline)
    return result.varbinds[0]


PROBE = Probe("snmp-identity", period_s=3600, timeout_s=8, run=run)
