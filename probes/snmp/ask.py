"""From a probe's target to an SNMP target: address, version, and the community behind its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.errors import NotConfigured
from probes.snmp.types import SnmpTarget

if TYPE_CHECKING:
    from probes.model import ProbeContext, Target


def snmp_target(target: Target, context: ProbeContext) -> SnmpTarget:
    """Whom to ask. Raises NotConfigured when the inventory gives no SNMP access."""
    access = target.snmp
    if access is None:
        raise NotConfigured("no_snmp")
    return SnmpTarget(
        host=target.host,
        port=access.port,
        version=access.version,
        community=None if access.version == "3" else context.secret(access.auth),
        engine=access.engine,
    )
