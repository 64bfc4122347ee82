"""Anything with an address and nothing else to ask it; ping only where the inventory says so."""

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="generic_host",
    vendor="",
    device_class="unknown",
    probes=("icmp",),
)
