"""One DNS question as octets and what its answer says, by dnspython (it costs 0.15 s to import)."""

from __future__ import annotations

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from probes.errors import NotConfigured, ParseFailed
from probes.transports.dns_answer import DnsAnswer

# The size that fits every path without fragments: DNS flag day 2020, RFC 9715.
_PAYLOAD = 1232


class Question:
    """A question with its own id; `octets` is what is sent, over UDP as over TCP."""

    def __init__(self, name: str, kind: str) -> None:
        """Raise NotConfigured for a name or a type of records that does not exist."""
        try:
            self._asked = dns.message.make_query(name, kind.upper(), use_edns=0, payload=_PAYLOAD)
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
        wanted = self._asked.question[0].rdtype
        records = tuple(
            record.to_text() for group in came.answer for record in group if group.rdtype == wanted
        )
        return DnsAnswer(
            code=dns.rcode.to_text(came.rcode()),
            records=records,
            count=sum(len(group) for group in came.answer),
            is_cut=bool(came.flags & dns.flags.TC),
        )
