"""From a probe's target to an SNMP target: address, version, and the credential behind its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.snmp_user import snmp_user
from probes.errors import NotConfigured
from probes.snmp.types import SnmpTarget

if TYPE_CHECKING:
    from probes.model import ProbeContext, Target


def snmp_target(target: Target, context: ProbeContext) -> SnmpTarget:
    """Whom to ask. Raises NotConfigured when the inventory gives no SNMP access, or InputError."""
    access = target.snmp
    if access is None:
        raise NotConfigured("no_snmp")
    secret = context.secret(access.auth)
    user = snmp_user(access, secret)
    return SnmpTarget(
        host=target.host,
        port=access.port,
        version="3" if user else access.version,
        community=None if user else secret,
        engine=access.engine,
        user=user,
        context=access.context,
        accept_source=tuple(map(str, access.accept_source)),
        quirks=access.quirks,
    )
