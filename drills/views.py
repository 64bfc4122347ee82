"""Which face of a device answers on which of its doors; the same for sockets and for memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drills.faces import services, snmp, vm, xapi

if TYPE_CHECKING:
    from drills.model import Ask, Page
    from drills.world import World


def snmp_answer(
    world: World, asker: str, address: str, request: bytes
) -> tuple[bytes, float] | None:
    """What the device at an address answers to a datagram, and how many seconds late."""
    node, t = world.topology.by_address.get(address), world.time()
    answer = snmp.respond(world, asker, node, request, t) if node else None
    if node is None or answer is None:
        return None
    return answer, world.fact("snmp_delay_s", node.name)


def https_answer(world: World, asker: str, address: str, request: Ask) -> Page | None:
    """What the device or service at an address answers over HTTPS, None for silence."""
    node, t = world.topology.by_address.get(address), world.time()
    if node is None:
        return None
    if node.service:
        return services.respond(world, asker, node, request, t)
    return xapi.respond(world, asker, node, request, t) if node.role == "vc" else None


def http_answer(world: World, asker: str, address: str, request: Ask) -> Page | None:
    """What the machine at an address answers over plain HTTP, None for silence."""
    node = world.topology.by_address.get(address)
    return vm.respond(world, asker, node, request, world.time()) if node else None


def listens(world: World, asker: str, address: str) -> bool:
    """Whether a connection to that address would be taken up now."""
    node = world.topology.by_address.get(address)
    if node is None or world.fact("service", node.name) == "stopped":
        return False
    return world.hears(asker, node.name, world.time())
