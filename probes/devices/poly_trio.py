"""Poly Trio conference telephones (8300, 8500, 8800, C60) by the REST API of UC Software."""

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="poly_trio",
    vendor="Poly",
    device_class="video",
    probes=("icmp", "poly-trio"),
    duty="meeting",
    unverified=("calls", "older releases of the API"),
)
