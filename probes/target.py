"""What to ask: the targets of an inventory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from inventory.model import Duty, Role
from probes.model import Target
from probes.registry import device_type
from probes.shared_targets import hops, peers_of, reflectors, resolvers, services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.model import Device, Inventory, Ward
    from probes.model import DeviceType

# Classes whose machines answer ping by default; a Windows PC drops inbound echo, a printer sleeps.
_PINGED_CLASSES = frozenset(
    {"switch", "router", "firewall", "ap", "video", "mcu", "ups", "server", "hypervisor", "storage"}
)
_ROLE_OF_CLASS = {
    "switch": Role.ACCESS,
    "ap": Role.AP,
    "ups": Role.UPS,
    "video": Role.VC,
    "server": Role.SERVER,
    "hypervisor": Role.SERVER,
}


def targets_of(ward: Ward, inventory: Inventory) -> tuple[Target, ...]:
    """Everything of one ward that is asked: devices, path (`gateway`, `pe`, `reflector`), services.

    And whom the ward's machines ask for names: `resolver`; where that is the ward's own, the city's
    beside it as `resolver-city`. From the data centre it is the city's alone.

    Devices come in the inventory's order. A device without a role gets the one its class implies.
    Raises InputError for a kind that does not exist.
    """
    common = _common(ward, inventory)
    return tuple(
        replace(target, **common)
        for part in (
            _devices(ward),
            hops(ward),
            reflectors(ward, inventory.vantage),
            resolvers(ward, inventory.vantage),
            services(ward),
        )
        for target in part
    )


def _common(ward: Ward, inventory: Inventory) -> dict[str, Any]:
    return {
        "ward": ward.ward,
        "realm": inventory.site.realm,
        "folder": inventory.folder,
        "vantage": inventory.vantage,
    }


def _devices(ward: Ward) -> Iterator[Target]:
    peers = peers_of(ward)
    for device in ward.devices:
        kind = device_type(device.kind)
        yield Target(
            ward=ward.ward,
            name=device.name,
            kind=device.kind,
            role=_role(device, kind).value,
            host=str(device.address),
            snmp=device.snmp,
            https=device.https,
            ssh=device.ssh,
            url=_libvirt(device) if "libvirt" in kind.probes else device.node_exporter,
            sip_entry=device.sip,
            shares=device.shares,
            uplink=_uplink(device, ward),
            watched=_watched(device, ward),
            export=device.export,
            duty=device.duty or Duty(kind.duty),
            ping=_pinged(device, kind),
            peers=peers,
        )


def _libvirt(device: Device) -> str | None:
    """Libvirt's URI for a host of machines; only the driver of QEMU tells system from session."""
    access = device.libvirt
    if access is None:
        return None
    host = f"[{device.address}]" if device.address.version == 6 else str(device.address)
    path = "/system" if access.driver == "qemu" else "/"
    return f"{access.driver}+ssh://{access.user}@{host}:{access.port}{path}"


def _role(device: Device, kind: DeviceType) -> Role:
    if device.role is not Role.OTHER:
        return device.role
    if device.site == "dc" and kind.device_class == "server":
        return Role.VM
    return _ROLE_OF_CLASS.get(kind.device_class, Role.OTHER)


def _pinged(device: Device, kind: DeviceType) -> bool:
    if device.ping is not None:
        return device.ping
    return device.role is not Role.OTHER or kind.device_class in _PINGED_CLASSES


def _uplink(device: Device, ward: Ward) -> str | None:
    if device.uplink:
        return device.uplink
    link = ward.primary_link
    return link.near_port if link and link.near_device == device.name else None


def _watched(device: Device, ward: Ward) -> tuple[str, ...]:
    """Ports of this device that lead somewhere the inventory knows, each once."""
    named = [
        _uplink(device, ward),
        *(link.near_port for link in ward.links if link.near_device == device.name),
        *(
            way.partition(":")[2]
            for child in ward.devices
            for way in child.ways
            if way.partition(":")[0] == device.name
        ),
    ]
    return tuple(dict.fromkeys(port for port in named if port))
