"""What a video endpoint says of its room, as the facts of group `vc`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probes.vc.status import VcStatus

CLOCK_OFF_S = 60.0


def room_values(status: VcStatus) -> dict[str, bool | None]:
    """Every fact of the group by name; None for what the endpoint does not say.

    Of cameras, microphones and displays one is enough: there are more sockets than a room uses.
    """
    every = [on for _kind, _name, on in status.peripherals]
    return {
        "reachable": True,
        "registered": _registered(status),
        "mic_muted": status.mic_muted,
        "peripherals_ok": all(every) if every else None,
        "camera": _one_of(status, "camera"),
        "microphone": _one_of(status, "microphone"),
        "display": _one_of(status, "display"),
        "standby": status.standby,
        "in_call": status.in_call,
        "clock_ok": _clock(status),
    }


def _registered(status: VcStatus) -> bool | None:
    known = [one for one in (status.sip_registered, status.h323_registered) if one is not None]
    return any(known) if known else None


def _one_of(status: VcStatus, kind: str) -> bool | None:
    found = [on for its_kind, _name, on in status.peripherals if its_kind == kind]
    return any(found) if found else None


def _clock(status: VcStatus) -> bool | None:
    if status.clock_synced is False:
        return False
    if status.clock_offset_s is not None:
        return abs(status.clock_offset_s) < CLOCK_OFF_S
    return status.clock_synced
