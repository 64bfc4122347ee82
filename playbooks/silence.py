"""Which results of a probe say something of our side only, not of the one that was asked."""

from __future__ import annotations

from typing import Final

from probes.model import Reason

SAYS_NOTHING: Final = frozenset(
    {
        Reason.AUTH, Reason.FORBIDDEN, Reason.PERMISSION, Reason.CONFIG, Reason.UNSUPPORTED,
        Reason.PARSE, Reason.LIMIT, Reason.BUSY, Reason.BUG,
    }
)  # fmt: skip
