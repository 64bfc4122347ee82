"""The screens beside home, made when they are first shown."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from tui.actions import CONTACTS, DEVICE, INCIDENT, MACHINES, MEETING, PLAYBOOK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tui.screens.ward_screen import WardScreen


def _device() -> WardScreen:
    from tui.screens.device import DeviceScreen  # noqa: PLC0415 - its weight only when it is shown

    return DeviceScreen()


def _incident() -> WardScreen:
    from tui.screens.incident import IncidentScreen  # noqa: PLC0415 - its weight only when it is shown

    return IncidentScreen()


def _playbook() -> WardScreen:
    from tui.screens.playbook import PlaybookScreen  # noqa: PLC0415 - its weight only when it is shown

    return PlaybookScreen()


def _contacts() -> WardScreen:
    from tui.screens.contacts import ContactsScreen  # noqa: PLC0415 - its weight only when it is shown

    return ContactsScreen()


def _meeting() -> WardScreen:
    from tui.screens.meeting import MeetingScreen  # noqa: PLC0415 - its weight only when it is shown

    return MeetingScreen()


def _machines() -> WardScreen:
    from tui.screens.machines import MachinesScreen  # noqa: PLC0415 - its weight only when it is shown

    return MachinesScreen()


FURTHER: Mapping[str, Callable[[], WardScreen]] = MappingProxyType(
    {
        DEVICE: _device,
        INCIDENT: _incident,
        PLAYBOOK: _playbook,
        CONTACTS: _contacts,
        MEETING: _meeting,
        MACHINES: _machines,
    }
)
