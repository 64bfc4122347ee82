"""Reads the agent's settings; a wrong one is a line with file, line and key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.config import AgentConfig
from agent.duty import Calendar, packaged_calendar
from inventory.document import read
from inventory.errors import InventoryError
from inventory.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

NAME = "agent.yaml"
CALENDAR = "calendar.yaml"


def read_settings(folder: Path) -> AgentConfig:
    """The settings in `agent.yaml` of an inventory folder; all defaults when there is none.

    Raises InventoryError with every problem of the file.
    """
    path = folder / NAME
    if not path.is_file():
        return AgentConfig()
    document = read(path, NAME)
    config, problems = validate(AgentConfig, document)
    if config is None or problems or document.problems:
        raise InventoryError((*document.problems, *problems))
    return config


def read_calendar(folder: Path, ward: str = "") -> Calendar:
    """The working hours and holidays of an inventory folder, else the shipped ones.

    `calendar-<code>.yaml` is a ward's own, `calendar.yaml` that of all others. Raises
    InventoryError with every problem of the file.
    """
    names = (f"calendar-{ward}.yaml", CALENDAR)
    path = next((path for name in names if (path := folder / name).is_file()), None)
    if path is None:
        return packaged_calendar()
    document = read(path, path.name)
    calendar, problems = validate(Calendar, document)
    if calendar is None or problems or document.problems:
        raise InventoryError((*document.problems, *problems))
    return calendar
