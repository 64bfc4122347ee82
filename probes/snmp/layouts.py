"""Where the values of an answer lie, so that the next answer of that form is read in one step.

A device that is polled again answers with the same octets but for some numbers. A layout is made of
one answer that was read by every rule; it reads another only if all octets beside its values are
the same: version, community, PDU, error fields, OIDs, tags and lengths. Pure, no I/O.
"""

from __future__ import annotations

from functools import partial
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakValueDictionary

from probes.snmp import ber
from probes.snmp.ber import open_element
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from probes.snmp.ber import Message
    from probes.snmp.types import Oid

_ID_OCTETS = 4
MOST_SHAPES = 4096  # of about 7 KiB each; what comes beyond is read by every rule each time
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_SIGNED_CODES = {1: "b", 2: "h", 4: "i"}
_UNSIGNED_OCTETS = {ber.COUNTER32: 4, ber.GAUGE32: 4, ber.TIMETICKS: 4, ber.COUNTER64: 8}
_TEXTS = frozenset((ber.OCTET_STRING, ber.IPADDRESS))
_varbind = partial(tuple.__new__, Varbind)  # a NamedTuple's own constructor takes twice as long


class _Field(NamedTuple):
    """How one value is taken: a struct code over octets from `start`, of which `free` may change.

    `less` is what constant octets in front add to it; `is_fixed`: nothing of it may change.
    """

    code: str
    start: int
    stop: int
    free: int
    less: int = 0
    has_sign_bit: bool = True
    is_fixed: bool = False


class _Names:
    """The OIDs and types of an answer's varbinds: the same for all devices of one model."""

    __slots__ = ("__weakref__", "oids", "tags")

    def __init__(self, oids: tuple[Oid, ...], tags: bytes) -> None:
        self.oids, self.tags = oids, tags


class _Shape:
    """Which octets of an answer are values, and how they are read."""

    __slots__ = ("__weakref__", "less", "mask", "names", "values", "wide")

    def __init__(
        self, names: _Names, form: str, mask: int, wide: tuple[int, ...], less: tuple[int, ...]
    ) -> None:
        self.names, self.values, self.mask = names, Struct(form), mask
        self.wide, self.less = wide, less  # which values have octets of others in front, and what


class Layout:
    """The form of one answer to one question: its shape, and the octets beside its values."""

    __slots__ = ("_fixed", "_frame", "_octets", "_shape")

    def __init__(self, shape: _Shape, data: bytes, fixed: tuple[tuple[int, Any], ...]) -> None:
        self._shape, self._fixed, self._octets = shape, fixed, len(data)
        self._frame = int.from_bytes(data, "big") & shape.mask

    def read(self, data: bytes) -> tuple[int, tuple[Varbind, ...]] | None:
        """The request-id and the varbinds of an answer of this form; None when it has another."""
        shape = self._shape
        if len(data) != self._octets or int.from_bytes(data, "big") & shape.mask != self._frame:
            return None
        request_id, *values = shape.values.unpack(data)
        for place, less in zip(shape.wide, shape.less, strict=True):
            values[place] -= less
        for place, value in self._fixed:
            values[place] = value
        names = shape.names
        return request_id, tuple(map(_varbind, zip(names.oids, names.tags, values, strict=True)))


