"""Finds device types and probes by where their files lie; a new one needs no line here."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from inventory.errors import InputError
from inventory.kind_names import nearest_kind
from probes.model import DeviceType, Probe
from probes.vc.model import VC_UP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from probes.model import Target

_HERE = Path(__file__).parent
_FAMILIES = ("path", "services", "shares", "snmp", "vc", "vm")
_DECLARES_PROBE = re.compile(r"^PROBE\b", re.MULTILINE)
_OUTSIDE_TYPES = "wardops.device_types"

# Targets that are no device of the inventory.
_FIXED_KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gateway": ("icmp",),
        "reflector": ("stamp",),
        "resolver": ("dns",),
        "service:http_2xx": ("http", "document-flow"),
        "service:tcp_connect": ("tcp",),
        "service:tls": ("tls",),
        "service:dns": ("dns",),
        "service:ntp": ("ntp",),
        "service:sip": ("sip-options", "sip-registration", "sip-call"),
    }
)

# The ward's lifeline gets a quick look between the bursts.
_WATCHED_ROLES = frozenset({"core", "ce", "gateway", "pe"})

# What is asked of the far end of the line besides: the gateway from the ward, the terminal device
# from the centre. In a simulated world no kernel knows the way.
_LINE = ("trace", "mtu")
_FAR_ENDS: Mapping[str, str] = MappingProxyType({"ward": "gateway", "hub": "ce"})

# Whoever tells its ports may tell their VLANs too.
_PORTS, _VLANS = "snmp-interfaces", "snmp-vlans"
# Whether a device is registered can be asked of its registrar, whatever the device is.
_LOOKUP = "sip-lookup"
# What is shared with everyone can be asked of any device that the inventory says to ask.
_SHARES = "shares"

# What the inventory must give before a probe makes sense.
_NEEDS: Mapping[str, Callable[[Target], object]] = MappingProxyType(
    {
        "icmp": lambda target: target.ping,
        "watch": lambda target: target.ping and target.role in _WATCHED_ROLES,
        "snmp": lambda target: target.snmp,
        "snmp-vlans": lambda target: target.snmp and target.watched,
        # Both would export the same series; the exporter tells more, so it wins.
        "snmp-host": lambda target: target.snmp and not target.url,
        "cisco-ce": lambda target: target.https or target.ssh,
        "cisco-ce-ws": lambda target: target.https,
        "poly": lambda target: target.https,
        "cms": lambda target: target.https,
        "vm-ssh": lambda target: target.ssh,
        "proxmox": lambda target: target.https,
        "vsphere": lambda target: target.https,
        "libvirt": lambda target: target.url,
        "node-exporter": lambda target: target.url,
        "document-flow": lambda target: target.flow,
        "sip-registration": lambda target: target.sip and target.sip.auth,
        "sip-call": lambda target: target.sip and target.sip.test_uri,
        # Both would export the same series; what the device says of itself wins.
        "sip-lookup": lambda target: target.sip_entry and not (target.https or target.ssh),
    }
)


def kinds() -> tuple[str, ...]:
    """Names of all device types, sorted: files of `probes/devices` and entry points of others."""
    own = (path.stem for path in (_HERE / "devices").glob("[!_]*.py"))
    return tuple(sorted({*own, *(entry.name for entry in entry_points(group=_OUTSIDE_TYPES))}))


@cache
def device_type(kind: str) -> DeviceType:
    """The device type of that name, imported now; InputError for a name that does not exist."""
    if kind not in kinds():
        raise InputError("probe.unknown_kind", kind=kind, nearest=nearest_kind(kind, kinds()))
    found = _load_type(kind)
    if not isinstance(found, DeviceType) or found.kind != kind:
        msg = f"device type {kind}: its module must hold DEVICE_TYPE = DeviceType(kind={kind!r}, …)"
        raise TypeError(msg)
    return found


def _load_type(kind: str) -> object:
    if (_HERE / "devices" / f"{kind}.py").is_file():
        return import_module(f"probes.devices.{kind}").DEVICE_TYPE
    (entry,) = entry_points(group=_OUTSIDE_TYPES, name=kind)
    return entry.load()


def probes() -> dict[str, Probe]:
    """All probes by name; imports every module of the families that declares one."""
    return dict(_probes())


def probes_for(target: Target, *, on_demand: bool = False) -> tuple[Probe, ...]:
    """The probes that can ask this target: its kind's, less those whose access is not given.

    With `on_demand` also those that only a person starts.
    """
    names = _FIXED_KINDS.get(target.kind) or device_type(target.kind).probes
    more = (
        *((_VLANS,) if _PORTS in names else ()),
        *((_LOOKUP,) if target.sip_entry else ()),
        *((_SHARES,) if target.shares else ()),
        *(_LINE if _ends_line(target) else ()),
    )
    asked = ("watch", *names, *more)
    found = (_probes()[name] for name in asked if _has_access(name, target))
    return tuple(probe for probe in found if on_demand or not probe.on_demand)


def endpoint_probe(target: Target) -> Probe | None:
    """The planned probe that reads what a video endpoint says of itself; None without one."""
    return next((probe for probe in probes_for(target) if VC_UP in probe.metrics), None)


def _ends_line(target: Target) -> bool:
    is_far_end = target.role == _FAR_ENDS.get(target.vantage)
    return is_far_end and target.realm == "live" and target.ping


def _has_access(name: str, target: Target) -> bool:
    needed = _NEEDS.get(name) or _NEEDS.get(name.partition("-")[0])
    return needed is None or bool(needed(target))


@cache
def _probes() -> Mapping[str, Probe]:
    found: dict[str, Probe] = {}
    for module in _probe_modules():
        probe: Probe = import_module(module).PROBE
        if probe.name in found:
            msg = f"two probes are named {probe.name}; one of them is in {module}"
            raise TypeError(msg)
        found[probe.name] = probe
    return MappingProxyType(found)


def _probe_modules() -> Iterator[str]:
    """Modules of the families that hold a line `PROBE = …`: the others are not worth importing."""
    for family in _FAMILIES:
        for path in sorted((_HERE / family).glob("[!_]*.py")):
            if _DECLARES_PROBE.search(path.read_text(encoding="utf-8")):
                yield f"probes.{family}.{path.stem}"
