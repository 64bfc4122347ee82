"""The few messages of SMB 2 and 3 that it takes to ask for shares (MS-SMB2 2.2). Pure.

Nothing here opens a file: the one CREATE names the pipe `srvsvc`, where servers tell their shares.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from probes.errors import ProtocolBroken

NEGOTIATE, SESSION_SETUP, LOGOFF, TREE_CONNECT, CREATE, READ, IOCTL = 0, 1, 2, 3, 5, 8, 11
SUCCESS, PENDING, MORE_PROCESSING, BUFFER_OVERFLOW = 0, 0x103, 0xC000_0016, 0x8000_0005
DISK = 1  # ShareType of TREE_CONNECT's answer

_PROTOCOL, _PROTOCOL_1 = b"\xfeSMB", b"\xffSMB"
_HEAD = struct.Struct("<4sHHIHHIIQIIQ16s")
_DIALECTS = (0x0202, 0x0210, 0x0300, 0x0302, 0x0311)
_SIGNING_ENABLED = 1
_CREDITS = 8
_READS, _WRITES = 0x1, 0x2 | 0x4  # FILE_READ_DATA; FILE_WRITE_DATA, FILE_APPEND_DATA
_PIPE_ACCESS = 0x0012_019F  # to read from and write to the pipe
_TRANSCEIVE = 0x0011_C017
_MOST_OUTPUT = 65_535


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its NTSTATUS, whose it is, and what stands behind the header."""

    status: int
    command: int
    message: int
    tree: int
    session: int
    body: bytes

    @property
    def is_pending(self) -> bool:
        """Whether the real answer is still to come."""
        return self.status == PENDING


@dataclass(frozen=True, slots=True)
class Tree:
    """A share one is connected to: its number, type, and what its permissions allow at most."""

    id: int
    kind: int
    access: int

    @property
    def is_readable(self) -> bool:
        """Whether what is in it may be read, as far as the share decides."""
        return bool(self.access & _READS)

    @property
    def is_writable(self) -> bool:
        """Whether it may be written to, as far as the share decides."""
        return bool(self.access & _WRITES)


def message(command: int, number: int, body: bytes, *, session: int = 0, tree: int = 0) -> bytes:
    """A request with its header and, in front, the length that goes over TCP."""
    charge = 0 if command == NEGOTIATE else 1
    head = _HEAD.pack(
        _PROTOCOL, 64, charge, 0, command, _CREDITS, 0, 0, number, 0, tree, session, bytes(16)
    )
    return struct.pack(">I", len(head) + len(body)) + head + body


def answer(octets: bytes) -> Answer:
    """Read an answer. Raises ProtocolBroken for what is no SMB 2."""
    if octets[:4] == _PROTOCOL_1:
        raise ProtocolBroken("smb1_only")
    if len(octets) < _HEAD.size or octets[:4] != _PROTOCOL:
        raise ProtocolBroken("smb_shape")
    head = _HEAD.unpack_from(octets)
    return Answer(head[3], head[4], head[8], head[10], head[11], octets[_HEAD.size :])


def negotiate(guid: bytes, salt: bytes) -> bytes:
    """Offer all dialects from 2.0.2 to 3.1.1; `guid` has 16 octets, `salt` 32."""
    dialects = struct.pack(f"<{len(_DIALECTS)}H", *_DIALECTS)
    at = -(-(64 + 36 + len(dialects)) // 8) * 8
    padding = bytes(at - 64 - 36 - len(dialects))
    # SMB2_PREAUTH_INTEGRITY_CAPABILITIES with SHA-512, without which 3.1.1 is not spoken.
    integrity = struct.pack("<HHH", 1, len(salt), 1) + salt
    contexts = struct.pack("<HHI", 1, len(integrity), 0) + integrity
    fixed = struct.pack("<HHHHI16sIHH", 36, len(_DIALECTS), _SIGNING_ENABLED, 0, 0, guid, at, 1, 0)
    return fixed + dialects + padding + contexts


def old_negotiate() -> bytes:
    """Offer SMB 1 alone (MS-CIFS 2.2.4.52), to tell a server of old from one that is broken."""
    head = struct.pack("<4sBIBH12xHHHH", _PROTOCOL_1, 0x72, 0, 0x18, 0x4801, 0xFFFF, 0, 0, 0)
    dialect = b"\2NT LM 0.12\0"
    body = head + struct.pack("<BH", 0, len(dialect)) + dialect
    return struct.pack(">I", len(body)) + body


def session_setup(token: bytes) -> bytes:
    """Log in with a security token."""
    return struct.pack("<HBBIIHHQ", 25, 0, _SIGNING_ENABLED, 0, 0, 88, len(token), 0) + token


def tree_connect(path: str) -> bytes:
    r"""Connect to a share, as `\\host\share`."""
    name = path.encode("utf-16-le")
    return struct.pack("<HHHH", 9, 0, 72, len(name)) + name


def open_pipe(name: str) -> bytes:
    """Open a named pipe of the tree IPC$."""
    written = name.encode("utf-16-le")
    return (
        struct.pack("<HBBIQQIIIIIHHII", 57, 0, 0, 2, 0, 0, _PIPE_ACCESS, 0, 7, 1, 0, 120,
                    len(written), 0, 0)
        + written
    )  # fmt: skip


def transceive(file: bytes, question: bytes) -> bytes:
    """Write a question to a pipe and wait for the answer."""
    return (
        struct.pack("<HHI16sIIIIIIII", 57, 0, _TRANSCEIVE, file, 120, len(question), 0, 120, 0,
                    _MOST_OUTPUT, 1, 0)
        + question
    )  # fmt: skip


def read(file: bytes) -> bytes:
    """Read what a pipe still holds of an answer."""
    return struct.pack("<HBBIQ16sIIIHHx", 49, 80, 0, _MOST_OUTPUT, 0, file, 0, 0, 0, 0, 0)


def logoff() -> bytes:
    """End the session and everything in it."""
    return struct.pack("<HH", 4, 0)


def token_of(found: Answer) -> bytes:
    """The server's security token. This and what follows raise ProtocolBroken for short answers."""
    _, _, start, length = _fields("<HHHH", found.body)
    return found.body[max(0, start - 64) :][:length]


def session_flags(found: Answer) -> int:
    """1 for a guest, 2 for nobody, 0 for an account of its own."""
    flags: int = _fields("<HH", found.body)[1]
    return flags


def tree_of(found: Answer) -> Tree:
    """The share one is connected to now."""
    _, kind, _, _, _, access = _fields("<HBBIII", found.body)
    return Tree(found.tree, kind, access)


def file_of(found: Answer) -> bytes:
    """The number of the open pipe."""
    _fields("<80s", found.body)
    return found.body[64:80]


def output_of(found: Answer) -> bytes:
    """What the pipe answered."""
    start, length = _fields("<32xII", found.body)
    return found.body[max(0, start - 64) :][:length]


def data_of(found: Answer) -> bytes:
    """What was read."""
    start, length = _fields("<2xBxI", found.body)
    return found.body[max(0, start - 64) :][:length]


def _fields(form: str, body: bytes) -> tuple[int, ...]:
    if len(body) < struct.calcsize(form):
        raise ProtocolBroken("smb_shape")
    return struct.unpack_from(form, body)
