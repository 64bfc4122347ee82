"""What devices answered to SNMP modules as text 0.0.4, with the names and labels of snmp_exporter.

Nothing of the ward stands in it: a target's own labels come from service discovery. Texts are not
cut here, but what looks like a person's number or mail is never told, nor contact and location.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from agent.exposition.if_types import IF_TYPES
from agent.exposition.label import REDACTED, is_personal, number
from probes.snmp import ber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from probes.snmp.modules import Family, Kind, ModuleAnswer
    from probes.snmp.types import Varbind

_MODULUS = 1 << 53  # the largest whole number a sample carries exactly
_UNREADABLE = re.compile("\ufffd+")
_NEVER_TOLD = frozenset({"sysContact", "sysLocation"})
_NUMBER_TAGS = frozenset(
    (ber.INTEGER, ber.COUNTER32, ber.GAUGE32, ber.TIMETICKS, ber.COUNTER64, ber.OPAQUE)
)
_WHOLE_TAGS = _NUMBER_TAGS - {ber.OPAQUE}
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def snmp_page(answers: Iterable[ModuleAnswer]) -> bytes:
    """Every family once, in order of name; what two modules read is written once."""
    lines: dict[str, tuple[Family, list[str]]] = {}
    for answer in answers:
        for family, found in _families(answer):
            if found and family.series not in lines:
                lines[family.series] = (family, found)
    return "".join(
        f"{_header(family)}{''.join(found)}" for _, (family, found) in sorted(lines.items())
    ).encode()


def _header(family: Family) -> str:
    kind = "counter" if family.kind == "counter" else "gauge"
    name, form = family.series, " (EnumAsInfo)" if family.kind == "if_type" else ""
    return f"# HELP {name} {family.help} - {family.object}{form}\n# TYPE {name} {kind}\n"


def _families(answer: ModuleAnswer) -> Iterator[tuple[Family, list[str]]]:
    for family in answer.module.scalars:
        cell = answer.scalars.get(family.oid + b"\0")
        yield family, [] if cell is None else _lines(family, [("", cell)])
    names = tuple(family.name for family in answer.module.names)
    labels = [
        _row_labels(index, names, tuple([cell and cell[2] for cell in row[: len(names)]]))
        for index, row in answer.rows.items()
    ]
    columns = list(zip(*answer.rows.values(), strict=True))[len(names) :]
    for family, cells in zip(answer.module.columns, columns, strict=False):
        yield family, _column_lines(family, labels, cells)


@lru_cache(maxsize=1 << 15)  # ports are asked their names at every poll and seldom change them
def _row_labels(index: bytes, names: tuple[str, ...], values: tuple[object, ...]) -> str:
    """The labels that every sample of a row carries, in order of name."""
    pairs = [
        (name, _shown(value) if isinstance(value, bytes) else "")
        for name, value in zip(names, values, strict=False)
    ]
    pairs.append(("ifIndex", ".".join(map(str, ber.index_arcs(index)))))
    return ",".join(f'{name}="{text}"' for name, text in sorted(pairs))


def _column_lines(
    family: Family, labels: list[str], cells: tuple[Varbind | None, ...]
) -> list[str]:
    """The lines of a column; where all its cells are numbers of one type, all in one step."""
    tags = {cell and cell[1] for cell in cells}
    if family.kind in _TEXTS or len(tags) != 1 or not tags <= _WHOLE_TAGS:
        return _lines(family, zip(labels, cells, strict=True))
    values: list[Any] = [cell[2] for cell in cells if cell]
    if ber.COUNTER64 in tags:  # wraps as snmp_exporter's does
        values = [value % _MODULUS for value in values]
    between = f"\n{family.series}{{"
    lines = [f"{one}}} {value}" for one, value in zip(labels, values, strict=True)]
    return [between[1:], between.join(lines), "\n"]


def _lines(family: Family, cells: Iterable[tuple[str, Varbind | None]]) -> list[str]:
    texts = _TEXTS.get(family.kind)
    found = [(labels, cell) for labels, cell in cells if cell is not None]
    if texts is None:
        return _number_lines(family.series, found)
    lines = []
    for labels, cell in found:
        text = REDACTED if family.name in _NEVER_TOLD else texts(cell)
        if text is not None:
            comma = "," if labels else ""
            lines.append(f'{family.series}{{{labels}{comma}{family.name}="{text}"}} 1\n')
    return lines


def _number_lines(name: str, cells: Iterable[tuple[str, Varbind]]) -> list[str]:
    lines = []
    for labels, (_, tag, value) in cells:
        if tag not in _NUMBER_TAGS or isinstance(value, bytes) or value is None:
            continue
        exact = value % _MODULUS if tag == ber.COUNTER64 else value
        told = exact if isinstance(exact, int) else number(exact)
        lines.append(f"{name}{{{labels}}} {told}\n" if labels else f"{name} {told}\n")
    return lines


@lru_cache(maxsize=1 << 14)  # names of ports: the same few on every poll of every device
def _shown(octets: bytes) -> str:
    """A text of the device, escaped; octets that are no UTF-8 become one U+FFFD."""
    text = _UNREADABLE.sub("\ufffd", octets.decode("utf-8", "replace"))
    return REDACTED if is_personal(text) else text.translate(_ESCAPES)


def _text(cell: Varbind) -> str | None:
    return _shown(cell.value) if isinstance(cell.value, bytes) else None


def _mac(cell: Varbind) -> str | None:
    """Six octets always, as snmp_exporter shows a PhysAddress48: filled with zeros, or cut."""
    return (
        cell.value[:6].ljust(6, b"\0").hex(":").upper() if isinstance(cell.value, bytes) else None
    )


def _oid(cell: Varbind) -> str | None:
    is_oid = cell.tag == ber.OID and isinstance(cell.value, bytes)
    return ber.oid_text(cell.value) if is_oid and isinstance(cell.value, bytes) else None


def _if_type(cell: Varbind) -> str | None:
    value = cell.value
    return IF_TYPES.get(value, str(value)) if isinstance(value, int) else None


_TEXTS: dict[Kind, Callable[[Varbind], str | None]] = {
    "text": _text,
    "mac": _mac,
    "oid": _oid,
    "if_type": _if_type,
}
