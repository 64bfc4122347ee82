"""Cisco video endpoints with TC, CE or RoomOS software (SX, MX, Room Kit, Desk, Board)."""

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="cisco_ce",
    vendor="Cisco",
    device_class="video",
    probes=("icmp", "cisco-ce"),
    duty="meeting",
)
