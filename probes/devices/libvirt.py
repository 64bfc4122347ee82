"""A host of virtual machines behind libvirt (KVM), over a connection that may only look."""

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="libvirt",
    vendor="libvirt",
    device_class="hypervisor",
    probes=("icmp", "libvirt"),
    unverified=("QEMU's statistics and its guest agent's channel",),
)
