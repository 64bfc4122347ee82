"""How one device is spoken to: by community, or as a v3 user of its engine.

A session writes requests and says what an arrived datagram is worth. It does no I/O and reads no
clock: whoever calls says when it is, in loop seconds.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from probes.errors import AuthFailed
from probes.snmp import ber
from probes.snmp.asks import Ask, encode_question
from probes.snmp.session_message import (
    AUTH,
    PRIV,
    REPORTABLE,
    SALT_OCTETS,
    Stamp,
    coded_octets,
    form_of,
    read_scoped,
    scoped,
    without_digest,
    write_message,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from inventory.snmp_user import SnmpUser
    from probes.snmp.ber import Message
    from probes.snmp.layouts import Layout
    from probes.snmp.session_message import Header, HeaderForm
    from probes.snmp.usm import KeyRing, Locked

TIME_WINDOW_S = 150  # RFC 3414, 2.2.3
LAST_BOOTS = (1 << 31) - 1
_MAX_TIME = (1 << 31) - 1
_NOTHING = Ask(ber.GET, ())


class Doubt(Enum):
    """Why a datagram does not count although its id was outstanding."""

    CREDENTIAL = "credential"  # community, user, level or engine of another
    DIGEST = "digest"
    WINDOW = "window"  # authentic, but from another time than the engine's


class Report(Enum):
    """What an engine reports instead of answering (RFC 3414, 5; RFC 3412, 5), by OID."""

    LEVEL = ber.oid("1.3.6.1.6.3.15.1.1.1")
    WINDOW = ber.oid("1.3.6.1.6.3.15.1.1.2")
    USER = ber.oid("1.3.6.1.6.3.15.1.1.3")
    ENGINE = ber.oid("1.3.6.1.6.3.15.1.1.4")
    DIGEST = ber.oid("1.3.6.1.6.3.15.1.1.5")
    CIPHER = ber.oid("1.3.6.1.6.3.15.1.1.6")
    CONTEXT_AWAY = ber.oid("1.3.6.1.6.3.12.1.4")
    CONTEXT = ber.oid("1.3.6.1.6.3.12.1.5")
    OTHER = b""


@dataclass(frozen=True, slots=True)
class CommunitySession:
    """v1 and v2c: the community in every message, and nothing else."""

    version: int
    community: bytes
    _front: bytes = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        community = ber.element(ber.OCTET_STRING, self.community)
        object.__setattr__(self, "_front", ber.integer(self.version) + community)

    def write(self, ask: Ask, request_id: int) -> bytes:
        """One request as it goes over the wire."""
        pdu = encode_question(ask.pdu, request_id, ask.question)
        return ber.element(ber.SEQUENCE, self._front + pdu)

    def doubt(self, message: Message) -> Doubt | None:
        """Why a message cannot be this device's answer; None when it may be."""
        if message.version != self.version or message.community != self.community:
            return Doubt.CREDENTIAL
        return None


@dataclass(slots=True)
class Engine:
    """What is known of the engine at one address: its id and its clock.

    `began_at` is when its time was 0, in loop seconds. Until an authentic message came, the clock
    is what an unproven report said: good enough to be asked with, never to judge others by.
    """

    id: bytes = b""
    boots: int = 0
    began_at: float = 0.0
    latest: int = 0
    is_proven: bool = False

    def relearn(self, engine_id: bytes, boots: int, time: int, now: float) -> None:
        """Another engine answers here: begin again with what its report says."""
        self.id, self.is_proven = engine_id, False
        self._set(boots, time, now)

    def resync(self, boots: int, time: int, now: float) -> None:
        """An authentic report told the engine's clock."""
        self._set(boots, time, now)
        self.is_proven = True

    def accepts(self, boots: int, time: int, now: float) -> bool:
        """Whether an authentic message is of the engine's present; learns from it if so.

        RFC 3414, 3.2 (7b). Raises AuthFailed when the engine has run out of boots.
        """
        if boots == LAST_BOOTS:
            raise AuthFailed("v3_boots")
        if self.is_proven and (
            boots < self.boots or (boots == self.boots and time < self.time(now) - TIME_WINDOW_S)
        ):
            return False
        if not self.is_proven or boots > self.boots or time > self.latest:
            self.resync(boots, time, now)
        return True

    def time(self, now: float) -> int:
        """What the engine's clock says now."""
        return min(max(0, int(now - self.began_at)), _MAX_TIME)

    def stamp(self, now: float) -> Stamp:
        """What a request to this engine carries."""
        return Stamp(self.id, self.boots, self.time(now))

    def _set(self, boots: int, time: int, now: float) -> None:
        self.boots, self.began_at, self.latest = boots, now - time, time


