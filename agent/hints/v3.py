"""Traps and informs of SNMPv3: who sent them, by the user that a device is polled as.

A trap is secured with the sender's engine, an inform with ours, which its sender asks for first
(RFC 3414, 3.2 and 4). Nothing here is stored: our engine's boots are the minutes since 1970 at the
agent's start, so that they grow without a file.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from probes.snmp import ber, usm
from probes.snmp.notifications import INFORM, notification_of
from probes.snmp.session_message import (
    AUTH,
    PRIV,
    REPORTABLE,
    Stamp,
    coded_octets,
    read_header,
    read_scoped,
    scoped,
    without_digest,
    write_message,
)
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from agent.hints.senders import Sender, Senders
    from inventory.snmp_user import SnmpUser
    from probes.snmp.notifications import Notification
    from probes.snmp.session_message import Header

WINDOW_S = 150  # RFC 3414, 2.2.3
ENGINES_OF_ONE = 4
ENGINES_TRIED = 64
# RFC 3411, 5, SnmpEngineID: the highest bit, an enterprise number (none is registered), "octets".
_ENGINE_HEAD = bytes.fromhex("8000000005")
_NOT_IN_WINDOW = ber.oid("1.3.6.1.6.3.15.1.1.2.0")
_UNKNOWN_ENGINE = ber.oid("1.3.6.1.6.3.15.1.1.4.0")


@dataclass(frozen=True, slots=True)
class Authority:
    """Our own engine, as senders of informs know it. `start` is monotonic seconds."""

    engine_id: bytes
    boots: int
    start: float

    def stamp(self, mono: float) -> Stamp:
        """What our engine's clock says."""
        return Stamp(self.engine_id, self.boots, max(0, int(mono - self.start)))


