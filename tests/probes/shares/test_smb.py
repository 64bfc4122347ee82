"""A file server that lies, hangs up, never ends or never speaks: a reason each, and no count."""

from __future__ import annotations

import struct
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.errors import Forbidden, LimitExceeded, ProbeError
from probes.model import Reason
from probes.shares import nfs_wire, ntlm, smb_wire, srvsvc
from tests.probes.services.servers import stream_server
from tests.probes.shares.conftest import counted

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable, Iterator

    from tests.probes.shares.conftest import Ask

    Talk = Callable[[int, bytes], bytes]

OK, MORE, NO_LOGON, NO_ACCESS, FULL = 0, 0xC0000016, 0xC000006D, 0xC0000022, 0xC00000D0
CHALLENGE = struct.pack("<8sIHHII8s8xHHI", b"NTLMSSP\0", 2, 0, 0, 48, 0, bytes(8), 0, 0, 48)
SETUP = struct.pack("<HHHH", 9, 0, 72, len(CHALLENGE)) + CHALLENGE
NOBODY = struct.pack("<HHHH", 9, 2, 72, 0)
GUEST = struct.pack("<HHHH", 9, 1, 72, 0)
TREE = struct.pack("<HBBIII", 16, 1, 0, 0, 0, 0x001F01FF)
CREATED = bytes(64) + bytes(range(16)) + bytes(8)


def framed(body: bytes) -> bytes:
    """A message of the session service."""
    return struct.pack(">I", len(body)) + body


def answer(asked: bytes, status: int, body: bytes = b"\x09" + bytes(90)) -> bytes:
    """An SMB 2 answer to a request."""
    command, number = struct.unpack_from("<12xH10xQ", asked)
    return framed(
        struct.pack("<4sHHIHHIIQIIQ16s", b"\xfeSMB", 64, 1, status, command, 8, 1, 0, number,
                    0, 7, 99, bytes(16)) + body
    )  # fmt: skip


