"""One DNS question as octets and what its answer says, by dnspython (it costs 0.15 s to import)."""

from __future__ import annotations

import secrets as chance
from typing import TYPE_CHECKING

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rdtypes.ANY.SOA

from probes.errors import NotConfigured, ParseFailed
from probes.transports.dns_answer import DnsAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable

# The size that fits every path without fragments: DNS flag day 2020, RFC 9715.
_PAYLOAD = 1232


class Question:
    """A question with its own id; `octets` is what is sent, over UDP as over TCP.

    Capitals and small letters of the name are thrown by chance: a resolver gives them back as they
    came (RFC 1035 section 7.3), and whoever answers in its place would have to guess them.
    """

    def __init__(self, name: str, kind: str) -> None:
        """Raise NotConfigured for a name or a type of records that does not exist."""
        try:
            self._asked = dns.message.make_query(
                _thrown(name), kind.upper(), use_edns=0, payload=_PAYLOAD
            )
            self.octets = self._asked.to_wire()
        except (dns.exception.DNSException, ValueError) as error:
            raise NotConfigured("dns_question", name=name[:60], kind=kind[:16]) from error

    def read(self, octets: bytes) -> DnsAnswer | None:
        """What the resolver said; None for the answer to another question.

        Raises ParseFailed for what is no DNS.
        """
        try:
            came = dns.message.from_wire(octets, ignore_trailing=True)
        except (dns.exception.DNSException, ValueError, IndexError) as error:
            raise ParseFailed("dns_talk") from error
        if not self._asked.is_response(came):
            return None
        wanted = self._asked.question[0]
        records = [record for group in came.answer for record in group]
        return DnsAnswer(
            code=dns.rcode.to_text(came.rcode()),
            records=tuple(one.to_text() for one in records if one.rdtype == wanted.rdtype),
            count=len(records),
            is_cut=bool(came.flags & dns.flags.TC),
            # Names are equal whatever their capitals; their labels are compared as octets.
            is_as_written=[one.name.labels for one in came.question] == [wanted.name.labels],
            authority=sum(len(group) for group in came.authority),
            additional=sum(len(group) for group in came.additional),
            serial=_serial(records),
        )


def _thrown(name: str) -> str:
    return "".join(letter.upper() if chance.randbelow(2) else letter.lower() for letter in name)


def _serial(records: Iterable[object]) -> int | None:
    found = (one.serial for one in records if isinstance(one, dns.rdtypes.ANY.SOA.SOA))
    return next(found, None)
