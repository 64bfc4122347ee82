"""One ward file as far as it can be read, for the rules that look beyond a single key.

A wrong device must not hide the other mistakes of its file: what is valid stays, with its places.
Unknown keys are told and dropped; an item with any other mistake is left out as a whole.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from inventory.model import Device, Link, Service, Ward
from inventory.validate import UNKNOWN_KEY, examine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from inventory.document import Document, Keys
    from inventory.errors import Problem
    from inventory.validate import Mistake

_LISTS = ("links", "devices", "services")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A ward and the document it came from.

    `rows` are, per list, the places of the ward's items in the document; `unread` are names of
    devices that are in the file but not valid, so that pointing at them is no second mistake.
    """

    document: Document
    ward: Ward
    rows: Mapping[str, tuple[int, ...]]
    unread: frozenset[str] = frozenset()

    def devices(self) -> Iterator[tuple[Keys, Device]]:
        """The valid devices with the path of each in the file."""
        rows = zip(self.rows["devices"], self.ward.devices, strict=True)
        return ((("devices", row), device) for row, device in rows)

    def links(self) -> Iterator[tuple[Keys, Link]]:
        """The valid links with the path of each in the file."""
        rows = zip(self.rows["links"], self.ward.links, strict=True)
        return ((("links", row), link) for row, link in rows)

    def services(self) -> Iterator[tuple[Keys, Service]]:
        """The valid services with the path of each in the file."""
        rows = zip(self.rows["services"], self.ward.services, strict=True)
        return ((("services", row), service) for row, service in rows)

    def place(self, keys: Keys) -> str:
        """File and line of a key, as one mistake names another place."""
        return f"{self.document.name}:{self.document.mark(keys).line}"


def read_sheet(document: Document) -> tuple[Sheet | None, list[Problem]]:
    """The ward of this document as far as it is valid, and what is wrong with the rest.

    No sheet when the ward's code or a whole list cannot be read.
    """
    ward, mistakes = examine(Ward, document.values)
    problems = [document.problem(keys, key, **values) for keys, key, values in mistakes]
    if ward is not None:
        return Sheet(document, ward, _rows(document.values, {})), problems
    return _valid_part(document, mistakes), problems


def _rows(
    values: Mapping[str, Any], wrong: Mapping[str, set[int]]
) -> Mapping[str, tuple[int, ...]]:
    return MappingProxyType(
        {
            name: tuple(
                row for row in range(len(values.get(name, ()))) if row not in wrong.get(name, ())
            )
            for name in _LISTS
        }
    )


def _valid_part(document: Document, mistakes: Sequence[Mistake]) -> Sheet | None:
    values = copy.deepcopy(dict(document.values))
    wrong: dict[str, set[int]] = {}
    for keys, key, _values in mistakes:
        head, row = keys[0], keys[1] if len(keys) > 1 else None
        if key in UNKNOWN_KEY:
            _around(values, keys).pop(str(keys[-1]), None)
        elif head in _LISTS and isinstance(row, int):
            wrong.setdefault(str(head), set()).add(row)
        elif head in _LISTS or head in {"schema", "ward"}:
            return None
        else:
            values.pop(str(head), None)
    rows = _rows(document.values, wrong)
    for name in wrong:
        values[name] = [values[name][row] for row in rows[name]]
    ward, _ = examine(Ward, values)
    if ward is None:
        return None
    lost = (document.values["devices"][row] for row in wrong.get("devices", ()))
    names = (device.get("name") for device in lost if isinstance(device, dict))
    return Sheet(document, ward, rows, frozenset(name for name in names if isinstance(name, str)))


def _around(values: Any, keys: Keys) -> dict[str, Any]:
    """The mapping that holds this key; an empty one when it was left out already."""
    for key in keys[:-1]:
        try:
            values = values[key]
        except LookupError:
            return {}
    return values if isinstance(values, dict) else {}
