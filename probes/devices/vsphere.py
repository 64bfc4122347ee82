"""VMware vCenter, or an ESXi host alone, by its web services with an account that may only look."""

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="vsphere",
    vendor="VMware",
    device_class="hypervisor",
    probes=("icmp", "vsphere"),
    unverified=("figures of processors and memory of a real host",),
)
