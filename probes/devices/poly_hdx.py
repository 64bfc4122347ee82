"""Polycom HDX endpoints (4000 to 9000) by the status page of their web interface."""

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="poly_hdx",
    vendor="Poly",
    device_class="video",
    probes=("icmp", "poly-hdx", "snmp-identity"),
    duty="meeting",
    unverified=("everything: no device of this family was recorded",),
)
