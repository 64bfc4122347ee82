"""The shared services' HTTPS face: a small page, an error or nothing, as the service's state is."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from drills.model import Page
from inventory.language import say

if TYPE_CHECKING:
    from drills.model import Ask, Node
    from drills.world import World

_HTML = "text/html; charset=utf-8"
_SAYS = {
    "running": (200, "sim.service.page"),
    "degraded": (503, "sim.service.degraded"),
    "failing": (500, "sim.service.degraded"),
}


def respond(world: World, asker: str, node: Node, request: Ask, t: float) -> Page | None:
    """The service's answer, None for silence: stopped, or no way there from the asker."""
    state = world.fact("service", node.name)
    if state == "stopped" or not world.hears(asker, node.name, t):
        return None
    if request.method != "GET":
        return Page(405, "text/plain", b"", (("Allow", "GET"),))
    if request.path != "/":
        return Page(404, _HTML, _page("404", node))
    status, text = _SAYS[state]
    late_s = world.fact("service_delay_s", node.name)
    return Page(status, _HTML, _page(say(text, "vi"), node), late_s=late_s)


def _page(text: str, node: Node) -> bytes:
    title = escape(say(f"sim.service.{node.service}", "vi"))
    head = f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title>'
    return f"{head}</head><body><h1>{title}</h1><p>{escape(text)}</p></body></html>\n".encode()
