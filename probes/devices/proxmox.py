"""Proxmox VE, a host or a cluster, by its API with a token that may only look."""

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="proxmox",
    vendor="Proxmox",
    device_class="hypervisor",
    probes=("icmp", "proxmox"),
    unverified=("machines, snapshots and backups of the API",),
)
