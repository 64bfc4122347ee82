"""An NFS server's list of exports: open to every host, refused, cut in pieces, without end."""

from __future__ import annotations

import struct
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.model import Reason
from probes.shares import nfs_wire
from tests.probes.services.servers import stream_server
from tests.probes.shares.conftest import counted

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

    from tests.probes.shares.conftest import Ask

Exports = tuple[tuple[str, tuple[str, ...]], ...]
LISTED: Exports = (
    ("/srv/all", ()),
    ("/srv/star", ("192.0.2.9", "*")),
    ("/srv/lab", ("192.0.2.0/24", "@trusted")),
    ("/srv/iso", ("(everyone)",)),
)
GOOD = struct.pack(">IIIII", 1, 1, 0, 0, 0)  # number, reply, accepted, no verifier


def text(words: str) -> bytes:
    """A string in XDR."""
    octets = words.encode()
    return struct.pack(">I", len(octets)) + octets + bytes(-len(octets) % 4)


def exported(listed: Exports) -> bytes:
    """The result of EXPORT, encoded anew."""
    rows = b""
    for path, groups in listed:
        rows += b"\0\0\0\1" + text(path)
        rows += b"".join(b"\0\0\0\1" + text(one) for one in groups) + bytes(4)
    return rows + bytes(4)


def in_pieces(reply: bytes, size: int = 40) -> bytes:
    """A reply as several fragments of a stream."""
    cut = [reply[at : at + size] for at in range(0, len(reply), size)] or [b""]
    last = len(cut) - 1
    return b"".join(
        struct.pack(">I", len(one) | (0x8000_0000 if n == last else 0)) + one
        for n, one in enumerate(cut)
    )


@asynccontextmanager
async def says(octets: bytes) -> AsyncIterator[int]:
    """A server that says this to whatever it is asked; its port."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (word,) = struct.unpack(">I", await reader.readexactly(4))
        await reader.readexactly(word & 0x7FFF_FFFF)
        writer.write(octets)
        await reader.read()

    async with stream_server(talk) as port:
        yield port


@asynccontextmanager
async def closed() -> AsyncIterator[int]:
    """A port where nobody listens."""
    async with says(b"") as port:
        pass
    yield port


def port_is(port: int) -> bytes:
    """What GETPORT answers."""
    return in_pieces(GOOD + struct.pack(">II", 0, port))


async def test_exports_to_every_host_are_open_and_what_may_be_written_is_not_told(
    ask: Ask,
) -> None:
    async with AsyncExitStack() as stack:
        mount = await stack.enter_async_context(says(in_pieces(GOOD + bytes(4) + exported(LISTED))))
        mapper = await stack.enter_async_context(says(port_is(mount)))
        seen = await ask(nfs=True, portmapper_port=mapper, allow=("/srv/iso",))
    assert seen.reason is Reason.OK, seen.detail
    shares = seen.reading.shares or ()
    assert [(one.name, one.is_writable) for one in shares] == [
        ("/srv/all", None), ("/srv/star", None),
    ]  # fmt: skip
    assert counted(seen) == {"guest": 2}


async def test_without_portmapper_and_nfs_there_are_none_and_with_nfs_alone_it_is_unknown(
    ask: Ask,
) -> None:
    async with closed() as shut:
        assert counted(await ask(nfs=True, portmapper_port=shut, nfs_port=shut)) == {"guest": 0}
        async with says(b"") as nfs, says(port_is(0)) as mapper:
            for asked in (shut, mapper):
                seen = await ask(nfs=True, portmapper_port=asked, nfs_port=nfs)
                assert (seen.reason, seen.detail) == (Reason.UNSUPPORTED, "nfs_no_list")
                assert not seen.reading.samples


ILL = {
    "denies": (struct.pack(">IIIII", 1, 1, 1, 1, 5), Reason.FORBIDDEN, "nfs_denied"),
    "answers another": (struct.pack(">IIIIII", 2, 1, 0, 0, 0, 0), Reason.PROTOCOL, "rpc_shape"),
    "answers in part": (b"\0\0\0\1", Reason.PROTOCOL, "rpc_shape"),
    "breaks": (GOOD + struct.pack(">I", 5), Reason.PROTOCOL, "rpc_status"),
    "cuts a name": (GOOD + bytes(4) + b"\0\0\0\1\0\0\0\x09/srv", Reason.PARSE, "shares_garbled"),
    "lists without end": (GOOD + bytes(4) + exported((("/a", ()),) * 600)[:-4],
                          Reason.LIMIT, "shares_many"),
}  # fmt: skip


@pytest.mark.parametrize("ill", ILL)
async def test_an_ill_list_has_a_reason_and_no_count(ill: str, ask: Ask) -> None:
    reply, reason, detail = ILL[ill]
    async with says(in_pieces(reply, 65_000)) as mount, says(port_is(mount)) as mapper:
        seen = await ask(nfs=True, portmapper_port=mapper)
    assert (seen.reason, seen.detail) == (reason, detail)
    assert not seen.reading.samples


@pytest.mark.parametrize("octets", [b"\xff\xff\xff\xff", bytes(4) * 300], ids=["2 GB", "nothing"])
async def test_an_answer_without_end_is_cut(octets: bytes, ask: Ask) -> None:
    async with says(octets) as mapper:
        seen = await ask(nfs=True, portmapper_port=mapper)
    assert (seen.reason, seen.detail) == (Reason.LIMIT, "shares_length")


async def test_what_one_protocol_finds_is_told_though_the_other_fails(ask: Ask) -> None:
    async with AsyncExitStack() as stack:
        mount = await stack.enter_async_context(says(in_pieces(GOOD + bytes(4) + exported(LISTED))))
        mapper = await stack.enter_async_context(says(port_is(mount)))
        smb = await stack.enter_async_context(says(b"HTTP/1.1 400 Bad Request"))
        seen = await ask(smb=True, nfs=True, smb_port=smb, portmapper_port=mapper)
    assert (seen.reason, seen.detail) == (Reason.PROTOCOL, "smb_shape")
    assert counted(seen) == {"guest": 3}


@given(
    st.lists(
        st.tuples(st.text("/srvệ ", max_size=12), st.lists(st.text("*.0@a", max_size=9))),
        max_size=6,
    )
)
def test_a_list_is_read_as_it_was_written(listed: list[tuple[str, list[str]]]) -> None:
    written = tuple((path, tuple(groups)) for path, groups in listed)
    found = nfs_wire.exports(exported(written))
    assert tuple((one.path, one.groups) for one in found) == written
