"""One GET to an agent with the standard library alone, for who is in a hurry.

The client (`agent.client`) checks what comes and says what is wrong; loading it takes longer than
the answer. Whoever gets None here asks it.
"""

from __future__ import annotations

import socket
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent.address import addresses, credential

if TYPE_CHECKING:
    from pathlib import Path

    from agent.address import Address

_OK = 200


def glance(
    path: str, agent: str | None = None, state: Path | None = None, *, timeout_s: float
) -> bytes | None:
    """What the agent answers to `/api/v1<path>`, None for anything but a plain 200.

    Only the first place where an agent may be is asked. Raises InputError as `addresses` does.
    """
    there = (one for one in addresses(agent, state) if one.socket is None or one.socket.exists())
    address = next(there, None)
    if address is None or (address.url or "http:").startswith("https:"):
        return None
    try:
        return _get(address, path, timeout_s)
    except (OSError, HTTPException, ValueError):
        return None


def _get(address: Address, path: str, timeout_s: float) -> bytes | None:
    place = urlsplit(address.url or "http://wardops")
    if place.username or place.path or not place.hostname:
        return None
    connection = HTTPConnection(place.hostname, place.port, timeout=timeout_s)
    try:
        if address.socket is not None:
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.settimeout(timeout_s)
            connection.sock.connect(str(address.socket))
        connection.request("GET", f"/api/v1{path}", headers=credential(address.token_files))
        answer = connection.getresponse()
        return answer.read() if answer.status == _OK else None
    finally:
        connection.close()
