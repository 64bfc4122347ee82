"""Cisco Meeting Server by its API: the city's conference bridge, once Acano."""

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="cms",
    vendor="Cisco",
    device_class="mcu",
    probes=("icmp", "cms"),
    duty="always",
    unverified=("status of the system",),
)
