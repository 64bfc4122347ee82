"""Which face of a device answers on which of its doors; the same for sockets and for memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drills.chance import share
from drills.faces import names, poly, proxmox, services, sip, snmp, time_server, vm
from drills.faces.vsphere import web as vsphere
from drills.faces.xapi import web as xapi
from drills.machine import listening
from drills.topology import RESOLVER, TIME_SERVER

if TYPE_CHECKING:
    from drills.model import Ask, Node, Page
    from drills.world import World

# TCP sends again what got lost, a handful of times before a client gives up (RFC 6298).
_TCP_TRIES = 4


def snmp_answer(
    world: World, asker: str, address: str, request: bytes
) -> tuple[bytes, float] | None:
    """What the device at an address answers to a datagram, and how many seconds late."""
    node, t = world.topology.by_address.get(address), world.time()
    answer = snmp.respond(world, asker, node, request, t) if node else None
    if node is None or answer is None or _is_lost(world, asker, node, 1, request):
        return None
    return answer, world.fact("snmp_delay_s", node.name)


def datagram_answer(
    world: World, asker: str, address: str, request: bytes
) -> tuple[bytes, float] | None:
    """What a resolver or time server at an address answers, and how many seconds late."""
    node, t, place = (
        world.topology.by_address.get(address), world.time(), world.topology.standing_place(asker)
    )  # fmt: skip
    path = world.quality(place.name, node.name, t) if place and node else None
    if node is None or path is None or _is_lost(world, asker, node, 1, "datagram"):
        return None
    if node.role == TIME_SERVER:
        unix_s = world.clock.now().timestamp()
        answer = time_server.respond(world, node, request, unix_s)
    elif node.role in (RESOLVER, "ce"):
        answer = names.respond(world, node, request, t)
    else:
        return None
    return None if answer is None else (answer, path.rtt_ms / 1000)


def sip_answer(
    world: World, asker: str, address: str, request: bytes
) -> tuple[bytes, float] | None:
    """What the video endpoint at an address answers to SIP, and how many seconds late."""
    node, t, place = (
        world.topology.by_address.get(address), world.time(), world.topology.standing_place(asker)
    )  # fmt: skip
    path = world.quality(place.name, node.name, t) if place and node else None
    if node is None or node.role != "vc" or path is None:
        return None
    answer = sip.respond(world, node, request, t)
    is_lost = answer is None or _is_lost(world, asker, node, 1, "sip", request)
    return None if answer is None or is_lost else (answer, path.rtt_ms / 1000)


def https_answer(world: World, asker: str, address: str, request: Ask) -> Page | None:
    """What the device or service at an address answers over HTTPS, None for silence."""
    node, t = world.topology.by_address.get(address), world.time()
    if node is None or _is_lost(world, asker, node, _TCP_TRIES):
        return None
    if node.service:
        return services.respond(world, asker, node, request, t)
    if node.hypervisor:
        return _hypervisor(world, asker, node, request, t)
    if node.role != "vc":
        return None
    if node.kind in poly.DIALECTS:
        return poly.respond(world, asker, node, request, t)
    return xapi.respond(world, asker, node, request, t)


def _hypervisor(world: World, asker: str, node: Node, request: Ask, t: float) -> Page | None:
    """What a host of machines answers, by its kind."""
    if node.kind == "vsphere":
        return vsphere.respond(world, asker, node, request, t)
    return proxmox.respond(world, asker, node, request, t)


def http_answer(world: World, asker: str, address: str, request: Ask) -> Page | None:
    """What the machine at an address answers over plain HTTP, None for silence."""
    node = world.topology.by_address.get(address)
    if node is None or _is_lost(world, asker, node, _TCP_TRIES):
        return None
    return vm.respond(world, asker, node, request, world.time())


def listens(world: World, asker: str, address: str) -> bool:
    """Whether a connection to that address would be taken up now."""
    node = world.topology.by_address.get(address)
    if node is None or world.fact("service", node.name) == "stopped":
        return False
    return world.hears(asker, node.name, world.time())


def shell_at(world: World, address: str) -> Node | None:
    """The video endpoint or machine at that address, None where nothing takes SSH."""
    node = world.topology.by_address.get(address)
    if node is None or (node.machine and "tcp/22" not in listening(world, node)):
        return None
    is_codec = node.role == "vc" and node.kind not in poly.DIALECTS
    return node if is_codec or node.machine else None


def is_expired(world: World, address: str) -> bool:
    """Whether the certificate that is shown at that address is out of date."""
    node = world.topology.by_address.get(address)
    return node is not None and world.fact("certificate", node.name) == "expired"


def _is_lost(world: World, asker: str, node: Node, tries: int, *words: object) -> bool:
    """Whether each of so many round trips gets lost on the way between the two."""
    place, t = world.topology.standing_place(asker), world.time()
    quality = world.quality(place.name, node.name, t) if place else None
    loss = quality.loss if quality else 0.0
    return loss > 0 and share(world.seed, "trip", asker, node.name, round(t, 3), *words) < (
        loss**tries
    )
