"""Rows of numbers by slot, in arrays: a whole city's history is some megabytes so."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from agent.machines.forecast import DAY_SLOTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Row = TypeVar("Row", bound=tuple[Any, ...])


class Series(Generic[Row]):
    """Rows of numbers by slot, oldest first, of so many days; the first number is the slot."""

    def __init__(self, make: Callable[..., Row], codes: str, days: int) -> None:
        """`make` makes a row of its numbers, `codes` are array's for those after the slot."""
        self._make = make
        self._columns: tuple[array[Any], ...] = tuple(array(code) for code in f"q{codes}")
        self._most = days * DAY_SLOTS

    @property
    def last_slot(self) -> int:
        """The newest row's, -1 when there is none."""
        slots = self._columns[0]
        return int(slots[-1]) if slots else -1

    @property
    def last(self) -> Row:
        """The newest row. Raises IndexError when there is none."""
        return self._make(*(column[-1] for column in self._columns))

    def put(self, row: Row) -> bool:
        """Add a row, or put it in place of the newest of the same slot; whether anything changed.

        One of an older slot is left out.
        """
        if row[0] < self.last_slot:
            return False
        if row[0] == self.last_slot:
            if row == self.last:
                return False
            for column in self._columns:
                column.pop()
        for column, value in zip(self._columns, row, strict=True):
            column.append(value)
            if len(column) > self._most:
                column.pop(0)
        return True

    def at(self, slot: int) -> Row | None:
        """The row of that slot."""
        for place in range(len(self._columns[0]) - 1, -1, -1):
            if self._columns[0][place] == slot:
                return self._make(*(column[place] for column in self._columns))
        return None

    def rows(self) -> Iterator[Row]:
        """All of them."""
        return (self._make(*row) for row in zip(*self._columns, strict=True))

    def newest(self, count: int) -> list[Row]:
        """At most so many of the newest, oldest first."""
        ends = [column[-count:] for column in self._columns]
        return [self._make(*row) for row in zip(*ends, strict=True)]

    def cut(self, slot: int) -> None:
        """Drop the rows after that slot."""
        while self.last_slot > slot:
            for column in self._columns:
                column.pop()
