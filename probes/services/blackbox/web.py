"""Module `http_2xx`: a GET whose status must be 200 to 299."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probes.services.blackbox.line import Line, phase_lines, place_lines
from probes.services.blackbox.seal import seal_lines
from probes.services.http import Tour, matches, travel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import ProbeContext, Target

_PHASES = ("connect", "processing", "resolve", "tls", "transfer")


@dataclass(slots=True)
class WebLook:
    """A page looked at. A redirect that the inventory does not allow is an answer of its own."""

    target: Target
    lacks_text: bool = False
    tour: Tour = field(init=False)

    def __post_init__(self) -> None:
        """Begin at the service's URL."""
        self.tour = Tour(self.target.url or "")

    async def ask(self, context: ProbeContext) -> bool:
        """Visit the page and where it leads; the text that the inventory expects must be there."""
        await travel(self.target, context, self.tour)
        if not 200 <= self.tour.last.status < 300:
            return False
        self.lacks_text = not matches(self.target, self.tour.last)
        return not self.lacks_text

    def lines(self) -> Iterator[Line]:
        """Status, sizes, phases and certificates; zeros for what did not come to pass."""
        seen = self.tour.last
        first = self.tour.visits[0].course if self.tour.visits else seen.course
        has_answer = seen.status != 0
        yield Line("probe_dns_lookup_time_seconds", first.resolve_s or 0)
        yield from place_lines(first.place)
        yield Line("probe_failed_due_to_regex", int(self.lacks_text))
        yield Line("probe_http_content_length", self._length())
        yield Line("probe_http_redirects", self.tour.redirects)
        yield Line("probe_http_ssl", int(has_answer and self.tour.is_tls))
        yield Line("probe_http_status_code", seen.status)
        yield Line("probe_http_uncompressed_body_length", len(seen.body))
        yield Line("probe_http_version", seen.http_version)
        if seen.modified is not None:
            modified = seen.modified.timestamp()
            yield Line("probe_http_last_modified_timestamp_seconds", modified)
        known = self.tour.phases()
        shown = _PHASES if first.place is not None else ("resolve",)
        yield from phase_lines(
            "probe_http_duration_seconds", {phase: known.get(phase) for phase in shown}
        )
        yield from seal_lines(seen.seal if has_answer else None)

    def _length(self) -> int:
        seen = self.tour.last
        if not seen.status or seen.length is not None:
            return seen.length or 0
        return -1  # as Go says that the server gives none
