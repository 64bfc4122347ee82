"""Asks a file server over SMB 2 or 3 which shares people without an account may enter.

Two sessions: nobody at all, and the account Guest without a password. Each asks for the list of
shares and connects to those of disks: the answer says what the share's permissions allow. No file
is opened and no password tried.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from probes.errors import Busy, Forbidden, LimitExceeded, ParseFailed, ProtocolBroken
from probes.shares import ntlm, smb_wire, srvsvc
from probes.shares.model import OpenShare

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from probes.shares.srvsvc import Listed
    from probes.wire import Stream, Wire

_MOST_OCTETS = 1 << 18  # of one message; the longest that is asked for is a quarter of it
_MOST_WAITS = 16  # interim answers to one request
_GUEST, _NULL = 1, 2  # flags of a session
_UNIX_IN_FILETIME_S = 11_644_473_600  # 1970 in seconds since 1601

# NTSTATUS of a log-in that the server does not grant: to strangers, to guests, or without a
# password (MS-ERREF 2.3.1).
_NO_ENTRY = frozenset(
    {
        *(0xC000_0022, 0xC000_0064, 0xC000_006A, 0xC000_006D, 0xC000_006E, 0xC000_006F),
        *(0xC000_0070, 0xC000_0071, 0xC000_0072, 0xC000_015B, 0xC000_0193, 0xC000_0224),
        *(0xC000_0234, 0xC000_0418, 0xC000_A000),
    }
)
# Of a share that is not opened to this session: denied, or not there any more.
_NO_SHARE = frozenset({0xC000_0022, 0xC000_00CA, 0xC000_00CC})
_BUSY = frozenset({0xC000_00D0, 0xC000_0205, 0xC000_009A})
_NO_PIPE = frozenset({0xC000_0034, 0xC000_00AC, 0xC000_00AE, 0xC000_00B0})


@dataclass
class _Talk:
    """One connection: requests one after the other, each with its answer."""

    stream: Stream
    session: int = 0
    number: int = field(default=0, init=False)

    async def ask(self, command: int, body: bytes, tree: int = 0) -> smb_wire.Answer:
        """The answer to one request. Raises ProtocolBroken, LimitExceeded, what sockets raise."""
        number, self.number = self.number, self.number + 1
        asked = smb_wire.message(command, number, body, session=self.session, tree=tree)
        self.stream.writer.write(asked)
        for _ in range(_MOST_WAITS):
            found = smb_wire.answer(await _received(self.stream))
            if (found.message, found.command) != (number, command):
                raise ProtocolBroken("smb_shape")
            if not found.is_pending:
                return found
        raise LimitExceeded("shares_length", protocol="SMB")


async def _received(stream: Stream) -> bytes:
    """One message behind its length (MS-SMB2 2.1); an end before it is EOFError."""
    kind, *octets = await stream.reader.readexactly(4)
    if kind != 0:
        raise ProtocolBroken("smb_shape")
    length = int.from_bytes(octets, "big")
    if length > _MOST_OCTETS:
        raise LimitExceeded("shares_length", protocol="SMB")
    return await stream.reader.readexactly(length)


@dataclass(frozen=True, slots=True)
class SmbServer:
    """Whom to ask, and the wall clock for a server that does not tell its own."""

    host: str
    port: int
    wire: Wire
    now: Callable[[], datetime]

    @property
    def unc(self) -> str:
        """The server as its clients write it."""
        if ":" not in self.host:
            return rf"\\{self.host}"
        return rf"\\{ip_address(self.host).compressed.replace(':', '-')}.ipv6-literal.net"


async def open_shares(server: SmbServer) -> tuple[OpenShare, ...]:
    """Shares of disks that nobody or a guest may enter, each once, by name.

    A server that lets neither in has none, as has one that lets nobody in and tells them nothing.
    Raises ProtocolBroken for one that speaks SMB 1 alone (`smb1_only`) or something else,
    Forbidden where a guest is let in but not told the names, and what sockets raise.
    """
    found: dict[str, OpenShare] = {}
    for is_guest in (False, True):
        for one in await _entered(server, is_guest=is_guest):
            known = found.get(one.name)
            may_write = one.is_writable or (known is not None and known.is_writable)
            found[one.name] = OpenShare("smb", one.name, may_write)
    return tuple(found[name] for name in sorted(found))


async def _entered(server: SmbServer, *, is_guest: bool) -> tuple[OpenShare, ...]:
    async with server.wire.stream(server.host, server.port) as stream:
        talk = _Talk(stream)
        await _negotiated(server, talk)
        flags = await _logged_in(server, talk, is_guest=is_guest)
        if flags is None:
            return ()
        try:
            return await _looked_at(server, talk)
        except Forbidden:
            # A null session that learns nothing is what a careful server gives to strangers.
            if flags & _GUEST or (is_guest and not flags & _NULL):
                raise
            return ()
        finally:
            stream.writer.write(
                smb_wire.message(
                    smb_wire.LOGOFF, talk.number, smb_wire.logoff(), session=talk.session
                )
            )


async def _negotiated(server: SmbServer, talk: _Talk) -> None:
    asked = smb_wire.negotiate(os.urandom(16), os.urandom(32))
    try:
        _checked(await talk.ask(smb_wire.NEGOTIATE, asked))
    except (EOFError, ConnectionError) as error:
        if await _speaks_smb1(server):
            raise ProtocolBroken("smb1_only") from error
        raise ProtocolBroken("shares_closed", protocol="SMB") from error


async def _speaks_smb1(server: SmbServer) -> bool:
    """Whether a server that hung up on SMB 2 answers the first message of SMB 1."""
    try:
        async with server.wire.stream(server.host, server.port) as stream:
            stream.writer.write(smb_wire.old_negotiate())
            return (await _received(stream))[:4] == b"\xffSMB"
    except (OSError, EOFError):
        return False


async def _logged_in(server: SmbServer, talk: _Talk, *, is_guest: bool) -> int | None:
    """The session's flags; None where the server does not let them in."""
    first = await talk.ask(smb_wire.SESSION_SETUP, smb_wire.session_setup(ntlm.hello()))
    if first.status in _NO_ENTRY:
        return None
    if first.status != smb_wire.MORE_PROCESSING:
        raise _unexpected(first)
    challenge = ntlm.challenge_of(smb_wire.token_of(first))
    filetime = round((server.now().timestamp() + _UNIX_IN_FILETIME_S) * 10_000_000)
    token = ntlm.guest(challenge, os.urandom(8), filetime) if is_guest else ntlm.nobody()
    talk.session = first.session
    last = await talk.ask(smb_wire.SESSION_SETUP, smb_wire.session_setup(token))
    if last.status in _NO_ENTRY:
        return None
    return smb_wire.session_flags(_checked(last))


