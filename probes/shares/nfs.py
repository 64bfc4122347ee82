"""Asks an NFS server for its list of exports, and mounts none of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.errors import LimitExceeded, Unsupported
from probes.shares import nfs_wire
from probes.shares.model import OpenShare

if TYPE_CHECKING:
    from probes.wire import Stream, Wire

_MOST_OCTETS = 1 << 20
_MOST_FRAGMENTS = 256
_VERSIONS = (3, 1)  # of MOUNT: with NFS 3, and with NFS 2


@dataclass(frozen=True, slots=True)
class NfsServer:
    """Whom to ask: the portmapper's port, and that of NFS itself."""

    host: str
    portmapper: int
    port: int
    wire: Wire


async def open_exports(server: NfsServer) -> tuple[OpenShare, ...]:
    """Directories that every host may mount, by the server's own list.

    The list does not say what may be written. A server without portmapper and NFS has none. Raises
    Unsupported for one that has NFS and no list (NFS 4 alone), Forbidden where strangers are not
    told, ProtocolBroken, ParseFailed, LimitExceeded, and what sockets raise.
    """
    body = await _list_of(server)
    if body is None:
        if await _has_nfs(server):
            raise Unsupported("nfs_no_list")
        return ()
    listed = nfs_wire.exports(body)
    return tuple(
        OpenShare("nfs", path) for path in sorted({one.path for one in listed if one.is_open})
    )


async def _list_of(server: NfsServer) -> bytes | None:
    """What the MOUNT service lists; None where it or the portmapper is closed or not there."""
    for version in _VERSIONS:
        wanted = nfs_wire.port_of(nfs_wire.MOUNT, version)
        try:
            body = await _asked(
                server, server.portmapper, nfs_wire.PORTMAPPER, 2, nfs_wire.GETPORT, wanted
            )
            port = nfs_wire.told_port(body) if body is not None else None
            if port is not None:
                return await _asked(server, port, nfs_wire.MOUNT, version, nfs_wire.EXPORT)
        except ConnectionRefusedError:
            return None
    return None


async def _has_nfs(server: NfsServer) -> bool:
    try:
        async with server.wire.stream(server.host, server.port):
            return True
    except ConnectionRefusedError:
        return False


async def _asked(
    server: NfsServer, port: int, program: int, version: int, procedure: int, asked: bytes = b""
) -> bytes | None:
    async with server.wire.stream(server.host, port) as stream:
        stream.writer.write(nfs_wire.call(1, program, version, procedure, asked))
        return nfs_wire.result(await _reply(stream), 1)


async def _reply(stream: Stream) -> bytes:
    """One reply, gathered from its fragments (RFC 5531 section 11)."""
    whole = b""
    for _ in range(_MOST_FRAGMENTS):
        length, is_last = nfs_wire.fragment(await stream.reader.readexactly(4))
        if len(whole) + length > _MOST_OCTETS:
            raise LimitExceeded("shares_length", protocol="NFS")
        whole += await stream.reader.readexactly(length)
        if is_last:
            return whole
    raise LimitExceeded("shares_length", protocol="NFS")
