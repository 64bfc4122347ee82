"""Traps and informs of SNMP v1 and v2c as values: which notification, by which community. Pure.

A v1 trap is translated to the notification OID that v2c would carry (RFC 3584, 3.1). What secures
a message of SNMPv3 is not read here; its PDU is that of v2c.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from probes.snmp import ber

if TYPE_CHECKING:
    from probes.snmp.types import Oid, Varbind

INFORM, TRAP_V2, TRAP_V1 = 0xA6, 0xA7, 0xA4
_SYS_UP_TIME = ber.oid("1.3.6.1.2.1.1.3.0")
_SNMP_TRAP_OID = ber.oid("1.3.6.1.6.3.1.1.4.1.0")
_GENERIC = "1.3.6.1.6.3.1.1.5"
_ENTERPRISE_SPECIFIC = 6


@dataclass(frozen=True, slots=True)
class Notification:
    """One trap or inform. `trap` is its notification OID as BER content octets.

    `answer` is what an inform waits for, None for a trap.
    """

    version: int
    community: bytes
    trap: Oid
    uptime_ticks: int | None
    varbinds: tuple[Varbind, ...]
    answer: bytes | None = None


def read_notification(data: bytes) -> Notification:
    """Read one datagram. Raises MalformedBer for all that is no v1 or v2c trap or inform."""
    try:
        if _is_v1_trap(data):
            return _v1(data)
    except (IndexError, ValueError) as error:
        raise ber.MalformedBer("not a v1 trap") from error
    message = ber.decode_message(data)
    answer = _acknowledged(message) if message.pdu == INFORM else None
    return replace(notification_of(message), answer=answer)


def notification_of(message: ber.Message) -> Notification:
    """What a decoded message of v2c or v3 tells, without an answer. Raises MalformedBer."""
    if message.pdu not in (INFORM, TRAP_V2):
        raise ber.MalformedBer("neither a trap nor an inform")
    named = {varbind.oid: varbind for varbind in message.varbinds}
    trap = named.get(_SNMP_TRAP_OID)
    if trap is None or not isinstance(trap.value, bytes) or trap.tag != ber.OID:
        raise ber.MalformedBer("no snmpTrapOID")
    uptime = named.get(_SYS_UP_TIME)
    ticks = uptime.value if uptime is not None and uptime.tag == ber.TIMETICKS else None
    rest = tuple(v for v in message.varbinds if v.oid not in (_SNMP_TRAP_OID, _SYS_UP_TIME))
    return Notification(
        message.version,
        message.community,
        trap.value,
        ticks if isinstance(ticks, int) else None,
        rest,
    )


def _acknowledged(message: ber.Message) -> bytes | None:
    """The response to an inform: itself with another PDU tag (RFC 3416, 4.2.7).

    None where it cannot be written again as it came (an odd Opaque): the sender asks again.
    """
    try:
        response = replace(message, pdu=ber.RESPONSE, error_status=0, error_index=0)
        return ber.encode_message(response)
    except ValueError:
        return None


def _is_v1_trap(data: bytes) -> bool:
    at, _end = ber.open_element(data, 0, len(data), ber.SEQUENCE)
    version, at = ber.integer_at(data, at, len(data))
    _start, at = ber.open_element(data, at, len(data), ber.OCTET_STRING)
    return version == 0 and data[at] == TRAP_V1


def _v1(data: bytes) -> Notification:
    """RFC 1157, 4.1.6: enterprise, agent address, generic and specific trap, time stamp."""
    at, end = ber.open_element(data, 0, len(data), ber.SEQUENCE)
    _version, at = ber.integer_at(data, at, end)
    start, at = ber.open_element(data, at, end, ber.OCTET_STRING)
    community = data[start:at]
    at, end = ber.open_element(data, at, end, TRAP_V1)
    start, at = ber.open_element(data, at, end, ber.OID)
    enterprise = data[start:at]
    _start, at = ber.open_element(data, at, end, ber.IPADDRESS)
    generic, at = ber.integer_at(data, at, end)
    specific, at = ber.integer_at(data, at, end)
    start, at = ber.open_element(data, at, end, ber.TIMETICKS)
    ticks = int.from_bytes(data[start:at], "big") & 0xFFFFFFFF
    at, list_end = ber.open_element(data, at, end, ber.SEQUENCE)
    trap = _translated(enterprise, generic, specific)
    return Notification(0, community, trap, ticks, ber.varbinds_at(data, at, list_end))


def _translated(enterprise: Oid, generic: int, specific: int) -> Oid:
    """RFC 3584, 3.1: generic traps have OIDs of their own, others enterprise.0.specific."""
    if generic == _ENTERPRISE_SPECIFIC:
        return enterprise + ber.index_from_arcs((0, specific))
    if not 0 <= generic < _ENTERPRISE_SPECIFIC:
        raise ber.MalformedBer("no such generic trap")
    return ber.oid(f"{_GENERIC}.{generic + 1}")
