"""The SNMP v2c face: GET, GETNEXT and GETBULK on what the world knows of a device.

Read-only. A missing object answers as a device without it would. Silence is an answer too: no way
from the asker, no power, no SNMP, a wrong community, another version, or octets that are no SNMP.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from drills.mib.index import index_of, shape_of
from drills.mib.look import Look
from probes.snmp import ber
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from drills.mib.index import Index
    from drills.model import Node
    from drills.world import World

MAX_OCTETS = 1472  # one unfragmented datagram on Ethernet

_TOO_BIG, _NO_ACCESS = 1, 6  # error-status, RFC 3416 section 3
_MAX_REPETITIONS = 200
_VERSION_2C = 1


def respond(world: World, asker: str, node: Node, request: bytes, t: float) -> bytes | None:
    """The device's answer to one datagram from `ward:<code>` or `hub`, None for silence."""
    if not node.sys_object_id or not world.fact("snmp", node.name):
        return None
    if not world.hears(asker, node.name, t):
        return None
    try:
        message = ber.decode_message(request)
    except ber.MalformedBer:
        return None
    if message.version != _VERSION_2C or message.community != world.community.encode():
        return None
    answer = _answer(message, Look.at(world, node, t))
    return None if answer is None else ber.encode_message(answer)


def _answer(message: ber.Message, look: Look) -> ber.Message | None:
    index = index_of(shape_of(look))
    if message.pdu == ber.GETBULK:
        return _response(message, _fitting(_bulk(message, index, look), _room(message)))
    if message.pdu == ber.SET:
        return replace(_response(message, message.varbinds), error_status=_NO_ACCESS, error_index=1)
    one = {ber.GET: _exact, ber.GETNEXT: _next}.get(message.pdu)
    if one is None:
        return None
    varbinds = [one(index, look, asked.oid) for asked in message.varbinds]
    if len(_fitting(varbinds, _room(message))) < len(varbinds):
        return replace(_response(message, ()), error_status=_TOO_BIG)  # RFC 3416, 4.2.1
    return _response(message, varbinds)


def _response(message: ber.Message, varbinds: Sequence[Varbind]) -> ber.Message:
    return replace(
        message, pdu=ber.RESPONSE, error_status=0, error_index=0, varbinds=tuple(varbinds)
    )


def _room(message: ber.Message) -> int:
    """Octets that varbinds may take: the envelope's lengths may grow by two octets each."""
    return MAX_OCTETS - len(ber.encode_message(_response(message, ()))) - 6


def _fitting(varbinds: Iterable[Varbind], room: int) -> list[Varbind]:
    """The varbinds from the first on that fit into so many octets."""
    taken = 0

    def fits(varbind: Varbind) -> bool:
        nonlocal taken
        taken += len(ber.encode_varbind(varbind))
        return taken <= room

    return list(takewhile(fits, varbinds))


# ---- one variable ----


def _exact(index: Index, look: Look, oid: bytes) -> Varbind:
    place = index.places.get(oid)
    if place is not None:
        return _at(index, look, place)
    # An OID's octets end where an arc ends, so a prefix of octets is a prefix of arcs.
    known = any(oid.startswith(prefix) for prefix in index.objects)
    return Varbind(oid, ber.NO_SUCH_INSTANCE if known else ber.NO_SUCH_OBJECT, None)


def _next(index: Index, look: Look, oid: bytes) -> Varbind:
    place = index.places.get(oid)
    after = bisect_right(index.keys, ber.oid_key(oid)) if place is None else place + 1
    if after >= len(index.oids):
        return Varbind(oid, ber.END_OF_MIB_VIEW, None)
    return _at(index, look, after)


def _at(index: Index, look: Look, place: int) -> Varbind:
    cell = index.cells[place]
    return Varbind(index.oids[place], cell.tag, cell.read(look, cell.row))


# ---- GETBULK, RFC 3416 section 4.2.3 ----


def _bulk(message: ber.Message, index: Index, look: Look) -> Iterator[Varbind]:
    asked = [varbind.oid for varbind in message.varbinds]
    once = min(max(message.error_status, 0), len(asked))
    for oid in asked[:once]:
        yield _next(index, look, oid)
    cursors = asked[once:]
    for _ in range(min(max(message.error_index, 0), _MAX_REPETITIONS) if cursors else 0):
        found = [_next(index, look, oid) for oid in cursors]
        yield from found
        if all(varbind.tag == ber.END_OF_MIB_VIEW for varbind in found):
            return
        cursors = [varbind.oid for varbind in found]