def authority(agent_id: str, now: datetime, mono: float) -> Authority:
    """The engine of an agent: the same id after every start, boots that grow."""
    name = sha256(agent_id.encode()).digest()[:8]
    return Authority(_ENGINE_HEAD + name, int(now.timestamp()) // 60, mono)


class Heard(NamedTuple):
    """What became of one v3 message.

    `sender` and `notification` are None when it belongs to no known user, or only asks for our
    engine. `answer` is what is sent back.
    """

    sender: Sender | None = None
    notification: Notification | None = None
    answer: bytes | None = None


class _Clock(NamedTuple):
    boots: int
    time: int
    mono: float


class UserMessages:
    """Reads v3 messages with the users of the inventory's devices."""

    def __init__(self, senders: Senders, own: Authority) -> None:
        self._senders = senders
        self._own = own
        self._own_ring = usm.KeyRing()
        self._rings: dict[tuple[str, str], tuple[usm.KeyRing, set[bytes]]] = {}
        self._clocks: dict[tuple[str, str], dict[bytes, _Clock]] = {}
        self._count = 0

    def read(self, data: bytes, at_host: Iterable[Sender], mono: float) -> Heard:
        """Read one datagram from an address of the inventory. Raises MalformedBer."""
        header = read_header(data)
        is_ours = header.engine_id == self._own.engine_id
        if header.flags & REPORTABLE and not is_ours:
            return Heard(answer=self._report(header, _UNKNOWN_ENGINE, None, mono))
        for sender in at_host:
            user = self._senders.user(sender, mono)
            if user is None or user.name.encode() != header.user:
                continue
            keys = self._keys(sender, user, header.engine_id)
            if not _is_genuine(data, header, user, keys):
                continue
            if is_ours:
                return self._inform(data, header, sender, user, mono)
            if self._is_timely(sender, header, mono):
                plain = _plain(data, header, user, keys)
                return Heard(sender, notification_of(_message(plain, user)))
        return Heard()

    def _inform(
        self, data: bytes, header: Header, sender: Sender, user: SnmpUser, mono: float
    ) -> Heard:
        own, keys = self._own.stamp(mono), self._own_ring.keys(user, header.engine_id)
        if header.boots != own.boots or abs(header.time - own.time) > WINDOW_S:
            return Heard(answer=self._report(header, _NOT_IN_WINDOW, user, mono))
        plain = _plain(data, header, user, keys)
        message = _message(plain, user)
        notification = notification_of(message)
        if message.pdu != INFORM:
            return Heard(sender, notification)
        answer = ber.Message(3, b"", ber.RESPONSE, message.request_id, 0, 0, message.varbinds)
        try:
            body = scoped(*_context(plain), ber.encode_pdu(answer))
        except ValueError:  # an odd Opaque cannot be written again: the sender asks again
            return Heard(sender, notification)
        return Heard(sender, notification, self._sealed(header, user, body, mono))

    def _report(self, header: Header, oid: bytes, user: SnmpUser | None, mono: float) -> bytes:
        """A report of one counter: unsecured, or by a user's authentication (RFC 3414, 3.2)."""
        self._count += 1
        pair = Varbind(oid, ber.COUNTER32, self._count & 0xFFFFFFFF)
        pdu = ber.encode_pdu(ber.Message(3, b"", ber.REPORT, 0, 0, 0, (pair,)))
        body = scoped(self._own.engine_id, b"", pdu)
        if user is not None:
            return self._sealed(header, user, body, mono, private=False)
        name = ber.element(ber.OCTET_STRING, header.user)
        return write_message(header.msg_id, 0, self._own.stamp(mono), name, 0, b"", body)[0]

    def _sealed(
        self, header: Header, user: SnmpUser, body: bytes, mono: float, *, private: bool = True
    ) -> bytes:
        """A message of our engine to a user, encrypted where that is the user's level."""
        own, keys = self._own.stamp(mono), self._own_ring.keys(user, self._own.engine_id)
        flags, salt = (AUTH if user.auth else 0), b""
        if private and user.priv is not None:
            self._count += 1
            flags, salt = flags | PRIV, keys.salt(own.boots, self._count)
            coded = keys.encrypted(body, own.boots, own.time, salt)
            body = ber.element(ber.OCTET_STRING, coded)
        name, size = ber.element(ber.OCTET_STRING, header.user), keys.digest_octets
        message, at = write_message(header.msg_id, flags, own, name, size, salt, body)
        return message[:at] + keys.digest(message) + message[at + size :]

    def _keys(self, sender: Sender, user: SnmpUser, engine_id: bytes) -> usm.Locked:
        """A user's keys at an engine; those of invented engines are forgotten now and then."""
        if engine_id == self._own.engine_id:
            return self._own_ring.keys(user, engine_id)
        ring, engines = self._rings.setdefault((sender.ward, sender.device), (usm.KeyRing(), set()))
        engines.add(engine_id)
        if len(engines) > ENGINES_TRIED:
            del self._rings[sender.ward, sender.device]
        return ring.keys(user, engine_id)

    def _is_timely(self, sender: Sender, header: Header, mono: float) -> bool:
        """Whether a genuine trap is no old one sent again; what is new is remembered."""
        place = (sender.ward, sender.device)
        clocks = self._clocks.setdefault(place, {})
        known = clocks.get(header.engine_id)
        if known is not None:
            due = known.time + mono - known.mono
            is_old = header.boots == known.boots and header.time < due - WINDOW_S
            if header.boots < known.boots or is_old:
                return False
            if (header.boots, header.time) <= (known.boots, known.time):
                return True  # the same again moves no clock
        clocks[header.engine_id] = _Clock(header.boots, header.time, mono)
        if len(clocks) > ENGINES_OF_ONE:
            del clocks[next(iter(clocks))]
        return True


def _is_genuine(data: bytes, header: Header, user: SnmpUser, keys: usm.Locked) -> bool:
    """Whether a message has exactly the user's level and, where it has one, the user's digest."""
    level = (AUTH if user.auth else 0) | (PRIV if user.priv else 0)
    if header.flags & (AUTH | PRIV) != level:
        return False
    if user.auth is None:
        return True
    digest = keys.digest(without_digest(data, header))
    return hmac.compare_digest(digest, header.digest)


def _plain(data: bytes, header: Header, user: SnmpUser, keys: usm.Locked) -> bytes:
    if user.priv is None:
        return data[header.start : header.end]
    try:
        coded = coded_octets(data, header)
        return keys.decrypted(coded, header.boots, header.time, header.salt)
    except ValueError as error:
        raise ber.MalformedBer("nothing that this cipher made") from error


def _message(plain: bytes, user: SnmpUser) -> ber.Message:
    return read_scoped(plain, padded=user.priv == "des")


def _context(plain: bytes) -> tuple[bytes, bytes]:
    """Context engine and context name of a scoped PDU that was read already."""
    at, end = ber.open_element(plain, 0, len(plain), ber.SEQUENCE)
    engine, at = ber.open_element(plain, at, end, ber.OCTET_STRING)
    name, stop = ber.open_element(plain, at, end, ber.OCTET_STRING)
    return plain[engine:at], plain[name:stop]
