"""What reading a table once teaches for the next time. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableLesson:
    """What reading a device's table taught for the next time.

    `rows_per_pdu` fit one answer, `ceiling` is the most that the device has proven to stand (None
    without a bad experience), `rows` are in the table; `clean` polls ended well since.
    """

    rows_per_pdu: int | None = None
    ceiling: int | None = None
    rows: int | None = None
    clean: int = 0
