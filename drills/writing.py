"""Writes the inventory that points at a simulated world: one file a ward, secrets beside them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from drills.estate import hypervisor as hypervisor_of
from drills.faces.proxmox import token
from drills.faces.vsphere.web import account
from drills.faces.xapi.web import USER
from drills.listen_machine import USER as LOOK_USER
from drills.listen_shell import fingerprint
from drills.machine import ALLOWED
from drills.topology import CANARY, COMMIT_MBPS, GATEWAY, REFLECTOR, RESOLVER, TIME_SERVER
from inventory.errors import InputError
from inventory.language import both

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from drills.listen import Ports
    from drills.model import Node
    from drills.world import World
    from inventory.values import Realm, Vantage

CA = "ca.pem"
COMMUNITY = "secrets/snmp.community"
LOGIN = "secrets/vc.yaml"
LOOK = "secrets/vm.yaml"
MEETING_SERVICE = "hop"
_WARDS = "wards"
_HEAD = "# Written by the wardops simulator: nothing in this folder is real.\n"
# Which port of a device leads to the device in front of it.
_TOWARDS_CORE = {"access": "24", "ce": "lan"}


def write_inventory(
    world: World,
    out: Path,
    ports: Ports,
    vantage: Vantage,
    authority: bytes,
    realm: Realm = "sim",
    *,
    hypervisor: bool = False,
) -> None:
    """Write site, wards, secrets and the authority's certificate (PEM) into the folder `out`.

    With `hypervisor` the first ward has the host of its machines too, since an address stands in
    an inventory once; each ward has a token that sees its machines alone.
    What an earlier simulation wrote there is replaced. Raises InputError for a folder that holds
    another inventory or cannot be written.
    """
    try:
        _clear(out)
        _write(out / CA, authority.decode())
        _write(out / COMMUNITY, f"{world.community}\n", secret=True)
        _write(out / LOGIN, _yaml({"user": USER, "password": world.api_password}), secret=True)
        if ports.ssh:
            looker = {"user": LOOK_USER, "password": world.look_password}
            _write(out / LOOK, _yaml(looker), secret=True)
        for code in world.topology.codes:
            ward = _ward(world, code, ports, vantage)
            if hypervisor:
                if code == world.topology.codes[0]:
                    ward["devices"].append(_hypervisor(world, code, ports))
                _write_look(world, out, code)
            _write(out / _WARDS / f"{code}.yaml", _HEAD + _yaml(ward))
        site = {
            "schema": "wardops/site/1",
            "realm": realm,
            "vantage": vantage,
            "world": f"udp://127.0.0.1:{ports.reach}",
        }
        _write(out / "site.yaml", _HEAD + _yaml(site))
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise InputError("sim.out_failed", path=out, problem=problem) from error


def _clear(out: Path) -> None:
    """Refuse somebody else's folder, and take away the wards of an earlier simulation."""
    out.mkdir(parents=True, exist_ok=True)
    site = out / "site.yaml"
    is_ours = site.is_file() and site.read_bytes().startswith(_HEAD.encode())
    others = [path for path in out.rglob("*") if path.suffix.lower() in (".yaml", ".yml")]
    if others and not is_ours:
        raise InputError("sim.out_is_live", path=out)
    for path in (out / _WARDS).glob("*.yaml"):
        path.unlink()


