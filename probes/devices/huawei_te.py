"""Huawei TE, Box and CloudLink endpoints, seen from outside: ports, and their name by SNMP."""

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="huawei_te",
    vendor="Huawei",
    device_class="video",
    probes=("icmp", "vc-generic", "snmp-identity"),
    duty="meeting",
    unverified=("what goes on in the room: outside checks only",),
)
