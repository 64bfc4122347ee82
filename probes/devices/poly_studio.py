"""Poly endpoints with VideoOS (G7500, Studio X30, X50, X52, X70, Studio G62) by their REST API."""

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="poly_studio",
    vendor="Poly",
    device_class="video",
    probes=("icmp", "poly", "snmp-identity"),
    duty="meeting",
    unverified=("everything: no device of this family was recorded",),
)