async def _looked_at(server: SmbServer, talk: _Talk) -> tuple[OpenShare, ...]:
    """The shares of disks of this session's list that it may enter."""
    found = []
    for one in await _list_of(server, talk):
        if not one.is_disk:
            continue
        answer = await talk.ask(
            smb_wire.TREE_CONNECT, smb_wire.tree_connect(rf"{server.unc}\{one.name}")
        )
        if answer.status in _NO_SHARE:
            continue
        tree = smb_wire.tree_of(_checked(answer))
        if tree.kind == smb_wire.DISK and (tree.is_readable or tree.is_writable):
            found.append(OpenShare("smb", one.name, tree.is_writable))
    return tuple(found)


async def _list_of(server: SmbServer, talk: _Talk) -> tuple[Listed, ...]:
    """The list of shares. Raises Forbidden where this session is not told it."""
    connected = await talk.ask(smb_wire.TREE_CONNECT, smb_wire.tree_connect(rf"{server.unc}\IPC$"))
    _told(connected, _NO_SHARE)
    tree = connected.tree
    opened = await talk.ask(smb_wire.CREATE, smb_wire.open_pipe(srvsvc.PIPE), tree)
    _told(opened, _NO_SHARE | _NO_PIPE)
    pipe = smb_wire.file_of(opened)
    if not srvsvc.is_bound(await _through(talk, tree, pipe, srvsvc.bind())):
        raise Forbidden("shares_list")
    answer = await _through(talk, tree, pipe, srvsvc.share_enum(server.unc))
    whole = srvsvc.gathered(answer)
    while whole is None:
        more = await talk.ask(smb_wire.READ, smb_wire.read(pipe), tree)
        came = smb_wire.data_of(_checked(more, smb_wire.BUFFER_OVERFLOW))
        answer += came
        if not came:
            raise ParseFailed("shares_garbled", protocol="SMB")
        if len(answer) > _MOST_OCTETS:
            raise LimitExceeded("shares_length", protocol="SMB")
        whole = srvsvc.gathered(answer)
    return srvsvc.listed(whole)


async def _through(talk: _Talk, tree: int, pipe: bytes, question: bytes) -> bytes:
    """What a pipe answers, as much as one message holds."""
    found = await talk.ask(smb_wire.IOCTL, smb_wire.transceive(pipe, question), tree)
    _told(found, _NO_SHARE, smb_wire.BUFFER_OVERFLOW)
    return smb_wire.output_of(found)


def _told(found: smb_wire.Answer, refusals: frozenset[int], *good: int) -> None:
    if found.status in refusals:
        raise Forbidden("shares_list")
    _checked(found, *good)


def _checked(found: smb_wire.Answer, *good: int) -> smb_wire.Answer:
    if found.status != smb_wire.SUCCESS and found.status not in good:
        raise _unexpected(found)
    return found


def _unexpected(found: smb_wire.Answer) -> Busy | ProtocolBroken:
    if found.status in _BUSY:
        return Busy("smb_busy")
    return ProtocolBroken("smb_status", status=f"0x{found.status:08X}")
