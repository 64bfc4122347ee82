"""The codec's HTTPS door: its trees behind Basic auth or a session's cookie. It only reads.

`/status.xml` and `/getxml?location=/Status[/…]` or `/Configuration[/…]`; `/xmlapi/session/begin`
and `/end`; `/ws`, where a WebSocket begins. What would change the codec is refused.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from drills.chance import octets
from drills.faces.xapi.configuration import configuration
from drills.faces.xapi.status import VERSIONS, status
from drills.faces.xapi.tree import path_of, pruned, xml
from drills.model import Page

if TYPE_CHECKING:
    from drills.faces.xapi.tree import Branch
    from drills.model import Ask, Node
    from drills.world import World

USER = "wardops"
SOCKET = "/ws"
_SUBPROTOCOL = "auth-"
_COOKIE = "SecureSessionId"
_LOGIN_PAGE = b"<!DOCTYPE html><html><body><form>Sign in (simulated)</form></body></html>"


def respond(world: World, asker: str, node: Node, request: Ask, t: float) -> Page | None:
    """The endpoint's answer, None for silence: no power, or no way there from the asker.

    101 says that a WebSocket may begin on this connection.
    """
    if not world.hears(asker, node.name, t):
        return None
    mode = world.fact("api", node.name)
    if mode == "busy":
        return Page(503, "text/plain", b"Too many sessions", (("Retry-After", "60"),))
    if mode == "login_page":
        return Page(200, "text/html", _LOGIN_PAGE)
    if request.path == SOCKET:
        return _socket(world, request)
    if not may_read(world, node, request):
        realm = ("WWW-Authenticate", 'Basic realm="Simulated codec"')
        return Page(401, "text/html", b"<html><body>Unauthorized</body></html>", (realm,))
    if request.path.startswith("/xmlapi/session/"):
        return _session(world, node, request)
    if request.path == "/putxml":
        return Page(403, "text/plain", b"This simulated codec is read only")
    if request.method != "GET":
        return Page(405, "text/plain", b"", (("Allow", "GET"),))
    found = _found(world, node, request.target, t)
    return Page(404, "text/plain", b"") if found is None else Page(200, "text/xml", found)


def may_read(world: World, node: Node, request: Ask) -> bool:
    """Whether a request shows the right login, or the cookie of a session."""
    if _cookie(world, node) in request.headers.get("cookie", "").replace(" ", "").split(";"):
        return True
    scheme, _, told = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "basic" and _is_login(world, told)


def is_right(world: World, user: str, password: str) -> bool:
    """Whether this is the login of the world's endpoints."""
    expected = f"{USER}:{world.api_password}".encode()
    return hmac.compare_digest(f"{user}:{password}".encode(), expected)


def subprotocol_of(request: Ask) -> str | None:
    """The sub-protocol that carries the login: `auth-` and `user:password` in base64url."""
    offered = request.headers.get("sec-websocket-protocol", "").split(",")
    return next((o.strip() for o in offered if o.strip().startswith(_SUBPROTOCOL)), None)


def _is_login(world: World, told: str) -> bool:
    padded = told.replace("-", "+").replace("_", "/")
    padded += "=" * (-len(padded) % 4)
    try:
        user, _, password = base64.b64decode(padded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return False
    return is_right(world, user, password)


def _socket(world: World, request: Ask) -> Page:
    if request.headers.get("upgrade", "").lower() != "websocket":
        return Page(400, "text/plain", b"Not a WebSocket")
    scheme, _, told = request.headers.get("authorization", "").partition(" ")
    by_protocol = (subprotocol_of(request) or "").removeprefix(_SUBPROTOCOL)
    login = told if scheme.lower() == "basic" else by_protocol
    return Page(101 if _is_login(world, login) else 403, "", b"")


def _cookie(world: World, node: Node) -> str:
    return f"{_COOKIE}={octets(8, world.seed, node.name, 'session').hex()}"


def _session(world: World, node: Node, request: Ask) -> Page:
    if request.method != "POST":
        return Page(405, "text/plain", b"", (("Allow", "POST"),))
    if request.path == "/xmlapi/session/begin":
        cookie = f"{_cookie(world, node)}; Path=/; Secure; HttpOnly"
        return Page(204, "", b"", (("Set-Cookie", cookie),))
    if request.path == "/xmlapi/session/end":
        return Page(204, "", b"", (("Set-Cookie", f"{_COOKIE}=; Path=/; Max-Age=0"),))
    return Page(404, "text/plain", b"")


def _found(world: World, node: Node, target: str, t: float) -> bytes | None:
    """The document that the request asks for, None when it asks for something else."""
    parts = urlsplit(target)
    asked = parse_qs(parts.query).get("location", [""])[0]
    location = path_of("Status" if parts.path == "/status.xml" else asked)
    if parts.path not in ("/status.xml", "/getxml") or not location:
        return None
    roots = (status(world, node, t), configuration(node))
    return next((_document(world, node, one) for one in pruned(roots, location)), None)


def _document(world: World, node: Node, one: Branch) -> bytes:
    version = VERSIONS[world.fact("firmware", node.name)]
    attributes = f' product="Cisco Codec" version="{version}" apiVersion="4"'
    return b'<?xml version="1.0"?>\n' + xml(one, attributes).encode()
