"""Module `dns`: a resolver that answers the service's question without an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probes.services.blackbox.line import Line, phase_lines, place_lines
from probes.services.dns import Inquiry, inquire, phases
from probes.services.parts import wish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import ProbeContext, Target


@dataclass(slots=True)
class NamesLook:
    """A resolver asked for the name and type that the service's URL holds."""

    target: Target
    inquiry: Inquiry = field(default_factory=Inquiry)

    async def ask(self, context: ProbeContext) -> bool:
        """Whether the code is NOERROR and a record is what the inventory expects."""
        answer = await inquire(self.target, context, self.inquiry)
        expect = self.target.expect
        wanted = expect is None or any(re.search(expect, one) for one in answer.records)
        return answer.code == "NOERROR" and wanted

    def lines(self) -> Iterator[Line]:
        """How many records each section has, and the zone's serial where that was asked for."""
        course, answer = self.inquiry.course, self.inquiry.answer
        yield Line("probe_dns_lookup_time_seconds", course.resolve_s or 0)
        yield from place_lines(course.place)
        yield from phase_lines("probe_dns_duration_seconds", phases(self.inquiry))
        yield Line("probe_dns_answer_rrs", answer.count if answer else 0)
        yield Line("probe_dns_authority_rrs", answer.authority if answer else 0)
        yield Line("probe_dns_additional_rrs", answer.additional if answer else 0)
        yield Line("probe_dns_query_succeeded", int(answer is not None))
        if wish(self.target.url or "", "type", "a") == "soa":
            serial = answer.serial if answer else None
            yield Line("probe_dns_serial", serial or 0)