@asynccontextmanager
async def server(*script: Callable[[bytes], bytes]) -> AsyncIterator[int]:
    """A server that answers each request of a connection by the next line of the script."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in script:
            (length,) = struct.unpack(">I", await reader.readexactly(4))
            writer.write(line(await reader.readexactly(length)))
        await reader.read()

    async with stream_server(talk) as port:
        yield port


def says(status: int, body: bytes = bytes(90)) -> Callable[[bytes], bytes]:
    """One answer, whatever was asked."""
    return lambda asked: answer(asked, status, body)


def piped(octets: bytes) -> Callable[[bytes], bytes]:
    """What a pipe says."""
    head = struct.pack("<HHI16sIIIIII", 49, 0, 0, bytes(16), 112, 0, 112, len(octets), 0, 0)
    return says(OK, head + octets)


def pdu(kind: int, body: bytes, flags: int = 3) -> bytes:
    """A fragment of DCE/RPC."""
    return struct.pack("<BBBBIHHI", 5, 0, kind, flags, 16, 16 + len(body), 0, 1) + body


def shares(*listed: tuple[str, int], status: int = 0) -> bytes:
    """What NetrShareEnum answers, encoded anew."""
    rows = b"".join(struct.pack("<III", 1, kind, 0) for _, kind in listed)
    texts = b""
    for name, _ in listed:
        octets = (name + "\0").encode("utf-16-le")
        count = len(octets) // 2
        texts += struct.pack("<III", count, 0, count) + octets + bytes(-len(octets) % 4)
    count = len(listed)
    head = struct.pack("<IIIIII", 1, 1, 1, count, 1, count)
    return head + rows + texts + struct.pack("<III", count, 0, status)


LOGIN = (says(OK), says(MORE, SETUP))
LISTING = (says(OK, TREE), says(OK, CREATED), piped(pdu(12, bytes(40))))
HEAD = bytes(8)  # of a response: hint, context, cancels


def listing(stub: bytes) -> tuple[Callable[[bytes], bytes], ...]:
    """Up to the list of shares, as a guest."""
    return (*LOGIN, says(OK, GUEST), *LISTING, piped(pdu(2, HEAD + stub)))


ILL: dict[str, tuple[tuple[Callable[[bytes], bytes], ...], Reason, str]] = {
    "answers SMB 1": ((lambda _: framed(b"\xffSMB" + bytes(32)),), Reason.PROTOCOL, "smb1_only"),
    "speaks HTTP": ((lambda _: b"HTTP/1.1 400 Bad Request",), Reason.PROTOCOL, "smb_shape"),
    "speaks of nothing": ((lambda _: framed(bytes(80)),), Reason.PROTOCOL, "smb_shape"),
    "promises 16 MB": ((lambda _: b"\0\xff\xff\xff",), Reason.LIMIT, "shares_length"),
    "answers another request": (
        (lambda asked: answer(asked[:24] + bytes([9]) + asked[25:], OK),),
        Reason.PROTOCOL,
        "smb_shape",
    ),
    "always wants more time": (
        (lambda asked: answer(asked, 0x103) * 40,), Reason.LIMIT, "shares_length",
    ),
    "sends no challenge": (
        (says(OK), says(MORE, NOBODY)), Reason.PROTOCOL, "smb_shape",
    ),
    "is full": ((says(OK), says(FULL)), Reason.BUSY, "smb_busy"),
    "ends oddly": ((*LOGIN, says(0xC0000001)), Reason.PROTOCOL, "smb_status"),
    "answers in part": ((*LOGIN, says(OK, b"\x09")), Reason.PROTOCOL, "smb_shape"),
    "tells guests nothing": ((*LOGIN, says(OK, GUEST), says(NO_ACCESS)),
                             Reason.FORBIDDEN, "shares_list"),
    "has a list that cannot be read": (listing(struct.pack("<IIIIII", 1, 1, 1, 3, 1, 3) + bytes(9)),
                                       Reason.PARSE, "shares_garbled"),
    "lists a million": (listing(struct.pack("<IIIIII", 1, 1, 1, 1 << 20, 1, 1 << 20) + bytes(8)),
                        Reason.LIMIT, "shares_many"),
    "lists nothing with an error": (listing(shares(status=87)), Reason.PROTOCOL, "smb_status"),
    "refuses the interface": ((*LOGIN, says(OK, GUEST), says(OK, TREE), says(OK, CREATED),
                               piped(pdu(13, bytes(8)))), Reason.FORBIDDEN, "shares_list"),
    "denies by a fault": ((*LOGIN, says(OK, GUEST), *LISTING,
                           piped(pdu(3, HEAD + struct.pack("<I", 5)))),
                          Reason.FORBIDDEN, "shares_list"),
    "has an answer without end": ((*LOGIN, says(OK, GUEST), *LISTING, piped(pdu(2, HEAD, 1)),
                                   says(OK, struct.pack("<HBBIII", 17, 80, 0, 0, 0, 0))),
                                  Reason.PARSE, "shares_garbled"),
}  # fmt: skip


@pytest.mark.parametrize("ill", ILL)
async def test_an_ill_server_has_a_reason_and_no_count(ill: str, ask: Ask) -> None:
    script, reason, detail = ILL[ill]
    async with server(*script) as port:
        seen = await ask(smb=True, smb_port=port)
    assert (seen.reason, seen.detail) == (reason, detail)
    assert not seen.reading.samples


async def test_one_that_hangs_up_on_smb_2_and_answers_smb_1_is_told_apart(ask: Ask) -> None:
    speaks_old = True

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack(">I", await reader.readexactly(4))
        if (await reader.readexactly(length))[:4] == b"\xffSMB" and speaks_old:
            writer.write(framed(b"\xffSMBr" + bytes(40)))

    async with stream_server(talk) as port:
        assert (await ask(smb=True, smb_port=port)).detail == "smb1_only"
        speaks_old = False
        assert (await ask(smb=True, smb_port=port)).detail == "shares_closed"


async def test_refused_is_good_and_silent_is_unknown(ask: Ask) -> None:
    async with server() as port:
        silent = await ask(smb=True, smb_port=port, within_s=0.2)
    assert (silent.reason, silent.detail, silent.reading.samples) == (
        Reason.TIMEOUT, "shares_silent", (),
    )  # fmt: skip
    closed = await ask(smb=True, smb_port=port)  # nobody listens there any more
    assert counted(closed) == {"guest": 0, "everyone_write": 0}
    for refusal in ((says(OK), says(NO_ACCESS)), (*LOGIN, says(NO_LOGON))):
        async with server(*refusal) as port:
            assert counted(await ask(smb=True, smb_port=port)) == {"guest": 0, "everyone_write": 0}


async def test_nobody_let_in_and_told_nothing_is_what_a_careful_server_does(ask: Ask) -> None:
    async with server(*LOGIN, says(OK, NOBODY), says(NO_ACCESS)) as port:
        seen = await ask(smb=True, smb_port=port)
    assert seen.reason is Reason.OK
    assert counted(seen) == {"guest": 0, "everyone_write": 0}


async def test_printers_pipes_and_denied_shares_are_not_open(ask: Ask) -> None:
    found = shares(("IPC$", 0x80000003), ("laser", 1), ("C$", 0x80000000), ("docs", 0), ("a", 0))
    script = (
        *listing(found),
        says(NO_ACCESS),  # C$
        says(OK, struct.pack("<HBBIII", 16, 1, 0, 0, 0, 0x1)),  # docs: to read
        says(OK, struct.pack("<HBBIII", 16, 1, 0, 0, 0, 0x4)),  # a: to append, not to read
    )
    async with server(*script) as port:
        seen = await ask(smb=True, smb_port=port)
    assert seen.reason is Reason.OK, seen.detail
    assert [(one.name, one.is_writable) for one in seen.reading.shares or ()] == [
        ("a", True), ("docs", False),
    ]  # fmt: skip
    assert counted(seen) == {"guest": 2, "everyone_write": 1}


names = st.text("ab$ -éệ界😀", max_size=20)


@given(st.lists(st.tuples(names, st.sampled_from((0, 1, 3, 0x80000000, 0x80000003))), max_size=8))
def test_a_list_is_read_as_it_was_written(listed: list[tuple[str, int]]) -> None:
    found = srvsvc.listed(shares(*listed))
    assert [(one.name, one.is_disk) for one in found] == [
        (name, not kind & 0xFF) for name, kind in listed
    ]


READERS: dict[str, Callable[[bytes], object]] = {
    "answer": smb_wire.answer,
    "fragments": srvsvc.gathered,
    "list": srvsvc.listed,
    "challenge": lambda octets: ntlm.challenge_of(b"NTLMSSP\0\2\0\0\0" + octets),
    "guest": lambda octets: ntlm.guest(ntlm.Challenge(bytes(8), octets), bytes(8), 0),
    "exports": nfs_wire.exports,
    "reply": lambda octets: nfs_wire.result(octets, 0),
}


def _bodies(octets: bytes) -> Iterator[object]:
    found = smb_wire.Answer(0, 0, 0, 0, 0, octets)
    for part in (smb_wire.token_of, smb_wire.session_flags, smb_wire.tree_of, smb_wire.file_of,
                 smb_wire.output_of, smb_wire.data_of):  # fmt: skip
        try:
            yield part(found)
        except ProbeError as error:
            yield error


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda x: bytes(20) + x + bytes(12)))
def test_whatever_comes_is_read_or_refused_and_never_breaks(octets: bytes) -> None:
    assert len(list(_bodies(octets))) == 6
    for read in READERS.values():
        with suppress(ProbeError):
            read(octets)


def test_a_denied_list_and_one_too_long_are_told_apart() -> None:
    with pytest.raises(Forbidden):
        srvsvc.listed(shares(status=5))
    with pytest.raises(LimitExceeded):
        srvsvc.listed(shares(*[("x", 0)] * (srvsvc.MOST_SHARES + 1)))
