"""What a share that is open to everyone is, and how it is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from probes.model import Metric, Sample

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

SHARES_OPEN = Metric(
    "wardops_shares_open",
    "gauge",
    "Shares open without an account: guest may be entered, everyone_write (SMB) may be written.",
    ("kind",),
)


@dataclass(frozen=True, slots=True)
class OpenShare:
    """One share that nobody needs an account for.

    `is_writable` is by the share's own permissions, None where the protocol does not tell it.
    """

    protocol: Literal["smb", "nfs"]
    name: str
    is_writable: bool | None = None


def not_allowed(shares: Iterable[OpenShare], allowed: Collection[str]) -> tuple[OpenShare, ...]:
    """Those that the inventory does not name as meant to be open; case does not count in SMB."""
    names = {name.casefold() for name in allowed}
    return tuple(
        one
        for one in shares
        if one.name not in allowed and not (one.protocol == "smb" and one.name.casefold() in names)
    )


def samples_of(
    shares: Collection[OpenShare], *, is_whole: bool, tells_writing: bool
) -> Iterator[Sample]:
    """How many there are of each kind.

    What was only seen in part (`is_whole` False) counts as far as it is seen, and nothing found is
    unknown. `tells_writing`: somebody who can tell what may be written was asked, and answered.
    """
    if shares or is_whole:
        yield Sample(SHARES_OPEN, len(shares), ("guest",))
    if tells_writing:
        written = sum(one.is_writable is True for one in shares)
        yield Sample(SHARES_OPEN, written, ("everyone_write",))
