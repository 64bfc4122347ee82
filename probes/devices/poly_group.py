"""Poly RealPresence Group endpoints (300, 310, 500, 550, 700) by their REST API."""

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="poly_group",
    vendor="Poly",
    device_class="video",
    probes=("icmp", "poly", "snmp-identity"),
    duty="meeting",
    unverified=("media of a call", "log-in and log-out", "microphones"),
)
