"""Yealink video endpoints (VC series, MeetingBar, MeetingEye) by their control port, TCP 6024."""

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="yealink_vc",
    vendor="Yealink",
    device_class="video",
    probes=("icmp", "yealink", "snmp-identity"),
    duty="meeting",
    unverified=("everything: no device of this family was recorded",),
)