class UsmSession:
    """v3: one user at the engine of one address, at the level that the user's secrets give."""

    version = 3

    def __init__(
        self,
        user: SnmpUser,
        context: str,
        engine: Engine,
        keys: KeyRing,
        next_salt: Callable[[], int],
    ) -> None:
        self.engine = engine
        self.user = user
        self.is_deciphered = False
        self._context = context.encode()
        self._name = user.name.encode()
        self._name_element = ber.element(ber.OCTET_STRING, self._name)
        self._level = (AUTH if user.auth else 0) | (PRIV if user.priv else 0)
        self._ring = keys
        self._next_salt = next_salt
        self._locked: Locked | None = None
        self._locked_for = b""
        self._form: HeaderForm | None = None

    @property
    def is_private(self) -> bool:
        """Whether this user's requests are encrypted."""
        return bool(self._level & PRIV)

    def write(self, ask: Ask, msg_id: int, request_id: int, now: float) -> bytes:
        """One request; while the engine is unknown, the question which one it is."""
        if not self.engine.id:
            return _discovery(msg_id, request_id)
        return self._write(ask, msg_id, request_id, now, self._level)

    def write_unencrypted(self, ask: Ask, msg_id: int, request_id: int, now: float) -> bytes:
        """A request that is authenticated but not encrypted: does the auth key hold alone?"""
        return self._write(ask, msg_id, request_id, now, self._level & ~PRIV)

    def _write(self, ask: Ask, msg_id: int, request_id: int, now: float, level: int) -> bytes:
        locked, stamp = self._keys(), self.engine.stamp(now)
        pdu = encode_question(ask.pdu, request_id, ask.question)
        body, salt = scoped(stamp.engine_id, self._context, pdu), b""
        if level & PRIV:
            salt = locked.salt(stamp.boots, self._next_salt())
            coded = locked.encrypted(body, stamp.boots, stamp.time, salt)
            body = ber.element(ber.OCTET_STRING, coded)
        octets = locked.digest_octets if level & AUTH else 0
        message, at = write_message(
            msg_id, level | REPORTABLE, stamp, self._name_element, octets, salt, body
        )
        if not octets:
            return message
        return message[:at] + locked.digest(message) + message[at + octets :]

    def known_header(self, data: bytes) -> Header | None:
        """The header of a datagram that has the form of the last answer; None when it has not."""
        known = None if self._form is None else self._form.read(data)
        if known is None:
            self._form = None  # of the next answer another one is made
        return known

    def read(
        self,
        data: bytes,
        header: Header,
        now: float,
        *,
        level: int | None = None,
        layout: Layout | None = None,
    ) -> Message | Report | Doubt:
        """What a datagram with one of our msgIDs is worth.

        An answer has our engine and user, at least the level asked, a right digest and a time
        within the window; it is looked at in that order, so that nothing unproven is deciphered.
        `layout` is the form that its scoped PDU probably has.
        Raises MalformedBer, or AuthFailed when the engine has run out of boots.
        """
        is_authentic = bool(header.flags & AUTH)
        if is_authentic:
            if header.engine_id != self.engine.id or header.user != self._name or not self._level:
                return Doubt.CREDENTIAL
            if not self._is_signed(data, header):
                return Doubt.DIGEST
        message = self._scoped(data, header, layout)
        if message.pdu == ber.REPORT:
            return self._report(header, message, now, is_authentic=is_authentic)
        wanted = self._level if level is None else level
        if header.flags & wanted != wanted or message.pdu != ber.RESPONSE:
            return Doubt.CREDENTIAL
        if header.engine_id != self.engine.id or header.user != self._name:
            return Doubt.CREDENTIAL
        if is_authentic and not self.engine.accepts(header.boots, header.time, now):
            return Doubt.WINDOW
        self.is_deciphered |= bool(header.flags & PRIV)
        self._form = self._form or form_of(data, header)
        return message

    def _is_signed(self, data: bytes, header: Header) -> bool:
        locked = self._keys()
        if len(header.digest) != locked.digest_octets:
            return False
        return hmac.compare_digest(locked.digest(without_digest(data, header)), header.digest)

    def _scoped(self, data: bytes, header: Header, layout: Layout | None) -> Message:
        if not header.flags & PRIV:
            return read_scoped(data[header.start : header.end], layout)
        locked = self._keys()
        coded = coded_octets(data, header)
        if not header.flags & AUTH or not locked.priv or len(header.salt) != SALT_OCTETS:
            raise ber.MalformedBer("encrypted without need")
        try:
            plain = locked.decrypted(coded, header.boots, header.time, header.salt)
        except ValueError:
            raise ber.MalformedBer("no whole blocks of the cipher") from None
        return read_scoped(plain, layout, padded=locked.priv == "des")

    def _report(
        self, header: Header, message: Message, now: float, *, is_authentic: bool
    ) -> Report | Doubt:
        report = _kind(message)
        if report is Report.ENGINE:
            # Whoever is there now: its keys are not known yet, so it cannot prove itself.
            if not header.engine_id or header.engine_id == self.engine.id:
                return Doubt.CREDENTIAL
            self.engine.relearn(header.engine_id, header.boots, header.time, now)
        elif report is Report.WINDOW:
            if not is_authentic:  # an unproven report never changes the clock
                return Doubt.WINDOW
            self.engine.resync(header.boots, header.time, now)
        return report

    def _keys(self) -> Locked:
        if self._locked is None or self._locked_for != self.engine.id:
            self._locked = self._ring.keys(self.user, self.engine.id)
            self._locked_for = self.engine.id
        return self._locked


def _kind(message: Message) -> Report:
    for varbind in message.varbinds[:1]:
        for report in Report:
            if report.value and varbind.oid.startswith(report.value):
                return report
    return Report.OTHER


def _discovery(msg_id: int, request_id: int) -> bytes:
    pdu = encode_question(ber.GET, request_id, _NOTHING.question)
    nobody = ber.element(ber.OCTET_STRING, b"")
    body = scoped(b"", b"", pdu)
    message, _ = write_message(msg_id, REPORTABLE, Stamp(b""), nobody, 0, b"", body)
    return message
