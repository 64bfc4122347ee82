"""What to ask next of a table and how the answers join: several columns by GETBULK. Pure, no I/O.

A plan hands out one `Ask` at a time and takes its answer; whoever carries the PDUs is not its
matter. Answers should stay within 1400 octets, so that no IP fragment crosses the line; columns
have holes, so each keeps its own cursor (RFC 3416, 4.2.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from probes.errors import LimitExceeded, ParseFailed
from probes.snmp import ber
from probes.snmp.asks import FIRST_VARBINDS, TOO_BIG, Ask, GetPlan, culprit_of
from probes.snmp.scripts import Block
from probes.snmp.table_lesson import TableLesson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probes.snmp.ber import Message
    from probes.snmp.layouts import Layout
    from probes.snmp.scripts import Basis, Script, Step
    from probes.snmp.types import Oid, Varbind

# Aimed below the 1400 octets wanted: later rows have longer numbers and names than the first ones.
_AIM_OCTETS = 1330
_OVERHEAD_OCTETS = 60
_FIRST_ROWS = 4
_MAX_REPETITIONS = 128
_CLEAN_POLLS = 20

_NO_SUCH_NAME, _GEN_ERR = 2, 5  # error-status of RFC 1157, 4.1.1

_ABSENT_TAGS = (ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE, ber.END_OF_MIB_VIEW)


ColumnState = Literal["open", "done", "broken"]


class TablePlan:
    """Reads columns of a table, several in one GETBULK (GETNEXT where there is no GETBULK).

    How many rows one PDU asks is learned from what answers weigh; `learned` is what an earlier
    reading left, `script` how one went that is not long ago. Columns behind the first are read by
    GET where `getnext_broken` is said.
    """

    def __init__(
        self,
        columns: Sequence[Oid],
        *,
        scalars: Sequence[Oid] = (),
        max_rows: int = 4096,
        learned: TableLesson | None = None,
        bulk: bool = True,
        getnext_broken: bool = False,
        script: Script | None = None,
    ) -> None:
        self._columns = tuple(columns)
        self._scalars = tuple(scalars)
        self._max_rows = max_rows
        self._bulk = bulk
        self._cursors = list(columns)
        others: ColumnState = "broken" if getnext_broken else "open"
        self._states: list[ColumnState] = ["open", *[others] * (len(columns) - 1)][: len(columns)]
        self._counts = [0] * len(columns)
        self._cells: dict[bytes, list[Varbind | None] | tuple[Varbind | None, ...]] = {}
        self._width = max(1, len(columns))
        self._learned = learned or TableLesson()
        first_rows = min(_FIRST_ROWS, max(1, FIRST_VARBINDS // self._width))
        self._wanted_rows = self._learned.rows_per_pdu or first_rows
        self._preface: GetPlan | None = None if bulk else GetPlan(self._scalars)
        self._repair: GetPlan | None = None
        self._found: dict[Oid, Varbind] = {}
        self._scalars_due = bulk and bool(scalars)
        self._asked: tuple[int, ...] = ()
        self._is_cut = False
        self._ceiling = self._learned.ceiling
        self._is_shrunk = False
        self.duplicates = 0
        self._script = script if bulk else None
        self._place = 0
        self._step: Step | None = None  # what is asked now
        self._following: Step | None = None  # what was asked next, the last time
        self._block: Block | None = None  # what came last

    # -- asking --

    def next_ask(self) -> Ask | None:
        """The next PDU, or None when the table is read or cut."""
        self._step, self._following = self._following, None
        if self._preface and (ask := self._preface.next_ask()):
            return ask
        self._preface_done()
        if len(self._cells) > self._max_rows:
            self._is_cut = True
        if self._is_cut:
            return None
        if self._step is not None:
            self._place += 1
            return self._step.ask
        open_columns = [n for n, state in enumerate(self._states) if state == "open"]
        self._asked = tuple(open_columns[: self._width])
        if self._asked or self._scalars_due:
            return self._as_before(self._bulk_ask()) if self._bulk else self._next_ask()
        return self._repair_ask()

    @property
    def layout(self) -> Layout | None:
        """The form that the answer to the last ask had the last time, if that is known."""
        return None if self._step is None else self._step.layout

    @property
    def repetitions(self) -> int:
        """How many rows the next GETBULK asks for: not far beyond the rows that there were."""
        most = min(self._wanted_rows, self._ceiling or self._wanted_rows)
        known = self._learned.rows
        if known is None or not self._asked:
            return most
        # One more than there were: it shows the table's end, or that rows have come.
        left = known + 1 - min(self._counts[column] for column in self._asked)
        return min(most, left) if left > 0 else most

    def _bulk_ask(self) -> Ask:
        # A non-repeater is a GETNEXT: the OID without its last arc (0) leads to the instance.
        heads = tuple(oid[:-1] for oid in self._scalars) if self._scalars_due else ()
        cursors = tuple(self._cursors[column] for column in self._asked)
        return Ask(ber.GETBULK, heads + cursors, len(heads), self.repetitions if cursors else 0)

    def _as_before(self, ask: Ask) -> Ask:
        """The ask as the script has it."""
        step = self._script.step(self._place, ask) if self._script else None
        if step is None:
            return ask
        if self._block is not None:
            self._block.basis, self._block.following = self._basis, step
        self._step = step
        self._place += 1
        return step.ask

    @property
    def _basis(self) -> Basis:
        """What the next ask depends on, beside the answers so far."""
        return self._learned.rows, self._ceiling

    def _next_ask(self) -> Ask:
        return Ask(ber.GETNEXT, tuple(self._cursors[column] for column in self._asked))

    def _repair_ask(self) -> Ask | None:
        """Cells of columns whose GETNEXT goes astray are read by GET, for the rows that exist."""
        if self._repair is None:
            broken = [n for n, state in enumerate(self._states) if state == "broken"]
            self._repair = GetPlan(
                [
                    self._columns[column] + index
                    for index, cells in self._cells.items()
                    for column in broken
                    if cells[column] is None
                ]
            )
        return self._repair.next_ask()

    # -- taking --

    def accept(self, answer: Message, octets: int) -> None:
        """Take the answer to the last ask, `octets` long. Raises what its error means."""
        self._block = None
        if inner := self._inner_plan():
            inner.accept(answer)
            if inner is self._repair:
                self._put_repaired()
        elif answer.layout is not None and self._step is not None:
            self._take_known(self._step, answer.varbinds, octets)
        elif answer.error_status == 0:
            rows_before = len(self._cells)
            self._take_rows(answer.varbinds, octets)
            if self._step is not None:
                self._remember(self._step, answer, len(self._cells) - rows_before)
        elif answer.error_status == TOO_BIG:
            self.shrink()
        else:
            self._take_error(answer)

    def shrink(self) -> None:
        """Ask for less at a time; LimitExceeded `too_big` when one cell is already too much."""
        self._is_shrunk = True
        if self._bulk and self.repetitions > 1:
            self._ceiling = self.repetitions // 2
        elif self._width > 1:
            self._width //= 2
        else:
            raise LimitExceeded("too_big")

    def skip(self) -> bool:
        """Leave out what cannot be had: ask for less at a time, at last end one column alone.

        Whether that leaves anything: a plan that has read nothing and may ask nothing has failed.
        """
        self._script, self._is_shrunk = None, True
        if self._scalars_due:
            self._preface, self._scalars_due = GetPlan(self._scalars), False
        elif len(self._asked) > 1 or (self._bulk and self.repetitions > 1):
            self._width, self._ceiling = max(1, len(self._asked) // 2), 1
        else:
            self._states[self._asked[0]] = "done"
        return bool(self._cells) or "open" in self._states

    def cut(self) -> None:
        """Stop here: what came so far is all there will be."""
        self._is_cut = True

    def _inner_plan(self) -> GetPlan | None:
        return self._preface or self._repair

    def _preface_done(self) -> None:
        if self._preface:
            self._found.update((varbind.oid, varbind) for varbind in self._preface.result())
            self._preface = None

    def _put_repaired(self) -> None:
        for varbind in self._repair.result() if self._repair else ():
            for column, head in enumerate(self._columns):
                index = varbind.oid[len(head) :]
                if varbind.oid.startswith(head) and varbind.tag not in _ABSENT_TAGS:
                    row = self._cells[index] = [*self._cells[index]]
                    row[column] = varbind

    def _take_error(self, answer: Message) -> None:
        scalars = len(self._scalars) if self._scalars_due else 0
        is_told = 1 <= answer.error_index <= scalars + len(self._asked)
        if not is_told and answer.error_status == _GEN_ERR and self.skip():
            return  # some agents fail for one column and name none
        culprit = culprit_of(answer, scalars + len(self._asked))
        if culprit < scalars:
            self._scalars = self._scalars[:culprit] + self._scalars[culprit + 1 :]
            self._scalars_due = bool(self._scalars)
            return
        # v1 says noSuchName at the end of the MIB (RFC 1157, 4.1.3): that column is done.
        is_end = answer.error_status == _NO_SUCH_NAME
        self._states[self._asked[culprit - scalars]] = "done" if is_end else "broken"

    def _take_rows(self, varbinds: tuple[Varbind, ...], octets: int) -> None:
        if not varbinds:
            self._take_nothing()
            return
        if self._scalars_due:
            self._found.update((v.oid, v) for v in varbinds[: len(self._scalars)])
            varbinds = varbinds[len(self._scalars) :]
            self._scalars_due = False
        width = len(self._asked)
        if not width:
            return
        whole = len(varbinds) // width
        taken = varbinds[: whole * width] if whole else varbinds
        for place, column in enumerate(self._asked[: len(taken)]):
            moved = self._take(column, taken[place::width])
            if self._states[column] == "open" and not moved:
                self._states[column] = "broken"
        if whole:
            self._learn(octets, whole)

    def _take_known(self, step: Step, varbinds: tuple[Varbind, ...], octets: int) -> None:
        """Take an answer of the form that it had the last time; whole rows as they lie there."""
        step.hit()
        block = step.block
        if block is None or not self._cells.keys().isdisjoint(block.indexes):
            self._take_rows(varbinds, octets)
            return
        at, width, rows = step.ask.non_repeaters, len(self._columns), len(block.indexes)
        if at:
            self._found.update((varbind.oid, varbind) for varbind in varbinds[:at])
            self._scalars_due = False
        for index in block.indexes:
            self._cells[index] = varbinds[at : at + width]
            at += width
        self._cursors[:] = block.cursors
        self._counts = [count + rows for count in self._counts]
        self._learn(octets, rows)
        self._block = block
        if block.basis == self._basis:
            self._following = block.following

    def _remember(self, step: Step, answer: Message, new_rows: int) -> None:
        if self._script is not None:
            block = self._whole_block(answer.varbinds[step.ask.non_repeaters :], new_rows)
            step.learn(answer, block, self._script.layouts)
            self._block = step.block

    def _whole_block(self, varbinds: tuple[Varbind, ...], new_rows: int) -> Block | None:
        """The block that these cells are; None when a column ended or had a hole in them."""
        width, size = len(self._columns), len(self._columns[0]) if self._columns else 0
        if len(self._asked) != width or set(self._states) != {"open"}:
            return None
        indexes = tuple(varbind.oid[size:] for varbind in varbinds[: new_rows * width : width])
        whole = [column + index for index in indexes for column in self._columns]
        if not new_rows or [varbind.oid for varbind in varbinds[: new_rows * width]] != whole:
            return None
        if len(varbinds) // width != new_rows:
            return None
        return Block(indexes, tuple(self._cursors))

    def _take_nothing(self) -> None:
        """Not even one varbind fitted, which GETBULK may answer so (RFC 3416, 4.2.3)."""
        if not self._bulk:
            raise ParseFailed("malformed")
        if self.repetitions > 1 or self._width > 1:
            self.shrink()
            return
        self._bulk = False
        if self._scalars_due:
            self._preface, self._scalars_due = GetPlan(self._scalars), False

    def _take(self, column: int, varbinds: Iterable[Varbind]) -> bool:
        """Put the next cells of one column; whether it moved on."""
        head, cursor, moved = self._columns[column], self._cursors[column], 0
        cells, width, size = self._cells, len(self._columns), len(head)
        # Octets below 128 sort as arcs do: nearly every cell is compared without a call.
        is_plain = cursor.isascii()
        for varbind in varbinds:
            oid, tag, _ = varbind
            if tag in _ABSENT_TAGS or not oid.startswith(head):
                self._states[column] = "done"
                break
            if oid == cursor:
                self.duplicates += 1
                continue
            was_plain, is_plain = is_plain, oid.isascii()
            if oid < cursor if was_plain and is_plain else not ber.oid_is_after(oid, cursor):
                self._states[column] = "broken"
                break
            cursor = oid
            moved += 1
            index = oid[size:]
            row = cells.get(index)
            if type(row) is not list:
                row = cells[index] = [None] * width if row is None else [*row]
            row[column] = varbind
        self._counts[column] += moved
        self._cursors[column] = cursor
        return moved > 0

    def _learn(self, octets: int, rows: int) -> None:
        row_octets = max(1, -(-(octets - _OVERHEAD_OCTETS) // rows))
        fitting = (_AIM_OCTETS - _OVERHEAD_OCTETS) // row_octets
        self._wanted_rows = max(1, min(fitting, _MAX_REPETITIONS))

    # -- results --

    @property
    def is_complete(self) -> bool:
        """Whether every column was read to its end."""
        return not self._is_cut and "open" not in self._states

    @property
    def is_astray(self) -> bool:
        """Whether a column's next OIDs went backwards or stood still."""
        return "broken" in self._states

    @property
    def dropped_columns(self) -> tuple[Oid, ...]:
        """Columns that the device has not one cell of."""
        ended = zip(self._columns, self._counts, self._states, strict=True)
        return tuple(column for column, count, state in ended if not count and state == "done")

    def learned(self) -> TableLesson:
        """What to begin with next time; a low ceiling rises by one after 20 good polls."""
        clean = 0 if self._is_shrunk else self._learned.clean + 1
        ceiling = self._ceiling
        if ceiling is not None and clean >= _CLEAN_POLLS:
            ceiling, clean = ceiling + 1, 0
        rows = len(self._cells) if self.is_complete else self._learned.rows
        return TableLesson(self._wanted_rows, ceiling, rows, clean)

    def rows(self) -> dict[bytes, tuple[Varbind | None, ...]]:
        """The whole rows by index, in order of index, at most `max_rows`."""
        # Octets below 128 sort as arcs do.
        is_plain = b"".join(self._cells).isascii()
        ordered = sorted(self._cells) if is_plain else sorted(self._cells, key=ber.index_arcs)
        if not self.is_complete:
            ordered = ordered[: self._whole_rows(ordered)]
        return {index: tuple(self._cells[index]) for index in ordered[: self._max_rows]}

    def _whole_rows(self, ordered: Sequence[bytes]) -> int:
        """How many of the first rows lie behind no cursor that still had to move on."""
        ends = [
            ber.index_arcs(self._cursors[column][len(head) :])
            for column, head in enumerate(self._columns)
            if self._states[column] == "open"
        ]
        if not ends:
            return len(ordered)
        return sum(ber.index_arcs(index) <= min(ends) for index in ordered)

    def scalars(self) -> tuple[Varbind, ...]:
        """The scalars that the device has."""
        found = (self._found.get(oid) for oid in self._scalars)
        return tuple(v for v in found if v is not None and v.tag not in _ABSENT_TAGS)