def _write(path: Path, text: str, *, secret: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(0o600 if secret else 0o644)
    path.write_text(text, encoding="utf-8")


def _yaml(value: Mapping[str, Any]) -> str:
    stream = io.StringIO()
    writer = YAML()
    writer.width = 1000
    writer.dump(value, stream)
    return stream.getvalue()


def _ward(world: World, code: str, ports: Ports, vantage: Vantage) -> dict[str, Any]:
    topology = world.topology
    core, access = topology.device(code, "core"), topology.device(code, "access")
    services = [node for node in topology.by_ward[""] if node.service]
    return {
        "schema": "wardops/inventory/1",
        "ward": code,
        "agent_at": access.name,
        "links": [
            {
                "id": f"mtn-{code}-1",
                "carrier": "simulated-carrier",
                "circuit": f"SIM-{code}-1",
                "commit_mbps": COMMIT_MBPS,
                "near": f"{core.name}:{_uplink(core)}",
                "via": f"ce-{code}",
            }
        ],
        "devices": [_device(world, node, ports) for node in topology.by_ward[code] if node.address],
        **_beyond(world, code, ports, vantage),
        "services": [
            *(
                {
                    "id": node.service,
                    "name": both(f"sim.service.{node.service}"),
                    "url": f"https://{node.address}:{ports.https}/",
                    "ca": CA,
                    **({"meeting": True} if node.service == MEETING_SERVICE else {}),
                }
                for node in services
            ),
            *_time_service(world, ports, vantage),
        ],
    }


def _beyond(world: World, code: str, ports: Ports, vantage: Vantage) -> dict[str, Any]:
    """The centre gateway; from a ward the reflector behind it and the resolvers that are there.

    From the hub those would be asked once a ward, and all of them are the same.
    """
    nodes = world.topology.nodes
    path: dict[str, Any] = {"gateway": {"address": nodes[GATEWAY].address}}
    if vantage == "hub":
        return {"path": path}
    if ports.stamp:
        path["reflector"] = {"address": nodes[REFLECTOR].address, "port": ports.stamp}
    return {"path": path, **_dns(world, code, ports)}


def _dns(world: World, code: str, ports: Ports) -> dict[str, Any]:
    """The ward's machines ask its terminal device, which asks the city's resolver on."""
    if not ports.dns:
        return {}
    nodes = world.topology.nodes
    right = nodes["svc-tthc"].address.replace(".", "[.]")
    ce = world.topology.device(code, "ce")
    return {
        "dns": {
            "city": {"address": nodes[RESOLVER].address, "port": ports.dns},
            "ward": {"address": ce.address, "port": ports.dns},
            "canary": {"name": CANARY, "expect": f"^{right}$"},
        }
    }


def _time_service(world: World, ports: Ports, vantage: Vantage) -> Iterator[dict[str, Any]]:
    if ports.ntp and vantage == "ward":
        server = world.topology.nodes[TIME_SERVER]
        yield {
            "id": "ntp",
            "name": both("sim.service.ntp"),
            "module": "ntp",
            "url": f"ntp://{server.address}:{ports.ntp}",
        }


def _device(world: World, node: Node, ports: Ports) -> dict[str, Any]:
    device: dict[str, Any] = {
        "name": node.name,
        "kind": node.kind,
        "role": node.role,
        "address": node.address,
    }
    if node.role == "vm":
        device["site"] = "dc"
    behind = _behind(world, node)
    if behind:
        device["behind"] = behind
    fed = [one.name for one in world.topology.nodes.values() if one.feed == node.name]
    if fed:
        device["feeds"] = fed
    if node.role == "core":
        device["uplink"] = _uplink(node)
    if node.sys_object_id:
        device["snmp"] = {"auth": f"file:{COMMUNITY}", "port": ports.snmp}
    if node.machine:
        device["machine"] = {"hosting": "dc", "allow_ports": list(ALLOWED)}
        device["node_exporter"] = f"http://{node.address}:{ports.http}/metrics"
    if node.role == "vc":
        # Without a meeting calendar an endpoint on meeting duty would always be off duty.
        device |= {
            "room": "phong-hop-a",
            "https": {"auth": f"file:{LOGIN}", "port": ports.https, "ca": CA},
            "duty": "always",
        }
    if ports.ssh:
        device |= _shell(world, node, ports)
    if node.kind == "generic_host":
        device["ping"] = True
    return device


def _shell(world: World, node: Node, ports: Ports) -> dict[str, Any]:
    """How it is asked over SSH, where it takes that."""
    if node.kind == "cisco_ce":
        key = fingerprint(world.seed)
        return {"ssh": {"auth": f"file:{LOGIN}", "port": ports.ssh, "host_key": key}}
    if node.machine:
        key = fingerprint(world.seed, node.name)
        auth = f"file:{LOOK}"
        return {"ssh": {"auth": auth, "port": ports.ssh, "host_key": key, "sudo": True}}
    return {}


def _hypervisor(world: World, code: str, ports: Ports) -> dict[str, Any]:
    node = hypervisor_of(world)
    secret = _looker_of(code) if node.kind == "vsphere" else _token_of(code)
    return {
        "name": f"{node.name.partition('-')[0]}-{code}",
        "kind": node.kind,
        "site": "dc",
        "address": node.address,
        "https": {"auth": f"file:{secret}", "port": ports.https, "ca": CA},
    }


def _write_look(world: World, out: Path, code: str) -> None:
    """What a ward asks the host of its machines with."""
    if hypervisor_of(world).kind != "vsphere":
        _write(out / _token_of(code), f"{token(world, code)}\n", secret=True)
    elif code == world.topology.codes[0]:  # YAML that no inventory names would be read as one
        login = {"user": account(code), "password": world.look_password}
        _write(out / _looker_of(code), _yaml(login), secret=True)


def _token_of(code: str) -> str:
    return f"secrets/pve-{code}.token"


def _looker_of(code: str) -> str:
    return f"secrets/esxi-{code}.yaml"


def _uplink(core: Node) -> str:
    return next(port.name for port in core.ports if port.alias == "uplink")


def _behind(world: World, node: Node) -> str | None:
    """The port of the ward's device through which this one is reached; None for the first one."""
    if node.role in ("core", "vm"):
        return None
    near = f"{node.name}:{_TOWARDS_CORE.get(node.role, 'eth0')}"
    return world.topology.at_port[near].far_end(near)
