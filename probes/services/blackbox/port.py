"""Modules `tcp_connect` and `tls`: a port that accepts, and one that shakes hands as well."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probes.services.blackbox.line import Line, place_lines
from probes.services.blackbox.seal import seal_lines
from probes.services.parts import endpoint, streams_of, trust_of
from probes.services.tcp import greeted
from probes.transports.tls import as_leaves, seal_of, shared_context
from probes.wire import Course

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import ProbeContext, Target
    from probes.transports.tls import Seal


@dataclass(slots=True)
class PortLook:
    """A port knocked at; with `with_tls` the handshake must be good too.

    Where the inventory expects first words of a TCP service, they must come.
    """

    target: Target
    with_tls: bool = False
    course: Course = field(default_factory=Course)
    seal: Seal | None = None
    lacks_text: bool = False

    async def ask(self, context: ProbeContext) -> bool:
        """Connect; a banner that does not match is no error but a failed look."""
        url = self.target.url or ""
        trust = trust_of(self.target)
        tls = shared_context(trust) if self.with_tls else None
        expect = self.target.expect if url.startswith("tcp:") else None
        with as_leaves(url):
            way = streams_of(context).stream(
                *endpoint(url), tls=tls, family=self.target.family, course=self.course
            )
            async with way as stream:
                if tls is not None:
                    self.seal = seal_of(stream.writer.get_extra_info("ssl_object"), trust)
                if expect is not None:
                    self.lacks_text = True
                    await greeted(stream, expect)
                    self.lacks_text = False
        return self.seal is None or self.seal.pin_match is not False

    def lines(self) -> Iterator[Line]:
        """Where the port is, and its certificates."""
        yield Line("probe_dns_lookup_time_seconds", self.course.resolve_s or 0)
        yield from place_lines(self.course.place)
        yield Line("probe_failed_due_to_regex", int(self.lacks_text))
        yield from seal_lines(self.seal)
