"""One poll on its way: the PDU that is out, what answered it, and why nothing did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probes.errors import (
    AuthFailed,
    Busy,
    Forbidden,
    NotConfigured,
    ParseFailed,
    ProbeError,
    ProtocolBroken,
    TimedOut,
)
from probes.snmp.session import Doubt, Report, UsmSession

if TYPE_CHECKING:
    import asyncio

    from probes.snmp.asks import Ask
    from probes.snmp.carry import Course
    from probes.snmp.layouts import Layout
    from probes.snmp.session import CommunitySession
    from probes.snmp.session_peer import Peer

# What a report means for the poll, where asking again cannot help.
_FAILURES: dict[Report, tuple[type[ProbeError], str]] = {
    Report.LEVEL: (NotConfigured, "v3_level"),
    Report.USER: (AuthFailed, "v3_user"),
    Report.DIGEST: (AuthFailed, "v3_auth_key"),
    Report.CIPHER: (AuthFailed, "v3_priv_key"),
    Report.CONTEXT: (Forbidden, "view"),
    Report.CONTEXT_AWAY: (Forbidden, "view"),
    Report.ENGINE: (ProtocolBroken, "v3_engine"),
    Report.WINDOW: (AuthFailed, "v3_time"),
    Report.OTHER: (ProtocolBroken, "v3_report"),
}
# Where in a message secrets begin: behind SEQUENCE and version; behind the v3 global data.
_COMMUNITY_AT, _LONG_LENGTH, _BEFORE_USM = 7, 2, 20
_ASK_AGAIN = frozenset({Report.ENGINE, Report.WINDOW})


@dataclass(slots=True, eq=False)
class Poll:
    """A course with one device. `due` is when the PDU that is out is repeated or given up.

    `ids` are the request-ids (v3: msgIDs) that may answer it; times are loop seconds.
    """

    course: Course
    session: CommunitySession | UsmSession
    peer: Peer
    host: str
    port: int
    sources: frozenset[str]
    deadline: float
    done: asyncio.Future[None]
    may_be_v1: bool = False
    is_unencrypted: bool = False
    ask: Ask | None = None
    ids: list[int] = field(default_factory=list)
    v1_id: int = 0
    layout: Layout | None = None
    octets: bytes = b""
    tries: int = 0
    tries_left: int = 0
    wait_s: float = 0.0
    sent_at: float = 0.0
    due: float = 0.0
    watched_at: float | None = field(
        default=None, init=False
    )  # when the timer looks at it next; never behind `due`
    reports: set[Report] = field(default_factory=set)
    # What came since the PDU was first sent and did not count.
    malformed_before: int = 0
    seen_from: str = ""
    doubts: set[Doubt] = field(default_factory=set)

    def begin(self, ask: Ask) -> None:
        """Another PDU: nothing is known of its fate."""
        self.ask, self.layout = ask, self.course.layout
        self.tries, self.tries_left = 0, self.course.tries
        self.reports.clear()
        self.v1_id, self.seen_from = 0, ""
        self.doubts.clear()
        self.malformed_before = self.peer.malformed
        self.wait_s = self.peer.rto_s

    def take_report(self, report: Report) -> None:
        """Ask again when the report taught us how; at most once for each kind. Else raises."""
        if report not in _ASK_AGAIN or report in self.reports:
            leaf, code = _FAILURES[report]
            raise leaf(code)
        self.reports.add(report)

    def _offending(self) -> str:
        """The unreadable datagram in hexadecimal without community, engine, user and digest."""
        octets = self.peer.offending
        if isinstance(self.session, UsmSession):
            return octets[:_BEFORE_USM].hex()
        community = self.session.community
        told = octets.replace(community, bytes(len(community))) if community else octets
        end = _COMMUNITY_AT + _LONG_LENGTH + len(community)
        return (told[:_COMMUNITY_AT] + bytes(len(told[_COMMUNITY_AT:end])) + told[end:]).hex()

    def silence(self) -> ProbeError:
        """Why nothing counted as an answer, as far as it can be told."""
        if self.seen_from:
            return NotConfigured("wrong_source", address=self.seen_from)
        if self.peer.malformed > self.malformed_before:
            return ParseFailed("malformed", datagram=self._offending())
        if Doubt.WINDOW in self.doubts:
            return AuthFailed("v3_time")
        if Doubt.DIGEST in self.doubts:
            return AuthFailed("v3_auth_key")
        if not self.tries and self.peer.has_answered:
            return Busy("snmp_queue")
        code = "v3_silent" if isinstance(self.session, UsmSession) else "silent"
        return TimedOut(code, tries=self.tries)
