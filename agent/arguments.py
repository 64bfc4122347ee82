"""Arguments of commands as times; a wrong one is said with its name."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from inventory.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.wire import Command

_MOST_MINUTES = 10**6


def end_of(command: Command, start: datetime) -> datetime:
    """The `end` of a command, or its `minutes` after a start. Raises InputError."""
    end = moment_of(command.args, "end")
    if end is not None:
        return end
    minutes = command.args.get("minutes")
    if not isinstance(minutes, int) or isinstance(minutes, bool) or minutes <= 0:
        raise InputError("api.missing_argument", verb=command.verb, name="end")
    return start + timedelta(minutes=min(minutes, _MOST_MINUTES))


def moment_of(args: Mapping[str, object], name: str) -> datetime | None:
    """A time with its offset, None when it is not given. Raises InputError for anything else."""
    value = args.get(name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError("maintenance.when", value=str(value)[:60], name=name)
    return moment
