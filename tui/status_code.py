"""What `wardops status` makes of what the agent says: the exit code and what leads to it. Pure.

0 ok, 1 degraded, 2 down, 3 unknown: the convention of monitoring plug-ins. Data that is not current
never counts as good. Usage errors are 3 as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.wire import Snapshot, StateName, Status

TIMEOUT_S = 3.0
UNKNOWN = 3
_EXIT = {"ok": 0, "maintenance": 0, "degraded": 1, "down": 2}
WORST_FIRST: tuple[StateName, ...] = ("down", "degraded", "unknown", "maintenance", "ok")


class StatusUsage(InputError):
    """A wrong argument of `status`; exit 3, since it then cannot tell."""

    exit_code = UNKNOWN


def exit_code(status: Status) -> int:
    """0 ok (an announced maintenance too), 1 degraded, 2 down, 3 unknown or not current."""
    return _EXIT.get(status.state, UNKNOWN) if status.fresh else UNKNOWN


def worst(states: Iterable[StateName]) -> StateName:
    """The one that counts among several wards'; of none, unknown."""
    present = set(states)
    return next((state for state in WORST_FIRST if state in present), "unknown")


def fitting_playbook(snapshot: Snapshot) -> str | None:
    """The one that the agent can conduct for the verdict, which may be a more general one."""
    return snapshot.playbooks[0].id if snapshot.playbooks else None
