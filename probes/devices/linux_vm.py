"""A Linux machine in the data centre, asked through node_exporter, SNMP or SSH."""

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="linux_vm",
    vendor="Linux",
    device_class="server",
    probes=("icmp", "node-exporter", "snmp-host", "vm-ssh"),
)
