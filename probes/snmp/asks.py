"""What one PDU asks, and reading instances by GET. Pure, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probes.errors import Forbidden, LimitExceeded, ProtocolBroken
from probes.snmp import ber
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probes.snmp.ber import Message
    from probes.snmp.types import Oid

FIRST_VARBINDS = 52  # 13 columns by 4 rows, what every agent seen so far answers in one datagram

# error-status of RFC 3416, 3 (and RFC 1157, 4.1.1)
TOO_BIG = 1
_NO_ACCESS, _AUTHORIZATION = 6, 16


@dataclass(frozen=True, slots=True)
class Ask:
    """One PDU to send: its kind, its OIDs, and for GETBULK its two numbers.

    `question` is what of it stands behind the request-id, as it goes over the wire.
    """

    pdu: int
    oids: tuple[Oid, ...]
    non_repeaters: int = 0
    repetitions: int = 0
    question: bytes = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        numbers = (self.non_repeaters, self.repetitions)
        object.__setattr__(self, "question", _question(numbers, self.oids))


def _question(numbers: tuple[int, int], oids: Iterable[Oid]) -> bytes:
    """What stands behind the request-id of a PDU that asks for OIDs.

    `numbers` are non-repeaters and repetitions, or 0 and 0.
    """
    pairs = b"".join([_null_pair(oid) for oid in oids])
    return ber.integer(numbers[0]) + ber.integer(numbers[1]) + ber.element(ber.SEQUENCE, pairs)


def encode_question(pdu: int, request_id: int, asked: bytes) -> bytes:
    """Write a PDU that asks what an ask has as its `question`; its id takes four octets."""
    return b"".join(
        (ber.opening(pdu, 6 + len(asked)), b"\x02\x04", request_id.to_bytes(4, "big"), asked)
    )


def _null_pair(oid: Oid) -> bytes:
    length = len(oid)
    if length < 0x7C:
        return bytes((ber.SEQUENCE, length + 4, ber.OID, length)) + oid + b"\5\0"
    return ber.element(ber.SEQUENCE, ber.element(ber.OID, oid) + b"\5\0")


class GetPlan:
    """Reads instances by GET, in pieces that fit, whatever single ones the device refuses."""

    def __init__(self, oids: Sequence[Oid]) -> None:
        self._left = list(dict.fromkeys(oids))
        self._wanted = tuple(oids)
        self._found: dict[Oid, Varbind] = {}
        self._piece = FIRST_VARBINDS
        self._asked: tuple[Oid, ...] = ()

    def next_ask(self) -> Ask | None:
        """The next GET, or None when every OID has its answer."""
        self._asked = tuple(self._left[: self._piece])
        return Ask(ber.GET, self._asked) if self._asked else None

    def accept(self, answer: Message, octets: int = 0) -> None:  # noqa: ARG002 - as TablePlan's
        """Take the answer to the last ask. Raises the ProbeError leaf that its error means."""
        if answer.error_status == 0:
            self._keep(answer.varbinds)
        elif answer.error_status == TOO_BIG:
            self._halve()
        else:
            self._drop(culprit_of(answer, len(self._asked)))

    def result(self) -> tuple[Varbind, ...]:
        """One varbind per OID asked, in order; absent ones carry noSuchInstance."""
        return tuple(self._found.get(oid, _absent(oid)) for oid in self._wanted)

    def _keep(self, varbinds: Sequence[Varbind]) -> None:
        asked = set(self._asked)
        self._found.update((varbind.oid, varbind) for varbind in varbinds if varbind.oid in asked)
        # Fewer varbinds than asked: what was cut off is asked again, but never without progress.
        answered = self._asked[: len(varbinds)] or self._asked
        del self._left[: len(answered)]

    def _halve(self) -> None:
        if len(self._asked) == 1:
            raise LimitExceeded("too_big")
        self._piece = len(self._asked) // 2

    def _drop(self, culprit: int) -> None:
        del self._left[culprit]


def _absent(oid: Oid) -> Varbind:
    return Varbind(oid, ber.NO_SUCH_INSTANCE, None)


def culprit_of(answer: Message, asked: int) -> int:
    """Which of the asked OIDs an error is about, counted from 0; else the error as an exception."""
    if answer.error_status in (_NO_ACCESS, _AUTHORIZATION):
        raise Forbidden("view")
    if not 1 <= answer.error_index <= asked:
        raise ProtocolBroken("error_status", status=answer.error_status)
    return answer.error_index - 1