class Layouts:
    """Makes layouts; what several have in common is held once, for as long as one needs it."""

    __slots__ = ("_names", "_shapes")

    def __init__(self) -> None:
        self._names: WeakValueDictionary[object, _Names] = WeakValueDictionary()
        self._shapes: WeakValueDictionary[object, _Shape] = WeakValueDictionary()

    def of(self, message: Message) -> Layout | None:
        """The layout of a decoded response.

        None when something stands behind its PDU, or when there are as many as memory is meant for.
        """
        data, at = message.octets, message.pdu_at
        at, end = open_element(data, at, len(data), ber.RESPONSE)
        id_at, at = open_element(data, at, end, ber.INTEGER)
        if end != len(data) or at - id_at != _ID_OCTETS:
            return None
        for _ in ("error-status", "error-index"):
            _, at = open_element(data, at, end, ber.INTEGER)
        fields = _fields(data, *open_element(data, at, end, ber.SEQUENCE))
        fixed = tuple((n, message.varbinds[n].value) for n, f in enumerate(fields) if f.is_fixed)
        shape = self._shape(message, id_at, fields)
        return None if shape is None else Layout(shape, data, fixed)

    def _shape(self, message: Message, id_at: int, fields: list[_Field]) -> _Shape | None:
        octets, varbinds = len(message.octets), message.varbinds
        oids, tags = tuple(v.oid for v in varbinds), bytes(v.tag for v in varbinds)
        names = self._names.get((oids, tags))
        if names is None:
            names = self._names[oids, tags] = _Names(oids, tags)
        wide = tuple(n for n, field in enumerate(fields) if field.less)
        less = tuple(field.less for field in fields if field.less)
        parts = (names, _format(octets, id_at, fields), _mask(octets, id_at, fields), wide, less)
        shape = self._shapes.get(parts)
        if shape is None and len(self._shapes) < MOST_SHAPES:
            shape = self._shapes[parts] = _Shape(*parts)
        return shape


def _fields(data: bytes, at: int, end: int) -> list[_Field]:
    """How each value of a varbind list is taken."""
    fields = []
    while at < end:
        at, pair_end = open_element(data, at, end, ber.SEQUENCE)
        _, at = open_element(data, at, pair_end, ber.OID)
        start, stop = open_element(data, at, pair_end, data[at])
        fields.append(_field(data, data[at], start, stop))
        at = pair_end
    return fields


def _field(data: bytes, tag: int, start: int, stop: int) -> _Field:
    size = stop - start
    if tag in _TEXTS:
        return _Field(f"{size}s", start, stop, start, has_sign_bit=False)
    if tag == ber.INTEGER and size in _SIGNED_CODES:
        return _Field(_SIGNED_CODES[size], start, stop, start, has_sign_bit=False)
    if tag == ber.INTEGER and size == 3 and data[start] < 0x80:
        return _wide_field(data, start, stop)
    most = _UNSIGNED_OCTETS.get(tag, 0)
    if most and size == most + 1 and data[start] == 0:  # a zero in front of the highest bit
        return _Field(_CODES[most], start + 1, stop, start + 1, has_sign_bit=False)
    if most and size == most:  # its highest bit is no sign: read modulo 2^32 or 2^64
        return _Field(_CODES[most], start, stop, start, has_sign_bit=False)
    if 0 < size < most and data[start] < 0x80:
        return _wide_field(data, start, stop)
    return _Field(f"{size}s", start, stop, stop, has_sign_bit=False, is_fixed=True)


def _wide_field(data: bytes, start: int, stop: int) -> _Field:
    """A number without sign, read together with the octets before it up to 1, 2, 4 or 8."""
    size = stop - start
    width = next(width for width in _CODES if width >= size)
    before = stop - width
    less = int.from_bytes(data[before:start], "big") << 8 * size
    return _Field(_CODES[width], before, stop, start, less)


def _mask(octets: int, id_at: int, fields: list[_Field]) -> int:
    """All ones but where a value may change."""
    mask = bytearray(b"\xff" * octets)
    mask[id_at : id_at + _ID_OCTETS] = bytes(_ID_OCTETS)
    for field in fields:
        mask[field.free : field.stop] = bytes(field.stop - field.free)
        if field.has_sign_bit:
            mask[field.free] = 0x80
    return int.from_bytes(mask, "big")


def _format(octets: int, id_at: int, fields: list[_Field]) -> str:
    parts, at = [f">{id_at}xi"], id_at + _ID_OCTETS
    for field in fields:
        parts.append(f"{field.start - at}x{field.code}")
        at = field.stop
    parts.append(f"{octets - at}x")
    return "".join(parts)
