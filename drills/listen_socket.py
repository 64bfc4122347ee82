"""A codec's WebSocket on a connection whose request is read: questions in, answers and news out."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from drills.faces.xapi.rpc import Conversation
from drills.faces.xapi.web import subprotocol_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.server import ServerProtocol

    from drills.model import Ask, Node
    from drills.world import World

LOOK_EVERY_S = 0.2
"""How often a connection looks for news."""
_CHUNK = 65_536
_MOST_OCTETS = 262_144


async def converse_by_socket(
    world: World,
    node: Node,
    ask: Ask,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    hears: Callable[[], bool],
) -> None:
    """Talk until either side closes, or the codec has started anew; mute while it is cut off."""
    protocol = _accepted(ask)
    talk, booted_at = Conversation(world, node), world.booted_at(node.name)
    begun = bytearray()
    writer.writelines(protocol.data_to_send())
    reading = asyncio.ensure_future(reader.read(_CHUNK))
    try:
        while not protocol.close_expected():
            await asyncio.wait([reading], timeout=LOOK_EVERY_S)
            if not hears():
                continue
            if world.booted_at(node.name) != booted_at:
                protocol.fail(1001, "restarted")  # RFC 6455, 7.4.1: going away
            elif reading.done():
                octets = reading.result()
                if not octets:
                    return
                protocol.receive_data(octets)
                reading = asyncio.ensure_future(reader.read(_CHUNK))
                _answer(protocol, talk, begun)
            if protocol.state.name == "OPEN":
                for line in talk.news():
                    protocol.send_text(line.encode())
            writer.writelines(protocol.data_to_send())
            await writer.drain()
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError, OSError):
            await reading


def _accepted(ask: Ask) -> ServerProtocol:
    """The protocol with its handshake done, ready to be sent."""
    from websockets.http11 import Request  # noqa: PLC0415 - costs 0.1 s, seldom needed
    from websockets.server import ServerProtocol  # noqa: PLC0415
    from websockets.typing import Subprotocol  # noqa: PLC0415

    offered = subprotocol_of(ask)
    protocol = ServerProtocol(
        subprotocols=[Subprotocol(offered)] if offered else None, max_size=_MOST_OCTETS
    )
    fields = "".join(f"{name}: {value}\r\n" for name, value in ask.headers.items())
    protocol.receive_data(f"GET {ask.target} HTTP/1.1\r\n{fields}\r\n".encode("latin-1"))
    for event in protocol.events_received():
        if isinstance(event, Request):
            protocol.send_response(protocol.accept(event))
    return protocol


def _answer(protocol: ServerProtocol, talk: Conversation, begun: bytearray) -> None:
    """Answer each whole message, of octets like one of text; `begun` keeps one that is not."""
    for frame in protocol.events_received():
        opcode = getattr(frame, "opcode", None)
        if opcode is not None and opcode.name in ("TEXT", "BINARY", "CONT"):
            begun += getattr(frame, "data", b"")
            if len(begun) > _MOST_OCTETS:
                protocol.fail(1009, "too big")
                return
            if getattr(frame, "fin", False):
                protocol.send_text(talk.answer(bytes(begun)).encode())
                begun.clear()
