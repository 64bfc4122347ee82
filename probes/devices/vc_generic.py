"""Any video endpoint, seen from outside: which of its ports answer, and its name by SNMP."""

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="vc_generic",
    vendor="",
    device_class="video",
    probes=("icmp", "vc-generic", "snmp-identity"),
    duty="meeting",
    unverified=("what goes on in the room: outside checks only",),
)
